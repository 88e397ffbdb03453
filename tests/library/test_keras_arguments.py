"""Keras's own arguments keep their meaning; losses and metrics equal a direct computation."""

import keras
import numpy as np
import pytest
from small import MODELS, build, images, networks, numpy, still

from aelib import Anneal, Autoencoder

X, Y = images(16), images(16, seed=1)
WEIGHT = np.linspace(0, 2, 16, dtype="float32")
KNOWN = np.random.default_rng(2).random(X.shape) < 0.5
C = keras.utils.to_categorical(np.arange(16) % 2, 2)


def nats(model, x=X, y=X):
    """The cross-entropy of each value, from the reconstruction."""
    p = model.reconstruct(x).astype("float64")
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


def bernoulli(**options):
    return still(likelihood="bernoulli", **options)


WEIGHTS = {
    "array": WEIGHT,
    "list": WEIGHT.tolist(),
    "tensor": keras.ops.convert_to_tensor(WEIGHT),
    "column": WEIGHT[:, None],
    "bool": WEIGHT > 1,
}


@pytest.mark.parametrize("kind", WEIGHTS)
def test_weights_of_examples_count_with_and_without_a_target(kind):
    model, weight = bernoulli(), WEIGHTS[kind]
    flat = np.asarray(numpy(keras.ops.cast(weight, "float32"))).ravel()
    for y in (None, X, Y):
        expected = (nats(model, y=X if y is None else y).sum(axis=(1, 2, 3)) * flat).mean()
        history = model.fit(X, y, sample_weight=weight, validation_data=(X, y, weight), batch_size=8, verbose=0).history
        losses = [history[name][0] for name in ("loss", "reconstruction", "val_loss")]
        losses += [model.evaluate(X, y, sample_weight=weight, verbose=0)[0]]
        losses += [model.test_on_batch(X, y, sample_weight=weight)[0]]
        np.testing.assert_allclose(losses, expected, rtol=1e-4)


@pytest.mark.parametrize("kind", MODELS)
def test_weights_of_zero_give_a_loss_of_zero_and_change_nothing(kind):
    model = build(kind)
    before = model.encoder.get_weights()
    history = model.fit(X, sample_weight=np.zeros(16), verbose=0).history
    assert all(value == [0.0] for value in history.values())
    np.testing.assert_array_equal(model.encoder.get_weights()[0], before[0])


@pytest.mark.parametrize("kind", ["plain", "vae"])
def test_values_that_are_not_known_count_for_nothing(kind):
    """A mask as sample_weight: the loss is that of the rest, whatever stands there, and its gradient too."""
    weights = []
    for filling in (0.0, 1.0):
        keras.utils.set_random_seed(0)
        model = build(kind, likelihood="bernoulli")
        model.fit(X, np.where(KNOWN, X, filling), sample_weight=KNOWN, batch_size=4, verbose=0)
        weights.append(np.concatenate([w.ravel() for w in model.get_weights()[:8]]))
    np.testing.assert_array_equal(*weights)
    model = bernoulli()
    expected = (nats(model) * KNOWN).sum(axis=(1, 2, 3)).mean()
    history = model.fit(X, sample_weight=KNOWN, validation_data=(X, X, KNOWN), batch_size=16, verbose=0).history
    loss = model.evaluate(X, sample_weight=KNOWN.astype("float32"), batch_size=16, verbose=0)[0]
    np.testing.assert_allclose([history["loss"][0], history["val_loss"][0], loss], expected, rtol=1e-4)


def test_a_mask_of_a_table_that_is_square():
    x, known = images(5, (5,)), np.eye(5)
    model = bernoulli(shape=(5,))
    np.testing.assert_allclose(
        model.evaluate(x, sample_weight=known, verbose=0)[0], (nats(model, x, x) * known).sum() / 5, rtol=1e-4
    )


@pytest.mark.parametrize(
    "bad", [WEIGHT[:3], -WEIGHT, WEIGHT * np.nan, KNOWN[..., 0], np.zeros((16, 4)), ["a"] * 16, []], ids=repr
)
def test_weights_that_make_no_sense(bad):
    with pytest.raises(ValueError, match="sample_weight must hold finite numbers.*for examples or|convert string"):
        build().fit(X, sample_weight=bad, verbose=0)


def test_weights_of_classes():
    model = still("vae", condition=2, likelihood="bernoulli")
    loss = {}
    for name, weights in (("one", {0: 1.0}), ("none", {0: 0.0, 1: 0.0}), ("first", {1: 0.0}), ("second", {0: 0.0})):
        loss[name] = model.fit(X, condition=C, class_weight=weights, verbose=0).history["reconstruction"][0]
        model.fit((X, C), class_weight=weights, verbose=0)
    assert loss["none"] == 0 and loss["first"] < loss["one"] > loss["second"]
    np.testing.assert_allclose(loss["first"] + loss["second"], loss["one"], rtol=0.1)  # other noise
    with pytest.raises(ValueError, match="class_weight needs labels: give condition="):
        bernoulli().fit(X, class_weight={0: 1.0}, verbose=0)
    with pytest.raises(ValueError, match="at the same time"):
        model.fit(X, condition=C, class_weight={0: 1.0}, sample_weight=WEIGHT, verbose=0)


@pytest.mark.parametrize("y", [None, Y], ids=["input", "target"])
@pytest.mark.parametrize("kind", MODELS)
def test_metrics_are_measured_on_the_reconstruction(kind, y):
    model = still(kind, likelihood="bernoulli", compiled={"metrics": ["mse", "mae"]})
    error = model.reconstruct(X) - (X if y is None else y)
    logs = model.evaluate(X, y, verbose=0, return_dict=True)
    np.testing.assert_allclose([logs["mse"], logs["mae"]], [np.square(error).mean(), np.abs(error).mean()], rtol=1e-4)
    history = model.fit(X, y, validation_data=X if y is None else (X, y), verbose=0).history
    np.testing.assert_allclose(history["val_mse"][0], np.square(error).mean(), rtol=1e-4)
    if kind == "plain":  # others are trained on codes with noise
        np.testing.assert_allclose(history["mse"][0], np.square(error).mean(), rtol=1e-4)


def test_weighted_metrics():
    model = bernoulli(compiled={"metrics": ["mae"], "weighted_metrics": ["mse"]})
    square = np.square(model.reconstruct(X) - X)
    mean = np.average(square.mean(axis=(1, 2, 3)), weights=WEIGHT)
    np.testing.assert_allclose(model.fit(X, sample_weight=WEIGHT, verbose=0).history["mse"], mean, rtol=1e-4)
    np.testing.assert_allclose(
        model.evaluate(X, sample_weight=WEIGHT, verbose=0, return_dict=True)["mse"], mean, rtol=1e-4
    )
    model = bernoulli(compiled={"weighted_metrics": ["mse"]})
    loss = model.evaluate(X, sample_weight=KNOWN, batch_size=16, verbose=0, return_dict=True)["mse"]
    np.testing.assert_allclose(loss, np.average(square_of(model), weights=KNOWN), rtol=1e-4)


def square_of(model):
    return np.square(model.reconstruct(X) - X)


def test_a_loss_is_refused():
    for options in ({"loss": "mse"}, {"loss": keras.losses.MeanSquaredError()}, {"loss": {}}, {"loss_weights": [1.0]}):
        with pytest.raises(ValueError, match="The likelihood owns the loss"):
            build().compile("adam", **options)
    with pytest.raises(ValueError, match="The likelihood owns the loss, loss='mse'"):
        build().compile("adam", "mse")
    with pytest.raises(ValueError, match="compile"):
        Autoencoder(*networks()).fit(X, verbose=0)


class Count(keras.callbacks.Callback):
    """How many epochs have ended."""

    epochs = 0

    def on_epoch_end(self, epoch, logs=None):
        self.epochs += 1


def test_arguments_of_fit():
    model = bernoulli()
    score = model.score(X)
    loss = model.fit(X, validation_split=0.25, verbose=0).history["val_loss"]
    np.testing.assert_allclose(loss, score[12:].mean(), rtol=1e-4)
    assert len(model.fit(X, None, 8, 2, 0).history["loss"]) == 2
    assert len(model.fit(X, epochs=5, initial_epoch=3, verbose=0).history["loss"]) == 2
    model.fit(X, batch_size=8, steps_per_epoch=1, epochs=2, validation_data=X, validation_steps=1, verbose=0)
    np.testing.assert_allclose(model.evaluate(X, None, 8, 0)[0], score.mean(), rtol=1e-4)
    assert model.predict(X, 8, 0).shape == X.shape
    with pytest.raises(TypeError, match="epoch"):
        model.fit(X, epoch=2)
    for n, callbacks in enumerate(([one := Count()], one, (one,), keras.callbacks.CallbackList([one], model=model))):
        model.fit(X, callbacks=callbacks, verbose=0)
        assert one.epochs == n + 1


@pytest.mark.parametrize(
    ("kind", "name", "term"), [("vae", "beta", "kl"), ("compressive", "distortion_weight", "reconstruction")]
)
def test_weights_of_terms_can_be_set_and_annealed_and_are_saved(kind, name, term, tmp_path):
    x = np.repeat(X[:1], 16, axis=0)
    model = still(kind, likelihood="bernoulli", **{name: 1.0})
    once = model.evaluate(x, verbose=0, return_dict=True)[term]
    for value in (0.5, 0, np.float64(2)):
        setattr(model, name, value)
        np.testing.assert_allclose(model.evaluate(x, verbose=0, return_dict=True)[term], float(value) * once, rtol=1e-4)
    getattr(model, name).assign(3.0)
    np.testing.assert_allclose(model.evaluate(x, verbose=0, return_dict=True)[term], 3 * once, rtol=1e-4)

    class ByHand(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            setattr(self.model, name, [0.0, 0.5, 1.0][epoch])

    if kind == "vae":  # in training the codec's noise makes its reconstruction another at each call
        by_hand = model.fit(x, epochs=3, callbacks=ByHand(), verbose=0).history[term]
        np.testing.assert_allclose(by_hand, once * np.array([0, 0.5, 1]), rtol=1e-4)
        annealed = model.fit(x, batch_size=8, epochs=4, callbacks=Anneal(name, 0, 1, epochs=3), verbose=0).history[term]
        np.testing.assert_allclose(annealed, once * np.array([1, 5, 9, 12]) / 12, rtol=1e-4)
    model.fit(x, epochs=3, callbacks=[Anneal(name, 0.0, 1.5, epochs=2)], verbose=0)
    model.save(tmp_path / "model.keras")
    assert float(getattr(keras.models.load_model(tmp_path / "model.keras"), name)) == 1.5
    with pytest.raises(ValueError, match="no 'gamma' to anneal"):
        model.fit(x, callbacks=Anneal("gamma", 0, 1, 2), verbose=0)


def test_ways_to_run_a_step():
    expected = bernoulli()
    score = expected.score(X).mean()
    for options in ({"run_eagerly": True}, {"steps_per_execution": 2}, {"jit_compile": True}, {"jit_compile": False}):
        expected.compile(keras.optimizers.SGD(0.0), metrics=["mse"], **options)
        history = expected.fit(X, batch_size=4, validation_data=X, verbose=0).history
        np.testing.assert_allclose([history["loss"][0], history["val_loss"][0]], score, rtol=1e-4)
