"""Priors: distributions of codes, which say what a code costs and from which codes are drawn."""

import math

import keras
import numpy as np
from keras import ops

from .checks import check_sizes
from .codec import frequency_tables
from .likelihoods import sum_over_example


def log_normal(z, mean, log_var):
    """Log density of codes under independent Gaussians: three of (batch, ...) to (batch,) nats."""
    square = ops.square(z - mean) * ops.exp(-log_var)
    return -0.5 * sum_over_example(square + log_var + math.log(2 * math.pi))


def gaussian_kl(mean, log_var):
    """Kullback-Leibler divergence from the standard normal distribution to independent Gaussians, in closed form.

    Args:
        mean: (batch, ...), the means.
        log_var: (batch, ...), the natural logarithms of the variances.

    Returns:
        (batch,) nats, summed over the latents.

    Source: Kingma and Welling (2014), Auto-encoding variational Bayes, appendix B.
    """
    mean, log_var = ops.cast(mean, "float32"), ops.cast(log_var, "float32")
    return 0.5 * sum_over_example(ops.square(mean) + ops.exp(log_var) - 1.0 - log_var)


@keras.saving.register_keras_serializable("aelib")
class StandardNormal(keras.layers.Layer):
    """The standard normal distribution of codes, each number independent of the others. Nothing is learned.

    Args:
        shape: the shape of one code, such as (32,).

    A prior of one's own is a layer with these three methods; `log_prob` and `sample` are enough, if `kl` is
    `log_normal(z, *posterior) - self.log_prob(z)`.
    """

    def __init__(self, shape, **kwargs):
        super().__init__(**kwargs)
        self.shape = tuple(shape)

    def log_prob(self, z):
        """Log density of codes, (batch, ...) to (batch,) nats."""
        return -0.5 * sum_over_example(ops.square(z) + math.log(2 * math.pi))

    def kl(self, posterior, z):
        """What codes cost: the divergence of the posterior (mean, log_var) from this prior, (batch,) nats."""
        return gaussian_kl(*posterior)

    def sample(self, n, seed=None):
        """Draw codes: (n, ...), NumPy. The same seed draws the same codes on every backend."""
        if None in self.shape:
            raise ValueError(f"Codes of shape {self.shape} have no fixed size: draw and decode some.")
        return np.random.default_rng(seed).standard_normal((n, *self.shape)).astype("float32")

    def get_config(self):
        """What Keras writes into a `.keras` file beside the weights."""
        return {**super().get_config(), "shape": self.shape}


@keras.saving.register_keras_serializable("aelib")
class FactorizedPrior(keras.layers.Layer):
    """How many nats an integer code costs: one learned distribution for each of its channels, each independent.

    Each is a logistic distribution, a bell curve with a learned mean and scale. The probability of an integer k
    is the mass between k - 0.5 and k + 0.5; the same formula at z gives the density of a code with `RoundingNoise`.

    Args:
        channels: numbers in the code, or channels if codes have height and width.
        limit: the largest integer, in absolute value, that `tables` has a place for.

    Call with codes (batch, ..., channels); gives (batch,) nats.

    Source: Ballé, Minnen, Singh, Hwang and Johnston (2018), Variational image compression with a scale
    hyperprior, appendix 6.1, which learns distributions of any form instead.
    """

    def __init__(self, channels, limit=127, **kwargs):
        super().__init__(**{"dtype": "float32", **kwargs})  # integers beyond 2,048 are not exact in half precision
        check_sizes(channels=channels, limit=limit)
        self.channels, self.limit = channels, limit
        self.mean = self.add_weight((channels,), "zeros", autocast=False, name="mean")
        start = keras.initializers.Constant(math.log(2))
        self.log_scale = self.add_weight((channels,), start, autocast=False, name="log_scale")

    def probability(self, z):
        """The probability of each number of the codes: (batch, ..., channels) to the same shape."""
        distance = ops.abs(ops.cast(z, "float32") - self.mean)
        scale = ops.exp(self.log_scale)
        upper, lower = (0.5 - distance) / scale, (-0.5 - distance) / scale
        return ops.sigmoid(upper) - ops.sigmoid(lower)

    def call(self, z):
        """(batch, ..., channels) to (batch,) nats. A number that the distribution all but rules out costs 21 nats."""
        return -sum_over_example(ops.log(self.probability(z) + 1e-9))

    def tables(self):
        """The distributions as integers for `aelib.codec`: (channels, 2 * limit + 1)."""
        state = np.stack([ops.convert_to_numpy(w) for w in (self.mean, self.log_scale)])
        kept = getattr(self, "kept_tables", None)
        if kept is None or not np.array_equal(kept[0], state):  # trained since they were made
            k = np.arange(-self.limit, self.limit + 1, dtype="float32")
            p = ops.convert_to_numpy(self.probability(np.repeat(k[:, None], self.channels, axis=1)))
            self.kept_tables = kept = state, frequency_tables(p.T)
        return kept[1]

    def save_own_variables(self, store):
        """Called by Keras. The tables go with the weights: another machine rounds others out of the same weights."""
        super().save_own_variables(store)
        store["tables"] = self.tables()

    def load_own_variables(self, store):
        """Called by Keras."""
        stored = {name: store[name] for name in store.keys()}  # noqa: SIM118 - Keras's store is no dict
        tables = stored.pop("tables", None)
        super().load_own_variables(stored)
        if tables is not None:
            state = np.stack([ops.convert_to_numpy(w) for w in (self.mean, self.log_scale)])
            self.kept_tables = state, np.array(tables)

    def get_config(self):
        """What Keras writes into a `.keras` file beside the weights."""
        return {**super().get_config(), "channels": self.channels, "limit": self.limit}
