"""One check at every entrance: it works as a Keras user expects, or it is refused in words that say what came."""

import tempfile

import h5py
import keras
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from small import build, images, numpy, still

WIDE = (5,)
X = images(16, WIDE)
LABELS = np.arange(16) % 3
ENTRANCES = {
    "fit": lambda model, x: model.fit(x, batch_size=8, verbose=0),
    "validation_data": lambda model, x: model.fit(X, validation_data=x, verbose=0),
    "evaluate": lambda model, x: model.evaluate(x, verbose=0),
    "predict": lambda model, x: model.predict(x, verbose=0),
    "encode": lambda model, x: model.encode(x),
    "reconstruct": lambda model, x: model.reconstruct(x),
    "score": lambda model, x: model.score(x),
    "train_on_batch": lambda model, x: model.train_on_batch(x),
    "test_on_batch": lambda model, x: model.test_on_batch(x),
    "predict_on_batch": lambda model, x: model.predict_on_batch(x),
}
BATCHWISE = [name for name in ENTRANCES if not name.endswith("on_batch")]


@pytest.fixture(scope="module")
def model():
    """One model for all of these: it stays as it is."""
    return still(shape=WIDE)


class Batches(keras.utils.PyDataset):
    """A data set as Keras describes it."""

    def __init__(self, make):
        super().__init__()
        self.batches = list(make())

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, index):
        return self.batches[index]


def tf_dataset(make):
    """A tf.data.Dataset of these batches."""
    from tensorflow import data

    return data.Dataset.from_tensor_slices(tuple(np.concatenate(part) for part in zip(*make(), strict=True))).batch(8)


def torch_loader(make):
    """A torch DataLoader of these batches."""
    torch = pytest.importorskip("torch")
    parts = [torch.from_numpy(np.ascontiguousarray(np.concatenate(part))) for part in zip(*make(), strict=True)]
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*parts), batch_size=8)


PIPELINES = {
    "generator": lambda make: (batch for batch in make()),
    "generator of lists": lambda make: (list(batch) for batch in make()),
    "generator of arrays": lambda make: (batch[0] for batch in make()),
    "iterator": lambda make: iter(make()),
    "PyDataset": Batches,
    "tf.data": tf_dataset,
    "torch": torch_loader,
}


def batches(x, *more):
    """Two batches of eight, as a function that a pipeline is made of."""
    return lambda: [tuple(part[i : i + 8] for part in (x, *more)) for i in (0, 8)]


def tensor(x):
    """A tensor of the backend."""
    return keras.ops.convert_to_tensor(x)


def hdf5(x):
    """A data set in an HDF5 file that is never written."""
    return h5py.File("x.h5", "w", driver="core", backing_store=False).create_dataset("x", data=x)


def memory_map(x):
    """An array that lies in a file."""
    with tempfile.TemporaryFile() as file:
        x.tofile(file)
        return np.memmap(file, x.dtype, "r", shape=x.shape)


GOOD = {
    "float64": X.astype("float64"),
    "float16": X.astype("float16"),
    "big-endian": X.astype(">f4"),
    "Fortran order": np.asfortranarray(X),
    "negative strides": X[::-1, ::-1],
    "memory map": memory_map(X),
    "bool": X > 0.5,
    "uint8": (X > 0.5).astype("uint8"),
    "one example": X[:1],
    "a tensor": tensor(X),
    "half a tensor": keras.ops.cast(X, "bfloat16"),
    "HDF5": hdf5(X),
    "DataFrame": pd.DataFrame(X),
    "nullable DataFrame": pd.DataFrame(X).convert_dtypes(),
    "mixed DataFrame": pd.DataFrame(X).assign(flag=LABELS == 0).iloc[:, 1:],
    "unmasked": np.ma.masked_greater(X, 2),
}


@pytest.mark.parametrize("entrance", ["fit", "validation_data", "evaluate", "encode", "reconstruct", "score"])
@pytest.mark.parametrize("kind", GOOD)
def test_arrays_of_any_library(kind, entrance, model):
    x = GOOD[kind]
    plain = x.to_numpy("float32") if hasattr(x, "to_numpy") else np.asarray(numpy(keras.ops.cast(x[:], "float32")))
    result = ENTRANCES[entrance](model, x)
    if entrance in ("encode", "reconstruct", "score"):
        np.testing.assert_allclose(result, ENTRANCES[entrance](model, plain), rtol=1e-4, atol=1e-5)
    else:
        loss = result if entrance == "evaluate" else result.history["val_loss" if "val" in entrance else "loss"]
        np.testing.assert_allclose(loss[0], model.score(plain).mean(), rtol=1e-3)


@pytest.mark.parametrize("entrance", BATCHWISE)
@pytest.mark.parametrize("kind", PIPELINES)
def test_pipelines(kind, entrance, model):
    """All of it is seen, once: also by a validation, at each epoch."""
    x = PIPELINES[kind](batches(X))
    result = ENTRANCES[entrance](model, x)
    if entrance in ("predict", "encode", "reconstruct", "score"):
        np.testing.assert_allclose(result, ENTRANCES[entrance](model, X), rtol=1e-4, atol=1e-5)
    else:
        loss = result if entrance == "evaluate" else result.history["val_loss" if "val" in entrance else "loss"]
        np.testing.assert_allclose(loss[0], model.score(X).mean(), rtol=1e-4)


@pytest.mark.parametrize("kind", PIPELINES)
def test_pipelines_with_targets_and_weights(kind, model):
    if kind == "generator of arrays":
        return
    y, weight = X[::-1], np.linspace(0, 2, 16, dtype="float32")
    expected = (model.score(X, y) * weight).mean()
    for entrance in ("fit", "validation_data", "evaluate"):
        result = ENTRANCES[entrance](model, PIPELINES[kind](batches(X, y, weight)))
        loss = result if entrance == "evaluate" else result.history["val_loss" if "val" in entrance else "loss"]
        np.testing.assert_allclose(loss[0], expected, rtol=1e-4)


def test_endless_generators(model):
    def endless():
        while True:
            yield X

    history = model.fit(
        endless(), steps_per_epoch=2, epochs=2, validation_data=endless(), validation_steps=1, verbose=0
    )
    np.testing.assert_allclose(history.history["val_loss"], model.score(X).mean(), rtol=1e-4)
    assert model.predict(endless(), steps=3, verbose=0).shape == (48, 5)


HOLES = np.where(X > 0.9, np.nan, X)
BAD = {
    "pixels of 0 to 255": (X * 255, r"from .* to 25.*Pixels of 0 to 255 become 0 to 1 with .*/ 255"),
    "bytes": ((X * 255).astype("uint8"), "/ 255"),
    "a wild table": (X * 1e4, "Scale it|Standardize it"),
    "NaN": (HOLES, "NaN or infinity.*sample_weight"),
    "infinity": (np.where(X > 0.9, np.inf, X), "NaN or infinity"),
    "empty": (X[:0], r"empty.*\(0, 5\)"),
    "one example alone": (X[0], r"single example: give x\[None\]"),
    "another size": (X[:, :3], r"shape \(16, 3\), expected \(n, 5\)"),
    "a number": (np.float32(3), "empty"),
    "labels": (LABELS, "looks like labels.*leave them out"),
    "a list": (X.tolist(), "a list; give one array"),
    "a dict": ({"x": X}, "a dict; give one array"),
    "nothing": (None, "NoneType; give one array"),
    "a path": ("folder", "a str; give one array"),
    "words": (X.astype(str), r"not real numbers: convert"),
    "objects": (X.astype(object), "holds object, not real numbers"),
    "complex": (X.astype(complex), "holds complex128, not real numbers"),
    "times": (X.astype("M8[s]"), r"holds datetime64\[s\], not real numbers"),
    "long double": (X.astype("longdouble"), "holds float128, not real numbers"),
    "a table with words": (pd.DataFrame(X).assign(color="red"), "columns without plain numbers: color"),
    "a table with holes": (pd.DataFrame(HOLES), "NaN or infinity"),
    "a table with missing values": (pd.DataFrame(HOLES).convert_dtypes(), "NaN or infinity"),
    "masked": (np.ma.masked_greater(X, 0.9), r"masked array: give .*\.filled\(0\) and sample_weight"),
    "sparse": (sparse.csr_matrix(X), r"is sparse .*toarray\(\)"),
    "sparse array": (sparse.coo_array(X), r"is sparse .*toarray\(\)"),
}


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize("kind", BAD)
def test_what_cannot_be_meant_is_refused_in_words(kind, entrance, model):
    x, message = BAD[kind]
    if entrance == "validation_data" and isinstance(x, (list, type(None))):
        return  # (x, y, sample_weight), and none
    with pytest.raises(ValueError, match=message):
        ENTRANCES[entrance](model, x)


@pytest.mark.parametrize("entrance", BATCHWISE)
@pytest.mark.parametrize("kind", PIPELINES)
def test_a_pipeline_is_looked_at(kind, entrance, model):
    with pytest.raises(ValueError, match="batch of .*/ 255|x must lie .*/ 255"):
        ENTRANCES[entrance](model, PIPELINES[kind](batches(X * 255)))
    if entrance in ("fit", "validation_data", "evaluate", "score") and kind != "generator of arrays":
        with pytest.raises(ValueError, match="looks like labels"):
            ENTRANCES[entrance](model, PIPELINES[kind](batches(X, LABELS)))


@pytest.mark.parametrize("entrance", BATCHWISE)
def test_a_pipeline_that_is_used_up_is_said_to_be(entrance, model):
    for empty in (iter([]), tf_dataset(batches(X)).take(0)):
        with pytest.raises(ValueError, match="yields no batch"):
            ENTRANCES[entrance](model, empty)


def test_nothing_is_given_beside_a_pipeline(model):
    make = lambda: iter(batches(X)())  # noqa: E731
    for call in (
        lambda: model.fit(make(), X),
        lambda: model.fit(make(), sample_weight=np.ones(16)),
        lambda: model.evaluate(make(), X),
        lambda: model.encode(make(), condition=X),
        lambda: model.predict(make(), condition=X),
        lambda: model.score(make(), X),
    ):
        with pytest.raises(ValueError, match="must come in its batches"):
            call()


def test_targets_and_validation_data_are_looked_at(model):
    for y, message in [
        (LABELS, "y, with x, has shape .*looks like labels"),
        (X[:3], "x has 16 examples, y has 3"),
        (X * 255, "y, with x, must lie"),
        (HOLES, "y, with x, holds NaN"),
    ]:
        with pytest.raises(ValueError, match=message):
            model.fit(X, y, verbose=0)
        with pytest.raises(
            ValueError, match=message.replace("with x", "with validation_data").replace("x has", "valid.*")
        ):
            model.fit(X, validation_data=(X, y), verbose=0)
    with pytest.raises(ValueError, match="not 4 parts"):
        model.fit(X, validation_data=(X, X, None, None), verbose=0)


def test_an_input_that_is_no_target_may_leave_the_range_but_not_be_pixels_of_0_to_255(model):
    noisy = X + np.random.default_rng(0).normal(0, 0.3, X.shape)
    model.fit(noisy, X, verbose=0)
    assert model.reconstruct(noisy).shape == X.shape
    with pytest.raises(ValueError, match="/ 255"):
        model.fit(X * 255, X, verbose=0)
    x = keras.Input(WIDE)
    encoder = keras.Model(x, keras.layers.Dense(2)(keras.layers.Rescaling(1 / 255)(x)))
    rescaling = type(model)(encoder, model.decoder)
    rescaling.compile("adam")
    rescaling.fit(X * 255, X, verbose=0)


def test_real_values_want_about_unit_scale():
    model = build(shape=WIDE, likelihood="gaussian")
    model.fit(X * 99, verbose=0)
    with pytest.raises(ValueError, match=r"\[-100, 100\].*Standardize"):
        model.fit(X * 1000, verbose=0)
