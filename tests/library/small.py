"""Small models and data that the tests share."""

import keras
import numpy as np

import aelib

SHAPE = (4, 3, 1)
MODELS = {"plain": aelib.Autoencoder, "vae": aelib.VAE, "compressive": aelib.CompressiveAutoencoder}


def images(n=9, shape=SHAPE, seed=0):
    """Values evenly spread over [0, 1]."""
    return np.random.default_rng(seed).random((n, *shape)).astype("float32")


def networks(kind="plain", shape=SHAPE, latent_dim=2, condition=0):
    """An encoder and a decoder that fit the model."""
    outputs = MODELS[kind].numbers_per_code * latent_dim
    return (
        aelib.dense_encoder(shape, outputs, (8,), condition=condition),
        aelib.dense_decoder(latent_dim, shape, (8,), condition=condition),
    )


def build(kind="plain", *, shape=SHAPE, latent_dim=2, condition=0, optimizer="adam", compiled=None, **options):
    """A model, compiled; `options` are its own arguments, `compiled` those of `compile`."""
    model = MODELS[kind](*networks(kind, shape, latent_dim, condition), **options)
    model.compile(optimizer, **(compiled or {}))
    return model


def still(kind="plain", **options):
    """A model that training leaves as it is, so that losses can be computed beside it."""
    return build(kind, optimizer=keras.optimizers.SGD(0.0), **options)


def numpy(tensor):
    """Any backend's tensor as NumPy."""
    return keras.ops.convert_to_numpy(tensor)
