"""Shapes: encoder, decoder, target and condition are compared with each other, and the words say what came."""

import keras
import numpy as np
import pytest
from keras import layers
from small import MODELS, SHAPE, build, images, networks, still

import aelib
from aelib import VAE, Autoencoder, CompressiveAutoencoder

X, RGB = images(8), images(8, (4, 3, 3), seed=1)
LABELS = np.arange(8) % 2
C = keras.utils.to_categorical(LABELS, 2)


def test_networks_that_do_not_fit_are_refused_when_they_are_joined():
    decoder = aelib.dense_decoder(2, SHAPE)
    for kind, width, wanted in ((Autoencoder, 3, r"\(2,\)"), (Autoencoder, 4, r"\(2,\)"), (VAE, 2, r"\(4,\), means")):
        with pytest.raises(ValueError, match=rf"gives \({width},\), the decoder takes \(2,\).*must give {wanted}"):
            kind(aelib.dense_encoder(SHAPE, width), decoder)
    with pytest.raises(ValueError, match=r"encoder gives \(2, 2, 2\), the decoder takes \(2,\)"):
        x = keras.Input((4, 4, 1))
        Autoencoder(keras.Model(x, layers.Conv2D(2, 3, 2, "same")(x)), decoder)
    with pytest.raises(ValueError, match="conditions of other shapes"):
        VAE(aelib.dense_encoder(SHAPE, 4, condition=2), aelib.dense_decoder(2, SHAPE, condition=3))


class Subclassed(keras.Model):
    """A network that does not know its shapes."""

    def __init__(self, width):
        super().__init__()
        self.dense = layers.Dense(width)

    def call(self, x):
        return self.dense(x)


@pytest.mark.parametrize(
    "pair",
    [
        (Subclassed(2), Subclassed(5)),
        (keras.Sequential([layers.Dense(2)]), keras.Sequential([layers.Dense(5)])),
        (layers.Dense(2), layers.Dense(5)),
        (None, None),
    ],
    ids=["subclassed", "Sequential without Input", "layers", "nothing"],
)
def test_networks_that_do_not_know_their_shapes_are_refused_in_words(pair):
    with pytest.raises(ValueError, match=r"does not know its shapes .*functional keras.Model, or a keras.Seq"):
        Autoencoder(*pair)


def test_networks_of_several_outputs_are_refused_in_words():
    x = keras.Input((5,))
    two = keras.Model(x, [layers.Dense(2)(x), layers.Dense(2)(x)])
    with pytest.raises(ValueError, match="1 inputs and 2 outputs.*concatenate mean and log_var"):
        VAE(two, aelib.dense_decoder(2, (5,)))


def test_networks_of_ones_own_work():
    encoder = keras.Sequential([keras.Input((6, 6, 6, 1)), layers.Conv3D(2, 3, 2), layers.Flatten(), layers.Dense(2)])
    decoder = keras.Sequential([keras.Input((2,)), layers.Dense(216), layers.Reshape((6, 6, 6, 1))])
    model = Autoencoder(encoder, decoder)
    model.compile("adam")
    x = images(8, (6, 6, 6, 1))
    model.fit(x, verbose=0)
    assert model.reconstruct(x).shape == x.shape
    x = keras.Input((5,))
    h = layers.BatchNormalization()(layers.Dense(4)(x))
    model = Autoencoder(keras.Model(x, layers.Dropout(0.5)(h)), aelib.dense_decoder(4, (5,)), likelihood="gaussian")
    model.compile("adam")
    x = images(64, (5,))
    model.fit(x, verbose=0)
    np.testing.assert_array_equal(model.encode(x), model.encode(x))  # no dropout where nothing is trained
    assert np.abs(model.encoder.layers[2].moving_mean).max() > 0


@pytest.fixture(scope="module")
def to_rgb():
    model = Autoencoder(aelib.dense_encoder(SHAPE, 2, (8,)), aelib.dense_decoder(2, (4, 3, 3), (8,)))
    model.compile(keras.optimizers.SGD(0.0))
    return model


def test_a_target_of_another_shape_is_checked_against_the_decoder(to_rgb):
    expected = 0.5 * np.square(to_rgb.reconstruct(X) - RGB).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(to_rgb.score(X, RGB), expected, rtol=1e-4)
    history = to_rgb.fit(X, RGB, validation_data=(X, RGB), batch_size=8, verbose=0).history
    losses = [history["loss"], history["val_loss"], to_rgb.evaluate(X, RGB, batch_size=8, verbose=0)]
    np.testing.assert_allclose([loss[0] for loss in losses], expected.mean(), rtol=1e-4)
    for call in (
        lambda: to_rgb.fit(X, verbose=0),
        lambda: to_rgb.evaluate(X, verbose=0),
        lambda: to_rgb.score(X),
        lambda: to_rgb.fit(X, RGB, validation_data=X, verbose=0),
        lambda: to_rgb.fit((batch for batch in [X]), verbose=0),
    ):
        with pytest.raises(ValueError, match=r"decoder gives \(n, 4, 3, 3\): give a y of that shape"):
            call()
    with pytest.raises(ValueError, match=r"y, with x, has shape \(8, 4, 3, 1\), expected \(n, 4, 3, 3\)"):
        to_rgb.fit(X, X, verbose=0)


@pytest.fixture(scope="module")
def any_size():
    x, z = keras.Input((None, None, 1)), keras.Input((None, None, 2))
    return (
        keras.Model(x, layers.Conv2D(4, 3, 2, "same")(x)),
        keras.Model(x, layers.Conv2D(2, 3, 2, "same")(x)),
        keras.Model(z, layers.Conv2DTranspose(1, 4, 2, "same")(z)),
    )


@pytest.mark.parametrize("kind", MODELS)
def test_networks_for_any_size(kind, any_size, tmp_path):
    to_two, to_one, decoder = any_size
    model = MODELS[kind](to_two if kind == "vae" else to_one, decoder)
    model.compile("adam")
    x = images(8, (6, 4, 1))
    model.fit(x, sample_weight=np.ones(8), validation_data=x, verbose=0)
    for size in ((6, 4, 1), (8, 10, 1)):
        x = images(3, size)
        assert model.encode(x).shape == (3, size[0] // 2, size[1] // 2, 2)
        assert model.reconstruct(x).shape == x.shape and model.score(x).shape == (3,)
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "model.keras").encode(x), model.encode(x))
    with pytest.raises(ValueError, match=r"shape \(6, 6, 1\), the target's have shape \(5, 5, 1\)"):
        model.score(images(2, (5, 5, 1)))
    with pytest.raises(ValueError, match=r"\(8, 6, 4\), expected \(n, any size, any size, 1\).*channel axis"):
        model.fit(images(8, (6, 4)), verbose=0)
    if kind == "vae":
        with pytest.raises(ValueError, match="no fixed size"):
            model.sample(2)


SINGLE = {
    "channel axis": (X[..., 0], r"channel axis is missing: give x\[\.\.\., None\]"),
    "channels first": (np.moveaxis(RGB, -1, 1), "channels come first: move them last"),
    "one image": (RGB[0], r"single example: give x\[None\]"),
    "other size": (RGB[:, :2], "Build the network for this shape, or resize"),
}


@pytest.mark.parametrize("case", SINGLE)
def test_the_words_say_how_to_get_the_shape(case):
    x, message = SINGLE[case]
    model = build(shape=SHAPE if case == "channel axis" else (4, 3, 3))
    with pytest.raises(ValueError, match=message):
        model.fit(x, verbose=0)


@pytest.fixture(scope="module")
def conditional():
    return still("vae", condition=2)


def test_a_condition_comes_in_at_every_entrance(conditional):
    given = {"condition": C}
    losses = [
        conditional.fit(X, **given, validation_data=((X, C),), verbose=0).history["val_reconstruction"],
        conditional.fit((X, C), validation_data=((X, C), X), verbose=0).history["val_reconstruction"],
        conditional.fit([X, C], verbose=0).history["reconstruction"],
        conditional.fit(X, X, **given, validation_split=0.5, verbose=0).history["reconstruction"],
        conditional.fit((((X, C),) for _ in range(2)), verbose=0).history["reconstruction"],
        conditional.fit((((X, C), X) for _ in range(2)), verbose=0).history["reconstruction"],
        conditional.evaluate(X, **given, verbose=0),
    ]
    assert np.isfinite(np.concatenate(losses)).all()
    codes, reconstructions = conditional.encode(X, **given), conditional.reconstruct(X, **given)
    for codes_too in (conditional.encode((X, C)), conditional.encode(iter([((X, C),)]))):
        np.testing.assert_allclose(codes_too, codes, rtol=1e-5)
    for reconstructions_too in (
        conditional.decode(codes, C),
        conditional.predict((X, C), verbose=0),
        conditional.predict(X, **given, verbose=0),
        conditional.reconstruct(iter([((X, C),)])),
    ):
        np.testing.assert_allclose(reconstructions_too, reconstructions, rtol=1e-4, atol=1e-6)
    assert conditional.score(X, **given).shape == conditional.score(iter([((X, C),)])).shape == (8,)
    assert conditional.sample(2, condition=C[:2]).shape == (2, *SHAPE)


WRONG = {
    "none": (None, r"needs a condition, \(n, 2\).*to_categorical"),
    "labels": (LABELS, r"condition holds labels, .*to_categorical\(labels, 2\)"),
    "too few": (C[:3], "There are 8 examples, but condition has 3"),
    "too wide": (keras.utils.to_categorical(LABELS, 3), r"condition has shape \(8, 3\), expected \(n, 2\)"),
    "NaN": (C * np.nan, "condition holds NaN"),
    "a list": (C.tolist(), "condition is a list"),
}


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "encode", "decode", "reconstruct", "score", "iwae"])
@pytest.mark.parametrize("case", WRONG)
def test_conditions_that_do_not_fit_are_refused_in_words(case, method, conditional):
    condition, message = WRONG[case]
    x = np.zeros((8, 2), "float32") if method == "decode" else X
    with pytest.raises(ValueError, match=message):
        if method == "iwae":
            aelib.iwae(conditional, x, 1, condition)
        else:
            getattr(conditional, method)(x, condition=condition)


def test_a_condition_is_not_to_be_mistaken_for_a_target(conditional):
    for call in (
        lambda: conditional.fit(X, C, verbose=0),
        lambda: conditional.fit(X, LABELS, verbose=0),
        lambda: conditional.fit(X, condition=C, validation_data=(X, C), verbose=0),
        lambda: conditional.fit(iter([(X, C)]), verbose=0),
    ):
        with pytest.raises(ValueError, match="needs a condition"):
            call()
    with pytest.raises(ValueError, match="There are 5 examples, but condition has 8"):
        conditional.sample(5, condition=C)
    for call in (build().fit, build().encode, build().score, build().predict):
        with pytest.raises(ValueError, match="condition came, but the network takes none"):
            call(X, condition=C)
    only_encoder = VAE(aelib.dense_encoder(SHAPE, 4, condition=2), networks()[1])
    assert only_encoder.sample(2).shape == (2, *SHAPE) and only_encoder.reconstruct(X, C).shape == X.shape
    with pytest.raises(ValueError, match="condition came, but the network takes none"):
        only_encoder.decode(only_encoder.encode(X, C), C)


def test_maps_of_codes_are_drawn_too():
    x, z = keras.Input((6, 4, 1)), keras.Input((3, 2, 2))
    encoder, decoder = layers.Conv2D(4, 3, 2, "same")(x), layers.Conv2DTranspose(1, 4, 2, "same")(z)
    model = VAE(keras.Model(x, encoder), keras.Model(z, decoder))
    assert model.sample(3).shape == (3, 6, 4, 1) and model.encode(images(2, (6, 4, 1))).shape == (2, 3, 2, 2)
    assert CompressiveAutoencoder(keras.Model(x, layers.Conv2D(2, 3, 2, "same")(x)), model.decoder).prior.channels == 2
