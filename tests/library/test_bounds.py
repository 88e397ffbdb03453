"""The importance-weighted bound, where log p(x) is known exactly: a linear decoder and Gaussian noise."""

import keras
import numpy as np
import pytest
from scipy.stats import multivariate_normal
from small import build, images

from aelib import VAE, iwae

W, B = np.array([[1.0, -0.5, 0.3, 0.0], [0.2, 0.4, 0.0, -0.6]]), np.array([0.1, 0.0, -0.2, 0.3])  # x = z W + B + noise
VARIANCE = np.exp(-3)


def linear(change=1.0):
    """A VAE whose exact posterior is its encoder's, if `change` is 1; else its variances are that many times too large.

    The first latent alone is used, so that the posterior is independent in each.
    """
    x, z = keras.Input((4,)), keras.Input((2,))
    encoder, decoder = keras.Model(x, keras.layers.Dense(4)(x)), keras.Model(z, keras.layers.Dense(4)(z))
    w = W * [[1], [0]]
    variance = 1 / (1 + (w**2).sum(axis=1) / VARIANCE)
    to_mean = w.T * variance / VARIANCE
    kernel = np.concatenate([to_mean, np.zeros((4, 2))], axis=1)
    encoder.layers[-1].set_weights([kernel, np.concatenate([-B @ to_mean, np.log(variance * change)])])
    decoder.layers[-1].set_weights([w, B])
    p_x = multivariate_normal(B, w.T @ w + VARIANCE * np.eye(4))
    return VAE(encoder, decoder, likelihood="learned_gaussian"), p_x


def test_one_sample_from_the_exact_posterior_gives_log_p_exactly():
    model, p_x = linear()
    x = p_x.rvs(50, random_state=0).astype("float32")
    np.testing.assert_allclose(iwae(model, x, samples=1), -p_x.logpdf(x), rtol=1e-3, atol=5e-3)
    np.testing.assert_allclose(iwae(model, x, samples=3, batch_size=7), -p_x.logpdf(x), rtol=1e-3, atol=5e-3)


def test_more_samples_come_closer_and_one_is_the_elbo():
    keras.utils.set_random_seed(0)
    model, p_x = linear(change=2.0)
    x = p_x.rvs(2000, random_state=0).astype("float32")
    exact = -p_x.logpdf(x).mean()
    gap = 0.5 * 2 * (2 - 1 - np.log(2))  # the divergence of the encoder from the posterior, in closed form
    one, five, forty = (iwae(model, x, samples).mean() for samples in (1, 5, 40))
    np.testing.assert_allclose(one, exact + gap, atol=0.09)
    np.testing.assert_allclose(model.score(x).mean(), exact + gap, atol=0.09)
    assert one > five > forty > exact - 0.005
    np.testing.assert_allclose(forty, exact, atol=0.03)


def test_it_takes_a_condition_and_refuses_what_cannot_be_meant():
    x, condition = images(), np.eye(2)[np.arange(9) % 2]
    assert iwae(build("vae", condition=2), x, 2, condition).shape == (9,)
    with pytest.raises(ValueError, match="samples must be made of positive integers, not 0"):
        iwae(build("vae"), x, 0)
    with pytest.raises(ValueError, match=r"\[0, 1\].*/ 255"):
        iwae(build("vae"), x * 255)
