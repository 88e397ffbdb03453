"""Noise layers and the denoising autoencoder: what they add, when, and what they refuse."""

import keras
import numpy as np
import pytest

import aelib
from aelib import layers as noises
from aelib.models import DenoisingAutoencoder

NOISES = {
    "gaussian": lambda **more: noises.ClippedGaussianNoise(0.2, **more),
    "salt and pepper": lambda **more: noises.SaltAndPepperNoise(0.2, **more),
    "masking": lambda **more: noises.MaskingNoise(0.4, **more),
    "poisson": lambda **more: noises.PoissonNoise(0.1, **more),
    "unknown": lambda **more: noises.ClippedGaussianNoise((0.05, 0.5), **more),
    "unknown light": lambda **more: noises.PoissonNoise([0.05, 0.5], **more),
}
SIZES = [(28, 28, 1), (45, 30, 3), (1, 1, 1), (30,)]


def images(shape, n=9):
    return np.random.default_rng(0).random((n, *shape)).astype("float32")


def drawn(noise, x):
    return keras.ops.convert_to_numpy(noise(x, training=True))


def build(shape, corruption, likelihood="sigmoid_gaussian", latent_dim=50):
    networks = aelib.dense_encoder(shape, latent_dim), aelib.dense_decoder(latent_dim, shape)
    model = DenoisingAutoencoder(*networks, corruption, likelihood)
    model.compile("adam")
    return model


@pytest.mark.parametrize("kind", NOISES)
@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_noise_keeps_shape_and_range_and_differs_each_time(shape, kind):
    x, noise = images(shape, 50), NOISES[kind]()
    first, second = drawn(noise, x), drawn(noise, x)
    assert first.shape == x.shape and first.min() >= 0 and first.max() <= 1
    assert (first != second).any() and (first != x).any()
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(noise(x)), x)


def test_the_same_seed_gives_the_same_noise():
    x = images((28, 28, 1))
    np.testing.assert_array_equal(*[drawn(NOISES["gaussian"](seed=3), x) for _ in range(2)])
    np.testing.assert_array_equal(*[drawn(NOISES["poisson"](seed=3), x) for _ in range(2)])


def test_each_noise_is_what_its_name_says():
    gray = np.full((40, 50, 50, 1), 0.5, "float32")
    gaussian = drawn(noises.ClippedGaussianNoise(0.1), gray)
    assert abs(gaussian.mean() - 0.5) < 0.002 and abs(gaussian.std() - 0.1) < 0.002
    salted = drawn(noises.SaltAndPepperNoise(0.3), gray)
    for value, share in ((0, 0.15), (1, 0.15), (0.5, 0.7)):
        assert abs((salted == value).mean() - share) < 0.01
    masked = drawn(noises.MaskingNoise(0.4), gray)
    assert abs((masked == 0).mean() - 0.4) < 0.01 and abs((masked == 0.5).mean() - 0.6) < 0.01


def test_photons_are_counted_as_poisson_says():
    scipy_stats = pytest.importorskip("scipy.stats")
    counts = np.rint(drawn(noises.PoissonNoise(0.05), np.full((40, 50, 50, 1), 0.2, "float32")) / 0.05)
    for k in range(12):  # 20 photons for white, so 4 on average here
        assert abs((counts == k).mean() - scipy_stats.poisson.pmf(k, 4)) < 0.005
    darkest = drawn(noises.PoissonNoise(0.02), np.zeros((2, 5, 5, 1), "float32"))
    assert (darkest == 0).all()
    assert abs(drawn(noises.PoissonNoise(0.02), np.ones((40, 50, 50, 1), "float32")).mean() - 0.94) < 0.01  # clipped


def test_a_pair_of_levels_gives_each_example_its_own():
    spread = drawn(noises.ClippedGaussianNoise((0.01, 0.15)), np.full((400, 30, 30, 1), 0.5, "float32")).std((1, 2, 3))
    assert spread.min() < 0.02 and spread.max() > 0.14 and abs(spread.mean() - 0.08) < 0.01


@pytest.mark.parametrize("level", [0 - 0.1, 1.5, (0.5, 0.2), (0.1, 2), (0.1, 0.2, 0.3), "much", None, (), float("nan")])
def test_bad_levels_are_refused(level):
    with pytest.raises(ValueError, match=r"level must be a number in \[0, 1\] or a pair.*not"):
        noises.MaskingNoise(level)


def test_too_much_light_is_refused():
    with pytest.raises(ValueError, match=r"level must be a number in \[0.02, 1\].*not 0.001"):
        noises.PoissonNoise(0.001)


@pytest.mark.parametrize("kind", NOISES)
def test_it_trains_cleans_and_comes_back_from_a_file(kind, tmp_path):
    x = images((9, 7, 2), 20)
    model = build((9, 7, 2), NOISES[kind]())
    history = model.fit(x, validation_data=x, batch_size=8, epochs=2, verbose=0).history
    assert set(history) == {"loss", "reconstruction", "val_loss", "val_reconstruction"}
    noisy = model.corrupt(x)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is DenoisingAutoencoder
    assert loaded.corruption.levels == model.corruption.levels
    np.testing.assert_array_equal(loaded.reconstruct(noisy), model.reconstruct(noisy))
    loaded.fit(x, verbose=0)


def test_validation_and_scores_are_those_of_noisy_images_and_targets_are_clean():
    keras.utils.set_random_seed(0)
    x = images((8, 8, 1), 300)
    model = build((8, 8, 1), noises.MaskingNoise(0.7), latent_dim=64)
    model.fit(x, epochs=20, batch_size=50, verbose=0)
    by_hand = 0.5 * np.square(model.reconstruct(model.corrupt(x)) - x).sum(axis=(1, 2, 3)).mean()
    clean = 0.5 * np.square(model.reconstruct(x) - x).sum(axis=(1, 2, 3)).mean()
    assert abs(by_hand - clean) > 0.1 * by_hand  # the two can be told apart
    for loss in (model.evaluate(x, verbose=0, return_dict=True)["loss"], model.score(x).mean()):
        assert abs(loss - by_hand) < 0.03 * by_hand
    split = model.fit(x, epochs=1, validation_split=0.5, verbose=0).history["val_loss"][0]
    assert abs(split - by_hand) < 0.2 * by_hand
    np.testing.assert_array_equal(model.reconstruct(x), model.reconstruct(x))  # cleaning adds no noise


def test_it_learns_to_clean():
    keras.utils.set_random_seed(0)
    x = np.repeat(images((8, 8, 1), 4).round(), 32, axis=0)
    model = build((8, 8, 1), noises.SaltAndPepperNoise(0.3))
    model.fit(x, epochs=30, verbose=0)
    noisy = model.corrupt(x)
    assert np.square(model.reconstruct(noisy) - x).mean() < 0.1 * np.square(noisy - x).mean()


def test_a_keras_layer_is_a_corruption_too():
    x = images((2,), 50) * 4 - 2
    model = build((2,), keras.layers.GaussianNoise(0.5), "gaussian")
    model.fit(x, verbose=0)
    assert 0.3 < (model.corrupt(x) - x).std() < 0.7


def test_bad_input_is_refused_in_words():
    x = images((8, 8, 1))
    with pytest.raises(ValueError, match=r"corruption must be a layer.*not 0.2"):
        build((8, 8, 1), 0.2)
    model = build((8, 8, 1), noises.MaskingNoise(0.3))
    for method in (model.fit, model.corrupt, model.reconstruct, model.score):
        with pytest.raises(ValueError, match=r"\[0, 1\].*/ 255"):
            method(x * 255)
