"""Own data: a folder of images becomes an array that fits; CSV files, splits that keep groups, windows of series."""

import csv
import warnings
from collections import namedtuple
from pathlib import Path

import numpy as np

Images = namedtuple("Images", "x names groups skipped")


def load_images(folder, size, *, channels=None, broken="refuse", white=None, pattern="**/*"):
    """Load the images of a folder and its subfolders in one shape, without hidden files, Thumbs.db and desktop.ini.

    Each is turned upright, cropped around its center to the wanted ratio of sides and resized with antialiasing.

    Args:
        folder: the path of the folder.
        size: (height, width) in pixels; smaller images are enlarged.
        channels: 1 (gray), 3 (color), or None: 1 if all images are gray, otherwise 3.
        broken: "refuse" files that cannot be read, or "skip" them with a warning. Both name them.
        white, pattern: see `read_image`; which files count, such as `**/*.png`.

    Returns:
        `Images`, with x (n, height, width, channels), float32 in [0, 1]; names (n,), sorted, relative to the folder;
        groups (n,), the subfolder of each ("." for none); skipped, a dict from file to reason.

    Raises:
        ValueError: there is no such folder, no image in it, or a broken one.
    """
    _check_sizes(size, None, channels, white)
    if broken not in ("refuse", "skip") or not Path(folder).is_dir():
        raise ValueError(f'broken must be "refuse" or "skip" ({broken!r}), folder the path of a folder ({folder!r}).')
    names = [path.relative_to(folder) for path in Path(folder).glob(pattern) if path.is_file()]
    names = [n for n in names if not any(p.startswith(".") for p in n.parts)]
    names = sorted(n.as_posix() for n in names if n.name.lower() not in ("thumbs.db", "desktop.ini"))
    x, kept, skipped, gray = np.empty((len(names), *size, channels or 3), "float32"), [], {}, True
    for name in names:
        try:
            pixels = read_image(Path(folder, name), size, channels=channels, white=white)
        except ValueError as error:
            skipped[name] = str(error.__cause__) or repr(error.__cause__)
            continue
        x[len(kept)] = pixels  # one channel fills all three
        gray = gray and pixels.shape[-1] == 1
        kept.append(name)
    if skipped:
        listed = "\n".join(f"{name}: {reason}" for name, reason in skipped.items())
        if broken == "refuse":
            advice = 'Remove or repair them, choose files with pattern=, or pass broken="skip"'
            raise ValueError(f"{len(skipped)} of {len(names)} files cannot be read. {advice}:\n{listed}")
        warnings.warn(f"Skipped {len(skipped)} of {len(names)} files:\n{listed}", stacklevel=2)
    if not kept:
        raise ValueError(f"There is no image to read in {str(folder)!r} for the pattern {pattern!r}.")
    x = x[: len(kept), ..., : 1 if gray and channels is None else None]
    return Images(np.ascontiguousarray(x), np.array(kept), np.array([Path(n).parent.as_posix() for n in kept]), skipped)


def read_image(file, size=None, *, longest=None, channels=None, white=None):
    """Read one image of any kind that Pillow opens; of several frames the first.

    It is turned upright as the camera noted, transparent parts become white, color profiles are not applied.

    Args:
        file: a path or an open binary file.
        size: (height, width) to crop to around the center and resize to, or None.
        longest: the most pixels of the longer side; larger images shrink, smaller ones stay. None: no limit.
        channels: 1, 3, or None for those of the file (a palette counts as color).
        white: the value of white where there are more than 8 bits per pixel, such as 4095 for a 12-bit camera.
            None: 65535 for integers, 1 for floats. NaN becomes 0 with a warning.

    Returns:
        (height, width, channels), float32 in [0, 1], 0 is black.

    Raises:
        ValueError: the file is missing, broken, not an image, or has values outside 0 to white.
    """
    from PIL import Image, ImageCms, ImageOps

    _check_sizes(size, longest, channels, white)
    try:
        with Image.open(file) as opened:
            if size or longest:  # a JPEG is decoded at a fraction of its size, at least twice what is wanted
                opened.draft(None, (2 * (longest or max(size)),) * 2)
            image = ImageOps.exif_transpose(opened)
        deep = image.mode == "F" or image.mode.startswith("I")  # more than 8 bits
        gray = deep or image.mode in ("1", "L", "LA")
        if deep:
            image = Image.fromarray(_scale(image, white, file))
        elif image.mode == "LAB":
            lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, lab, rgb, outputMode="RGB")
        elif image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        image = image if deep else image.convert("L" if gray or channels == 1 else "RGB")
    except Exception as error:  # Pillow raises a dozen kinds for damaged bytes; all mean the same here
        advice = "Give the path of a whole image file, such as a JPEG or PNG."
        raise ValueError(f"Cannot read {str(file)!r}: {error}. {advice}") from error
    if size:
        image = ImageOps.fit(image, (size[1], size[0]), Image.Resampling.BICUBIC)
    elif longest:
        image.thumbnail((longest, longest))
    pixels = np.clip(np.asarray(image, "float32") / (1 if deep else 255), 0, 1)
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    return np.repeat(pixels, 3, axis=-1) if gray and channels == 3 else pixels


def _scale(image, white, file):
    """(height, width) float32 in [0, 1] of an image of mode I or F."""
    white = white or (1 if image.mode == "F" else 65535)
    values = np.array(image, "float32")
    if gaps := np.isnan(values).sum():
        warnings.warn(f"{gaps} pixels of {str(file)!r} are NaN and become 0.", stacklevel=3)
    values[np.isnan(values)] = 0
    low, high = values.min(), values.max()
    if low < -0.001 * white or high > 1.001 * white:
        raise ValueError(f"its values go from {low:g} to {high:g}, not 0 to {white:g}: give white=, the value of white")
    return values / np.float32(white)


def _check_sizes(size, longest, channels, white):
    sides = [longest] if size is None else list(size) if isinstance(size, (tuple, list)) and len(size) == 2 else [0]
    whole = [isinstance(s, (int, np.integer)) and s > 0 for s in sides if s is not None]
    if not all(whole) or None not in (size, longest):
        raise ValueError(f"Give size as (height, width) or longest, in pixels, not {size!r} and {longest!r}.")
    if channels not in (None, 1, 3) or (white is not None and not 0 < white < np.inf):
        raise ValueError(f"channels must be None, 1 or 3, white a positive number, not {channels!r} and {white!r}.")


def read_table(file, delimiter=","):
    """Read a CSV file whose first line names the columns, without pandas.

    Returns:
        A structured array of texts (n,); `rows["load"]` is a column, a slice are rows.

    Raises:
        ValueError: there is no such file, no row, a row is longer or shorter, or a name is missing or given twice.
    """
    try:
        with open(file, newline="", encoding="utf-8-sig") as lines:
            names, *rows = [line for line in csv.reader(lines, delimiter=delimiter) if line]
    except (OSError, ValueError, csv.Error) as error:
        raise ValueError(f"Cannot read {str(file)!r} as a table in UTF-8 with a line of names: {error}.") from error
    if len({*names} - {""}) < len(names) or not rows:
        raise ValueError(f"{str(file)!r} needs rows, and a different name for each column, not {names}.")
    if wrong := [i for i, row in enumerate(rows, 1) if len(row) != len(names)]:
        raise ValueError(f"Row {wrong[0]} of {str(file)!r} has {len(rows[wrong[0] - 1])} fields, not {len(names)}.")
    if len(names) == 1 and max(names[0].count(c) for c in ";\t,|"):
        raise ValueError(f"{str(file)!r} has one column, {names[0]!r}: give delimiter=, the sign between columns.")
    return np.array([tuple(row) for row in rows], [(name, object) for name in names])


def split(n, test=0.2, validation=0.1, groups=None, seed=0):
    """Split n rows at random into three disjoint parts that together hold them all.

    Args:
        n: the number of rows, or an array of them.
        test, validation: shares of the rows, 0 for none, met as closely as whole groups allow.
        groups: (n,) what must stay together, such as the scene of an image or the machine of a reading.
        seed: the same seed gives the same parts.

    Returns:
        Three sorted index arrays, of training, validation and test.

    Raises:
        ValueError: shares do not leave a training part, or there are fewer groups than parts.

    Example:
        >>> train, validation, test = split(10)
        >>> len(train), len(validation), len(test)
        (7, 1, 2)
    """
    n = n if isinstance(n, (int, np.integer)) else len(n)
    names = np.arange(n) if groups is None else np.asarray(groups).astype(str)
    if min(test, validation) < 0 or test + validation >= 1 or names.shape != (n,):
        raise ValueError(f"test ({test}) and validation ({validation}) must be shares below 1 together, groups (n,).")
    _, group, sizes = np.unique(names, return_inverse=True, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(sizes))
    part, start = np.zeros(len(sizes), int), 0
    for number, share in ((2, test), (1, validation)):
        if share:
            rows = np.cumsum(sizes[order[start:]])
            end = start + 1 + (np.abs(rows - share * n).argmin() if len(rows) else 0)
            part[order[start:end]], start = number, end
    if start >= len(sizes):
        raise ValueError(f"{len(sizes)} groups cannot fill the parts: give more groups, or smaller shares.")
    return tuple(np.flatnonzero(part[group] == number) for number in range(3))


def windows(values, length, step=1, gaps="refuse"):
    """Cut a series into windows.

    Args:
        values: (time,) or (time, channels), one column per sensor; NaN marks a gap.
        length, step: time steps of a window, and from one start to the next.
        gaps: "refuse" gaps, or "skip" the windows with one and say how many these are.

    Returns:
        The windows (n, length, channels), float32, and where each starts (n,).

    Raises:
        ValueError: there are gaps to refuse, infinite values, or no window at all.
    """
    values = np.asarray(values, "float32")
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or not 0 < length <= len(values) or step < 1 or np.isinf(values).any():
        raise ValueError(f"Cannot cut windows of {length} with step {step} from {values.shape}, or there is infinity.")
    if gaps not in ("refuse", "skip"):
        raise ValueError(f'gaps must be "refuse" or "skip", not {gaps!r}.')
    starts = np.arange(0, len(values) - length + 1, step)
    x = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)[starts].transpose(0, 2, 1)
    whole = ~np.isnan(x).any(axis=(1, 2))
    if not whole.any() or (gaps == "refuse" and not whole.all()):
        raise ValueError(f'{(~whole).sum()} of {len(x)} windows hold gaps: fill these, or pass gaps="skip".')
    if not whole.all():
        warnings.warn(f"Skipped {(~whole).sum()} of {len(x)} windows with gaps.", stacklevel=2)
    return np.ascontiguousarray(x[whole]), starts[whole]
