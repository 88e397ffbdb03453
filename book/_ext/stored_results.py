"""A Sphinx extension: numbers in the pages, taken from the results that the chapters' stored runs left.

    {result}`05 | convolutional 64 | test_mse`          0.00495
    {result}`05 | convolutional 64 | test_mse | .4f`    0.0049
    {printed}`02 | gelu | 0.01120`                                0.01120

The first takes chapter, row, metric and, if wanted, a format. The second is for numbers outside the table of results:
chapter, words, number, and some line that the run printed must hold both. What a run did not report is an error of
the build, so a page cannot go on quoting what a chapter no longer says.
"""

import functools
import re

import nbformat
from chapters import number, paths, results
from docutils import nodes


@functools.cache
def stored(chapter):
    """The notebook of a chapter, with the outputs of its stored run."""
    found = [path for path in paths() if number(path.name) == chapter]
    if len(found) != 1:
        raise ValueError(f"no chapter {chapter!r}")
    return nbformat.read(found[0], 4)


def printed(text):
    """The last part of `text`, if a line that the chapter printed has it. Raises ValueError, in words, if not."""
    parts = [part.strip() for part in text.split("|")]
    if len(parts) != 3:
        raise ValueError(f"{text!r} should be: chapter | words of the line | number")
    chapter, words, wanted = parts
    outputs = [output for cell in stored(chapter).cells for output in cell.get("outputs", [])]
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs]
    lines = "\n".join(texts).splitlines()
    alone = rf"(?<![\d.,]){re.escape(wanted)}(?![\d]|[.,]\d)"
    if not any(words in line and re.search(alone, line) for line in lines):
        raise ValueError(f"{text!r}: the run of chapter {chapter} printed no line with {words!r} and {wanted!r}")
    return wanted


def lookup(text):
    """The number that `text` asks for, formatted. Raises ValueError, in words, if there is none."""
    parts = [part.strip() for part in text.split("|")]
    if len(parts) not in (3, 4):
        raise ValueError(f"{text!r} should be: chapter | row | metric | format (the last may be left out)")
    chapter, name, metric = parts[:3]
    rows = [row for result in results(stored(chapter)) for row in result["rows"] if row["name"] == name]
    if not rows or metric not in rows[0]:
        raise ValueError(f"{text!r}: the run of chapter {chapter} reports no {metric!r} of {name!r}")
    value = rows[0][metric]
    value = value["mean"] if isinstance(value, dict) else value
    return format(value, parts[3] if len(parts) == 4 else ".3g")


ROLES = {"result": lookup, "printed": printed}


def role(name, rawtext, text, lineno, inliner, options=None, content=()):  # noqa: PLR0917
    """Both roles, with the signature that docutils wants."""
    try:
        return [nodes.Text(ROLES[name](text))], []
    except ValueError as error:
        message = inliner.reporter.error(str(error), line=lineno)
        return [inliner.problematic(rawtext, rawtext, message)], [message]


def setup(app):
    """Called by Sphinx."""
    for name in ROLES:
        app.add_role(name, role)
    return {"version": "1", "parallel_read_safe": True}
