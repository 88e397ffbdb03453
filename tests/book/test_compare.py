"""The comparison of two full runs: times may differ, numbers only within tolerances."""

import copy

import compare
import pytest

STORED = [
    {
        "dataset": "fashion_mnist",
        "rows": [
            {"name": "a", "kind": "ours", "test_mse": {"mean": 0.0065, "sd": 0.00002, "n": 3}, "cpu_seconds": 16.0},
            {"name": "b", "kind": "baseline", "test_mse": 0.0104},
        ],
        "claims": [{"text": "a is below b", "holds": True}],
    }
]


def changed(change):
    results = copy.deepcopy(STORED)
    change(results[0])
    return list(compare.differences(STORED, results))


def test_times_and_rounding_may_differ():
    assert changed(lambda r: r["rows"][0].update(cpu_seconds=99.0)) == []
    assert changed(lambda r: r["rows"][1].update(test_mse=0.01041)) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r["rows"][0]["test_mse"].update(mean=0.0075), "0.0065 is stored, 0.0075 came now"),
        (lambda r: r["rows"][1].update(test_mse=0.02), "test_mse of b"),
        (lambda r: r["rows"][1].pop("test_mse"), "only in one run"),
        (lambda r: r["rows"].pop(), "only in the stored run"),
        (lambda r: r["claims"][0].update(holds=False), "does not hold: a is below b"),
    ],
)
def test_differences_are_found(change, message):
    assert any(message in difference for difference in changed(change))
