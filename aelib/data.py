"""Real data in one call: `load(name)` gives arrays of documented shape, dtype and range."""

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
    folder = os.environ.get("AELIB_DATA")
    if folder and not Path(folder).is_dir():
        raise FileNotFoundError(f"AELIB_DATA names {folder!r}, which is not a folder. Correct or unset it.")
    if folder and (path := Path(folder, f"{name}.npz")).exists():
        arrays = _read(path)
    else:
        try:
            arrays = _ask_keras(name)
        except OSError as error:
            return _stand_in(name, str(error))
    return _dataset(name, arrays)


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

    source = f"Keras's copy of {name}"
    mend = f"Delete the files of {name} in the folder datasets of Keras's cache (~/.keras) and load it again."
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(20)  # seconds; a network that swallows packets must not hang the notebook
    try:
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:
        # Keras reports a failed download as a plain Exception; time-outs and resets come through as they are.
        if type(error) is Exception or isinstance(error, (URLError, TimeoutError, ConnectionError)):
            raise OSError(f"the download of {name} failed ({error})") from error
        raise ValueError(f"{source} is damaged: {error!r}. {mend}") from error
    finally:
        socket.setdefaulttimeout(timeout)
    return _checked({"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}, source, mend)


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
