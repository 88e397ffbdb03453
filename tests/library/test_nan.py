"""A VAE does not go to NaN on standardized data; a training that does stops, says what to do, and keeps its weights."""

import keras
import numpy as np
import pytest
from keras import ops
from small import build, images, numpy

from aelib import VAE, Autoencoder, dense_decoder, dense_encoder

X = images(64, (42,))
TABLE = np.random.default_rng(0).normal(size=(512, 42)).astype("float32")


@pytest.mark.parametrize("value", [1e4, -1e4, 1e38, -1e38, 88.0])
def test_whatever_an_encoder_says_about_its_variance(value):
    model = build("vae", shape=(42,), likelihood="learned_gaussian")
    kernel = model.encoder.layers[-1].get_weights()[0]
    model.encoder.layers[-1].set_weights([0 * kernel, np.array([0, 0, value, value])])
    mean, log_var = (numpy(part) for part in model.posterior(model.encoder(X[:2])))
    assert (mean == 0).all() and log_var.min() >= -20.01 and log_var.max() <= 10.01
    assert np.isfinite(model.score(X)).all()
    model.fit(X, verbose=0)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_the_bound_leaves_usual_variances_alone():
    model = build("vae")
    log_var = np.linspace(-12, 5, 50, dtype="float32")[:, None]
    found = numpy(model.posterior(np.concatenate([log_var, log_var], axis=1))[1])
    np.testing.assert_allclose(found, log_var, atol=0.01)


@pytest.mark.parametrize(("scale", "rate"), [(1, 1e-3), (10, 1e-3), (1, 0.1), (10, 0.1)])
def test_tables_and_high_rates(scale, rate):
    keras.utils.set_random_seed(0)
    model = VAE(dense_encoder((42,), 40, (64,)), dense_decoder(20, (42,), (64,)), likelihood="gaussian")
    model.compile(keras.optimizers.Adam(rate))
    losses = model.fit((scale * TABLE).clip(-100, 100), epochs=2, verbose=0).history["loss"]
    assert np.isfinite(losses).all()
    if rate < 0.1:
        assert losses[1] < losses[0]


@keras.saving.register_keras_serializable("tests")
class Logarithm(keras.layers.Layer):
    """A network's part that is NaN where its input is negative."""

    def call(self, x):
        return ops.log(x)


def fragile(rate=1.0):
    """A model that is sound while a weight is positive, which training makes negative."""
    x, z = keras.Input((1,)), keras.Input((1,))
    encoder = keras.Model(x, Logarithm()(keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")(x)))
    decoder = keras.Model(z, keras.layers.Dense(1, kernel_initializer="ones", trainable=False)(z))
    model = Autoencoder(encoder, decoder, likelihood="gaussian")
    model.compile(keras.optimizers.SGD(rate))
    return model


WORDS = (
    r"loss is NaN or infinite at batch \d+ of epoch (\d+).*last sound epoch.*\(1\) The data.*\(2\) The learning rate"
)


def test_a_training_that_becomes_nan_stops_and_says_what_to_do():
    model, x = fragile(), np.ones((3200, 1), "float32")
    seen = []
    watch = keras.callbacks.LambdaCallback(on_train_batch_begin=lambda batch, logs: seen.append(batch))
    with pytest.raises(ValueError, match=WORDS):
        model.fit(x, 0 * x - 50, callbacks=[watch], epochs=3, verbose=0)
    assert len(seen) <= 12 and model.get_weights()[0] == 1.0  # the start's


def test_it_has_the_weights_of_the_last_sound_epoch():
    model, x = fragile(rate=1e-3), np.ones((320, 1), "float32")
    kept = []

    class Steeper(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            kept.append(self.model.get_weights()[0].copy())
            self.model.optimizer.learning_rate = 1e-3 if epoch < 2 else 10.0

    with pytest.raises(ValueError, match=WORDS) as error:
        model.fit(x, 0 * x - 1, callbacks=[Steeper()], epochs=5, validation_data=(x, x), verbose=0)
    assert "epoch 3" in str(error.value) and len(kept) == 3
    np.testing.assert_array_equal(model.get_weights()[0], kept[2])
    assert kept[2] != 1.0


def with_hole(where, n=40):
    """Batches, one of which has a NaN."""
    for batch in range(n):
        x = images(8, (5,), seed=batch)
        if batch == where:
            x[3, 2] = np.nan
        yield (x,)


@pytest.mark.parametrize("where", [1, 9, 17, 39])
def test_nan_in_a_later_batch_of_a_pipeline(where):
    model = build(shape=(5,))
    before = model.get_weights()
    with pytest.raises(ValueError, match="loss is NaN or infinite at .* of epoch 1"):
        model.fit(with_hole(where), verbose=0)
    for mine, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    with pytest.raises(ValueError, match=r"The loss is NaN: some target is not in \[0, 1\]"):
        model.evaluate(with_hole(where), verbose=0)


def test_nan_in_a_later_batch_of_validation_data_and_nothing_spoiled_is_saved(tmp_path):
    model = build(shape=(5,))
    best = keras.callbacks.ModelCheckpoint(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="loss is NaN or infinite at the end of epoch 1"):
        model.fit(images(16, (5,)), validation_data=with_hole(3), callbacks=[best], verbose=0)
    assert not (tmp_path / "model.keras").exists()
    model.fit(images(16, (5,)), verbose=0)  # and it can be trained on
