"""Priors: the divergence and the log density of the integral, integer tables, a mixture of one's own in a VAE."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.stats import logistic, norm
from small import build, images, numpy

from aelib import codec, gaussian_kl
from aelib.priors import FactorizedPrior, StandardNormal, log_normal


def test_the_divergence_is_that_of_the_integral():
    mean, log_var = np.array([[0.0, 1.5], [0.3, -2.0]]), np.array([[0.0, -1.0], [0.7, 0.2]])
    z = np.linspace(-12, 12, 20001)[:, None, None]
    q = norm(mean, np.exp(log_var / 2))
    integral = (q.pdf(z) * (q.logpdf(z) - norm.logpdf(z))).sum(axis=(0, 2)) * (z[1] - z[0]).item()
    np.testing.assert_allclose(numpy(gaussian_kl(mean, log_var)), integral, rtol=1e-4)
    np.testing.assert_allclose(numpy(StandardNormal((2,)).kl((mean, log_var), None)), integral, rtol=1e-4)


def test_log_densities_by_hand():
    z, mean, log_var = np.random.default_rng(0).normal(size=(3, 5, 2, 2, 4)).astype("float32")
    by_hand = norm(mean, np.exp(log_var / 2)).logpdf(z).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(numpy(log_normal(z, mean, log_var)), by_hand, rtol=1e-4)
    by_hand = norm.logpdf(z).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(numpy(StandardNormal((2, 2, 4)).log_prob(z)), by_hand, rtol=1e-5)


def factorized(channels=3, **options):
    prior = FactorizedPrior(channels, **options)
    prior.mean.assign(np.random.default_rng(1).normal(0, 1, channels))
    prior.log_scale.assign(np.random.default_rng(2).normal(0, 0.5, channels))
    return prior


def test_the_factorized_prior_is_a_distribution_over_the_integers_in_nats():
    prior, k = factorized(), np.arange(-60, 61)
    p = numpy(prior.probability(np.repeat(k[:, None], 3, axis=1)))
    np.testing.assert_allclose(p.sum(axis=0), 1, atol=1e-5)
    mean, scale = numpy(prior.mean).astype("float64"), np.exp(numpy(prior.log_scale).astype("float64"))
    by_hand = logistic(mean, scale).cdf(k[:, None] + 0.5) - logistic(mean, scale).cdf(k[:, None] - 0.5)
    np.testing.assert_allclose(p, by_hand, rtol=1e-3, atol=1e-7)
    z = np.random.default_rng(0).integers(-3, 4, (5, 2, 3, 3))
    nats = -np.log(by_hand[z + 60, np.arange(3)]).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(numpy(prior(z)), nats, rtol=1e-4)


def test_far_codes_are_dear_but_finite():
    np.testing.assert_allclose(numpy(factorized(1)(np.array([[1e4], [-1e4]]))), -np.log(1e-9), rtol=1e-3)


def test_tables_are_the_same_distribution_in_integers():
    prior = factorized(limit=20)
    tables = prior.tables()
    assert tables.shape == (3, 41) and tables.min() >= 1 and (tables.sum(axis=1) == codec.TOTAL).all()
    z = np.array([[0, 1, -2], [3, 0, 0]])
    nats = -np.log(tables[np.arange(3), z + 20] / codec.TOTAL).sum(axis=1)
    np.testing.assert_allclose(nats, numpy(prior(z)), rtol=1e-3)
    assert prior.tables() is tables  # kept
    prior.mean.assign([0, 0, 0])
    assert (prior.tables() != tables).any()  # but not when it was trained on


@pytest.mark.parametrize("bad", [0, -1, 2.5, None])
def test_sizes_that_make_no_sense(bad):
    for options in ({"channels": bad}, {"channels": 2, "limit": bad}):
        with pytest.raises(ValueError, match="must be made of positive integers, not"):
            FactorizedPrior(**options)


@keras.saving.register_keras_serializable("tests")
class Mixture(keras.layers.Layer):
    """Two Gaussians of learned means, half and half."""

    def __init__(self, latent_dim, **kwargs):
        super().__init__(**kwargs)
        self.latent_dim = latent_dim
        self.means = self.add_weight((2, latent_dim), keras.initializers.RandomNormal(seed=1), name="means")

    def log_prob(self, z):
        each = [log_normal(z, self.means[k], ops.zeros_like(z)) for k in (0, 1)]
        return ops.logaddexp(*each) - np.log(2)

    def kl(self, posterior, z):
        return log_normal(z, *posterior) - self.log_prob(z)

    def sample(self, n, seed=None):
        rng = np.random.default_rng(seed)
        return (numpy(self.means)[rng.integers(0, 2, n)] + rng.normal(size=(n, self.latent_dim))).astype("float32")

    def get_config(self):
        return {**super().get_config(), "latent_dim": self.latent_dim}


def test_a_prior_of_ones_own_is_learned_drawn_from_and_saved(tmp_path):
    keras.utils.set_random_seed(0)
    x = (images(1000) > 0.5) * np.repeat([0.2, 0.8], 500)[:, None, None, None]  # two kinds of images
    model = build("vae", prior=Mixture(2), optimizer=keras.optimizers.Adam(0.02))
    before = numpy(model.prior.means).copy()
    losses = model.fit(x, epochs=3, verbose=0).history["loss"]
    assert losses[-1] < losses[0] and np.abs(numpy(model.prior.means) - before).max() > 0.1
    mean, log_var = (numpy(part) for part in model.posterior(model.encoder(x)))
    z = mean + np.exp(log_var / 2) * np.random.default_rng(0).normal(size=(20, *mean.shape))
    log_p = np.logaddexp(*[norm(m).logpdf(z).sum(axis=-1) for m in numpy(model.prior.means)]) - np.log(2)
    kl = (norm(mean, np.exp(log_var / 2)).logpdf(z).sum(axis=-1) - log_p).mean()
    reported = np.mean([model.evaluate(x, verbose=0, return_dict=True)["kl"] for _ in range(3)])
    np.testing.assert_allclose(reported, kl, atol=0.04)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.sample(5, seed=1), model.sample(5, seed=1))
