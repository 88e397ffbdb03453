"""The results of a chapter: a table, and each claim as a line that holds or does not."""

import html
import os
import sys
import time

import numpy as np

KINDS = ("ours", "baseline", "peer")
MIME = "application/vnd.aelib.results+json"


class ClaimError(AssertionError):
    """A claim of the chapter does not hold on the data that it is made for."""


class Stopwatch:
    """Measures what runs in its `with` block: `seconds` (wall) and `cpu_seconds` (of all cores)."""

    def __enter__(self):
        self._start = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_):
        self.seconds = time.perf_counter() - self._start[0]
        self.cpu_seconds = time.process_time() - self._start[1]


def mean_sd(values):
    """The entry of a results table for a number measured n times: {"mean", "sd", "n"}, n - 1 in sd."""
    values = np.asarray(values, dtype="float64")
    return {"mean": values.mean(), "sd": values.std(ddof=1) if len(values) > 1 else 0.0, "n": len(values)}


def report(rows, claims, dataset):
    """Show a table of results and the claims made from them.

    The same goes as JSON into the notebook's output, under `application/vnd.aelib.results+json`.

    Args:
        rows: a list of dicts, each with "name", "kind" ("ours", "baseline" or "peer") and metrics. A
            metric is a number or {"mean", "sd", "n"}; its name says its unit, such as `test_mse`,
            `psnr_db` or `cpu_seconds`.
        claims: {text: holds}, each text a sentence that a reader can check, holds true or false.
        dataset: the `Dataset` that the results come from.

    Raises:
        ValueError: a row or claim is not of this form.
        ClaimError: a claim does not hold. With the offline stand-in, or with AELIB_OFFLINE=1,
            claims are only reported: they are made for the real data.
    """
    rows = [_row(row) for row in rows]
    claims = [{"text": text, "holds": _truth(text, holds)} for text, holds in claims.items()]
    if not rows:
        raise ValueError("rows is empty: a report needs at least one row.")
    name = f"stand-in for {dataset.name}" if dataset.stand_in else dataset.name
    results = {"dataset": name, "rows": rows, "claims": claims}
    binding = not dataset.stand_in and os.environ.get("AELIB_OFFLINE") != "1"
    _show({"text/plain": _plain(results), "text/html": _html(results), MIME: results})
    broken = [claim["text"] for claim in claims if not claim["holds"]]
    if broken and binding:
        raise ClaimError("Does not hold: " + "; ".join(broken))


def _row(row):
    row = dict(row)
    if not isinstance(row.get("name"), str) or row.get("kind") not in KINDS:
        raise ValueError(f"A row needs a name and a kind out of {KINDS}, got {row!r}.")
    for metric, value in row.items():
        if metric in ("name", "kind"):
            continue
        if isinstance(value, dict):
            if set(value) != {"mean", "sd", "n"}:
                raise ValueError(f"{metric} of {row['name']!r} needs mean, sd and n, got {value!r}.")
            row[metric] = {"mean": float(value["mean"]), "sd": float(value["sd"]), "n": int(value["n"])}
        else:
            row[metric] = value if isinstance(value, int) else float(value)
    return row


def _truth(text, holds):
    if not isinstance(holds, (bool, np.bool_)):
        raise ValueError(f"The claim {text!r} must be true or false, got {holds!r}.")
    return bool(holds)


def _cell(value):
    if value is None:
        return ""
    if isinstance(value, dict) and value["n"] == 1:
        return f"{value['mean']:.4g}"
    if isinstance(value, dict):
        return f"{value['mean']:.4g} ± {value['sd']:.2g} (n = {value['n']})"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _table(results):
    metrics = list(dict.fromkeys(metric for row in results["rows"] for metric in row if metric not in ("name", "kind")))
    head = ["", "kind", *metrics]
    return head, [[row["name"], row["kind"], *(_cell(row.get(m)) for m in metrics)] for row in results["rows"]]


def _lines(results):
    yield f"Data: {results['dataset']}."
    for claim in results["claims"]:
        yield f"{'Holds' if claim['holds'] else 'DOES NOT HOLD'}: {claim['text']}"


def _plain(results):
    head, body = _table(results)
    widths = [max(len(line[i]) for line in (head, *body)) for i in range(len(head))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in (head, *body)]
    return "\n".join([*table, "", *_lines(results)])


def _html(results):
    head, body = _table(results)
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in line) + "</tr>" for line in body)
    lines = "".join(f"<li>{html.escape(line)}</li>" for line in _lines(results))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><ul>{lines}</ul>"


def _show(bundle):
    ipython = sys.modules.get("IPython")  # loaded already wherever there is a notebook to show it in
    if ipython is None or ipython.get_ipython() is None:
        print(bundle["text/plain"])
    else:
        ipython.display.display(bundle, raw=True)
