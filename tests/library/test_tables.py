"""Tables: numbers, categories and gaps become an array and a mask, whatever holds them; what cannot is named."""

import csv
import datetime
import json
import pickle

import numpy as np
import pandas as pd
import pytest

import aelib

LOADS = [1.0, 2.0, None, 4.0, 5.0]
ROWS = {"load": LOADS, "kind": ["fan", "pump", "fan", None, "valve"], "on": [True, False, True, True, None]}
COLUMNS = ["load", "kind_fan", "kind_pump", "kind_valve", "on_False", "on_True"]


def as_csv(folder, rows=ROWS, delimiter=","):
    with open(folder / "rows.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerows([rows, *zip(*rows.values(), strict=True)])
    return folder / "rows.csv"


HOLDERS = {
    "dict": lambda folder: ROWS,
    "path": as_csv,
    "text": lambda folder: str(as_csv(folder)),
    "read_table": lambda folder: aelib.read_table(as_csv(folder)),
    "pandas": lambda folder: pd.DataFrame(ROWS),
    "pandas, own types": lambda folder: pd.DataFrame(ROWS).convert_dtypes(),
    "pandas, categories": lambda folder: pd.DataFrame(ROWS).astype({"kind": "category"}),
    "pandas, an index": lambda folder: pd.DataFrame(ROWS, index=[7, 7, 3, 1, 0]),
    "masked": lambda folder: ROWS | {"load": np.ma.masked_array([1.0, 2, 9, 4, 5], [0, 0, 1, 0, 0])},
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_any_table_becomes_the_same_array(holder, tmp_path):
    x, mask, table = aelib.load_table(HOLDERS[holder](tmp_path))
    assert table.columns == COLUMNS and x.dtype == mask.dtype == np.float32
    np.testing.assert_allclose(x[:, 0], np.array([-2, -1, 0, 1, 2]) / np.std([1, 2, 4, 5]) * [1, 1, 0, 1, 1], rtol=1e-6)
    np.testing.assert_array_equal(x[:, 1:4], [[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 1]])
    np.testing.assert_array_equal(x[:, 4:], [[0, 1], [1, 0], [0, 1], [0, 1], [0, 0]])
    expected = np.ones((5, 6))
    expected[2, 0] = expected[3, 1:4] = expected[4, 4:] = 0
    np.testing.assert_array_equal(mask, expected)


def test_only_training_rows_are_learned_from():
    rows = {"load": [1, 3, 1000], "kind": ["a", "b", "c"]}
    with pytest.warns(UserWarning) as warned:
        x, mask, table = aelib.load_table(rows, train=[0, 1])
    assert table.columns == ["load", "kind_a", "kind_b"]
    np.testing.assert_array_equal(x, [[-1, 1, 0], [1, 0, 1], [10, 0, 0]])
    assert mask.all()  # a category that is not known was given
    texts = [str(warning.message) for warning in warned]
    assert "1 values of column 'load' are over 10 standard deviations" in texts[0]
    assert "Column 'kind' has new categories 'c'" in texts[1]


def test_numbers_come_back_in_their_own_units():
    x, _, table = aelib.load_table(ROWS)
    back = table.inverse(x)
    np.testing.assert_allclose(back["load"], [1, 2, 3, 4, 5], rtol=1e-6)  # the gap is the mean
    assert back["kind"].tolist() == ["fan", "pump", "fan", None, "valve"]
    assert table.inverse([[0, 0.2, 0.7, 0.1, -1, 0.1]])["kind"].tolist() == ["pump"]
    with pytest.raises(ValueError, match=r"x must be \(n, 6\)"):
        table.inverse(x[:, :3])


def test_a_saved_table_gives_the_same_array(tmp_path):
    rng = np.random.default_rng(0)
    rows = {
        "load": rng.gamma(4, 1, 99),
        "kind": rng.choice(["fän", "pump"], 99),
        "flat": np.full(99, 7),
        "odd": LOADS[:1] * 99,
    }
    table = aelib.Table(drop=["odd"], clip=2.5).fit(rows)
    table.save(tmp_path / "table.json")
    with pytest.warns(UserWarning, match="over 2.5 standard deviations"):
        expected, mask = table.transform(rows)
    for again in (aelib.Table.load(tmp_path / "table.json"), pickle.loads(pickle.dumps(table))):
        with pytest.warns(UserWarning, match="over 2.5 standard deviations"):
            found = again.transform(rows)
        np.testing.assert_array_equal(found, (expected, mask))
        assert again.columns == table.columns
        np.testing.assert_array_equal(again.inverse(expected)["load"], table.inverse(expected)["load"])


@pytest.mark.parametrize(
    "content",
    ["", "[1]", "{}", '{"aelib_table": 2}', '{"aelib_table": 1, "clip": 1, "drop": [], "columns": [["a"]]}', None],
)
def test_another_file_is_not_loaded_as_a_table(content, tmp_path):
    if content is not None:
        (tmp_path / "table.json").write_text(content)
    with pytest.raises(ValueError, match=r"table.json' is not a table that this aelib saved"):
        aelib.Table.load(tmp_path / "table.json")


@pytest.mark.parametrize(
    ("values", "columns"),
    [
        (["1", "2.5", "", "NA", " n/a "], ["a"]),
        (["1e3", "-2", "NaN", "null", "4"], ["a"]),
        ([1, 2, 2, 1, 1], ["a"]),
        (np.array([1, 2, 3, 4, 5], "uint8"), ["a"]),
        (np.array([b"x", b"y", b"x", b"y", b""]), ["a_x", "a_y"]),
        ([3, "x", 3.0, "y", "y"], ["a_3", "a_x", "a_y"]),
        (["x ", "x", " x", "y", "none"], ["a_none", "a_x", "a_y"]),
        (np.array([1, 0, 1, 0, 1], bool), ["a_False", "a_True"]),
        (pd.Series([1, 2, 2, 1, None], dtype="Int64"), ["a"]),
        (pd.Series([1, 2, 2, 1, None]).astype("category"), ["a_1", "a_2"]),
        (pd.Series(["x", "y", pd.NA, "x", "x"], dtype="string"), ["a_x", "a_y"]),
    ],
)
def test_what_counts_as_a_number(values, columns):
    with np.errstate(all="raise"):
        assert aelib.Table().fit(pd.DataFrame({"a": values})).columns == columns


def test_numbers_of_machines_are_categories_when_asked():
    rows = {"machine": [7, 12, 7], "load": [1, 2, 3]}
    table = aelib.Table(categories=["machine"]).fit(rows)
    assert table.columns == ["machine_12", "machine_7", "load"]
    x, _ = table.transform({"machine": [7.0, None], "load": ["2", "2"]})  # a gap made pandas turn integers into floats
    assert x.tolist() == [[0, 1, 0], [0, 0, 0]]


def test_a_constant_column_is_zero():
    x, mask, _ = aelib.load_table({"a": [0.1] * 7, "b": range(7)})
    assert np.abs(x[:, 0]).max() < 1e-6 and mask.all()


def test_a_heavy_tail_is_clipped_with_a_warning():
    values = np.exp(np.random.default_rng(0).normal(0, 3, 10_000))
    with pytest.warns(UserWarning, match=r"of column 'a' are over 10 standard .* clipped. .*logarithm"):
        x, _, _ = aelib.load_table({"a": values})
    assert x.max() == 10


WRONG = {
    "no value": ({"a": [None, np.nan, "", "NA"]}, r"Column 'a' has no value in any row: name it in drop="),
    "infinity": ({"a": [1, np.inf]}, "Column 'a' holds infinite or huge numbers"),
    "huge": ({"a": [1, 1e200]}, "Column 'a' holds infinite or huge numbers"),
    "numbers and text": ({"a": [1, 2, 3, "error"]}, r"Column 'a' holds numbers, but also 'error'. Make these None"),
    "text in numbers": ({"a": ["1", "2", "3", "1,5"]}, r"Column 'a' holds numbers, but also '1,5'"),
    "names": ({"a": [f"name{i}" for i in range(99)]}, r"99 different values, such as 'name0', .*drop=.*categories="),
    "dates": ({"a": np.array(["2026-01-01"], "datetime64[D]")}, "Column 'a' holds dates"),
    "dates of pandas": (pd.DataFrame({"a": pd.date_range("2026", periods=3, tz="UTC")}), "Column 'a' holds dates"),
    "dates as objects": ({"a": [None, datetime.date(2026, 1, 1)]}, "Column 'a' holds dates"),
    "durations": ({"a": np.array([1, 2], "timedelta64[s]")}, "Column 'a' holds dates"),
    "complex numbers": ({"a": np.array([1j])}, r"Column 'a' holds complex128 of shape \(1,\)"),
    "two axes": ({"a": np.zeros((3, 2))}, r"Column 'a' holds float64 of shape \(3, 2\)"),
    "one number": ({"a": 3}, r"Column 'a' holds int64 of shape \(\)"),
    "two lengths": ({"a": [1, 2], "b": [1]}, r"columns of one length, not .*'a': 2, 'b': 1"),
    "no rows": ({"a": []}, "A table needs a column and a row"),
    "no columns": ({}, "A table needs a column and a row"),
    "a number": (3, "A table has names for its columns"),
    "a list": ([[1, 2]], "A table has names for its columns"),
    "two columns of one name": (pd.DataFrame([[1, 2]], columns=["a", "a"]), "Two columns have the same name"),
    "1 and '1'": ({1: [1], "1": [2]}, "Two columns have the same name"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_learned_is_named(case):
    rows, words = WRONG[case]
    with pytest.raises(ValueError, match=words):
        aelib.Table().fit(rows)


def test_dropped_columns_need_not_be_right():
    rows = {"a": [1, 2], "when": [datetime.date(2026, 1, 1)] * 2, "odd": [0, 1]}
    assert aelib.Table(drop=["when", "odd"]).fit(rows).columns == ["a"]
    with pytest.raises(ValueError, match="A table needs a column"):
        aelib.Table(drop=["a", "when", "odd"]).fit(rows)
    for options in ({"drop": ["b", "when"]}, {"categories": ["b"], "drop": ["when"]}):
        with pytest.raises(ValueError, match=r"There is no column \['b'\], there are \['a', 'when', 'odd'\]"):
            aelib.Table(**options).fit(rows)


def test_new_rows_need_the_columns_of_the_training_rows():
    table = aelib.Table(drop=["odd"]).fit({"a": [1, 2], "b": ["x", "y"], "odd": [0, 1]})
    x, _ = table.transform({"b": ["y"], "a": [2], "odd": [0]})  # in any order, with what was dropped or without
    assert x.tolist() == table.transform({"a": [2], "b": ["y"]})[0].tolist() == [[1, 0, 1]]
    with pytest.raises(ValueError, match=r"Columns \['b'\] are missing"):
        table.transform({"a": [2]})
    with pytest.raises(ValueError, match=r"Column 'a' holds 'high', but numbers in the training rows"):
        table.transform({"a": ["high", "2"], "b": ["x", "y"]})
    with pytest.warns(UserWarning, match=r"Columns \['c'\] were not in the training rows and are ignored"):
        table.transform({"a": [2], "b": ["y"], "c": [1]})
    with pytest.raises(ValueError, match="call fit or load first"):
        aelib.Table().transform({"a": [2]})


def test_a_csv_file_is_rows_and_columns(tmp_path):
    rows = aelib.read_table(as_csv(tmp_path, delimiter=";"), delimiter=";")
    assert rows.shape == (5,) and rows.dtype.names == tuple(ROWS)
    assert rows["kind"].tolist() == ["fan", "pump", "fan", "", "valve"] and rows[1]["load"] == "2.0"
    with pytest.warns(UserWarning, match="new categories 'valve'"):
        x, _, table = aelib.load_table(rows[["load", "kind"]], train=[0, 1])
    assert x.shape == (5, 3) and table.columns == ["load", "kind_fan", "kind_pump"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Cannot read"),
        (b"a,b\n", "needs rows, and a different name for each column"),
        (b"a,a\n1,2\n", "different name for each column, not .'a', 'a'"),
        (b",a\n0,1\n", "different name for each column"),
        (b"a,b\n1,2\n\n1\n", "Row 2 of .* has 1 fields, not 2"),
        (b"a;b\n1;2\n", "has one column, 'a;b': give delimiter="),
        ("a\n\u00e4\n".encode("latin-1"), "Cannot read"),
        (None, "Cannot read"),
    ],
)
def test_a_csv_file_that_is_none_is_refused(content, words, tmp_path):
    if content is not None:
        (tmp_path / "rows.csv").write_bytes(content)
    with pytest.raises(ValueError, match=words):
        aelib.read_table(tmp_path / "rows.csv")


def test_the_saved_file_is_plain_json(tmp_path):
    aelib.Table().fit({"a": [1, 3], "b": ["x", "y"]}).save(tmp_path / "table.json")
    saved = json.loads((tmp_path / "table.json").read_text("utf-8"))
    assert saved["columns"] == [["a", "number", 2.0, 1.0], ["b", "category", "x", "y"]] and saved["aelib_table"] == 1
