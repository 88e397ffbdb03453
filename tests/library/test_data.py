"""aelib.data.load: real files, the stand-in, and what is wrong with a file."""

import sys

import numpy as np
import pytest

import aelib
from aelib.data import SHAPES


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    return {key: rng.integers(0, 10, shape, dtype="uint8") for key, shape in SHAPES.items()}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("AELIB_DATA", str(tmp_path))
    monkeypatch.delenv("AELIB_OFFLINE", raising=False)
    return tmp_path


def test_reads_the_folder_of_aelib_data(folder, arrays):
    arrays["x_train"][0, 0, 0], arrays["x_train"][0, 0, 1] = 0, 255
    np.savez(folder / "mnist.npz", **arrays)
    data = aelib.load("mnist")
    assert data.x_train.shape == (60_000, 28, 28, 1) and data.x_train.dtype == np.float32
    assert data.x_train[0, 0, :2, 0].tolist() == [0.0, 1.0]
    assert data.x_test.shape == (10_000, 28, 28, 1) and data.y_test.dtype == np.int64
    assert (data.y_train == arrays["y_train"]).all()
    assert data.name == "mnist" and not data.stand_in


def test_offline_gives_the_stand_in_with_a_warning(monkeypatch):
    monkeypatch.setenv("AELIB_OFFLINE", "1")
    with pytest.warns(UserWarning, match="STAND-IN"):
        data = aelib.load("fashion_mnist")
    assert data.stand_in and data.name == "fashion_mnist"
    assert data.x_train.shape == (1500, 28, 28, 1) and data.x_test.shape == (297, 28, 28, 1)
    assert data.x_train.dtype == np.float32 and data.x_train.min() == 0 and data.x_train.max() == 1
    assert set(data.y_train) == set(range(10))


@pytest.mark.parametrize(
    "failure",
    [Exception("URL fetch failure on somewhere: None -- no route"), TimeoutError("timed out"), ConnectionResetError()],
)
def test_no_network_gives_the_stand_in(folder, monkeypatch, failure):
    import keras

    def load_data():
        raise failure

    monkeypatch.setattr(keras.datasets.mnist, "load_data", load_data)
    with pytest.warns(UserWarning, match="download of mnist failed"):
        assert aelib.load("mnist").stand_in


@pytest.mark.parametrize("failure", [EOFError("ended early"), __import__("gzip").BadGzipFile("not gzip"), ValueError()])
def test_a_damaged_keras_cache_is_an_error_and_no_stand_in(folder, monkeypatch, failure):
    import keras

    def load_data():
        raise failure

    monkeypatch.setattr(keras.datasets.fashion_mnist, "load_data", load_data)
    with pytest.raises(ValueError, match=r"damaged.*Delete the files of fashion_mnist"):
        aelib.load("fashion_mnist")


def test_unknown_name():
    with pytest.raises(ValueError, match="'cifar'.*'fashion_mnist', 'mnist'"):
        aelib.load("cifar")


def test_missing_folder(monkeypatch):
    monkeypatch.delenv("AELIB_OFFLINE", raising=False)
    monkeypatch.setenv("AELIB_DATA", "/no/such/folder")
    with pytest.raises(FileNotFoundError, match="/no/such/folder"):
        aelib.load("mnist")


class Pickled:
    """Unpickling this would be noticed."""

    def __reduce__(self):
        return (sys.exit, ("a pickle was loaded",))


def damage(kind, path, arrays):
    if kind == "truncated":
        np.savez(path, **arrays)
        path.write_bytes(path.read_bytes()[:-1000])
    elif kind == "flipped":
        np.savez_compressed(path, **arrays)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "not a zip":
        path.write_text("<html>404</html>")
    elif kind == "wrong keys":
        np.savez(path, images=arrays["x_test"])
    elif kind == "wrong shape":
        np.savez(path, **{**arrays, "x_test": arrays["x_test"][:99]})
    elif kind == "wrong dtype":
        np.savez(path, **{**arrays, "x_test": arrays["x_test"].astype("float32")})
    elif kind == "pickled":
        np.savez(path, **{**arrays, "y_train": np.array([Pickled()], dtype=object)})


@pytest.mark.parametrize(
    "kind", ["truncated", "flipped", "empty", "not a zip", "wrong keys", "wrong shape", "wrong dtype", "pickled"]
)
def test_a_damaged_or_wrong_file_is_a_clear_error(folder, arrays, kind):
    path = folder / "fashion_mnist.npz"
    damage(kind, path, arrays)
    with pytest.raises(ValueError, match="fashion_mnist.npz.*Delete the file and fetch it again"):
        aelib.load("fashion_mnist")
