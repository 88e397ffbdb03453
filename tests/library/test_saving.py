"""A model is built when made; saved, copied, exported and composed it stays itself."""

import copy
import os
import pickle
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from small import MODELS, SHAPE, build, images, networks, numpy, still

from aelib import codec
from aelib.layers import GaussianNoise

TENSORFLOW = keras.backend.backend() == "tensorflow"
X = images(16)
C = keras.utils.to_categorical(np.arange(16) % 2, 2)


@pytest.fixture(scope="module", params=MODELS)
def trained(request):
    """A kind of model, and one of it that has been trained; not to be trained on."""
    model = build(request.param)
    model.fit(X, epochs=2, verbose=0)
    return request.param, model


def same(one, other):
    np.testing.assert_array_equal(one.encode(X), other.encode(X))
    np.testing.assert_allclose(one.reconstruct(X), other.reconstruct(X), rtol=1e-6)


def test_weights_go_into_a_new_model(trained, tmp_path):
    kind, model = trained
    model.save_weights(tmp_path / "model.weights.h5")
    for new in (build(kind), MODELS[kind](*networks(kind))):
        assert new.built and new.count_params() == model.count_params()
        new.load_weights(tmp_path / "model.weights.h5")
        same(new, model)
        if kind == "compressive":
            np.testing.assert_array_equal(new.prior.tables(), model.prior.tables())


def test_files_and_copies(trained, tmp_path):
    kind, model = trained
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded) is MODELS[kind]
    for copied in (loaded, pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        same(copied, model)
    loaded.fit(X, verbose=0)
    assert keras.models.clone_model(model).encode(X).shape == (16, 2)
    assert type(model).from_config(model.get_config()).encode(X).shape == (16, 2)


@pytest.mark.parametrize("kind", MODELS)
def test_a_new_model_is_whole(kind, tmp_path):
    model = build(kind)
    lines = []
    model.summary(print_fn=lines.append, expand_nested=True)
    assert model.count_params() == sum(w.size for w in model.get_weights()) and "encoder" in str(lines)
    MODELS[kind](*networks(kind)).save(tmp_path / "new.keras")
    keras.models.load_model(tmp_path / "new.keras").predict(X, verbose=0)


@pytest.mark.parametrize("kind", MODELS)
def test_callbacks_that_write_files(kind, tmp_path):
    callbacks = [
        keras.callbacks.BackupAndRestore(tmp_path / "backup", save_freq=2),
        keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", save_best_only=True),
        keras.callbacks.ModelCheckpoint(tmp_path / "last.weights.h5", save_weights_only=True),
        keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True),
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.ReduceLROnPlateau(),
    ]
    model = build(kind)
    model.fit(X, batch_size=4, epochs=2, validation_data=X, callbacks=callbacks, verbose=0)
    assert keras.models.load_model(tmp_path / "best.keras").encode(X).shape == (16, 2)
    build(kind).load_weights(tmp_path / "last.weights.h5")
    assert "val_reconstruction" in (tmp_path / "log.csv").read_text()


def state(model):
    """All that a training goes on with."""
    return [numpy(w) for w in (*model.variables, *model.optimizer.variables)]


def generators(layer):
    """The random generators of a model, in order."""
    return [g for part in layer._flatten_layers() for g in part.__dict__.values() if hasattr(g, "next")]


@pytest.mark.parametrize("kind", MODELS)
def test_training_goes_on_as_if_it_had_not_stopped(kind, tmp_path):
    model = build(kind, optimizer=keras.optimizers.Adam(0.01), corruption=GaussianNoise(0.1))
    model.fit(X, epochs=2, batch_size=8, shuffle=False, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for mine, theirs in zip(generators(model), generators(loaded), strict=True):  # Keras does not save these
        theirs.state.assign(numpy(mine.state))
    one, two = (m.fit(X, epochs=2, batch_size=8, shuffle=False, verbose=0).history for m in (model, loaded))
    assert one == two
    for mine, theirs in zip(state(model), state(loaded), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="Keras has no such export on torch")
@pytest.mark.parametrize(("kind", "condition"), [("plain", 0), ("vae", 0), ("vae", 2), ("compressive", 0)])
def test_an_exported_model_gives_the_reconstruction_the_same_at_every_call(kind, condition, tmp_path):
    import tensorflow as tf

    model = build(kind, condition=condition, corruption=GaussianNoise(0.5))
    model.save(tmp_path / "model.keras")
    keras.models.load_model(tmp_path / "model.keras").export(tmp_path / "served", verbose=False)
    served = tf.saved_model.load(tmp_path / "served")
    for n in (1, 5):
        inputs = [X[:n], C[:n].astype("float32")] if condition else X[:n]
        expected = model.reconstruct(X[:n], C[:n] if condition else None)
        for _ in range(2):
            np.testing.assert_allclose(served.serve(inputs), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.skipif(not TENSORFLOW, reason="LiteRT is made from TensorFlow")
@pytest.mark.parametrize("kind", MODELS)
def test_lite_models(kind, tmp_path):
    import tensorflow as tf

    model = build(kind)
    model.export(tmp_path / "model.tflite", format="litert", verbose=False)
    lite = tf.lite.Interpreter(str(tmp_path / "model.tflite"))
    lite.allocate_tensors()
    place = lite.get_input_details()[0]["index"]
    lite.resize_tensor_input(place, (2, *SHAPE))
    lite.allocate_tensors()
    for _ in range(2):
        lite.set_tensor(place, X[:2])
        lite.invoke()
        found = lite.get_tensor(lite.get_output_details()[0]["index"])
        np.testing.assert_allclose(found, model.reconstruct(X[:2]), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("kind", MODELS)
def test_onnx_models(kind, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("tf2onnx")
    if not TENSORFLOW:
        pytest.skip("this export is made from TensorFlow")
    model = build(kind)
    model.export(tmp_path / "model.onnx", format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    for _ in range(2):
        found = session.run(None, {session.get_inputs()[0].name: X})[0]
        np.testing.assert_allclose(found, model.reconstruct(X), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("kind", MODELS)
def test_part_of_another_model(kind, tmp_path):
    model = build(kind)
    outer = keras.Sequential([model, layers.Flatten(), layers.Dense(2, "softmax")])
    outer.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy")
    before = model.encoder.get_weights()[0].copy()
    outer.fit(X, C, verbose=0)
    if kind != "compressive":  # rounding has no gradient
        assert np.abs(model.encoder.get_weights()[0] - before).max() > 0
    x = keras.Input(SHAPE)
    outer = keras.Model(x, [model(x), layers.Flatten()(model(x))])
    outer.save(tmp_path / "outer.keras")
    for found in keras.models.load_model(tmp_path / "outer.keras").predict(X, verbose=0):
        np.testing.assert_allclose(found.reshape(X.shape), model.reconstruct(X), rtol=1e-5)
    model.encoder.trainable = False
    classifier = keras.Sequential([model.encoder, layers.Dense(2, "softmax")])
    classifier.compile("adam", "categorical_crossentropy")
    before = model.encoder.get_weights()[0].copy()
    classifier.fit(X, C, verbose=0)
    np.testing.assert_array_equal(model.encoder.get_weights()[0], before)


@pytest.mark.parametrize("kind", MODELS)
def test_a_step_of_ones_own(kind):
    """`compute_loss` can be called by hand; it takes what `model(x)` gave or not."""
    model = build(kind)
    loss = model.compute_loss(x=X)
    assert np.isfinite(float(loss)) and len(model(X, training=True).shape) == 4
    if TENSORFLOW:
        import tensorflow as tf

        class Own(MODELS[kind]):
            def train_step(self, data):
                x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
                with tf.GradientTape() as tape:
                    loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True), sample_weight=weight)
                gradients = tape.gradient(loss, self.trainable_variables)
                assert not any(gradient is None for gradient in gradients)
                self.optimizer.apply(gradients, self.trainable_variables)
                return {"loss": loss}

        own = Own(*networks(kind))
        own.compile(keras.optimizers.Adam(0.01))
        losses = own.fit(np.tile(X, (100, 1, 1, 1)), epochs=3, verbose=0).history["loss"]
        assert losses[2] < losses[0]
    if keras.backend.backend() == "jax":
        values = [[v.value for v in part] for part in (model.trainable_variables, model.non_trainable_variables)]
        found, _ = model.stateless_call(*values, X)
        np.testing.assert_allclose(found, model.reconstruct(X), rtol=1e-5)


def test_in_a_pipeline_of_scikit_learn(trained):
    _, model = trained
    classifier = make_pipeline(FunctionTransformer(model.encode), LogisticRegression())
    assert clone(classifier).fit(X, np.arange(16) % 2).predict(X).shape == (16,)
    wrapped = keras.wrappers.SKLearnTransformer(lambda X, y: still(shape=(5,)), fit_kwargs={"verbose": 0})
    with pytest.raises(ValueError, match="looks like labels"):
        wrapped.fit(images(16, (5,)), np.arange(16) % 2)  # Keras's wrapper has no way without labels


READ = """
import sys, keras, numpy as np
sys.path.insert(0, {here!r})
from small import build
from aelib import codec
data = open("file.aec", "rb").read()
loaded = build("compressive", latent_dim=16)
loaded.load_weights("model.weights.h5")
for model in (loaded, keras.models.load_model("model.keras")):
    codes = codec.decompress(data, model.prior.tables())
    np.testing.assert_array_equal(codes, np.load("codes.npy"))
    assert model.decode(codes).shape == (200, 4, 3, 1)
model.prior.mean.assign(model.prior.mean + 0.1)
try:
    codec.decompress(data, model.prior.tables())
except codec.CodecError as error:
    assert "before it was trained on" in str(error)
else:
    raise AssertionError("read with other tables")
"""


def test_codes_are_read_on_another_backend(tmp_path):
    x = images(200)
    model = build("compressive", latent_dim=16, optimizer=keras.optimizers.Adam(0.02))
    model.fit(x, epochs=3, verbose=0)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    np.save(tmp_path / "codes.npy", model.encode(x))
    (tmp_path / "file.aec").write_bytes(codec.compress(model.encode(x), model.prior.tables()))
    environment = {**os.environ, "KERAS_BACKEND": "jax" if TENSORFLOW else "tensorflow"}
    code = [sys.executable, "-c", READ.format(here=os.path.dirname(__file__))]
    run = subprocess.run(code, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
