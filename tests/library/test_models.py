"""Models: each loss is its terms as computed by hand, training lowers it, codes and samples have their form."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import expit
from small import MODELS, SHAPE, build, images, networks, numpy, still

import aelib
from aelib import codec
from aelib.likelihoods import get_likelihood

LABELS = keras.utils.to_categorical(np.arange(9) % 2, 2)


@pytest.mark.parametrize("condition", [0, 2])
@pytest.mark.parametrize("kind", MODELS)
def test_what_comes_out(kind, condition):
    model, x = build(kind, condition=condition), images()
    given = {"condition": LABELS} if condition else {}
    z = model.encode(x, **given)
    assert z.shape == (9, 2) and z.dtype == ("int32" if kind == "compressive" else "float32")
    reconstruction = model.reconstruct(x, **given, batch_size=4)
    assert isinstance(reconstruction, np.ndarray) and reconstruction.shape == x.shape
    assert reconstruction.min() >= 0 and reconstruction.max() <= 1
    for same in (model.decode(z, **given), model.predict(x, **given, verbose=0)):
        np.testing.assert_allclose(same, reconstruction, rtol=1e-5, atol=1e-6)
    inputs = (x, LABELS) if condition else x
    for training in (False, True):
        np.testing.assert_allclose(numpy(model(inputs, training=training)), reconstruction, rtol=1e-5, atol=1e-6)
    score = model.score(x, **given, batch_size=4)
    assert isinstance(score, np.ndarray) and score.shape == (9,) and np.isfinite(score).all()


@pytest.mark.parametrize("likelihood", aelib.LIKELIHOODS)
def test_the_loss_of_an_autoencoder_by_hand(likelihood):
    model, x = still(likelihood=likelihood), images()
    nats = numpy(get_likelihood(likelihood).nll(x, model.decoder(model.encoder(x))))
    np.testing.assert_allclose(model.score(x), nats, rtol=1e-5)
    losses = model.evaluate(x, batch_size=9, verbose=0, return_dict=True)
    np.testing.assert_allclose([losses["loss"], losses["reconstruction"]], nats.mean(), rtol=1e-5)
    np.testing.assert_allclose(model.fit(x, batch_size=9, verbose=0).history["loss"], nats.mean(), rtol=1e-5)


def test_the_loss_of_a_vae_by_hand():
    model, x = build("vae", likelihood="bernoulli", beta=2.0), images()
    kernel, bias = model.encoder.layers[-1].get_weights()
    kernel[:, 2:], bias[2:] = 0, -18  # variances of next to nothing: the drawn codes are the means
    model.encoder.layers[-1].set_weights([kernel, bias])
    mean = numpy(model.encoder(x))[:, :2]
    np.testing.assert_allclose(model.encode(x), mean, rtol=1e-5)
    p = expit(numpy(model.decoder(mean)).astype("float64"))
    nll = -(x * np.log(p) + (1 - x) * np.log(1 - p)).sum(axis=(1, 2, 3))
    log_var = numpy(model.posterior(model.encoder(x))[1])
    np.testing.assert_allclose(log_var, -18, atol=0.2)  # bounded softly
    kl = 0.5 * (np.exp(log_var) + mean**2 - 1 - log_var).sum(axis=1)
    losses = model.evaluate(x, batch_size=9, verbose=0, return_dict=True)
    np.testing.assert_allclose(losses["reconstruction"], nll.mean(), rtol=1e-3)
    np.testing.assert_allclose(losses["kl"], 2 * kl.mean(), rtol=1e-5)
    np.testing.assert_allclose(losses["loss"], losses["reconstruction"] + losses["kl"], rtol=1e-5)
    np.testing.assert_allclose(model.score(x), nll + 2 * kl, rtol=1e-3)


@pytest.mark.parametrize("likelihood", ["bernoulli", "learned_sigmoid_gaussian"])
def test_the_loss_of_a_compressive_autoencoder_by_hand(likelihood):
    model, x = build("compressive", distortion_weight=7.0, likelihood=likelihood), images()
    z = model.encode(x)
    np.testing.assert_array_equal(z, np.rint(numpy(model.encoder(x))))
    rate = -np.log(model.prior.tables()[np.arange(2), z + 127] / codec.TOTAL).sum(axis=1)
    distortion = 7 * numpy(get_likelihood(likelihood).nll(x, model.decoder(z.astype("float32"))))
    losses = model.evaluate(x, batch_size=9, verbose=0, return_dict=True)
    np.testing.assert_allclose(losses["reconstruction"], distortion.mean(), rtol=1e-5)
    np.testing.assert_allclose(losses["rate"], rate.mean(), rtol=1e-3)
    np.testing.assert_allclose(losses["loss"], losses["reconstruction"] + losses["rate"], rtol=1e-5)
    np.testing.assert_allclose(model.score(x), distortion + rate, rtol=1e-3)


@pytest.mark.parametrize(("kind", "terms"), [("plain", set()), ("vae", {"kl"}), ("compressive", {"rate"})])
def test_training_lowers_the_loss_and_reports_each_term(kind, terms):
    keras.utils.set_random_seed(0)
    x = np.repeat(images(4), 200, axis=0)
    model = build(kind, optimizer=keras.optimizers.Adam(0.01))
    history = model.fit(x, epochs=3, validation_data=x[::8], verbose=0).history
    names = {"loss", "reconstruction", *terms}
    assert set(history) == names | {f"val_{name}" for name in names}
    assert history["loss"][-1] < history["loss"][0]
    np.testing.assert_allclose(history["loss"], np.sum([history[name] for name in names - {"loss"}], axis=0), rtol=1e-4)


def test_training_makes_files_small_and_lambda_counts():
    x = np.repeat(images(4), 800, axis=0)
    sizes, errors = [], []
    for weight in (0.1, 300.0):
        keras.utils.set_random_seed(0)
        model = build("compressive", distortion_weight=weight, optimizer=keras.optimizers.Adam(0.02))
        model.fit(x, epochs=2, verbose=0)
        few = x[::16]
        data = codec.compress(model.encode(few), model.prior.tables())
        sizes.append(len(data) - 22)
        errors.append(np.mean((model.decode(codec.decompress(data, model.prior.tables())) - few) ** 2))
        rate = model.evaluate(few, verbose=0, return_dict=True)["rate"]
        assert 8 * sizes[-1] <= 1.02 * len(few) * rate / np.log(2) + 64  # the file keeps the prior's word
    assert sizes[0] < 0.75 * sizes[1] and errors[0] > 1.5 * errors[1]


def test_integer_codes_stay_within_the_tables():
    model, x = build("compressive"), images()
    model.encoder.layers[-1].bias.assign([1e6, -1e6])
    assert model.encode(x).tolist() == [[127, -127]] * 9
    codec.compress(model.encode(x), model.prior.tables())


def test_codes_with_height_and_width():
    x, z = keras.Input((None, None, 1)), keras.Input((None, None, 2))
    encoder = keras.Model(x, keras.layers.Conv2D(2, 3, 2, "same")(x))
    decoder = keras.Model(z, keras.layers.Conv2DTranspose(1, 4, 2, "same")(z))
    model = aelib.CompressiveAutoencoder(encoder, decoder)
    model.compile("adam")
    images_of_one_size = images(8, (6, 4, 1))
    model.fit(images_of_one_size, verbose=0)
    for data in (images_of_one_size, images(3, (8, 10, 1))):
        z = model.encode(data)
        assert z.shape == (len(data), data.shape[1] // 2, data.shape[2] // 2, 2)
        tables = model.prior.tables()
        np.testing.assert_array_equal(codec.decompress(codec.compress(z, tables), tables), z)
        assert model.decode(z).shape == data.shape and model.score(data).shape == (len(data),)


def test_samples_are_data_and_repeat_with_their_seed():
    model = build("vae")
    drawn = model.sample(5, seed=1)
    assert drawn.shape == (5, *SHAPE) and drawn.min() >= 0 and drawn.max() <= 1
    np.testing.assert_array_equal(drawn, model.sample(5, seed=1))
    assert (drawn != model.sample(5, seed=2)).any()
    np.testing.assert_array_equal(drawn, model.decode(np.random.default_rng(1).standard_normal((5, 2))))
    with pytest.raises(ValueError, match="n must be made of positive integers, not 0"):
        model.sample(0)


def test_a_conditional_model_draws_the_class_asked_for():
    keras.utils.set_random_seed(0)
    c = keras.utils.to_categorical(np.arange(4000) % 2, 2)
    x = ((images(4000) > 0.4) & (c[:, 1] == 1)[:, None, None, None]).astype("float32")  # class 0 is black
    model = build("vae", condition=2, likelihood="bernoulli", optimizer=keras.optimizers.Adam(0.01))
    model.fit(x, condition=c, epochs=3, verbose=0)
    drawn = model.sample(4, condition=c[:4], seed=1)
    assert drawn[::2].mean() < 0.1 and drawn[1::2].mean() > 0.4
    right, wrong = model.score(x[:200], condition=c[:200]).mean(), model.score(x[:200], condition=1 - c[:200]).mean()
    assert right < wrong - 3


def test_codes_need_no_condition_that_only_the_decoder_takes():
    told = aelib.Autoencoder(aelib.dense_encoder(SHAPE, 2), aelib.dense_decoder(2, SHAPE, condition=2))
    np.testing.assert_array_equal(told.encode(images()), told.encode(images(), LABELS))
    with pytest.raises(ValueError, match="needs a condition"):
        build("plain", condition=2).encode(images())


@keras.saving.register_keras_serializable("tests")
class VQVAE(aelib.Autoencoder):
    """A model of one's own through the hook `code`: codes are the nearest vectors of a codebook."""

    terms = ("reconstruction", "commitment")

    def __init__(self, encoder, decoder, *, entries=8, **kwargs):
        super().__init__(encoder, decoder, **kwargs)
        self.entries = entries
        self.codebook = self.add_weight((entries, decoder.inputs[0].shape[-1]), "random_normal", name="codebook")

    def point(self, h):
        distance = ops.sum(ops.square(h[..., None, :] - ops.convert_to_tensor(self.codebook)), axis=-1)
        return ops.take(self.codebook, ops.argmin(distance, axis=-1), axis=0)

    def code(self, h, training=False):
        nearest = self.point(h)
        from_encoder = ops.sum(ops.square(h - ops.stop_gradient(nearest)), axis=-1)
        from_codebook = ops.sum(ops.square(nearest - ops.stop_gradient(h)), axis=-1)
        return h + ops.stop_gradient(nearest - h), {"commitment": 0.25 * from_encoder + from_codebook}

    def get_config(self):
        return {**super().get_config(), "entries": self.entries}


def test_a_new_model_is_thirty_lines(tmp_path):
    keras.utils.set_random_seed(0)
    model, x = VQVAE(*networks(), entries=4), np.repeat(images(4), 400, axis=0)
    model.compile(keras.optimizers.Adam(0.01))
    history = model.fit(x, epochs=3, validation_data=x[:9], verbose=0).history
    assert {"commitment", "val_commitment"} < set(history) and history["loss"][-1] < history["loss"][0]
    codebook = numpy(model.codebook)
    h = numpy(model.encoder(x[:9]))
    by_hand = codebook[np.square(h[:, None] - codebook).sum(axis=-1).argmin(axis=1)]
    np.testing.assert_allclose(model.encode(x[:9]), by_hand, rtol=1e-6)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.reconstruct(x[:9]), model.reconstruct(x[:9]))
