"""Own tables in one call: numbers, categories and gaps become an array that fits, and a mask of what was there."""

import datetime
import json
import warnings
from pathlib import Path

import numpy as np

from .own_data import read_table

GAPS = ("", "na", "n/a", "nan", "null")  # texts that stand for no value, in lower case


def load_table(rows, train=None, **options):
    """Turn a table into an array: `Table(**options)` learned from the training rows, applied to all.

    Args:
        rows: a data frame, a dict of columns, the path of a CSV file, what `read_table` gives, or an array of numbers
            (rows, columns), whose columns are named "0", "1" and so on.
        train: indices of the rows to learn means, spreads and categories from, as `split` gives; None: all.

    Returns:
        x (n, columns) and mask (n, columns), both float32, and the `Table`.

    Raises:
        ValueError: see `Table`.
    """
    rows = read_table(rows) if isinstance(rows, (str, Path)) else rows
    table = Table(**options).fit(rows, train)
    return *table.transform(rows), table


class Table:
    """Numbers, categories and gaps as an array of standardized and one-hot columns, learned from training rows.

    A column is numeric if all its values are numbers or texts that read as numbers: its mean becomes 0, its standard
    deviation 1, a gap 0; a constant column is 0. Other columns, booleans and pandas categories included, are one-hot:
    a gap or a category that was not in the training rows is all zeros.
    Gaps are None, NaN, and the texts "", NA, N/A, NaN, null. Spaces around texts do not count.

    Args:
        categories: columns of numbers that are categories, such as the number of a machine, and those of texts of
            which there are more than 50.
        drop: columns to leave out, such as labels.
        clip: numeric columns are cut to [-clip, clip], with a warning that names the column.

    Attributes:
        columns: names of the array's columns, such as ["load", "kind_fan", "kind_pump"].

    Example:
        >>> table = Table().fit({"load": [1, 3, None], "kind": ["fan", "fan", "pump"]})
        >>> x, mask = table.transform({"load": [3, None], "kind": ["pump", "fan"]})
        >>> table.columns
        ['load', 'kind_fan', 'kind_pump']
        >>> x.tolist(), mask.tolist()
        ([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]], [[1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    """

    def __init__(self, *, categories=(), drop=(), clip=10.0):
        self.categories, self.drop = ([v] if isinstance(v, str) else [*v] for v in (categories, drop))
        self.clip, self.encoders = clip, {}

    @property
    def columns(self):
        return [str(c) for name, encoder in self.encoders.items() for c in encoder.get_feature_names_out([name])]

    def fit(self, rows, train=None):
        """Learn means, spreads and categories of the rows `train` of `rows` (see `load_table`); return the table.

        Raises:
            ValueError: a column is empty, holds dates, infinite or huge numbers, numbers and texts, or too many
                categories; two have one name; or there is none that `categories` or `drop` name.
        """
        columns, names = _columns(rows, self.drop)
        if unknown := {*self.categories, *self.drop} - {*names}:
            raise ValueError(f"There is no column {sorted(unknown)}, there are {names}.")
        dtypes = rows.dtypes.items() if hasattr(rows, "iloc") else ()  # pandas
        coded = {*self.categories, *(str(name) for name, dtype in dtypes if str(dtype) == "category")}
        columns = columns if train is None else {name: values[train] for name, values in columns.items()}
        self.encoders = {name: self._encoder(name, values, name in coded) for name, values in columns.items()}
        return self

    def _encoder(self, name, values, category):
        numbers, words = _numbers(name, values)
        if not words and not category and not np.isnan(numbers).all():
            return _scaler(numbers)
        texts = _texts(values)
        found = sorted({*texts} - {""})
        if not found:
            raise ValueError(f"Column {name!r} has no value in any row: name it in drop=.")
        if not category and np.isfinite(numbers).sum() > 0.5 * (texts != "").sum():
            advice = "Make these None (a gap), or name the column in categories= or drop=."
            raise ValueError(f"Column {name!r} holds numbers, but also {_some(words)}. {advice}")
        if not category and len(found) > 50:
            advice = "Name dates, names and free text in drop=, and what are categories in categories=."
            raise ValueError(f"Column {name!r} has {len(found)} different values, such as {_some(found)}. {advice}")
        return _one_hot(found)

    def transform(self, rows):
        """The array of `rows` (see `load_table`) and what was given in it.

        Returns:
            x (n, columns), float32, numeric columns within [-clip, clip], categories 0 or 1; and mask (n, columns),
            float32, 0 where the value was missing and 1 elsewhere, for `sample_weight`. A category that is not known
            counts as given, and a warning names it.

        Raises:
            ValueError: a column is missing, or holds texts where the training rows had numbers.
        """
        if not self.encoders:
            raise ValueError("This table has learned nothing yet: call fit or load first.")
        columns, names = _columns(rows, self.drop)
        if lacking := [name for name in self.encoders if name not in columns]:
            raise ValueError(f"Columns {lacking} are missing, there are {names}.")
        if new := [name for name in columns if name not in self.encoders]:
            warnings.warn(f"Columns {new} were not in the training rows and are ignored.", stacklevel=2)
        parts, masks = [], []
        for name, encoder in self.encoders.items():
            if hasattr(encoder, "mean_"):
                numbers, words = _numbers(name, columns[name])
                if words:
                    raise ValueError(f"Column {name!r} holds {_some(words)}, but numbers in the training rows.")
                gap, part = np.isnan(numbers), encoder.transform(numbers[:, None])
                if far := (np.abs(part) > self.clip).sum():
                    found = f"{far} values of column {name!r} are over {self.clip:g} standard deviations from the mean"
                    warnings.warn(f"{found} and clipped. If many are, take the column's logarithm.", stacklevel=2)
                part = np.clip(np.where(gap[:, None], 0, part), -self.clip, self.clip)
            else:
                texts = _texts(columns[name])
                gap, part = texts == "", encoder.transform(texts[:, None])
                if strange := {*texts} - {*encoder.categories_[0], ""}:
                    warnings.warn(f"Column {name!r} has new categories {_some(strange)}: all zeros.", stacklevel=2)
            parts.append(part)
            masks.append(np.repeat(~gap[:, None], part.shape[1], axis=1))
        return np.hstack(parts).astype("float32"), np.hstack(masks).astype("float32")

    def inverse(self, x):
        """The columns of an array x, (n, columns), such as a reconstruction: a dict from name to (n,) values.

        Numbers are float64 in their own units; of the categories the largest is given, None where all are 0.
        """
        x = np.asarray(x, "float64")
        if x.ndim != 2 or x.shape[1] != len(self.columns):
            raise ValueError(f"x must be (n, {len(self.columns)}), the columns {self.columns}, not {x.shape}.")
        ends = np.cumsum([len(encoder.get_feature_names_out([""])) for encoder in self.encoders.values()])
        parts = zip(self.encoders.items(), np.split(x, ends[:-1], axis=1), strict=True)
        return {name: encoder.inverse_transform(part)[:, 0] for (name, encoder), part in parts}

    def save(self, file):
        """Write the table as JSON: options, means, spreads and categories, and no code that could run."""
        columns = [
            [name, "number", e.mean_[0], e.scale_[0]] if hasattr(e, "mean_") else [name, "category", *e.categories_[0]]
            for name, e in self.encoders.items()
        ]
        table = {"aelib_table": 1, "clip": self.clip, "drop": self.drop, "columns": columns}
        Path(file).write_text(json.dumps(table, indent=1), "utf-8")

    @classmethod
    def load(cls, file):
        """Read what `save` wrote. Raises ValueError if the file is missing, something else, or of another version."""
        try:
            saved = json.loads(Path(file).read_text("utf-8"))
            if saved["aelib_table"] != 1:
                raise ValueError(f"version {saved['aelib_table']}")
            table = cls(drop=saved["drop"], clip=float(saved["clip"]))
            for name, kind, *values in saved["columns"]:
                table.encoders[name] = _one_hot(values) if kind == "category" else _scaler(*map(float, values))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{str(file)!r} is not a table that this aelib saved: {error!r}.") from error
        return table


def _columns(rows, drop):
    """{name: (n,) array} of the columns that `drop` does not name, and the names of all."""
    rows = read_table(rows) if isinstance(rows, (str, Path)) else rows
    rows = dict(enumerate(rows.T)) if isinstance(rows, np.ndarray) and rows.ndim == 2 else rows
    names = getattr(getattr(rows, "dtype", None), "names", None) or getattr(rows, "columns", None)
    if names is None and not hasattr(rows, "keys"):
        raise ValueError(f"A table has names for its columns: give a data frame or a dict, not {type(rows).__name__}.")
    given = list(rows.keys() if names is None else names)
    names = {str(name): name for name in given}
    if len(names) < len(given):
        raise ValueError(f"Two columns have the same name: {given}.")
    columns = {text: _column(text, rows[name]) for text, name in names.items() if text not in drop}
    lengths = {text: len(values) for text, values in columns.items()}
    if len({*lengths.values()}) != 1 or 0 in lengths.values():
        raise ValueError(f"A table needs a column and a row, and columns of one length, not {lengths}.")
    return columns, list(names)


def _column(name, values):
    values = values.astype(object).filled(np.nan) if isinstance(values, np.ma.MaskedArray) else np.asarray(values)
    dates = values.dtype.kind in "mM" or any(isinstance(v, datetime.date) for v in values.flat if values.dtype == "O")
    if values.ndim != 1 or dates or values.dtype.kind not in "biufOUST":
        found = "dates" if dates else f"{values.dtype} of shape {values.shape}"
        advice = "give one number or text a row, such as the hour of the day, or name it in drop="
        raise ValueError(f"Column {name!r} holds {found}: {advice}.")
    return values


def _texts(values):
    """(n,) texts, "" for gaps; 3 and 3.0 are one."""
    return np.array([_as_text(value) for value in values], object)


def _as_text(value):
    value = value.decode() if isinstance(value, bytes) else value
    if isinstance(value, str):
        return "" if value.strip().lower() in GAPS else value.strip()
    if value is None or str(value) in ("nan", "NaT", "<NA>"):
        return ""
    return str(int(value)) if isinstance(value, (float, np.floating)) and value.is_integer() else str(value)


def _numbers(name, values):
    """(n,) float64, NaN for gaps and texts, and the set of these texts."""
    words = set()
    if values.dtype.kind not in "iuf":
        texts = _texts(values)
        values = np.full(len(texts), np.nan)
        for i, text in enumerate(texts):
            try:
                values[i] = text or np.nan
            except ValueError:
                words.add(text)
    numbers = values.astype("float64")
    if np.isinf(numbers).any() or (np.abs(numbers) > 1e100).any():
        raise ValueError(f"Column {name!r} holds infinite or huge numbers: make these None, a gap, first.")
    return numbers, words


def _scaler(mean, scale=None):
    """A scikit-learn scaler for one column, fitted to numbers, or with a known mean and scale."""
    from sklearn.preprocessing import StandardScaler

    if scale is None:
        return StandardScaler().fit(mean[:, None])
    scaler = StandardScaler().fit([[mean]])
    scaler.mean_, scaler.scale_, scaler.var_ = np.array([mean]), np.array([scale]), np.array([scale**2])
    return scaler


def _one_hot(categories):
    from sklearn.preprocessing import OneHotEncoder

    encoder = OneHotEncoder(categories=[np.array(categories, object)], handle_unknown="ignore", sparse_output=False)
    return encoder.fit(np.array([categories[:1]], object))


def _some(values):
    return ", ".join(map(repr, sorted(values)[:5])) + (", ..." if len(values) > 5 else "")
