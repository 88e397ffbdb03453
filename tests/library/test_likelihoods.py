"""Likelihoods: nats as computed by hand, means and draws in units of the data, a learned variance, one's own."""

import keras
import numpy as np
import pytest
from scipy.special import expit, log_expit
from scipy.stats import laplace, norm
from small import build, images, numpy

import aelib
from aelib.likelihoods import get_likelihood

VARIANCE = np.exp(-3)  # of the learned ones before training, but for 2 in 100,000
NATS = {
    "gaussian": lambda x, o: 0.5 * (x - o) ** 2,
    "sigmoid_gaussian": lambda x, o: -norm(expit(o)).logpdf(x) - 0.5 * np.log(2 * np.pi),
    "bernoulli": lambda x, o: -x * log_expit(o) - (1 - x) * log_expit(-o),
    "laplace": lambda x, o: -laplace(expit(o)).logpdf(x) - np.log(2),
    "learned_gaussian": lambda x, o: -norm(o, VARIANCE**0.5).logpdf(x),
    "learned_sigmoid_gaussian": lambda x, o: -norm(expit(o), VARIANCE**0.5).logpdf(x),
}
SPREAD = {"gaussian": 1, "sigmoid_gaussian": 1, "laplace": 2**0.5, "bernoulli": 0.5}  # standard deviations of draws


def test_there_is_a_formula_for_each():
    assert set(NATS) == set(aelib.LIKELIHOODS)


@pytest.mark.parametrize("name", NATS)
def test_nats_by_hand(name):
    likelihood, x = get_likelihood(name), images(7)
    output = np.random.default_rng(1).normal(0, 3, x.shape).astype("float32")
    by_hand = NATS[name](x.astype("float64"), output.astype("float64"))
    np.testing.assert_allclose(numpy(likelihood.nll(x, output)), by_hand.sum(axis=(1, 2, 3)), rtol=1e-4)
    known = np.random.default_rng(2).random(x.shape) < 0.5
    np.testing.assert_allclose(
        numpy(likelihood.nll(x, output, known)), (known * by_hand).sum(axis=(1, 2, 3)), rtol=1e-4
    )
    mean = output if name in ("gaussian", "learned_gaussian") else expit(output)
    np.testing.assert_allclose(numpy(likelihood.mean(output)), mean, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NATS)
def test_draws_have_the_mean_and_the_spread_of_the_distribution(name):
    likelihood, output = get_likelihood(name), np.full((40000, 1), 0.0, "float32")
    drawn = numpy(likelihood.sample(output, seed=3))
    np.testing.assert_allclose(drawn.mean(), numpy(likelihood.mean(output)).mean(), atol=0.03)
    np.testing.assert_allclose(drawn.std(), SPREAD.get(name, VARIANCE**0.5), rtol=0.03)
    np.testing.assert_array_equal(drawn, numpy(likelihood.sample(output, seed=3)))
    if name == "bernoulli":
        assert set(np.unique(drawn)) == {0, 1}


def frozen(likelihood):
    """A model whose networks give 0 and do not learn: only the likelihood's own weights do."""
    x, z = keras.Input((5,)), keras.Input((2,))
    encoder = keras.Model(x, keras.layers.Dense(2, kernel_initializer="zeros")(x))
    decoder = keras.Model(z, keras.layers.Dense(5, kernel_initializer="zeros")(z))
    encoder.trainable = decoder.trainable = False
    return aelib.Autoencoder(encoder, decoder, likelihood=likelihood)


@pytest.mark.parametrize("sd", [0.03, 3.0])
def test_the_learned_variance_is_the_best_one(sd):
    x = np.random.default_rng(0).normal(0, sd, (64, 5)).astype("float32")
    model = frozen("learned_gaussian")
    model.compile(keras.optimizers.Adam(0.03))
    model.fit(np.tile(x, (800, 1)), batch_size=64, verbose=0)
    np.testing.assert_allclose(numpy(model.likelihood.log_var()), np.log(np.square(x).mean()), atol=0.15)
    np.testing.assert_allclose(
        model.score(x).mean(), -norm(*norm.fit(x, floc=0)).logpdf(x).sum(axis=1).mean(), rtol=0.01
    )


def test_a_learned_variance_stays_away_from_zero():
    likelihood = get_likelihood("learned_gaussian")
    likelihood.tenth.assign(-1000.0)
    np.testing.assert_allclose(np.exp(numpy(likelihood.log_var())), 1e-6, rtol=1e-3)


@pytest.mark.parametrize("name", ["sigmoid_gaussian", "bernoulli", "laplace", "learned_sigmoid_gaussian"])
@pytest.mark.parametrize("value", [-0.1, 1.1, 255.0, np.nan, np.inf])
def test_values_that_a_likelihood_does_not_know_make_its_loss_nan(name, value):
    x = images(3)
    x[1, 0, 0, 0] = value
    assert np.isnan(numpy(get_likelihood(name).nll(x, np.zeros_like(x)))).all()


def test_what_is_no_likelihood_is_refused_in_words():
    with pytest.raises(ValueError, match="No likelihood 'poisson'.*bernoulli.*or an object of your own"):
        build(likelihood="poisson")
    with pytest.raises(ValueError, match="No likelihood <class"):
        build(likelihood=aelib.Likelihood)
    with pytest.raises(NotImplementedError, match=r"needs a method each\(x, output\)"):
        build(likelihood=aelib.Likelihood()).score(images())
    with pytest.raises(ValueError, match=r"shape \(4, 3, 1\), the target's have shape \(4, 3, 3\)"):
        get_likelihood("gaussian").nll(np.zeros((2, 4, 3, 3)), np.zeros((2, 4, 3, 1)))


@keras.saving.register_keras_serializable("tests")
class Poisson(aelib.Likelihood):
    """Counts; the softplus of the decoder's output, times a learned factor, is the rate."""

    limits = (0.0, 1e4)

    def __init__(self, start=1.0, **kwargs):
        super().__init__(**kwargs)
        self.start = start
        self.factor = self.add_weight((), keras.initializers.Constant(start))

    def each(self, x, output):
        return self.mean(output) - x * keras.ops.log(self.mean(output))

    def mean(self, output):
        return self.factor * keras.ops.softplus(output)

    def get_config(self):
        return {**super().get_config(), "start": self.start}


def test_a_likelihood_of_ones_own_trains_and_is_saved(tmp_path):
    x = np.random.default_rng(0).poisson(20, (2000, 4, 3, 1))
    model = build(likelihood=Poisson(start=2.0), optimizer=keras.optimizers.Adam(0.01))
    model.fit(x, epochs=3, verbose=0)
    np.testing.assert_allclose(model.reconstruct(x).mean(), 20, rtol=0.2)
    assert abs(float(model.likelihood.factor) - 2) > 0.01
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.reconstruct(x), model.reconstruct(x))
    with pytest.raises(ValueError, match=r"\[0, 10000\], its values go from -1 to"):
        model.fit(x - x.min() - 1)
