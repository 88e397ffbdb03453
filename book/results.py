"""A Sphinx extension: numbers in the pages, taken from the results that the chapters' stored runs left.

    {result}`05 | convolutional 64, 5 epochs | test_mse`          0.00504
    {result}`05 | convolutional 64, 5 epochs | test_mse | .4f`    0.0050

Chapter, row, metric and, if wanted, a format. What a run did not report is an error of the build, so a page cannot
go on quoting what a chapter no longer says.
"""

from pathlib import Path

import nbformat
import run
from docutils import nodes

NOTEBOOKS = Path(run.ROOT, "notebooks")


def lookup(text):
    """The number that `text` asks for, formatted. Raises ValueError, in words, if there is none."""
    parts = [part.strip() for part in text.split("|")]
    if len(parts) not in (3, 4):
        raise ValueError(f"{text!r} should be: chapter | row | metric | format (the last may be left out)")
    chapter, name, metric = parts[:3]
    paths = sorted(NOTEBOOKS.glob(f"{chapter}_*.ipynb"))
    if len(paths) != 1:
        raise ValueError(f"{text!r}: no chapter {chapter!r}")
    rows = [row for result in run.results(nbformat.read(paths[0], 4)) for row in result["rows"] if row["name"] == name]
    if not rows or metric not in rows[0]:
        raise ValueError(f"{text!r}: the run of {paths[0].name} reports no {metric!r} of {name!r}")
    value = rows[0][metric]
    value = value["mean"] if isinstance(value, dict) else value
    return format(value, parts[3] if len(parts) == 4 else ".3g")


def result(name, rawtext, text, lineno, inliner, options=None, content=()):  # noqa: PLR0917
    """The role itself, with the signature that docutils wants."""
    try:
        return [nodes.Text(lookup(text))], []
    except ValueError as error:
        message = inliner.reporter.error(str(error), line=lineno)
        return [inliner.problematic(rawtext, rawtext, message)], [message]


def setup(app):
    """Called by Sphinx."""
    app.add_role("result", result)
    return {"version": "1", "parallel_read_safe": True}
