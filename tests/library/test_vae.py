"""The variational autoencoder: divergence, bound, sampling, beta, saving."""

import keras
import numpy as np
import pytest
from scipy.stats import norm

import aelib
from aelib.layers import Sampling

SHAPE = (6, 5, 1)


def images(n=9):
    return (np.random.default_rng(0).random((n, *SHAPE)) > 0.6).astype("float32")


def build(beta=1.0, latent_dim=3, likelihood="bernoulli"):
    networks = aelib.dense_encoder(SHAPE, 2 * latent_dim, (16,)), aelib.dense_decoder(latent_dim, SHAPE, (16,))
    model = aelib.VAE(*networks, beta, likelihood=likelihood)
    model.compile(keras.optimizers.Adam(1e-2))
    return model


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_the_divergence_is_that_of_the_integral():
    mean, log_var = np.array([[0.0, 1.5], [0.3, -2.0]]), np.array([[0.0, -1.0], [0.7, 0.2]])
    z = np.linspace(-12, 12, 20001)[:, None, None]
    q = norm(mean, np.exp(log_var / 2))
    integral = (q.pdf(z) * (q.logpdf(z) - norm.logpdf(z))).sum(axis=0) * (z[1] - z[0]).item()
    np.testing.assert_allclose(numpy(aelib.gaussian_kl(mean, log_var)), integral.sum(axis=-1), rtol=1e-4, atol=1e-6)


def test_sampling_draws_from_the_gaussians_it_is_given():
    mean, log_var = np.full((20000, 2), [1.0, -3.0], "float32"), np.full((20000, 2), [0.0, 2.0], "float32")
    layer = Sampling()
    z, again = numpy(layer((mean, log_var))), numpy(layer((mean, log_var)))
    np.testing.assert_allclose(z.mean(axis=0), [1, -3], atol=0.08)
    np.testing.assert_allclose(z.std(axis=0), np.exp([0, 1]), rtol=0.03)
    assert (z != again).any()


@pytest.mark.parametrize("likelihood", aelib.LIKELIHOODS)
def test_the_loss_is_reconstruction_and_divergence_in_nats_per_image(likelihood):
    model, x = build(beta=2.0, likelihood=likelihood), images()
    losses = model.evaluate(x, batch_size=9, verbose=0, return_dict=True)
    mean, log_var = np.split(numpy(model.encoder(x)), 2, axis=-1)
    np.testing.assert_allclose(losses["kl"], 2 * numpy(aelib.gaussian_kl(mean, log_var)).mean(), rtol=1e-5)
    np.testing.assert_allclose(losses["loss"], losses["reconstruction"] + losses["kl"], rtol=1e-5)
    np.testing.assert_allclose(model.encode(x), mean, rtol=1e-5, atol=1e-6)
    kernel, bias = (numpy(weight) for weight in model.encoder.layers[-1].weights)
    kernel[:, 3:], bias[3:] = 0, -30  # variances of next to nothing: the drawn codes are the means
    model.encoder.layers[-1].set_weights([kernel, bias])
    loss = model.evaluate(x, batch_size=9, verbose=0, return_dict=True)["loss"]
    np.testing.assert_allclose(model.score(x).mean(), loss, rtol=1e-4)
    z = model.encode(x)
    nll = aelib.LIKELIHOODS[likelihood][0](x, model.decoder(z))
    kl = aelib.gaussian_kl(z, np.full((9, 3), -30.0))
    np.testing.assert_allclose(loss, numpy(nll + 2 * kl).mean(), rtol=1e-4)


def test_beta_can_be_changed_after_compiling():
    model, x = build(), images()
    model.fit(x, verbose=0)
    before = model.evaluate(x, verbose=0, return_dict=True)["kl"]
    model.beta.assign(0.5)
    np.testing.assert_allclose(model.evaluate(x, verbose=0, return_dict=True)["kl"], before / 2, rtol=1e-5)


def test_the_bound_is_the_likelihood_where_that_can_be_integrated():
    keras.utils.set_random_seed(0)
    x = np.repeat(images(4), 64, axis=0)
    model = build(latent_dim=1)
    model.fit(x, epochs=30, verbose=0)
    x = x[::64]
    z = np.linspace(-8, 8, 2001, dtype="float32")[:, None]
    output = numpy(model.decoder(z)).astype("float64")
    log_p = -np.logaddexp(0, np.where(x[:, None] > 0.5, -output, output)).sum(axis=(2, 3, 4)) + norm.logpdf(z[:, 0])
    exact = -np.log(np.exp(log_p).sum(axis=1) * 0.008)
    many = np.repeat(x, 500, axis=0)
    one, ten = model.iwae(many, 1).mean(), model.iwae(many, 10).mean()
    assert one > ten > exact.mean() - 0.02
    np.testing.assert_allclose(one, model.score(many).mean(), rtol=0.02)  # both are minus the ELBO
    bound = model.iwae(np.repeat(x, 20, axis=0), 100, batch_size=33).reshape(4, 20).mean(axis=1)
    np.testing.assert_allclose(bound, exact, atol=0.1)


def test_samples_are_images_and_repeat_with_their_seed():
    model = build()
    assert model.sample(5, seed=1).shape == (5, *SHAPE)
    np.testing.assert_array_equal(model.sample(5, seed=1), model.sample(5, seed=1))
    assert (model.sample(5, seed=1) != model.sample(5, seed=2)).any()
    with pytest.raises(ValueError, match="n must be made of positive integers, not 0"):
        model.sample(0)


def test_what_does_not_fit_is_refused_in_words():
    encoder, decoder = aelib.dense_encoder(SHAPE, 3), aelib.dense_decoder(3, SHAPE)
    with pytest.raises(ValueError, match=r"gives \(3,\), the decoder takes \(3,\).*2 \* latent_dim = 6 outputs"):
        aelib.VAE(encoder, decoder)
    with pytest.raises(ValueError, match="samples must be made of positive integers, not 0"):
        build().iwae(images(), 0)
    for method in (build().fit, build().encode, build().iwae, build().score):
        with pytest.raises(ValueError, match=r"\[0, 1\].*/ 255"):
            method(images() * 255)


def test_saving_and_loading_keeps_the_model(tmp_path):
    model, x = build(beta=0.25), images()
    model.fit(x, validation_data=x, verbose=0)
    model.beta.assign(0.75)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is aelib.VAE and float(loaded.beta) == 0.75
    np.testing.assert_array_equal(loaded.encode(x), model.encode(x))
    np.testing.assert_array_equal(loaded.sample(3, seed=0), model.sample(3, seed=0))
    loaded.fit(x, verbose=0)  # and it can be trained on


def conditional(likelihood="bernoulli"):
    networks = aelib.dense_encoder(SHAPE, 2 * 3, (16,)), aelib.dense_decoder(3 + 2, SHAPE, (16,))
    model = aelib.ConditionalVAE(*networks, classes=2, likelihood=likelihood)
    model.compile(keras.optimizers.Adam(1e-2))
    return model


def test_a_conditional_model_draws_the_class_asked_for():
    keras.utils.set_random_seed(0)
    labels = np.arange(256) % 2
    x = np.where(labels[:, None, None, None] == 1, images(256), 0).astype("float32")  # class 0 is black
    model = conditional()
    history = model.fit(x, labels, epochs=30, validation_data=(x[:64], labels[:64]), verbose=0).history
    assert {"loss", "kl", "reconstruction", "val_loss", "val_kl", "val_reconstruction"} == set(history)
    drawn = model.sample([0, 1, 0, 1], seed=1)
    assert drawn[[0, 2]].mean() < 0.1 and drawn[[1, 3]].mean() > 0.25
    np.testing.assert_array_equal(drawn, model.sample(np.array([0, 1, 0, 1]), seed=1))
    right, wrong = model.score(x, labels).mean(), model.score(x, 1 - labels).mean()
    assert right < wrong - 5
    loss = model.evaluate((x, labels), verbose=0, return_dict=True)["loss"]
    np.testing.assert_allclose(right, loss, rtol=0.05)
    assert model.reconstruct(x[:5], labels[:5]).shape == (5, *SHAPE)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.zeros(3, int), r"9 integers, one for each example, not int64 \(3,\)"),
        (np.zeros(9), "9 integers.*float64"),
        (np.full(9, 2), "between 0 and 1, they go from 2 to 2"),
        (np.full(9, -1), "between 0 and 1"),
    ],
)
def test_labels_that_make_no_sense(labels, message):
    model, x = conditional(), images()
    with pytest.raises(ValueError, match=message):
        model.fit(x, labels)
    with pytest.raises(ValueError, match=message):
        model.reconstruct(x, labels)
    with pytest.raises(ValueError, match=message):
        model.fit(x, np.zeros(9, int), validation_data=(x, labels))


def test_a_conditional_model_refuses_what_does_not_fit():
    encoder, decoder = aelib.dense_encoder(SHAPE, 6), aelib.dense_decoder(3, SHAPE)
    with pytest.raises(ValueError, match=r"takes \(3,\), 2 of these for a label.* = 2 outputs"):
        aelib.ConditionalVAE(encoder, decoder, 2)
    with pytest.raises(ValueError, match="classes must be made of positive integers, not 0"):
        aelib.ConditionalVAE(encoder, decoder, 0)
    with pytest.raises(ValueError, match=r"\[0, 1\].*/ 255"):
        conditional().fit(images() * 255, np.zeros(9, int))


def test_saving_and_loading_keeps_the_labels(tmp_path):
    model, x = conditional(), images()
    model.fit(x, np.arange(9) % 2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is aelib.ConditionalVAE and loaded.classes == 2
    np.testing.assert_array_equal(loaded.sample([1, 0], seed=0), model.sample([1, 0], seed=0))
    loaded.fit(x, np.arange(9) % 2, verbose=0)  # and it can be trained on


def test_a_conditional_model_says_that_it_has_no_iwae():
    with pytest.raises(NotImplementedError, match=r"use score\(x, labels\)"):
        conditional().iwae(images())
