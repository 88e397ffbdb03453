"""aelib.data: real files, the stand-ins, and what is wrong with a file."""

import hashlib
import json
import sys

import numpy as np
import pytest

import aelib
from aelib.data import SERIES, SHAPES, load_series


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


LABELS = {"realKnownCause/nyc_taxi.csv": [["2014-07-01 00:30:00.000000", "2014-07-01 01:00:00.000000"]]}


@pytest.fixture
def series_files(folder, monkeypatch):
    """A folder with a short series, as if it were the one that the hash belongs to."""
    content = b"timestamp,value\n2014-07-01 00:00:00,10844\n2014-07-01 00:30:00,8127\n2014-07-01 01:00:00,6210.5\n"
    kind, _, drawn = SERIES["nyc_taxi"]
    monkeypatch.setitem(SERIES, "nyc_taxi", (kind, hashlib.sha256(content).hexdigest(), drawn))
    (folder / "nab").mkdir()
    (folder / "nab" / "nyc_taxi.csv").write_bytes(content)
    (folder / "nab" / "windows.json").write_text(json.dumps({"nyc_taxi.csv": LABELS["realKnownCause/nyc_taxi.csv"]}))
    return folder / "nab"


def check_short_series(series):
    assert series.values.tolist() == [10844, 8127, 6210.5] and series.values.dtype == np.float32
    assert series.timestamps.dtype == "datetime64[s]" and str(series.timestamps[1]) == "2014-07-01T00:30:00"
    assert series.windows.tolist() == [[series.timestamps[1].item(), series.timestamps[2].item()]]
    assert series.name == "nyc_taxi" and not series.stand_in


def test_a_series_from_the_folder_of_aelib_data(series_files):
    check_short_series(load_series("nyc_taxi"))


def test_a_series_by_download(series_files, tmp_path_factory, monkeypatch):
    import keras

    cache, asked = tmp_path_factory.mktemp("keras"), []

    def get_file(name, origin, cache_subdir):
        asked.append(origin)
        local = "windows.json" if name.endswith(".json") else name
        text = json.dumps(LABELS).encode() if name.endswith(".json") else (series_files / local).read_bytes()
        (cache / name).write_bytes(text)
        return str(cache / name)

    monkeypatch.setattr(keras.utils, "get_file", get_file)
    monkeypatch.delenv("AELIB_DATA")
    check_short_series(load_series("nyc_taxi"))
    assert all(origin.startswith("https://raw.githubusercontent.com/numenta/NAB/ea702d75") for origin in asked)
    assert asked[0].endswith("/data/realKnownCause/nyc_taxi.csv")
    assert asked[1].endswith("/labels/combined_windows.json")


@pytest.mark.parametrize("kind", ["changed", "truncated", "empty"])
def test_a_damaged_series_is_a_clear_error(series_files, kind):
    path = series_files / "nyc_taxi.csv"
    content = path.read_bytes()
    path.write_bytes({"changed": content.replace(b"8", b"9"), "truncated": content[:-20], "empty": b""}[kind])
    with pytest.raises(ValueError, match=r"nyc_taxi.csv is damaged or another version.*Delete the file and fetch it"):
        load_series("nyc_taxi")


@pytest.mark.parametrize("labels", ["", "{}", "[1, 2]", '{"nyc_taxi.csv": ["soon"]}', '{"nyc_taxi.csv": null}', None])
def test_damaged_or_missing_windows_are_a_clear_error(series_files, labels):
    path = series_files / "windows.json"
    if labels is None:
        path.unlink()
    else:
        path.write_text(labels)
    with pytest.raises(ValueError, match=r"windows.json has no windows for nyc_taxi.csv.*Delete the file"):
        load_series("nyc_taxi")


@pytest.mark.parametrize("name", SERIES)
def test_offline_draws_a_series_with_known_anomalies(monkeypatch, name):
    monkeypatch.setenv("AELIB_OFFLINE", "1")
    with pytest.warns(UserWarning, match=f"STAND-IN for {name}"):
        series = load_series(name)
    rows, start, minutes, anomalies = SERIES[name][2]
    assert series.stand_in and series.name == name
    assert series.values.shape == series.timestamps.shape == (rows,) and series.values.dtype == np.float32
    assert series.windows.shape == (anomalies, 2) and series.windows.dtype == series.timestamps.dtype
    assert series.timestamps[0] == np.datetime64(start)
    assert set(np.diff(series.timestamps)) == {np.timedelta64(60 * minutes, "s")}
    bad = [(series.timestamps >= a) & (series.timestamps <= b) for a, b in series.windows]
    assert all(series.values[here].mean() < 0.7 * series.values[: rows // 2].mean() for here in bad)


@pytest.mark.parametrize("failure", [Exception("URL fetch failure on somewhere"), TimeoutError("timed out")])
def test_no_network_draws_a_series(folder, monkeypatch, failure):
    import keras

    def get_file(*_, **__):
        raise failure

    monkeypatch.setattr(keras.utils, "get_file", get_file)
    with pytest.warns(UserWarning, match="download of nyc_taxi failed"):
        assert load_series("nyc_taxi").stand_in


def test_a_series_of_another_name_or_folder(monkeypatch):
    with pytest.raises(ValueError, match="'nyc_bus'.*'nyc_taxi'"):
        load_series("nyc_bus")
    monkeypatch.delenv("AELIB_OFFLINE", raising=False)
    monkeypatch.setenv("AELIB_DATA", "/no/such/folder")
    with pytest.raises(FileNotFoundError, match="/no/such/folder"):
        load_series("nyc_taxi")
