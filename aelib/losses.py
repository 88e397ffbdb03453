"""Losses as pure functions to one number per image, in nats. Sums over pixels, never means."""

import keras
from keras import ops


def gaussian_nll(x, mean):
    """Negative log-likelihood of `x` under a Gaussian with unit variance, without its constant.

    That is half the squared error, summed over all pixels. The constant left out,
    0.5 log(2 pi) = 0.919 nats per pixel, does not depend on the network.

    Args:
        x: (batch, ...) real values of about unit scale.
        mean: the same shape, the decoder's output.

    Returns:
        (batch,) nats per image.
    """
    x, mean = ops.cast(x, "float32"), ops.cast(mean, "float32")
    return 0.5 * ops.sum(ops.square(x - mean), axis=tuple(range(1, len(x.shape))))


def sigmoid_gaussian_nll(x, output):
    """`gaussian_nll` for values in [0, 1]: the sigmoid keeps the mean between black and white.

    Args:
        x: (batch, ...) values in [0, 1].
        output: the same shape, the decoder's output; the sigmoid of it is the mean.

    Returns:
        (batch,) nats per image.
    """
    return gaussian_nll(x, ops.sigmoid(ops.cast(output, "float32")))


def bernoulli_nll(x, logits):
    """Negative log-likelihood of `x` under independent Bernoulli pixels: summed binary cross-entropy.

    Args:
        x: (batch, ...) values in [0, 1].
        logits: the same shape, the decoder's output; the sigmoid of it is the probability of a 1.

    Returns:
        (batch,) nats per image.
    """
    x, logits = ops.cast(x, "float32"), ops.cast(logits, "float32")
    cross_entropy = ops.binary_crossentropy(x, logits, from_logits=True)
    return ops.sum(cross_entropy, axis=tuple(range(1, len(x.shape))))


def gaussian_kl(mean, log_var):
    """Kullback-Leibler divergence from the standard normal distribution to independent Gaussians, in closed form.

    Args:
        mean: (batch, latent_dim), the means.
        log_var: (batch, latent_dim), the natural logarithms of the variances.

    Returns:
        (batch,) nats, summed over the latents.

    Source: Kingma and Welling (2014), Auto-encoding variational Bayes, appendix B.
    """
    mean, log_var = ops.cast(mean, "float32"), ops.cast(log_var, "float32")
    return 0.5 * ops.sum(ops.square(mean) + ops.exp(log_var) - 1.0 - log_var, axis=-1)


def identity(output):
    """The inverse link of a Gaussian: the decoder's output is the mean itself."""
    return output


# A likelihood is a loss and the inverse link, which turns the decoder's output into an image.
LIKELIHOODS = {
    "gaussian": (gaussian_nll, identity),
    "sigmoid_gaussian": (sigmoid_gaussian_nll, ops.sigmoid),
    "bernoulli": (bernoulli_nll, ops.sigmoid),
}


@keras.saving.register_keras_serializable("aelib")
class MeanOverBatch(keras.losses.Loss):
    """The mean of a (batch,) vector of losses, as Keras weighs, masks and distributes it.

    A plain `ops.mean` would ignore `sample_weight` and count a loss once per worker.
    """

    def call(self, y_true, y_pred):
        return y_pred
