"""Layers that own state and randomness: noise for images, codes drawn or rounded, a learned model of integer codes."""

import math

import keras
import numpy as np
from keras import ops

from .checks import check_level, check_sizes
from .codec import frequency_tables


@keras.saving.register_keras_serializable("aelib")
class RoundingNoise(keras.layers.Layer):
    """Rounds to the nearest integer. In training it adds noise instead, since rounding has no gradient.

    The noise is uniform between -0.5 and 0.5, as wide as the error that rounding makes.

    Call with real values (batch, ...) and `training`; gives the same shape.

    Source: Ballé, Laparra and Simoncelli (2017), End-to-end optimized image compression.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.generator = keras.random.SeedGenerator()

    def call(self, z, training=False):
        """(batch, ...) to (batch, ...)."""
        if not training:
            return ops.round(z)
        return z + keras.random.uniform(ops.shape(z), -0.5, 0.5, seed=self.generator)


@keras.saving.register_keras_serializable("aelib")
class FactorizedPrior(keras.layers.Layer):
    """How many nats a code costs: one learned distribution for each of its dimensions, independent of the others.

    Each is a logistic distribution, a bell curve with a learned mean and scale. The probability of an integer k
    is the mass between k - 0.5 and k + 0.5; the same formula at z gives the density of a code with `RoundingNoise`.

    Args:
        limit: the largest integer, in absolute value, that `tables` has a place for.

    Call with codes (batch, latent_dim); gives (batch,) nats.

    Source: Ballé, Minnen, Singh, Hwang and Johnston (2018), Variational image compression with a scale
    hyperprior, appendix 6.1, which learns distributions of any form instead.
    """

    def __init__(self, limit=127, **kwargs):
        super().__init__(**kwargs)
        check_sizes(limit=limit)
        self.limit = limit

    def build(self, shape):
        """Means of 0 and scales of 2."""
        size, start = (shape[-1],), keras.initializers.Constant(math.log(2))
        self.mean = self.add_weight(size, "zeros", name="mean")
        self.log_scale = self.add_weight(size, start, name="log_scale")

    def probability(self, z):
        """The probability of each number of the codes: (batch, latent_dim) to (batch, latent_dim)."""
        distance = ops.abs(ops.cast(z, "float32") - self.mean)
        scale = ops.exp(self.log_scale)
        upper, lower = (0.5 - distance) / scale, (-0.5 - distance) / scale
        return ops.sigmoid(upper) - ops.sigmoid(lower)

    def call(self, z):
        """(batch, latent_dim) to (batch,) nats. A number that the distribution all but rules out costs 21 nats."""
        return -ops.sum(ops.log(self.probability(z) + 1e-9), axis=-1)

    def tables(self):
        """The distributions as integers for `aelib.codec`: (latent_dim, 2 * limit + 1)."""
        k = np.arange(-self.limit, self.limit + 1, dtype="float32")
        p = ops.convert_to_numpy(self.probability(k[:, None]))
        return frequency_tables(p.T)

    def get_config(self):
        """What Keras writes into a `.keras` file beside the weights."""
        return {**super().get_config(), "limit": self.limit}


class Noise(keras.layers.Layer):
    """The base of layers that spoil images with pixels in [0, 1]; the result is clipped to [0, 1].

    Args:
        level: how strong, in the unit of each kind of noise. A pair (low, high) draws one for each image, uniformly.

    Call with images (batch, height, width, channels); gives the same shape, with new noise at every call.
    A derived layer says in `corrupt` what it does.

    Raises:
        ValueError: the level is not a number, or a pair of them, of at least 0.
    """

    def __init__(self, level, **kwargs):
        super().__init__(**kwargs)
        self.level = check_level(level)  # (low, high)
        self.generator = keras.random.SeedGenerator()

    def call(self, x, training=True):
        """(batch, height, width, channels) to the same shape; images as they are if `training` is false."""
        if not training:
            return x
        x = ops.cast(x, "float32")
        each = (ops.shape(x)[0], *(1 for _ in x.shape[1:]))
        level = keras.random.uniform(each, *self.level, seed=self.generator)
        return ops.clip(self.corrupt(x, level), 0.0, 1.0)

    def get_config(self):
        """What Keras writes into a `.keras` file."""
        return {**super().get_config(), "level": self.level}


@keras.saving.register_keras_serializable("aelib")
class GaussianNoise(Noise):
    """Adds a normal random number to each pixel; `level` is its standard deviation, in units of white."""

    def corrupt(self, x, level):
        return x + level * keras.random.normal(ops.shape(x), seed=self.generator)


@keras.saving.register_keras_serializable("aelib")
class Masking(Noise):
    """Turns pixels black; `level` is the share of pixels hit.

    Source: Vincent, Larochelle, Bengio and Manzagol (2008), Extracting and composing robust features with
    denoising autoencoders.
    """

    def corrupt(self, x, level):
        u = keras.random.uniform(ops.shape(x), seed=self.generator)
        return ops.where(u < level, 0.0, x)


@keras.saving.register_keras_serializable("aelib")
class Sampling(keras.layers.Layer):
    """Draws a code from independent Gaussians: z = mean + exp(log_var / 2) * epsilon, epsilon standard normal.

    Call with a pair (mean, log_var), each (batch, latent_dim); gives (batch, latent_dim), new at every call.
    Gradients flow through mean and log_var, since the randomness comes from outside.

    Source: Kingma and Welling (2014), Auto-encoding variational Bayes.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.generator = keras.random.SeedGenerator()

    def call(self, inputs):
        """A pair of (batch, latent_dim) to (batch, latent_dim)."""
        mean, log_var = inputs
        epsilon = keras.random.normal(ops.shape(mean), seed=self.generator)
        return mean + ops.exp(0.5 * log_var) * epsilon
