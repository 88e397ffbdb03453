"""The results table: what it writes, when it raises, what it refuses."""

import importlib
import json

import numpy as np
import pytest

import aelib
from aelib.report import MIME

REAL = aelib.Dataset(None, None, None, None, "fashion_mnist")
STAND_IN = aelib.Dataset(None, None, None, None, "fashion_mnist", stand_in=True)
ROWS = [{"name": "a <b>", "kind": "ours", "test_mse": 0.00647312, "parameters": 870_224}]


@pytest.fixture
def shown(monkeypatch):
    bundles = []
    module = importlib.import_module("aelib.report")  # `aelib.report` itself is the function
    monkeypatch.setattr(module, "_show", bundles.append)
    monkeypatch.delenv("AELIB_OFFLINE", raising=False)
    return bundles


def test_table_claims_and_json(shown):
    rows = [*ROWS, {"name": "PCA", "kind": "baseline", "test_mse": aelib.mean_sd([1.0, 3.0])}]
    aelib.report(rows, {"It is small.": np.bool_(True)}, REAL)
    (bundle,) = shown
    assert "0.006473" in bundle["text/plain"] and "2 ± 1.4 (n = 2)" in bundle["text/plain"]
    assert "Holds: It is small." in bundle["text/plain"] and "a &lt;b&gt;" in bundle["text/html"]
    assert json.loads(json.dumps(bundle[MIME])) == {
        "dataset": "fashion_mnist",
        "rows": [ROWS[0], {"name": "PCA", "kind": "baseline", "test_mse": {"mean": 2.0, "sd": 2**0.5, "n": 2}}],
        "claims": [{"text": "It is small.", "holds": True}],
    }


def test_a_broken_claim_raises_on_real_data_after_showing_the_table(shown):
    with pytest.raises(aelib.ClaimError, match="It is small"):
        aelib.report(ROWS, {"It is small.": False, "It is red.": True}, REAL)
    assert "DOES NOT HOLD: It is small." in shown[0]["text/plain"]


def test_a_broken_claim_is_only_reported_on_the_stand_in_and_in_the_short_run(shown, monkeypatch):
    aelib.report(ROWS, {"It is small.": False}, STAND_IN)
    assert shown[0][MIME]["dataset"] == "stand-in for fashion_mnist"
    monkeypatch.setenv("AELIB_OFFLINE", "1")
    aelib.report(ROWS, {"It is small.": False}, REAL)
    assert "DOES NOT HOLD" in shown[1]["text/plain"]


@pytest.mark.parametrize(
    ("rows", "claims", "message"),
    [
        ([], {}, "at least one row"),
        ([{"name": "a"}], {}, "name and a kind"),
        ([{"name": "a", "kind": "mine"}], {}, "name and a kind"),
        ([{"name": "a", "kind": "ours", "test_mse": {"mean": 1}}], {}, "mean, sd and n"),
        (ROWS, {"It is small.": "yes"}, "true or false"),
        (ROWS, {"It is small.": 1}, "true or false"),
    ],
)
def test_bad_rows_and_claims(shown, rows, claims, message):
    with pytest.raises(ValueError, match=message):
        aelib.report(rows, claims, REAL)


def test_stopwatch_and_mean_sd():
    with aelib.Stopwatch() as watch:
        sum(range(100_000))
    assert 0 < watch.seconds < 5 and 0 < watch.cpu_seconds < 5
    assert aelib.mean_sd([2.0]) == {"mean": 2.0, "sd": 0.0, "n": 1}
