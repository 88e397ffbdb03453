"""Likelihoods: what a decoder's output says about the data. Each owns a loss, in nats, and the way back to the data."""

import math

import keras
import numpy as np
from keras import ops

from .checks import fits


def sum_over_example(values):
    """(batch, ...) to (batch,): the sum over all but the first axis."""
    return ops.sum(values, axis=tuple(range(1, len(values.shape))))


class Likelihood(keras.layers.Layer):
    """What all likelihoods share. A derived class gives `each`, and perhaps `mean`, `sample` and `limits`.

    `each(x, output)` is the negative log-likelihood of each value, in nats and float32, of the shape of x. Values of x
    lie within `limits`; where one does not, `nll` is NaN, so that no training goes on with it.
    """

    limits = (-100.0, 100.0)

    def nll(self, x, output, weight=None):
        """Negative log-likelihood of each example.

        Args:
            x: (batch, ...) data.
            output: the same shape, the decoder's output.
            weight: the same shape or None: how much each value counts, 0 for those that are not known.

        Returns:
            (batch,) nats.

        Raises:
            ValueError: the shapes of x and output differ.
        """
        if not fits(x.shape[1:], output.shape[1:]):
            raise ValueError(
                f"The decoder gives examples of shape {tuple(output.shape[1:])}, the target's have shape "
                f"{tuple(x.shape[1:])}. Labels are no target: leave them out, or make them a condition, (x, condition)."
            )
        x, output = ops.cast(x, "float32"), ops.cast(output, "float32")
        values = self.each(x, output)
        if weight is not None:
            values = values * ops.cast(weight, "float32")
        slack = 1e-5 * (self.limits[1] - self.limits[0])
        inside = ops.all(ops.logical_and(x >= self.limits[0] - slack, x <= self.limits[1] + slack))
        return ops.where(inside, sum_over_example(values), np.nan)

    def each(self, x, output):
        """Negative log-likelihood of each value: two of (batch, ...) to (batch, ...) nats."""
        raise NotImplementedError("A likelihood needs a method each(x, output).")

    def mean(self, output):
        """The reconstruction: the decoder's output in the units of the data."""
        return output

    def sample(self, output, seed=None):
        """Draw data: (batch, ...) to the same shape; `seed` is an integer or a SeedGenerator."""
        raise NotImplementedError(f"{type(self).__name__} does not draw.")


@keras.saving.register_keras_serializable("aelib")
class Gaussian(Likelihood):
    """Real values of about unit scale: a Gaussian of variance 1, whose loss is half the squared error.

    The constant left out, 0.5 log(2 pi) = 0.919 nats per value, does not depend on the network.
    """

    def each(self, x, output):
        """Half the squared error of each value."""
        return 0.5 * ops.square(x - self.mean(output))

    def sample(self, output, seed=None):
        """Means plus standard normal noise."""
        return self.mean(output) + keras.random.normal(ops.shape(output), seed=seed)


@keras.saving.register_keras_serializable("aelib")
class SigmoidGaussian(Gaussian):
    """Values in [0, 1], such as pixels: `Gaussian`, with a sigmoid that keeps the mean between black and white."""

    limits = (0.0, 1.0)

    def mean(self, output):
        """The sigmoid of the decoder's output."""
        return ops.sigmoid(output)


@keras.saving.register_keras_serializable("aelib")
class Bernoulli(Likelihood):
    """Values in [0, 1], black or white by nature: the loss is the cross-entropy, the decoder gives logits."""

    limits = (0.0, 1.0)

    def each(self, x, output):
        """Cross-entropy of each value."""
        return ops.binary_crossentropy(x, output, from_logits=True)

    def mean(self, output):
        """The probability of a 1."""
        return ops.sigmoid(output)

    def sample(self, output, seed=None):
        """Zeros and ones."""
        u = keras.random.uniform(ops.shape(output), seed=seed)
        return ops.cast(u < self.mean(ops.cast(output, "float32")), "float32")


@keras.saving.register_keras_serializable("aelib")
class Laplace(Likelihood):
    """Values in [0, 1] with outliers: a Laplace distribution of scale 1, whose loss is the absolute error.

    The constant left out, log 2 = 0.693 nats per value, does not depend on the network.
    """

    limits = (0.0, 1.0)

    def each(self, x, output):
        """Absolute error of each value."""
        return ops.abs(x - self.mean(output))

    def mean(self, output):
        """The sigmoid of the decoder's output, the median of the distribution."""
        return ops.sigmoid(output)

    def sample(self, output, seed=None):
        """Medians plus Laplace noise."""
        u = keras.random.uniform(ops.shape(output), -0.499999, 0.499999, seed=seed)
        return self.mean(output) - ops.sign(u) * ops.log(1 - 2 * ops.abs(u))


@keras.saving.register_keras_serializable("aelib")
class LearnedGaussian(Gaussian):
    """A Gaussian whose variance, one number for all values, is learned with the network. Nothing is left out.

    The weight is a tenth of the logarithm of the variance, so that the optimizer's steps, small enough for networks,
    are large enough for it. The variance starts at 0.05, an image's error after a short training, and stays over 1e-6.

    Source: Rybkin, Daniilidis and Levine (2021), Simple and effective VAE training with calibrated decoders.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        start = keras.initializers.Constant(-0.3)
        self.tenth = self.add_weight((), start, autocast=False, name="tenth_of_log_var")

    def log_var(self):
        """The logarithm of the variance, ()."""
        lowest = math.log(1e-6)
        return lowest + ops.softplus(10 * self.tenth - lowest)

    def each(self, x, output):
        """Half of squared error over variance plus log variance plus log(2 pi)."""
        square = ops.square(x - self.mean(output)) * ops.exp(-self.log_var())
        return 0.5 * (square + self.log_var() + math.log(2 * math.pi))

    def sample(self, output, seed=None):
        """Means plus noise of the learned variance."""
        noise = keras.random.normal(ops.shape(output), seed=seed)
        return self.mean(output) + ops.exp(0.5 * self.log_var()) * noise


@keras.saving.register_keras_serializable("aelib")
class LearnedSigmoidGaussian(LearnedGaussian):
    """Values in [0, 1], such as pixels: `LearnedGaussian`, with a sigmoid that keeps the mean in that range."""

    limits = (0.0, 1.0)

    def mean(self, output):
        """The sigmoid of the decoder's output."""
        return ops.sigmoid(output)


LIKELIHOODS = {
    "gaussian": Gaussian,
    "sigmoid_gaussian": SigmoidGaussian,
    "bernoulli": Bernoulli,
    "laplace": Laplace,
    "learned_gaussian": LearnedGaussian,
    "learned_sigmoid_gaussian": LearnedSigmoidGaussian,
}


def get_likelihood(likelihood):
    """A likelihood by its name, or an object of one's own as it is.

    Raises:
        ValueError: there is no such name, or the object has no `nll` and `mean`.
    """
    if isinstance(likelihood, str) and likelihood in LIKELIHOODS:
        return LIKELIHOODS[likelihood]()
    if hasattr(likelihood, "nll") and hasattr(likelihood, "mean") and not isinstance(likelihood, type):
        return likelihood
    raise ValueError(f"No likelihood {likelihood!r}. There are: {', '.join(LIKELIHOODS)}, or an object of your own.")
