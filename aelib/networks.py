"""Encoders and decoders: functions that return functional Keras models, for examples of any size."""

import math

import keras
from keras import layers

from .checks import check_sizes


def dense_encoder(shape, latent_dim, units=(512,), activation="leaky_relu", condition=0):
    """An encoder of dense layers: (batch, ...) to (batch, latent_dim).

    Args:
        shape: the shape of one example, such as (28, 28, 1) or (30,).
        latent_dim: numbers in the code; the code is linear in the last hidden layer.
        units: width of each hidden layer.
        activation: what follows each hidden layer.
        condition: numbers in a second input, (batch, condition), that the network is told as well; none if 0.
    """
    check_sizes(shape=shape, latent_dim=latent_dim, units=units)
    x = keras.Input(shape)
    inputs, h = join(x, layers.Flatten()(x), condition)
    for width in units:
        h = layers.Dense(width, activation, kernel_initializer="he_normal")(h)
    return keras.Model(inputs, layers.Dense(latent_dim)(h), name="encoder")


def dense_decoder(latent_dim, shape, units=(512,), activation="leaky_relu", condition=0):
    """A decoder of dense layers: (batch, latent_dim) to (batch, ...).

    Args as for `dense_encoder`. The output is linear: the likelihood makes data of it.
    """
    check_sizes(shape=shape, latent_dim=latent_dim, units=units)
    z = keras.Input((latent_dim,))
    inputs, h = join(z, z, condition)
    for width in units:
        h = layers.Dense(width, activation, kernel_initializer="he_normal")(h)
    h = layers.Dense(math.prod(shape))(h)
    return keras.Model(inputs, layers.Reshape(shape)(h), name="decoder")


def conv_encoder(shape, latent_dim, filters=None, activation="leaky_relu", condition=0):
    """An encoder of strided convolutions: (batch, height, width, channels) to (batch, latent_dim).

    Args:
        shape: (height, width, channels) of an image or (length, channels) of a series; any size, odd ones are
            rounded up when halved.
        latent_dim: numbers in the code; the code is linear in the last convolution's output.
        filters: channels of each convolution, from the image inward; each halves height and width. If None, there
            are as many, 32, 64 and so on, as make the shorter side at most 8 long.
        activation: what follows each convolution.
        condition: as for `dense_encoder`; it joins where the code is made.
    """
    filters = filters or halvings(shape)
    check_sizes(shape=shape, latent_dim=latent_dim, filters=filters)
    Conv = layers.Conv1D if len(shape) == 2 else layers.Conv2D
    x = h = keras.Input(shape)
    for channels in filters:
        h = Conv(channels, 3, 2, "same", activation=activation, kernel_initializer="he_normal")(h)
    inputs, h = join(x, layers.Flatten()(h), condition)
    return keras.Model(inputs, layers.Dense(latent_dim)(h), name="encoder")


def conv_decoder(latent_dim, shape, filters=None, activation="leaky_relu", condition=0):
    """A decoder of transposed convolutions: (batch, latent_dim) to (batch, height, width, channels).

    Args as for `conv_encoder`, filters from the code outward. The output is linear: the likelihood makes data of
    it. The kernel size, 4, is a multiple of the stride, so that every pixel gets contributions from equally many
    windows.

    Source: Odena, Dumoulin and Olah (2016), Deconvolution and checkerboard artifacts.
    """
    filters = filters or halvings(shape)[::-1]
    check_sizes(shape=shape, latent_dim=latent_dim, filters=filters)
    flat = len(shape) == 2  # a series
    Transposed, Crop = (
        (layers.Conv1DTranspose, layers.Cropping1D) if flat else (layers.Conv2DTranspose, layers.Cropping2D)
    )
    sizes = [[math.ceil(side / 2**k) for side in shape[:-1]] for k in range(len(filters) + 1)]
    small = (*sizes.pop(), filters[0])
    z = keras.Input((latent_dim,))
    inputs, h = join(z, z, condition)
    h = layers.Dense(math.prod(small), activation, kernel_initializer="he_normal")(h)
    h = layers.Reshape(small)(h)
    for channels in (*filters[1:], shape[-1]):
        h = Transposed(channels, 4, strides=2, padding="same")(h)
        extra = [(0, found - side) for found, side in zip(h.shape[1:-1], sizes.pop(), strict=True)]
        h = Crop(extra[0] if flat else extra)(h)
        if sizes:
            h = layers.Activation(activation)(h)
    return keras.Model(inputs, h, name="decoder")


def join(first, h, condition):
    """A network's inputs, and `h` with a condition of that many numbers appended; `first` and `h` alone if it is 0."""
    if not condition:
        return first, h
    c = keras.Input((condition,))
    return [first, c], layers.Concatenate()([h, c])


def halvings(shape):
    """Channels for convolutions that halve the sides of `shape` until the shorter is at most 8: 32, 64, ..., 256.

    Raises:
        ValueError: the shape is not (height, width, channels) or (length, channels).
    """
    check_sizes(shape=shape)
    if len(shape) not in (2, 3):
        raise ValueError(
            f"shape must be (height, width, channels) or (length, channels), not {shape!r}; gray has 1 channel."
        )
    count = max(1, math.ceil(math.log2(min(shape[:-1]) / 8)))
    return tuple(min(32 * 2**k, 256) for k in range(count))
