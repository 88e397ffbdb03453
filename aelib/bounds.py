"""Bounds of the log-likelihood of a VAE that are tighter than its loss."""

import keras
import numpy as np

from .base import Function, slices, with_condition
from .checks import check_sizes
from .inputs import pair
from .priors import log_normal


def iwae(model, x, samples=100, condition=None, batch_size=500):
    """The importance-weighted bound: at least -log p(x) on average, and closer to it with more samples.

    Args:
        model: a `VAE`.
        x: (n, ...) examples.
        samples: how many codes to draw for each; with 1 it is minus the ELBO, estimated from one code.
        condition: (n, ...) if the model takes one.

    Returns:
        (n,) nats, NumPy. They are all of -log p(x) if the likelihood leaves out no constant, as "bernoulli" and the
        learned ones; with "gaussian" and "laplace" that constant is missing here, too.

    Source: Burda, Grosse and Salakhutdinov (2016), Importance weighted autoencoders.
    """
    check_sizes(samples=samples)

    def log_weight(inputs):  # log p(x, z) / q(z | x) of one code for each example
        x, condition = pair(inputs)
        mean, log_var = model.posterior(model.encoder(with_condition(model.encoder, x, condition)))
        z = model.sampling((mean, log_var))
        output = model.decoder(with_condition(model.decoder, z, condition))
        return model.prior.log_prob(z) - log_normal(z, mean, log_var) - model.likelihood.nll(x, output)

    inputs, _, _ = model.check_data(x, condition=condition)
    one, bounds = Function(model, log_weight), []
    at_once = max(1, 10 * batch_size // samples)  # examples, each repeated as often as codes are drawn for it
    for start in range(0, len(pair(inputs)[0]), at_once):
        part = slices(inputs, start, start + at_once)
        repeated = keras.tree.map_structure(lambda a: np.repeat(a, samples, axis=0), part)
        weights = one.predict(repeated, batch_size, verbose=0).reshape(-1, samples)
        bounds.append(np.log(samples) - np.logaddexp.reduce(weights.astype("float64"), axis=1))
    return np.concatenate(bounds)
