"""Layers that own randomness: units, clipping, levels; a denoising autoencoder is one whose input a layer spoils."""

import keras
import numpy as np
import pytest
from small import build, images, networks, numpy

from aelib import Autoencoder
from aelib.layers import GaussianNoise, Masking, RoundingNoise, Sampling

SHAPE = (8, 7, 1)


def test_sampling_draws_from_the_gaussians_it_is_given():
    mean, log_var = np.full((20000, 2), [1.0, -3.0], "float32"), np.full((20000, 2), [0.0, 2.0], "float32")
    layer = Sampling()
    z, again = numpy(layer((mean, log_var))), numpy(layer((mean, log_var)))
    np.testing.assert_allclose(z.mean(axis=0), [1, -3], atol=0.08)
    np.testing.assert_allclose(z.std(axis=0), np.exp([0, 1]), rtol=0.03)
    assert (z != again).any()


def test_noise_in_training_rounding_otherwise():
    z = np.linspace(-3, 3, 4000, dtype="float32").reshape(-1, 2)
    layer = RoundingNoise()
    np.testing.assert_array_equal(numpy(layer(z)), np.rint(z))
    first, second = (numpy(layer(z, training=True)) - z for _ in range(2))
    assert -0.5001 <= first.min() < -0.49 and 0.49 < first.max() <= 0.5001
    assert abs(first.mean()) < 0.02 and (first != second).any()


def test_gaussian_noise_has_its_standard_deviation_and_stays_within_black_and_white():
    gray = np.full((400, *SHAPE), 0.5, "float32")
    layer = GaussianNoise(0.1)
    first, second = numpy(layer(gray)), numpy(layer(gray))
    np.testing.assert_allclose((first - gray).std(), 0.1, rtol=0.03)
    assert abs((first - gray).mean()) < 0.005 and (first != second).mean() > 0.9
    strong, free = numpy(GaussianNoise(2.0)(gray)), numpy(GaussianNoise(2.0, limits=None)(gray))
    assert (strong.min(), strong.max()) == (0, 1) and free.min() < -3
    np.testing.assert_allclose(free.std(), 2, rtol=0.03)


def test_masking_turns_its_share_black_and_leaves_the_rest():
    keras.utils.set_random_seed(0)
    x = np.clip(images(400, SHAPE) + 0.01, 0, 1)
    result = numpy(Masking(0.3)(x))
    np.testing.assert_allclose((result == 0).mean(), 0.3, atol=0.01)
    np.testing.assert_array_equal(result[result > 0], x[result > 0])


def test_a_pair_draws_a_level_for_each_image():
    shares = (numpy(Masking((0.2, 0.6))(np.ones((2000, *SHAPE), "float32"))) == 0).mean(axis=(1, 2, 3))
    assert 0.37 < shares.mean() < 0.43 and shares.std() > 0.1  # uniform: mean 0.4, standard deviation 0.115


def test_no_noise_where_it_is_switched_off_or_zero():
    x = images(9, SHAPE)
    np.testing.assert_array_equal(numpy(GaussianNoise(0.5)(x, training=False)), x)
    np.testing.assert_array_equal(numpy(GaussianNoise(0)(x)), x)
    np.testing.assert_array_equal(numpy(Masking((0, 0))(x)), x)


@pytest.mark.parametrize("bad", [-0.1, "much", (0.5, 0.1), (0.1, 0.2, 0.3), float("nan"), None])
def test_levels_that_make_no_sense(bad):
    with pytest.raises(ValueError, match="level must be a number of at least 0, or a pair"):
        GaussianNoise(bad)


def test_it_learns_to_clean_and_its_losses_are_those_of_spoiled_images():
    keras.utils.set_random_seed(0)
    x = np.repeat(images(4, SHAPE), 800, axis=0)
    model = build(shape=SHAPE, latent_dim=8, corruption=GaussianNoise(0.3), optimizer=keras.optimizers.Adam(1e-2))
    history = model.fit(x, validation_data=(x,), epochs=4, verbose=0).history
    assert set(history) == {"loss", "reconstruction", "val_loss", "val_reconstruction"}
    spoiled = numpy(GaussianNoise(0.3)(x))
    cleaned = model.reconstruct(spoiled)
    assert np.mean((cleaned - x) ** 2) < 0.3 * np.mean((spoiled - x) ** 2)
    half_squared = 0.5 * ((cleaned - x) ** 2).sum(axis=(1, 2, 3)).mean()
    np.testing.assert_allclose(model.score(x).mean(), half_squared, rtol=0.2)  # other noise, the same kind
    np.testing.assert_allclose(history["val_loss"][-1], half_squared, rtol=0.2)


@pytest.mark.parametrize(
    "corruption", [GaussianNoise(0.2), Masking((0.1, 0.4)), keras.layers.Dropout(0.3)], ids=lambda c: type(c).__name__
)
def test_saving_and_loading_keeps_the_noise(corruption, tmp_path):
    model, x = Autoencoder(*networks(), corruption=corruption), images()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.corruption.get_config() == corruption.get_config()
    np.testing.assert_array_equal(loaded.reconstruct(x), model.reconstruct(x))
