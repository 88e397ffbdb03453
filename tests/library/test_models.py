"""The contract of every model: shapes, the door, training, saving."""

import keras
import numpy as np
import pytest

import aelib

SIZES = [(28, 28, 1), (45, 30, 3), (32, 32, 4), (1, 1, 1), (7, 5, 2)]
NETWORKS = {
    "dense": (aelib.dense_encoder, aelib.dense_decoder),
    "conv": (aelib.conv_encoder, aelib.conv_decoder),
}


def build(shape, kind="dense", likelihood="bernoulli", latent_dim=3):
    encoder, decoder = NETWORKS[kind]
    model = aelib.Autoencoder(encoder(shape, latent_dim), decoder(latent_dim, shape), likelihood)
    model.compile("adam")
    return model


def images(shape, n=9):
    return np.random.default_rng(0).random((n, *shape)).astype("float32")


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_any_size_trains_and_comes_back_in_its_shape(shape, kind):
    keras.utils.set_random_seed(0)
    model, x = build(shape, kind), images(shape)
    model.fit(x, validation_data=x, batch_size=4, verbose=0)
    assert model.encode(x).shape == (9, 3)
    reconstruction = model.reconstruct(x, batch_size=4)
    assert isinstance(reconstruction, np.ndarray) and reconstruction.shape == x.shape
    assert reconstruction.min() >= 0 and reconstruction.max() <= 1
    assert model.score(x, batch_size=4).shape == (9,)


@pytest.mark.parametrize("likelihood", aelib.LIKELIHOODS)
def test_the_loss_is_the_mean_score_in_nats_per_image(likelihood):
    model, x = build((6, 5, 1), likelihood=likelihood), images((6, 5, 1))
    loss = model.evaluate(x, batch_size=9, verbose=0, return_dict=True)["loss"]
    output = np.asarray(keras.ops.convert_to_numpy(model(x)["output"]), "float64")
    mean = output if likelihood == "gaussian" else 1 / (1 + np.exp(-output))
    if likelihood == "bernoulli":
        by_hand = -(x * np.log(mean) + (1 - x) * np.log(1 - mean))
    else:
        by_hand = 0.5 * (x - mean) ** 2
    np.testing.assert_allclose(model.score(x), by_hand.sum(axis=(1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(loss, by_hand.sum(axis=(1, 2, 3)).mean(), rtol=1e-5)
    np.testing.assert_allclose(model.reconstruct(x), mean, rtol=1e-4, atol=1e-6)


def test_training_lowers_the_loss_and_reports_it():
    keras.utils.set_random_seed(0)
    x = np.repeat(images((8, 8, 1), 4), 16, axis=0)
    model = build((8, 8, 1), likelihood="sigmoid_gaussian")
    history = model.fit(x, epochs=30, validation_data=x, verbose=0).history
    assert set(history) == {"loss", "reconstruction", "val_loss", "val_reconstruction"}
    assert history["loss"][-1] < 0.5 * history["loss"][0]


def test_targets_replace_the_input_and_weights_count():
    model, x = build((4, 4, 1)), images((4, 4, 1), 8)
    weights = np.array([1, 0, 0, 0, 0, 0, 0, 0], "float32")
    weighed = model.evaluate(x, x, sample_weight=weights, batch_size=8, verbose=0, return_dict=True)["loss"]
    np.testing.assert_allclose(weighed, model.score(x)[0] / 8, rtol=1e-5)
    other = model.evaluate(x, 1 - x, batch_size=8, verbose=0, return_dict=True)["loss"]
    assert abs(other - model.score(x).mean()) > 1e-3


X = images((28, 28, 1))
BAD = {
    "pixels of 0 to 255": (X * 255, r"\[0, 1\].*from .* to 25.*/ 255"),
    "bytes": ((X * 255).astype("uint8"), r"\[0, 1\].*/ 255"),
    "negative": (X - 0.5, r"\[0, 1\].*-0\.\d+"),
    "NaN": (np.where(X > 0.99, np.nan, X), "NaN or infinity.*remove or fill"),
    "infinity": (np.where(X > 0.99, np.inf, X), "NaN or infinity"),
    "no channel axis": (X[..., 0], r"\(9, 28, 28\).*channel axis is missing.*x\[\.\.\., None\]"),
    "empty": (X[:0], r"empty.*\(0, 28, 28, 1\)"),
    "one image": (X[0], r"single example.*x\[None\]"),
    "another size": (X[:, :14], r"\(9, 14, 28, 1\).*\(n, 28, 28, 1\).*resize"),
    "channels first": (np.moveaxis(images((28, 28, 3)), -1, 1), r"\(9, 3, 28, 28\)"),
    "a list": ([1, 2], "a list.*NumPy array"),
    "words": (np.full((2, 28, 28, 1), "a"), "not numbers"),
}


@pytest.mark.parametrize("method", ["fit", "encode", "reconstruct", "score"])
@pytest.mark.parametrize("bad", BAD)
def test_bad_input_is_refused_in_words(bad, method):
    x, message = BAD[bad]
    with pytest.raises(ValueError, match=message):
        getattr(build((28, 28, 1)), method)(x)


def test_other_doors_are_watched_too():
    model = build((28, 28, 1))
    with pytest.raises(ValueError, match=r"validation_data must lie in \[0, 1\]"):
        model.fit(X, validation_data=X * 255, verbose=0)
    with pytest.raises(ValueError, match=r"validation_data must lie in \[0, 1\]"):
        model.fit(X, validation_data=(X * 255, X), verbose=0)
    with pytest.raises(ValueError, match=r"y has shape \(9, 14, 28, 1\)"):
        model.fit(X, X[:, :14], verbose=0)
    with pytest.raises(ValueError, match="number of samples"):
        model.fit(X, X[:3], verbose=0)
    with pytest.raises(ValueError, match=r"z has shape \(2, 5\), the network takes \(n, 3\)"):
        model.decode(np.zeros((2, 5), "float32"))
    with pytest.raises(ValueError, match="No likelihood 'poisson'.*bernoulli"):
        aelib.Autoencoder(model.encoder, model.decoder, "poisson")
    with pytest.raises(ValueError, match="unit variance"):
        build((4, 4, 1), likelihood="gaussian").fit(images((4, 4, 1)) * 1000)


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("shape", SIZES[:3], ids=str)
def test_saving_and_loading_keeps_every_bit(shape, kind, tmp_path):
    model, x = build(shape, kind, "sigmoid_gaussian"), images(shape)
    model.fit(x, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is aelib.Autoencoder and loaded.likelihood == "sigmoid_gaussian"
    np.testing.assert_array_equal(loaded.encode(x), model.encode(x))
    np.testing.assert_array_equal(loaded.reconstruct(x), model.reconstruct(x))
    loaded.fit(x, verbose=0)  # and it can be trained on
