"""Real data in one call: `load(name)` gives images, `load_series(name)` a time series, both documented and checked."""

import hashlib
import json
import os
import socket
import warnings
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError

import numpy as np

NAMES = ("fashion_mnist", "mnist")
SHAPES = {
    "x_train": (60_000, 28, 28),
    "y_train": (60_000,),
    "x_test": (10_000, 28, 28),
    "y_test": (10_000,),
}
NAB = "https://raw.githubusercontent.com/numenta/NAB/ea702d75cc2258d9d7dd35ca8e5e2539d71f3140"
# Each series: its folder there, the SHA-256 of its file, and for the stand-in: rows, start, minutes, anomalies.
SERIES = {
    "nyc_taxi": (
        "realKnownCause",
        "d8fa6f7f0734bf5c8be12c52a94e20a82664c397d9dec4449156bd453d32856d",
        (10_320, "2014-07-01", 30, 5),
    ),
    "machine_temperature_system_failure": (
        "realKnownCause",
        "92bf5b87fc7f9bba8ca0b7ec63ccaac8cb4a1371a258e8c29a10ae9c018d82a4",
        (22_695, "2013-12-02T21:15", 5, 4),
    ),
    "art_daily_small_noise": (
        "artificialNoAnomaly",
        "c4b304229f69f108eaa024fb2406fcd4510c5c5d95cd0053e2da6989682e4e6d",
        (4_032, "2014-04-01", 5, 0),
    ),
    "art_daily_jumpsup": (
        "artificialWithAnomaly",
        "f79f92b93ee4f9c10e2dc552505e8880b0c618639ed5e0f9816e044b75c26456",
        (4_032, "2014-04-01", 5, 1),
    ),
}


@dataclass(frozen=True)
class Dataset:
    """Training and test arrays.

    Attributes:
        x_train: float32 training images of shape (n, height, width, channels), pixels in [0, 1].
        y_train: their int64 labels, (n,).
        x_test: test images, as `x_train`.
        y_test: test labels, as `y_train`.
        name: the name that was asked for.
        stand_in: True if these are the offline stand-in and not the data that were asked for.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    name: str
    stand_in: bool = False


def load(name):
    """Load `"fashion_mnist"` or `"mnist"`: 60,000 training and 10,000 test images.

    Looks in the folder named by the environment variable AELIB_DATA (a file `<name>.npz`), then asks
    Keras (its cache, then a download). With no network it warns and gives a stand-in: the 1,797
    handwritten digits that ship with scikit-learn, resized to the same shape and split into 1,500
    and 297. With AELIB_OFFLINE=1 it does so at once.

    Returns:
        A `Dataset`: images of shape (n, 28, 28, 1), float32 in [0, 1], and integer labels.

    Raises:
        ValueError: the name is unknown, or a file is damaged or holds something else.
        FileNotFoundError: AELIB_DATA names a folder that is not there.

    Sources: Xiao, Rasul and Vollgraf (2017), Fashion-MNIST; LeCun et al. (1998), MNIST.
    """
    if name not in NAMES:
        raise ValueError(f"No data set {name!r}. There are: {', '.join(map(repr, NAMES))}.")
    if os.environ.get("AELIB_OFFLINE") == "1":
        return _stand_in(name, "AELIB_OFFLINE=1 asks for no network")
    folder = _data_folder()
    if folder and (path := Path(folder, f"{name}.npz")).exists():
        arrays = _read(path)
    else:
        try:
            arrays = _ask_keras(name)
        except OSError as error:
            return _stand_in(name, str(error))
    return _dataset(name, arrays)


@dataclass(frozen=True)
class Series:
    """A time series with the windows in which something is known to have happened.

    Attributes:
        timestamps: (n,) datetime64[s], the start of each interval.
        values: (n,) float32.
        windows: (k, 2) datetime64[s], first and last timestamp of each labeled window; k may be 0.
        name: the name that was asked for.
        stand_in: True if this is the offline stand-in and not the series that was asked for.
    """

    timestamps: np.ndarray
    values: np.ndarray
    windows: np.ndarray
    name: str
    stand_in: bool = False


def load_series(name):
    """Load a series of the Numenta Anomaly Benchmark, by the name of its file, such as `"nyc_taxi"`.

    Looks in the folder named by the environment variable AELIB_DATA (files `nab/<name>.csv` and
    `nab/windows.json`), then downloads both through Keras, which keeps them. With no network, or with
    AELIB_OFFLINE=1, it warns and draws a series with a daily and a weekly rhythm and known anomalies.

    Returns:
        A `Series`. "nyc_taxi" has 10,320 half-hours and five windows.

    Raises:
        ValueError: the name is unknown, or a file is damaged or another version.
        FileNotFoundError: AELIB_DATA names a folder that is not there.

    Source: Lavin and Ahmad (2015), Evaluating real-time anomaly detection algorithms.
    """
    if name not in SERIES:
        raise ValueError(f"No series {name!r}. There are: {', '.join(map(repr, SERIES))}.")
    if os.environ.get("AELIB_OFFLINE") == "1":
        return _drawn(name, "AELIB_OFFLINE=1 asks for no network")
    folder, sha256, _ = SERIES[name]
    key, here = f"{folder}/{name}.csv", _data_folder()
    if here and (path := Path(here, "nab", f"{name}.csv")).exists():
        paths = [path, path.with_name("windows.json")]
        mend = "Delete the file and fetch it again, or unset AELIB_DATA to let Keras download the data."
    else:
        try:
            paths, mend = _download(name, lambda: [_fetch(f"data/{key}"), _fetch("labels/combined_windows.json")])
        except OSError as error:
            return _drawn(name, str(error))
    content = Path(paths[0]).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(f"{paths[0]} is damaged or another version: its SHA-256 is not {sha256[:8]}... {mend}")
    try:
        found = json.loads(Path(paths[1]).read_text())
        windows = np.array(found[key if key in found else f"{name}.csv"]).reshape(-1, 2).astype("datetime64[s]")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{paths[1]} has no windows for {name}.csv: {error!r}. {mend}") from error
    rows = np.loadtxt(content.decode().splitlines(), str, delimiter=",", skiprows=1)
    return Series(rows[:, 0].astype("datetime64[s]"), rows[:, 1].astype("float32"), windows, name)


def _fetch(path):
    import keras

    return keras.utils.get_file(Path(path).name, f"{NAB}/{path}", cache_subdir="datasets/nab")


def _data_folder():
    folder = os.environ.get("AELIB_DATA")
    if folder and not Path(folder).is_dir():
        raise FileNotFoundError(f"AELIB_DATA names {folder!r}, which is not a folder. Correct or unset it.")
    return folder


def _read(path):
    mend = "Delete the file and fetch it again, or unset AELIB_DATA to let Keras download the data."
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in SHAPES}
    except Exception as error:  # NumPy and zipfile raise a dozen kinds for damaged bytes; all mean the same here
        raise ValueError(f"{path} is not a readable .npz file with {', '.join(SHAPES)}: {error!r}. {mend}") from error
    return _checked(arrays, path, mend)


def _ask_keras(name):
    """The arrays from Keras's cache or download. Raises OSError where the network does not answer."""
    import keras

    ((x_train, y_train), (x_test, y_test)), mend = _download(name, getattr(keras.datasets, name).load_data)
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    return _checked(arrays, f"Keras's copy of {name}", mend)


def _download(name, fetch):
    """What `fetch()` gets through Keras, and how to mend it. Raises OSError where the network does not answer."""
    mend = f"Delete the files of {name} in the folder datasets of Keras's cache (~/.keras) and load it again."
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(20)  # seconds; a network that swallows packets must not hang the notebook
    try:
        return fetch(), mend
    except Exception as error:
        # Keras reports a failed download as a plain Exception; time-outs and resets come through as they are.
        if type(error) is Exception or isinstance(error, (URLError, TimeoutError, ConnectionError)):
            raise OSError(f"the download of {name} failed ({error})") from error
        raise ValueError(f"Keras's copy of {name} is damaged: {error!r}. {mend}") from error
    finally:
        socket.setdefaulttimeout(timeout)


def _checked(arrays, source, mend):
    for key, shape in SHAPES.items():
        if arrays[key].shape != shape or arrays[key].dtype != np.uint8:
            found = f"{arrays[key].dtype} of shape {arrays[key].shape}"
            raise ValueError(f"{source} holds another {key}: expected uint8 of shape {shape}, found {found}. {mend}")
    return arrays


def _stand_in(name, why):
    from skimage.transform import resize
    from sklearn.datasets import load_digits

    warnings.warn(
        f"{why}. Using a STAND-IN for {name}: scikit-learn's 1,797 small digits, resized to 28 x 28. "
        "Results are not those of the book.",
        stacklevel=3,
    )
    digits = load_digits()
    x = resize(digits.images / 16.0, (len(digits.images), 28, 28), order=1) * 255
    x, y = x.round().astype("uint8"), digits.target
    arrays = {"x_train": x[:1500], "y_train": y[:1500], "x_test": x[1500:], "y_test": y[1500:]}
    return _dataset(name, arrays, stand_in=True)


def _dataset(name, arrays, stand_in=False):
    images = {key: arrays[key][..., None].astype("float32") / 255 for key in ("x_train", "x_test")}
    labels = {key: arrays[key].astype("int64") for key in ("y_train", "y_test")}
    return Dataset(**images, **labels, name=name, stand_in=stand_in)


def _drawn(name, why):
    """A series with the rows and times of the one asked for: a day, a week, noise, and two bad days per anomaly."""
    warnings.warn(
        f"{why}. Using a STAND-IN for {name}: a drawn series with known anomalies. Results are not those of the book.",
        stacklevel=3,
    )
    rows, start, minutes, anomalies = SERIES[name][2]
    timestamps = np.datetime64(start, "s") + np.arange(rows) * np.timedelta64(60 * minutes, "s")
    day = np.arange(rows) * minutes / 1440
    noise = np.random.default_rng(0).normal(0, 0.5, rows)
    values = 15 - 8 * np.cos(2 * np.pi * day) + 2 * np.cos(2 * np.pi * day / 7) + noise
    first = (rows * (0.58 + 0.4 * np.arange(anomalies) / max(anomalies, 1))).astype(int)
    last = first + 2 * 1440 // minutes - 1
    for i, j in zip(first, last, strict=True):
        values[i : j + 1] *= 0.5
    windows = timestamps[np.stack([first, last], axis=-1)]
    return Series(timestamps, values.astype("float32"), windows, name, stand_in=True)
