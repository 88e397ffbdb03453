"""Compare the results of two folders of notebooks: `python tools/compare.py STORED RERUN`.

Another machine rounds differently, so numbers are compared within tolerances; times are not compared.
"""

import math
import sys
from pathlib import Path

import nbformat
from chapters import results

RELATIVE = 0.05  # and, where a standard deviation is known, four of them


def differences(stored, rerun):
    """What differs between two lists of results, in words."""
    old = {(r["dataset"], row["name"]): row for r in stored for row in r["rows"]}
    new = {(r["dataset"], row["name"]): row for r in rerun for row in r["rows"]}
    for key in old.keys() ^ new.keys():
        yield f"{key[1]} on {key[0]} is only in the {'stored' if key in old else 'new'} run"
    for key in old.keys() & new.keys():
        for metric in sorted((old[key].keys() | new[key].keys()) - {"name", "kind"}):
            if metric.endswith("seconds"):
                continue
            a, b = old[key].get(metric), new[key].get(metric)
            if a is None or b is None:
                yield f"{metric} of {key[1]} is only in one run"
                continue
            spread = max((v["sd"] for v in (a, b) if isinstance(v, dict)), default=0)
            a, b = (v["mean"] if isinstance(v, dict) else v for v in (a, b))
            if not math.isclose(a, b, rel_tol=RELATIVE, abs_tol=4 * spread):
                yield f"{metric} of {key[1]}: {a:g} is stored, {b:g} came now"
    for result in rerun:
        yield from (f"does not hold: {claim['text']}" for claim in result["claims"] if not claim["holds"])


def main(stored, rerun):
    found = [
        f"{path.name}: {difference}"
        for path in sorted(Path(stored).glob("*.ipynb"))
        for difference in differences(*(results(nbformat.read(p, 4)) for p in (path, Path(rerun, path.name))))
    ]
    print("\n".join(found) or "The same results, within tolerances.")
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
