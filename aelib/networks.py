"""Encoders and decoders: functions that return functional Keras models of any image size."""

import math

import keras
from keras import layers

from .checks import check_sizes


def dense_encoder(shape, latent_dim, units=(512,), activation="leaky_relu"):
    """An encoder of dense layers: (batch, ...) to (batch, latent_dim).

    Args:
        shape: the shape of one example, such as (28, 28, 1) or (30,).
        latent_dim: numbers in the code; the code is linear in the last hidden layer.
        units: width of each hidden layer.
        activation: what follows each hidden layer.
    """
    check_sizes(shape=shape, latent_dim=latent_dim, units=units)
    x = keras.Input(shape)
    h = layers.Flatten()(x)
    for width in units:
        h = layers.Dense(width, activation, kernel_initializer="he_normal")(h)
    return keras.Model(x, layers.Dense(latent_dim)(h), name="encoder")


def dense_decoder(latent_dim, shape, units=(512,), activation="leaky_relu"):
    """A decoder of dense layers: (batch, latent_dim) to (batch, ...).

    Args as for `dense_encoder`. The output is linear: the likelihood's inverse link makes an image of it.
    """
    check_sizes(shape=shape, latent_dim=latent_dim, units=units)
    z = keras.Input((latent_dim,))
    h = z
    for width in units:
        h = layers.Dense(width, activation, kernel_initializer="he_normal")(h)
    h = layers.Dense(math.prod(shape))(h)
    return keras.Model(z, layers.Reshape(shape)(h), name="decoder")


def conv_encoder(shape, latent_dim, filters=(32, 64), activation="leaky_relu"):
    """An encoder of strided convolutions: (batch, height, width, channels) to (batch, latent_dim).

    Args:
        shape: (height, width, channels) of one image; any size, odd ones are rounded up when halved.
        latent_dim: numbers in the code; the code is linear in the last convolution's output.
        filters: channels of each convolution, from the image inward; each halves height and width.
        activation: what follows each convolution.
    """
    check_sizes(shape=shape, latent_dim=latent_dim, filters=filters)
    x = keras.Input(shape)
    h = x
    for channels in filters:
        h = layers.Conv2D(channels, 3, 2, "same", activation=activation, kernel_initializer="he_normal")(h)
    return keras.Model(x, layers.Dense(latent_dim)(layers.Flatten()(h)), name="encoder")


def conv_decoder(latent_dim, shape, filters=(64, 32), activation="leaky_relu"):
    """A decoder of transposed convolutions: (batch, latent_dim) to (batch, height, width, channels).

    Args as for `conv_encoder`, filters from the code outward. The output is linear: the likelihood's
    inverse link makes an image of it. The kernel size, 4, is a multiple of the stride, so that every pixel
    gets contributions from equally many windows.

    Source: Odena, Dumoulin and Olah (2016), Deconvolution and checkerboard artifacts.
    """
    check_sizes(shape=shape, latent_dim=latent_dim, filters=filters)
    height, width, channels = shape
    sizes = [(math.ceil(height / 2**k), math.ceil(width / 2**k)) for k in range(len(filters) + 1)]
    small = (*sizes.pop(), filters[0])
    z = keras.Input((latent_dim,))
    h = layers.Dense(math.prod(small), activation, kernel_initializer="he_normal")(z)
    h = layers.Reshape(small)(h)
    for channels_out in (*filters[1:], channels):
        rows, columns = sizes.pop()
        h = layers.Conv2DTranspose(channels_out, 4, strides=2, padding="same")(h)
        h = layers.Cropping2D(((0, h.shape[1] - rows), (0, h.shape[2] - columns)))(h)
        if sizes:
            h = layers.Activation(activation)(h)
    return keras.Model(z, h, name="decoder")
