"""Layers that own state and randomness: noise in the place of rounding, and a learned model of integer codes."""

import math

import keras
import numpy as np
from keras import ops

from .checks import check_sizes
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


class Corruption(keras.layers.Layer):
    """Noise for a denoising autoencoder: drawn anew at each call in training, nothing otherwise.

    Args:
        level: how strong the noise is, a number; or a pair (lowest, highest), and each example gets a level
            of its own, drawn evenly from between them.
        seed: of the noise; drawn from Keras's global seed if None.

    Call with (batch, ...) values in [0, 1] and `training`; gives the same shape, clipped to [0, 1].
    A noise derived from this one says in `corrupt` what becomes of `x` at levels of shape (batch, 1, ...).

    Raises:
        ValueError: a level is outside the `limits` of this kind of noise.
    """

    limits = (0, 1)

    def __init__(self, level, seed=None, **kwargs):
        super().__init__(**kwargs)
        levels = np.ravel(level).tolist()
        numbers = len(levels) in (1, 2) and all(isinstance(value, (int, float)) for value in levels)
        if not numbers or not self.limits[0] <= levels[0] <= levels[-1] <= self.limits[1]:
            raise ValueError(
                f"level must be a number in {list(self.limits)} or a pair (lowest, highest), not {level!r}."
            )
        self.levels, self.seed = (levels[0], levels[-1]), seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, x, training=False):
        if not training:
            return x
        each = (ops.shape(x)[0],) + (1,) * (len(x.shape) - 1)
        level = keras.random.uniform(each, *self.levels, seed=self.generator)
        return ops.clip(self.corrupt(x, level), 0, 1)

    def get_config(self):
        return {**super().get_config(), "level": self.levels, "seed": self.seed}


@keras.saving.register_keras_serializable("aelib")
class ClippedGaussianNoise(Corruption):
    """Adds a Gaussian random number to each value; `level` is its standard deviation. See `Corruption`."""

    def corrupt(self, x, level):
        return x + level * keras.random.normal(ops.shape(x), seed=self.generator)


@keras.saving.register_keras_serializable("aelib")
class SaltAndPepperNoise(Corruption):
    """Makes a share `level` of all values, chosen at random, 0 or 1, as many of each. See `Corruption`."""

    def corrupt(self, x, level):
        chance = keras.random.uniform(ops.shape(x), seed=self.generator)
        return ops.where(chance < level / 2, 0.0, ops.where(chance < level, 1.0, x))


@keras.saving.register_keras_serializable("aelib")
class MaskingNoise(Corruption):
    """Makes a share `level` of all values, chosen at random, 0. See `Corruption`."""

    def corrupt(self, x, level):
        chance = keras.random.uniform(ops.shape(x), seed=self.generator)
        return ops.where(chance < level, 0.0, x)


@keras.saving.register_keras_serializable("aelib")
class PoissonNoise(Corruption):
    """Counts photons: a value of 1 stands for 1 / `level` of them on average. See `Corruption`.

    The count is found from one uniform number: it is as large as the number of cumulative probabilities
    of the Poisson distribution that lie below. What is over 1 / `level` would be clipped and is not counted.
    """

    limits = (0.02, 1)  # with more than 50 photons, exp(-photons) comes near the smallest float32

    def corrupt(self, x, level):
        photons = x / level
        chance = keras.random.uniform(ops.shape(x), seed=self.generator)
        probability = ops.exp(-photons)
        count, total = ops.zeros_like(x), probability
        for k in range(1, int(np.ceil(1 / self.levels[0])) + 1):
            count = count + ops.cast(chance > total, x.dtype)
            probability = probability * photons / k
            total = total + probability
        return count * level
