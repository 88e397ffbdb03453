"""The door: what comes in is checked once, and what is wrong is said in words."""

import numpy as np


def check_batch(x, shape, limits=(-np.inf, np.inf), name="x"):
    """Check an array of examples before it meets a network.

    Args:
        x: the array, (n, ...). What is not an array, such as a data pipeline, passes unread.
        shape: the shape of one example that the network takes, such as (28, 28, 1).
        limits: the lowest and the highest value allowed.
        name: what to call the array in the message.

    Returns:
        `x`, unchanged.

    Raises:
        ValueError: it is empty, of another shape, not numeric, holds NaN or infinity, or is out of range.
    """
    if not hasattr(x, "shape") or not hasattr(x, "dtype"):
        if isinstance(x, (list, tuple, int, float)):
            raise ValueError(f"{name} is a {type(x).__name__}; give a NumPy array of shape (n, {_text(shape)}).")
        return x
    found, shape = tuple(x.shape), tuple(shape)
    if len(found) == 0 or 0 in found:
        raise ValueError(f"{name} is empty: its shape is {found}; give at least one example of shape {shape}.")
    if found[1:] != shape:
        raise ValueError(f"{name} has shape {found}, the network takes (n, {_text(shape)}). {_advice(found, shape)}")
    if not np.issubdtype(np.dtype(str(x.dtype).removeprefix("torch.")), np.number):
        raise ValueError(f"{name} holds {x.dtype}, not numbers; convert it with x.astype('float32').")
    low, high = float(x.min()), float(x.max())  # NaN wins in both
    if not np.isfinite([low, high]).all():
        raise ValueError(f"{name} holds NaN or infinity (lowest {low}, highest {high}); remove or fill these first.")
    if low < limits[0] or high > limits[1]:
        raise ValueError(
            f"{name} must lie in [{limits[0]}, {limits[1]}], its values go from {low:g} to {high:g}. "
            + _rescale(low, high)
        )
    return x


def _text(shape):
    return ", ".join(map(str, shape))


def _advice(found, shape):
    if found == shape:
        return "This is a single example: give x[None]."
    if (*found[1:], 1) == shape:
        return "The channel axis is missing: give x[..., None]."
    if len(found) > 2 and (*found[2:], found[1]) == shape:
        return "The channels come first: move them last with np.moveaxis(x, 1, -1)."
    return "Build the network for this shape, or resize the examples."


def _rescale(low, high):
    if low >= 0 and high <= 255:
        return "Pixels of 0 to 255 become 0 to 1 with x.astype('float32') / 255."
    return "Rescale it first, for example to zero mean and unit variance."


def check_sizes(**sizes):
    """Check the sizes of a network: each is a positive integer, or a tuple of them.

    A network with `filters` convolves, so it needs at least one, and a `shape` (height, width, channels).

    Raises:
        ValueError: a size is something else; it is named with its value.
    """
    for name, value in sizes.items():
        values = value if isinstance(value, (tuple, list)) else (value,)
        whole = all(isinstance(v, (int, np.integer)) and not isinstance(v, bool) and v > 0 for v in values)
        if not whole or (name in ("shape", "filters") and not values):
            raise ValueError(f"{name} must be made of positive integers, not {value!r}.")
    if "filters" in sizes and len(sizes["shape"]) != 3:
        raise ValueError(
            f"shape must be (height, width, channels), not {sizes['shape']!r}; gray images have 1 channel."
        )


def check_posterior(encoder_shape, decoder_shape, classes=0):
    """Check that an encoder gives a mean and a log variance for each number of the code that the decoder takes."""
    latent_dim = decoder_shape[-1] - classes
    if encoder_shape[1:] != (2 * latent_dim,):
        raise ValueError(
            f"The encoder gives {encoder_shape[1:]}, the decoder takes {decoder_shape[1:]}, {classes} of these for a "
            f"label: give the encoder 2 * latent_dim = {2 * latent_dim} outputs, means and then log variances."
        )


def check_labels(labels, n, classes):
    """Check that `labels` are n integers from 0 to classes - 1."""
    labels = np.asarray(labels)
    if labels.shape != (n,) or labels.dtype.kind not in "iu":
        raise ValueError(f"labels must be {n} integers, one for each example, not {labels.dtype} {labels.shape}.")
    if n and (labels.min() < 0 or labels.max() >= classes):
        raise ValueError(f"labels must lie between 0 and {classes - 1}, they go from {labels.min()} to {labels.max()}.")


def check_level(level):
    """Give back a level of noise as a pair (low, high) of floats, or raise a ValueError that names what came."""
    pair = level if isinstance(level, (tuple, list)) else (level, level)
    if len(pair) != 2 or not all(isinstance(v, (int, float)) for v in pair) or not 0 <= pair[0] <= pair[1] < np.inf:
        raise ValueError(f"level must be a number of at least 0, or a pair (low, high) of such, not {level!r}.")
    return float(pair[0]), float(pair[1])


def check_probabilities(probabilities):
    """Give back (latent_dim, symbols) probabilities as float64, or raise a ValueError if a row cannot be scaled."""
    p = np.asarray(probabilities, "float64")
    if p.ndim != 2 or not (np.isfinite(p).all() and p.min() >= 0 and p.sum(axis=1).min() > 0):
        raise ValueError("probabilities must be (latent_dim, symbols), finite, not negative, no row all zero.")
    return p


def check_tables(tables):
    """Give back tables of frequencies as int64, or raise a ValueError if `aelib.codec` cannot use them."""
    tables = np.asarray(tables)
    integers = tables.dtype.kind in "iu" and tables.ndim == 2 and tables.shape[1] % 2 == 1
    if not integers or tables.shape[1] < 3 or not 0 < len(tables) < 2**16:
        raise ValueError(
            "tables must be integers (latent_dim, 2 * limit + 1) with a limit of at least 1, "
            f"not {tables.dtype} of shape {tables.shape}."
        )
    if tables.min() < 1 or (tables.sum(axis=1) != 2**24).any():
        raise ValueError("Each row of tables must add up to 2**24 with no entry below 1: use frequency_tables.")
    return tables.astype("int64")


def check_codes(codes, tables):
    """Give back `codes` as int32, or raise a ValueError if they are not integers that `tables` knows."""
    codes, limit = np.asarray(codes), tables.shape[1] // 2
    if codes.dtype.kind not in "iu":
        raise ValueError(f"codes must be integers, not {codes.dtype}: round them with np.rint(codes).astype('int32').")
    if codes.ndim != 2 or 0 in codes.shape or codes.shape[1] != len(tables):
        raise ValueError(f"codes have shape {codes.shape}, these tables take (n, {len(tables)}) with n at least 1.")
    if codes.min() < -limit or codes.max() > limit:
        raise ValueError(f"codes go from {codes.min()} to {codes.max()}, these tables from {-limit} to {limit}.")
    return codes.astype("int32")
