"""Noise layers and the denoising autoencoder: units, clipping, levels, training, saving."""

import keras
import numpy as np
import pytest

import aelib
from aelib.layers import GaussianNoise, Masking

SHAPE = (8, 7, 1)


def images(n=64):
    return np.random.default_rng(0).random((n, *SHAPE)).astype("float32")


def noisy(layer, x, **options):
    return keras.ops.convert_to_numpy(layer(x, **options))


def build(corruption):
    networks = aelib.dense_encoder(SHAPE, 16, (64,)), aelib.dense_decoder(16, SHAPE, (64,))
    model = aelib.DenoisingAutoencoder(*networks, corruption)
    model.compile(keras.optimizers.Adam(1e-2))
    return model


def test_gaussian_noise_has_its_standard_deviation_and_stays_within_black_and_white():
    gray = np.full((400, *SHAPE), 0.5, "float32")
    layer = GaussianNoise(0.1)
    first, second = noisy(layer, gray), noisy(layer, gray)
    np.testing.assert_allclose((first - gray).std(), 0.1, rtol=0.03)
    assert abs((first - gray).mean()) < 0.005 and (first != second).mean() > 0.9
    strong = noisy(GaussianNoise(2.0), gray)
    assert strong.min() == 0 and strong.max() == 1


def test_masking_turns_its_share_black_and_leaves_the_rest():
    keras.utils.set_random_seed(0)
    x = images(400) + 0.01
    result = noisy(Masking(0.3), np.clip(x, 0, 1))
    np.testing.assert_allclose((result == 0).mean(), 0.3, atol=0.01)
    np.testing.assert_array_equal(result[result > 0], np.clip(x, 0, 1)[result > 0])


def test_a_pair_draws_a_level_for_each_image():
    white = np.ones((2000, *SHAPE), "float32")
    shares = (noisy(Masking((0.2, 0.6)), white) == 0).mean(axis=(1, 2, 3))
    assert 0.25 < shares.mean() - 0.4 + 0.3 < 0.35 and shares.std() > 0.1  # uniform: mean 0.4, sd 0.115


def test_no_noise_where_it_is_switched_off_or_zero():
    x = images()
    np.testing.assert_array_equal(noisy(GaussianNoise(0.5), x, training=False), x)
    np.testing.assert_array_equal(noisy(GaussianNoise(0), x), x)
    np.testing.assert_array_equal(noisy(Masking((0, 0)), x), x)


@pytest.mark.parametrize("bad", [-0.1, "much", (0.5, 0.1), (0.1, 0.2, 0.3), float("nan"), None])
def test_levels_that_make_no_sense(bad):
    with pytest.raises(ValueError, match="level must be a number of at least 0, or a pair"):
        GaussianNoise(bad)


def test_it_learns_to_clean_and_its_losses_are_those_of_spoiled_images():
    keras.utils.set_random_seed(0)
    x = np.repeat(images(4), 64, axis=0)
    model = build(GaussianNoise(0.3))
    history = model.fit(x, validation_data=x, epochs=40, verbose=0).history
    assert set(history) == {"loss", "reconstruction", "val_loss", "val_reconstruction"}
    spoiled = noisy(GaussianNoise(0.3), x)
    cleaned = model.reconstruct(spoiled)
    assert np.mean((cleaned - x) ** 2) < 0.3 * np.mean((spoiled - x) ** 2)
    half_squared = 0.5 * ((cleaned - x) ** 2).sum(axis=(1, 2, 3)).mean()
    np.testing.assert_allclose(model.score(x).mean(), half_squared, rtol=0.2)  # other noise, the same kind


@pytest.mark.parametrize(
    "corruption", [GaussianNoise(0.2), Masking((0.1, 0.4)), keras.layers.Dropout(0.3)], ids=lambda c: type(c).__name__
)
def test_saving_and_loading_keeps_the_noise(corruption, tmp_path):
    model, x = build(corruption), images()
    model.fit(x, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is aelib.DenoisingAutoencoder
    assert loaded.corruption.get_config() == corruption.get_config()
    np.testing.assert_array_equal(loaded.reconstruct(x), model.reconstruct(x))
    loaded.fit(x, verbose=0)  # and it can be trained on


def test_the_door_is_watched():
    with pytest.raises(ValueError, match=r"\[0, 1\].*/ 255"):
        build(GaussianNoise(0.2)).fit(images() * 255)
