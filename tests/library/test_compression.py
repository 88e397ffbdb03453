"""Rounding noise, the factorized prior and the compressive autoencoder: units, integers, files, saving."""

import keras
import numpy as np
import pytest

import aelib
from aelib import codec
from aelib.layers import FactorizedPrior, RoundingNoise
from aelib.models import CompressiveAutoencoder

SHAPE = (7, 6, 1)


def images(n=9):
    return np.random.default_rng(0).random((n, *SHAPE)).astype("float32")


def build(weight=50.0, likelihood="sigmoid_gaussian"):
    networks = aelib.dense_encoder(SHAPE, 4, (16,)), aelib.dense_decoder(4, SHAPE, (16,))
    model = CompressiveAutoencoder(*networks, weight, likelihood=likelihood)
    model.compile(keras.optimizers.Adam(1e-2))
    return model


def numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_noise_in_training_rounding_otherwise():
    z = np.linspace(-3, 3, 4000, dtype="float32").reshape(-1, 2)
    layer = RoundingNoise()
    np.testing.assert_array_equal(numpy(layer(z)), np.rint(z))
    first, second = (numpy(layer(z, training=True)) - z for _ in range(2))
    assert -0.5001 <= first.min() < -0.49 and 0.49 < first.max() <= 0.5001
    assert abs(first.mean()) < 0.02 and (first != second).any()


def prior(latent_dim=3, **options):
    layer = FactorizedPrior(**options)
    layer.build((None, latent_dim))
    layer.mean.assign(np.random.default_rng(1).normal(0, 1, layer.mean.shape))
    layer.log_scale.assign(np.random.default_rng(2).normal(0, 0.5, layer.log_scale.shape))
    return layer


def test_prior_is_a_distribution_over_the_integers_in_nats():
    layer, k = prior(), np.arange(-60, 61, dtype="float32")
    p = numpy(layer.probability(np.repeat(k[:, None], 3, axis=1)))
    np.testing.assert_allclose(p.sum(axis=0), 1, atol=1e-5)
    mean, scale = (np.asarray(numpy(weight), "float64") for weight in (layer.mean, layer.log_scale))
    cdf = 1 / (1 + np.exp(-(np.array([[1.5], [2.5]]) - mean) / np.exp(scale)))
    np.testing.assert_allclose(p[62], cdf[1] - cdf[0], rtol=1e-5)  # of the integer 2
    z = np.array([[0, 1, -2], [3, 0, 0]])
    by_hand = -np.log(p[z + 60, np.arange(3)]).sum(axis=1)
    np.testing.assert_allclose(numpy(layer(z.astype("float32"))), by_hand, rtol=1e-5)


def test_far_codes_are_dear_but_finite():
    nats = numpy(prior(1)(np.array([[1e4], [-1e4]], "float32")))
    np.testing.assert_allclose(nats, -np.log(1e-9), rtol=1e-3)


def test_tables_are_the_same_distribution_in_integers():
    layer = prior(limit=20)
    tables = layer.tables()
    assert tables.shape == (3, 41) and tables.min() >= 1 and (tables.sum(axis=1) == codec.TOTAL).all()
    z = np.array([[0, 1, -2], [3, 0, 0]])
    bits = -np.log2(tables[np.arange(3), z + 20] / codec.TOTAL).sum(axis=1)
    np.testing.assert_allclose(bits, numpy(layer(z.astype("float32"))) / np.log(2), rtol=1e-3)


@pytest.mark.parametrize("bad", [0, -1, 2.5, None])
def test_sizes_that_make_no_sense(bad):
    with pytest.raises(ValueError, match="must be made of positive integers, not"):
        FactorizedPrior(limit=bad)


@pytest.mark.parametrize("likelihood", aelib.LIKELIHOODS)
def test_the_loss_is_lambda_times_distortion_plus_rate_in_nats_per_image(likelihood):
    model, x = build(weight=7.0, likelihood=likelihood), images()
    losses = model.evaluate(x, batch_size=9, verbose=0, return_dict=True)
    output = model(x)["output"]
    distortion = 7 * numpy(aelib.LIKELIHOODS[likelihood][0](x, output)).mean()
    rate = numpy(model.prior(model.encode(x).astype("float32"))).mean()
    np.testing.assert_allclose(losses["reconstruction"], distortion, rtol=1e-5)
    np.testing.assert_allclose(losses["rate"], rate, rtol=1e-5)
    np.testing.assert_allclose(losses["loss"], distortion + rate, rtol=1e-5)
    np.testing.assert_allclose(model.score(x).mean(), losses["loss"], rtol=1e-5)


def test_training_makes_files_small_and_lambda_counts():
    x = np.repeat(images(4), 16, axis=0)
    sizes, errors = [], []
    for weight in (0.1, 300.0):
        keras.utils.set_random_seed(0)
        model = build(weight=weight)
        history = model.fit(x, epochs=80, batch_size=64, verbose=0).history
        assert {"loss", "reconstruction", "rate"} == set(history)
        assert history["loss"][-1] < history["loss"][0]
        data = codec.compress(model.encode(x), model.prior.tables())
        sizes.append(len(data) - 22)
        errors.append(np.mean((model.decode(codec.decompress(data, model.prior.tables())) - x) ** 2))
        rate = model.evaluate(x, verbose=0, return_dict=True)["rate"]
        assert 8 * sizes[-1] <= 1.01 * len(x) * rate / np.log(2) + 64  # the file keeps the prior's word
    assert sizes[0] < 0.75 * sizes[1] and errors[0] > 1.5 * errors[1]


def test_lambda_can_be_changed_after_compiling():
    model, x = build(weight=1.0), images()
    before = model.evaluate(x, verbose=0, return_dict=True)
    model.distortion_weight.assign(10.0)
    after = model.evaluate(x, verbose=0, return_dict=True)
    np.testing.assert_allclose(after["reconstruction"], 10 * before["reconstruction"], rtol=1e-5)


def test_codes_are_integers_within_the_limit():
    model, x = build(), images()
    z = model.encode(x)
    assert z.dtype == np.int32 and z.shape == (9, 4)
    model.encoder.layers[-1].bias.assign([1e6, -1e6, 0, 0])
    assert model.encode(x)[:, :2].tolist() == [[127, -127]] * 9
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        model.encode(x * 255)


def test_saving_and_loading_keeps_the_codec(tmp_path):
    model, x = build(weight=3.0), images()
    model.fit(x, verbose=0)
    model.distortion_weight.assign(4.0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is CompressiveAutoencoder and float(loaded.distortion_weight) == 4
    data = codec.compress(model.encode(x), model.prior.tables())
    np.testing.assert_array_equal(loaded.encode(x), codec.decompress(data, loaded.prior.tables()))
    np.testing.assert_array_equal(loaded.reconstruct(x), model.reconstruct(x))
    loaded.fit(x, verbose=0)  # and it can be trained on
