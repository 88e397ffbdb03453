"""The stamp of a run, `aelib_run` in a notebook's metadata: which code gave the stored outputs, with which library.

Two hashes say it: one of the notebook's code, one of the parts of aelib, and of its style, that this code uses. Change
a default that a chapter depends on, and the outputs of this chapter are stale, and of no other.
"""

import ast
import functools
import hashlib
import io
import tokenize

from chapters import ROOT
from IPython.core.inputtransformer2 import TransformerManager
from standalone import STYLE, Parts, Source, apply, span

PACKAGE = ROOT / "aelib"
# They refuse what cannot work: no output of a run that went through depends on how they say it. The same goes for the
# words of an exception.
GUARDS = ("checks", "inputs")
FIELDS = {"code_sha256", "aelib_sha256", "python", "keras", "backend", "aelib", "dataset", "seconds"}


def code(notebook):
    """The code cells of a notebook but the set-up cell, which does nothing outside Colab and has a fork's address."""
    cells = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [text for text in cells if "google.colab" not in text]


def code_sha256(notebook):
    """A hash of all code in a notebook, in order; prose, outputs and metadata do not count."""
    return hashlib.sha256("\0".join(code(notebook)).encode()).hexdigest()


class Used(Parts):
    """What a notebook uses of the package. Nothing is written out, so a name may stand for two things."""

    def need(self, module, name):
        if module not in GUARDS:
            super().need(module, name)

    def add_import(self, name, imported):
        self.outer.setdefault(name, set()).add(imported)


@functools.cache
def comments(text):
    """Where the comments of a text stand, as `span` says it."""
    found = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.COMMENT]
    rows = [(token.start[0] - 1, len(token.line[: token.start[1]].encode()), token.string) for token in found]
    return [((row, start), (row, start + len(comment.encode()))) for row, start, comment in rows]


def bare(text, node):
    """The text of a statement without comments, docstrings, what it raises and empty lines.

    The text, and not what `ast.unparse` makes of it, which is not the same on every Python.
    """
    lines, cuts = text.splitlines(keepends=True), []
    for part in ast.walk(node):
        if isinstance(part, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(part) is not None:
            cuts.append(span(part.body[0]))
        elif isinstance(part, ast.Raise):
            cuts.append(span(part))
    apply([(*cut, "") for cut in (*cuts, *comments(text))], lines)
    first = min(part.lineno for part in (node, *getattr(node, "decorator_list", [])))
    return "\n".join(line.rstrip() for line in lines[first - 1 : node.end_lineno] if line.strip())


def aelib_sha256(notebook, package=PACKAGE):
    """A hash of the parts of aelib that a notebook uses by name, of all that they use in turn, and of the style.

    Raises:
        ValueError: aelib lacks what the notebook uses.
    """
    program = "\n".join(map(TransformerManager().transform_cell, code(notebook)))
    source, parts = Source(program, package), Used(package)
    parts.program = program
    for module, name in source.inner.values():
        if name:
            parts.need(*parts.find(module, name))
    for node in source.body:
        parts.reach(source, node)
    used = [bare(parts.source(module).text, node) for module, nodes in parts.needed.items() for node in nodes]
    imported = [str(one) for name, all_of_it in parts.outer.items() for one in all_of_it]
    style = (package / "book.mplstyle").read_text().splitlines() if STYLE in program else []
    style = [line for line in style if line.strip() and not line.startswith("#")]
    return hashlib.sha256("\0".join(sorted(used) + sorted(imported) + style).encode()).hexdigest()


def stale(notebook):
    """What has changed since the notebook ran, in words; an empty text if its outputs are those of its code."""
    found = notebook["metadata"].get("aelib_run", {})
    if found.get("code_sha256") != code_sha256(notebook):
        return "its code has changed since it ran"
    try:
        current = aelib_sha256(notebook)
    except ValueError as error:
        return f"it no longer runs: {error}"
    return "" if found.get("aelib_sha256") == current else "what it uses of aelib has changed since it ran"
