"""What comes in is looked at once, before Keras sees it, and what cannot work is refused in words."""

import re

import numpy as np

CHUNK = 4096  # examples looked at together, so that files larger than memory can be checked


def check(x, shape, limits=(-np.inf, np.inf), name="x"):
    """Look at an array of examples before it meets a network.

    Args:
        x: (n, ...) numbers: an array of NumPy, TensorFlow, JAX or torch, an h5py data set, or a pandas table.
        shape: the shape of one example that the network takes, such as (28, 28, 1); None in it stands for any size.
        limits: the lowest and the highest value allowed.
        name: what to call the array in the message.

    Returns:
        `x`, as a NumPy array if it was a table, else unchanged.

    Raises:
        ValueError: it is no such array, empty, of another shape, holds no numbers, NaN or infinity, or is out of range.
    """
    x = as_array(x, name)
    found = tuple(x.shape)
    if not found or 0 in found:
        raise ValueError(f"{name} is empty: its shape is {found}; give at least one example of shape {tuple(shape)}.")
    if not fits(found[1:], shape):
        raise ValueError(f"{name} has shape {found}, expected (n, {as_text(shape)}). {_advice(found, tuple(shape))}")
    dtype = getattr(x.dtype, "name", str(x.dtype)).removeprefix("torch.")
    if not re.fullmatch(r"bool|u?int\d+|b?float(16|32|64)", dtype):
        raise ValueError(f"{name} holds {dtype}, not real numbers: convert it with x.astype('float32').")
    parts = (as_numpy(x[i : i + CHUNK]) for i in range(0, found[0], CHUNK))
    low, high = np.array([(part.min(), part.max()) for part in parts], "float64").T  # NaN wins in both
    low, high = float(low.min()), float(high.max())
    if not np.isfinite([low, high]).all():
        raise ValueError(
            f"{name} holds NaN or infinity. Fill these first, with np.nan_to_num({name}) for example; where the "
            f"values are unknown, give sample_weight of {name}'s shape that is 0 there, so that they do not count."
        )
    if low < limits[0] or high > limits[1]:
        raise ValueError(
            f"{name} must lie in [{limits[0]:g}, {limits[1]:g}], its values go from {low:g} to {high:g}. "
            + _rescale(low, high, limits)
        )
    return x


def as_array(x, name="x"):
    """`x` as something with a shape and a dtype, or a ValueError that says what came and what to do."""
    kind = type(x).__name__
    if hasattr(x, "columns") and hasattr(x, "to_numpy"):  # a pandas table
        text = [str(c) for c, dtype in zip(x.columns, x.dtypes, strict=True) if dtype.kind not in "iufb"]
        if text:
            raise ValueError(
                f"{name} has columns without plain numbers: {', '.join(text)}. Convert, encode or drop them."
            )
        return x.to_numpy("float32", na_value=np.nan)
    if hasattr(x, "to_numpy"):  # a pandas series
        return x.to_numpy()
    if isinstance(x, np.ma.MaskedArray):
        if np.ma.is_masked(x):
            raise ValueError(
                f"{name} is a masked array: give {name}.filled(0) and sample_weight=1.0 - np.ma.getmaskarray({name})."
            )
        return x.data
    if hasattr(x, "toarray") or kind in ("SparseTensor", "RaggedTensor"):
        raise ValueError(f"{name} is sparse or ragged ({kind}), its reconstruction is not: give x.toarray(), in parts.")
    if not hasattr(x, "shape") or not hasattr(x, "dtype"):
        raise ValueError(f"{name} is a {kind}; give one array of shape (n, ...), with np.stack(...) for example.")
    if isinstance(x, np.ndarray) and not x.dtype.isnative:  # big-endian, as in FITS and older formats: JAX knows none
        return x.astype(x.dtype.newbyteorder("="))
    return x


def fits(found, shape):
    """True if an example's shape is the one asked for, where None stands for any size."""
    return len(found) == len(shape) and all(None in (a, b) or a == b for a, b in zip(found, shape, strict=True))


def is_pipeline(x):
    """True for what yields batches: a data set, a generator, a PyDataset, a torch DataLoader."""
    arrays = (list, tuple, dict, str, np.ndarray)
    return hasattr(x, "__iter__") and not hasattr(x, "shape") and not isinstance(x, arrays)


def as_numpy(part):
    """Part of an array of any library, in NumPy and a dtype that has a minimum."""
    part = np.asarray(part.detach().cpu() if hasattr(part, "detach") else part)
    return part.astype("float32") if part.dtype.kind not in "iuf" else part  # bool, and bfloat16, which has no minimum


def as_text(shape):
    """A shape in words."""
    return ", ".join("any size" if size is None else str(size) for size in shape)


def _advice(found, shape):
    if fits(found, shape):
        return "This is a single example: give x[None]."
    if fits((*found[1:], 1), shape):
        return "The channel axis is missing: give x[..., None]."
    if len(found) > 2 and fits((*found[2:], found[1]), shape):
        return "The channels come first: move them last with np.moveaxis(x, 1, -1)."
    if len(found) == 1 or found[1:] == (1,):
        return "One number for each example looks like labels, which an autoencoder does not take: leave them out."
    return "Build the network for this shape, or resize the examples."


def _rescale(low, high, limits):
    if limits[1] <= 10 and low >= 0 and high <= 255:
        return "Pixels of 0 to 255 become 0 to 1 with x.astype('float32') / 255."
    if limits[1] <= 2:
        return "Scale it to [0, 1], or choose likelihood='gaussian', for any real values of about unit scale."
    return "Standardize it first: x = (x - x_train.mean(axis=0)) / x_train.std(axis=0)."


def check_sizes(**sizes):
    """Check sizes, by name: each is a positive integer, or a tuple of them.

    Raises:
        ValueError: a size is something else; it is named with its value.
    """
    for name, value in sizes.items():
        values = value if isinstance(value, (tuple, list)) else (value,)
        whole = all(isinstance(v, (int, np.integer)) and not isinstance(v, bool) and v > 0 for v in values)
        if not whole or (name in ("shape", "filters") and not values):
            raise ValueError(f"{name} must be made of positive integers, not {value!r}.")


def check_networks(encoder, decoder, numbers_per_code):
    """Raise a ValueError, in words, if an encoder and a decoder do not fit each other."""
    for name, network in (("encoder", encoder), ("decoder", decoder)):
        if not getattr(network, "inputs", None) or not getattr(network, "outputs", None):
            raise ValueError(
                f"The {name} does not know its shapes ({type(network).__name__}): give a functional keras.Model, or a "
                "keras.Sequential that begins with keras.Input(shape)."
            )
        if len(network.outputs) != 1 or len(network.inputs) > 2:
            raise ValueError(
                f"The {name} has {len(network.inputs)} inputs and {len(network.outputs)} outputs. It needs one output "
                "and one input, or two if the second is a condition; concatenate mean and log_var on the last axis."
            )
    found, code = encoder.outputs[0].shape[1:], decoder.inputs[0].shape[1:]
    wanted = (*code[:-1], None if code[-1] is None else numbers_per_code * code[-1])
    if not fits(found, wanted):
        raise ValueError(
            f"The encoder gives {tuple(found)}, the decoder takes {tuple(code)}: they do not fit. The encoder must "
            f"give {tuple(wanted)}" + (", means and then log variances." if numbers_per_code == 2 else ".")
        )
