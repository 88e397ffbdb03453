"""Layers that own randomness: noise that spoils images, codes drawn or rounded."""

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("aelib")
class RoundingNoise(keras.layers.Layer):
    """Rounds to the nearest integer. In training it adds noise instead, since rounding has no gradient.

    The noise is uniform between -0.5 and 0.5, as wide as the error that rounding makes.

    Call with real values (batch, ...) and `training`; gives the same shape.

    Source: Ballé, Laparra and Simoncelli (2017), End-to-end optimized image compression.
    """

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})  # large integers are not exact in half precision
        self.generator = keras.random.SeedGenerator()

    def call(self, z, training=False):
        """(batch, ...) to (batch, ...)."""
        if not training:
            return ops.round(z)
        return z + keras.random.uniform(ops.shape(z), -0.5, 0.5, seed=self.generator)


@keras.saving.register_keras_serializable("aelib")
class Sampling(keras.layers.Layer):
    """Draws a code from independent Gaussians: z = mean + exp(log_var / 2) * epsilon, epsilon standard normal.

    Call with a pair (mean, log_var), each (batch, ...); gives (batch, ...), new at every call.
    Gradients flow through mean and log_var, since the randomness comes from outside.

    Source: Kingma and Welling (2014), Auto-encoding variational Bayes.
    """

    def __init__(self, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.generator = keras.random.SeedGenerator()

    def call(self, inputs):
        """A pair of (batch, ...) to (batch, ...)."""
        mean, log_var = inputs
        epsilon = keras.random.normal(ops.shape(mean), seed=self.generator)
        return mean + ops.exp(0.5 * log_var) * epsilon


class Noise(keras.layers.Layer):
    """The base of layers that spoil data; a derived layer says in `corrupt` what it does.

    Args:
        level: how strong, in the unit of each kind of noise. A pair (low, high) draws one for each example, uniformly.
        limits: the result is clipped to this range; None for data that have none.

    Call with examples (batch, ...); gives the same shape, with new noise at every call.

    Raises:
        ValueError: the level is not a number, or a pair of them, of at least 0.
    """

    def __init__(self, level, limits=(0.0, 1.0), **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})
        pair = level if isinstance(level, (tuple, list)) else (level, level)
        numbers = len(pair) == 2 and all(isinstance(v, (int, float, np.number)) for v in pair)
        if not numbers or not 0 <= pair[0] <= pair[1] < np.inf:
            raise ValueError(f"level must be a number of at least 0, or a pair (low, high) of such, not {level!r}.")
        self.level, self.limits = tuple(map(float, pair)), limits and tuple(limits)
        self.generator = keras.random.SeedGenerator()

    def call(self, x, training=True):
        """(batch, ...) to the same shape; examples as they are if `training` is false."""
        if not training:
            return x
        each = (ops.shape(x)[0], *(1 for _ in x.shape[1:]))
        spoiled = self.corrupt(x, keras.random.uniform(each, *self.level, seed=self.generator))
        return spoiled if self.limits is None else ops.clip(spoiled, *self.limits)

    def get_config(self):
        """What Keras writes into a `.keras` file."""
        return {**super().get_config(), "level": self.level, "limits": self.limits}


@keras.saving.register_keras_serializable("aelib")
class GaussianNoise(Noise):
    """Adds a normal random number to each value; `level` is its standard deviation, in units of the data."""

    def corrupt(self, x, level):
        """Values and a level for each example to noisy values."""
        return x + level * keras.random.normal(ops.shape(x), seed=self.generator)


@keras.saving.register_keras_serializable("aelib")
class Masking(Noise):
    """Sets values to 0, black in an image; `level` is the share of values hit.

    Source: Vincent, Larochelle, Bengio and Manzagol (2008), Extracting and composing robust features with
    denoising autoencoders.
    """

    def corrupt(self, x, level):
        """Values and a level for each example to masked values."""
        u = keras.random.uniform(ops.shape(x), seed=self.generator)
        return ops.where(u < level, 0.0, x)
