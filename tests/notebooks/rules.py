"""What a chapter must be: each rule takes a notebook and yields what is wrong with it, in words."""

import ast
import functools
import json
import re
import statistics

import chapters
import nbformat
import programs
import stamps
from IPython.core.inputtransformer2 import TransformerManager

NOTEBOOKS = chapters.ROOT / "notebooks"
AELIB = chapters.ROOT / "aelib"
PICTURE_KB = 150
LINES, PROGRAM, CLASS, MEDIAN = 20, 25, 45, 8  # lines of a code cell, of the program, of a part of aelib
SOLUTION, EXERCISES = 80, (3, 8)  # words of a solution; how many exercises there are
# A chapter, and a deeper part: words before the exercises, words in all, code cells, seconds of a full run.
CHAPTER = {"before": 2000, "words": 2500, "cells": 18, "seconds": 240}
DEEPER = {"before": 3000, "words": 3600, "cells": 30, "seconds": 600}
TUTORIAL_SECONDS = 20  # of CPU time for chapter 1's tutorial network, on the machine whose seconds these are
# The modules of aelib that the chapters write out; the others hold what guards, loads, draws and reports.
TAUGHT = ("networks", "likelihoods", "priors", "layers", "models", "callbacks", "codec", "bounds")


def source(cell):
    return "".join(cell["source"])


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def title(cell):
    return repr(source(cell).strip().splitlines()[0][:60]) if source(cell).strip() else "an empty cell"


def prose(notebook):
    """All Markdown of a notebook, without fenced code."""
    text = "\n\n".join(source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    return re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)


def count_words(text):
    """Words as a reader counts them: a formula in a line is one, a displayed one, a tag and an address are none."""
    text = re.sub(r"\$\$.*?\$\$|<[^>]+>|(?<=\])\([^)]*\)", " ", text, flags=re.S)
    return sum(bool(re.search(r"\w", word)) for word in re.sub(r"\$[^$\n]+\$", "x", text).split())


def heading(notebook):
    return source(notebook["cells"][0]).strip().splitlines()[0] if notebook["cells"] else ""


def limits(notebook):
    return DEEPER if re.match(r"# \d+b\. ", heading(notebook)) else CHAPTER


def folded(cell):
    return "hide-input" in cell["metadata"].get("tags", [])


def words(notebook):
    text, most = prose(notebook), limits(notebook)
    before = count_words(re.split(r"^## Exercises", text, flags=re.M)[0])
    if before > most["before"]:
        yield f"it has {before} words before the exercises, {most['before']} are the limit"
    if count_words(text) > most["words"]:
        yield f"it has {count_words(text)} words in all, {most['words']} are the limit"


def longest(cell):
    """How many lines a cell may have: a part of aelib, which stands whole in one cell, more than others."""
    if programs.is_program(cell):
        return PROGRAM
    body = parsed({"cells": [cell]}).body
    alone = len(body) == 1 and isinstance(body[0], (ast.ClassDef, ast.FunctionDef)) and body[0].name in teachable()
    return CLASS if alone else LINES


def cells(notebook):
    shown = [cell for cell in code_cells(notebook) if not folded(cell)]
    if len(code_cells(notebook)) > limits(notebook)["cells"]:
        yield f"it has {len(code_cells(notebook))} code cells, {limits(notebook)['cells']} are the limit"
    lengths = [len(source(cell).strip().splitlines()) for cell in shown]
    for cell, length in zip(shown, lengths, strict=True):
        if length > longest(cell):
            yield f"the cell {title(cell)} has {length} lines, {longest(cell)} are the limit"
    if lengths and statistics.median(lengths) > MEDIAN:
        yield f"the median code cell has {statistics.median(lengths):g} lines, {MEDIAN} are the limit"


def program(notebook):
    """The program comes first, runs alone and ends in something to see; a test runs it."""
    tagged = [number for number, cell in enumerate(code_cells(notebook)) if programs.is_program(cell)]
    if not code_cells(notebook) or "google.colab" not in source(code_cells(notebook)[0]):
        yield "its first code cell should be the set-up for Colab"
    if tagged != [1]:
        yield "exactly one cell, the first after the set-up, should be tagged program"
        return
    cell = code_cells(notebook)[1]
    if unknown := programs.unknown_names(source(cell)):
        yield f"its program does not run alone: it does not make {', '.join(sorted(unknown))}"
    data = [output.get("data", {}) for output in cell["outputs"]]
    if not any({"image/png", "text/html"} & set(found) for found in data):
        yield "its program should end in a picture or a table"
    try:
        programs.short(cell)
        programs.recipe(cell)
    except ValueError as error:
        yield f"its program: {error}"


def figures(notebook):
    for cell in code_cells(notebook):
        pictures = [o["data"]["image/png"] for o in cell["outputs"] if "image/png" in o.get("data", {})]
        if not pictures:
            continue
        mystnb = cell["metadata"].get("mystnb", {})
        if len(pictures) > 1:
            yield f"the cell {title(cell)} makes {len(pictures)} figures, one is the limit"
        if len(mystnb.get("figure", {}).get("caption", "")) < 20:
            yield f"the figure of {title(cell)} has no caption"
        if not re.fullmatch(r"fig-[a-z0-9-]+", mystnb.get("figure", {}).get("name", "")):
            yield f"the figure of {title(cell)} has no name of the form fig-..."
        if len(mystnb.get("image", {}).get("alt", "")) < 20:
            yield f"the figure of {title(cell)} has no alt text"
        if any(len(picture) * 3 / 4 > PICTURE_KB * 1000 for picture in pictures):
            yield f"the figure of {title(cell)} is over {PICTURE_KB} kB"


def stamp(notebook):
    found = notebook["metadata"].get("aelib_run")
    if not found or set(found) | {"aelib_sha256"} != stamps.FIELDS:
        yield "it has no stamp (aelib_run): run it in full with `make run`"
    elif found["code_sha256"] != stamps.code_sha256(notebook):
        yield "its code has changed since it ran: run it in full with `make run`"
    counts = [cell["execution_count"] for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"its cells were not run once each from top to bottom: {counts}"


def library(notebook):
    """The outputs are those of the present aelib and style, too."""
    if problem := stamps.stale(notebook):
        yield f"{problem}: run it in full with `make run`"


def outputs(notebook):
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            if output["output_type"] == "error":
                yield f"the cell {title(cell)} ends in an error"
            if output.get("name") == "stderr":
                yield f"the cell {title(cell)} prints to stderr"
            text = json.dumps({key: value for key, value in output.items() if key != "metadata"})
            if re.search(r"/(home|root|Users|work|tmp)/", text):
                yield f"an output of {title(cell)} names a path of the machine that ran it"


def results(notebook):
    found = chapters.results(notebook)
    if not found:
        yield "it has no results: the last code cell should call aelib.report"
    for result in found:
        if result["dataset"].startswith("stand-in"):
            yield f"it ran on the {result['dataset']}, not on real data"
        if not result["claims"]:
            yield "its results make no claim"
        yield from (f"a claim does not hold: {c['text']}" for c in result["claims"] if not c["holds"])


def fold(notebook):
    """The cell that makes the results is folded in the book (tag) and in Colab (form), and no other is."""
    for cell in code_cells(notebook):
        for tag in ("hide-cell", "hide-output", "remove-cell", "remove-input", "remove-output"):
            if tag in cell["metadata"].get("tags", []):
                yield f"the cell {title(cell)} is tagged {tag}: what runs and what it gives is shown"
    found = [cell for cell in code_cells(notebook) if folded(cell)]
    if len(found) != 1:
        yield f"one cell, that of the results, should be tagged hide-input: {len(found)} are"
    for cell in found:
        if not chapters.results({"cells": [cell]}):
            yield f"the folded cell {title(cell)} is not the one that makes the results"
        if cell["metadata"].get("cellView") != "form" or not re.match(r"# ?@title \S", source(cell)):
            yield 'the folded cell needs "cellView": "form" and a first line "# @title ..." to be folded in Colab'


@functools.cache
def pace():
    """How much slower than the one that the limits are for the machine of the stored runs is; at least 1."""
    stored = nbformat.read(next(NOTEBOOKS.glob("01_*.ipynb")), as_version=4)
    rows = [row for result in chapters.results(stored) for row in result["rows"]]
    seconds = next(row["cpu_seconds"] for row in rows if "tutorial" in row["name"].lower())
    return max(1, (seconds["mean"] if isinstance(seconds, dict) else seconds) / TUTORIAL_SECONDS)


def seconds(notebook):
    took, most = (
        float(notebook["metadata"].get("aelib_run", {}).get("seconds", 0)),
        limits(notebook)["seconds"] * pace(),
    )
    if took > most:
        yield f"its full run took {took:.0f} s, {most:.0f} are the limit (on a machine of this pace)"


def exercises(notebook):
    text = prose(notebook)
    if not EXERCISES[0] <= text.count("<details>") <= EXERCISES[1]:
        yield f"it has {text.count('<details>')} exercises with solutions, it should have {EXERCISES[0]}, at most 8"
    for solution in re.findall(r"<details>(?:\s*<summary>.*?</summary>)?(.*?)</details>", text, flags=re.S):
        if count_words(solution) > SOLUTION:
            yield f"a solution has {count_words(solution)} words, {SOLUTION} are the limit: {solution.strip()[:40]!r}"


def trust(notebook):
    boxes = re.findall(r"^(?:> *)?(?:#+ |\*\*)How far to trust this\b", prose(notebook), flags=re.M)
    if len(boxes) != 1:
        yield f"it needs one box 'How far to trust this', it has {len(boxes)}"


def links(notebook):
    """Links open in Colab, too: other notebooks and full addresses do, pages of the book do not."""
    text = prose(notebook)
    for words, target in re.findall(r"\[([^\]]*)\]\(([^)\s]+)[^)]*\)", text):
        path, _, _ = target.partition("#")
        if path.endswith(".md"):
            yield f"[{words}]({target}) opens nothing in Colab: print a new word bold, give a page's full address"
        elif path.endswith(".ipynb") and "://" not in path:
            number = re.search(r"\b0*(\d+b?)\b", words)
            if not (NOTEBOOKS / path).exists():
                yield f"[{words}]({target}): there is no such notebook"
            elif number and number[1] != path.split("_")[0].lstrip("0"):
                yield f"[{words}]({target}): number and file do not agree"


def mentions(notebook):
    """Another chapter is always mentioned as a link, so that a test and a renumbering find it."""
    text = re.sub(r"\[[^\]]*\]\([^)]*\)", "", prose(notebook))
    yield from (f"{found!r} should be a link" for found in re.findall(r"\b[Cc]hapters? \d+b?\b", text))


def form(notebook):
    """One H1 with the chapter's number, exercises with solutions; nothing only the book renders."""
    markdown = [source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    text, headings = "\n".join(markdown), prose(notebook).splitlines()
    if len([line for line in headings if line.startswith("# ")]) != 1 or not re.match(r"# \d+b?\. \S", markdown[0]):
        yield "it needs exactly one heading of level 1, '# N. Title' or '# Nb. Title', in its first cell"
    for cell in code_cells(notebook):
        if "parameters" in cell["metadata"].get("tags", []) and "mock" not in cell["metadata"].get("nbmake", {}):
            yield "its parameters cell has no nbmake mock for the short run"
    if text.count("<details>") < EXERCISES[0] or text.count("<details>") != text.count("</details>"):
        yield "it needs at least three exercises with solutions in <details>"
    for left in re.findall(r"\b(?:TODO|FIXME|XXX|[A-Z]{5,}\d)\b", text):
        yield f"{left} stands where text should be"
    for directive in re.findall(r"^(?:`{3,}|:{3,})\{.*|^> \[!.*|\{(?:ref|doc|cite|numref)[^}]*\}`", text, flags=re.M):
        yield f"{directive!r} shows as raw text in Colab: use plain Markdown"


def definitions(tree):
    """Top-level functions and classes, in order."""
    return [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]


def bare(node):
    """What a definition does, as text: without docstrings and decorators, a class's members in one order."""
    node = ast.parse(ast.unparse(node)).body[0]
    for part in ast.walk(node):
        if isinstance(part, (ast.FunctionDef, ast.ClassDef)):
            keep = ("classmethod", "staticmethod", "property")
            part.decorator_list = [d for d in part.decorator_list if ast.unparse(d) in keep]
            first = part.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(part.body) > 1:
                part.body = part.body[1:]
    if isinstance(node, ast.ClassDef):
        node.body.sort(key=lambda member: getattr(member, "name", ast.unparse(member)))
    return ast.unparse(node)


def parsed(notebook):
    """The code of all cells, without what only notebooks have."""
    transform = TransformerManager().transform_cell
    return ast.parse("\n".join(transform(source(cell)) for cell in code_cells(notebook)))


def written_out(notebook):
    """The functions and classes that a notebook's cells define, in order."""
    return definitions(parsed(notebook))


def used(notebook):
    """The names that a notebook takes from aelib: imported, or as an attribute of it."""
    found = set()
    for node in ast.walk(parsed(notebook)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "aelib":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Attribute) and re.fullmatch(r"aelib(\.\w+)?", ast.unparse(node.value)):
            found.add(node.attr)
    return found


@functools.cache
def teachable():
    """The definitions in aelib that the chapters must write out, by name."""
    nodes = [node for module in TAUGHT for node in definitions(ast.parse((AELIB / f"{module}.py").read_text()))]
    return {node.name: node for node in nodes if not node.name.startswith("_")}


def taught(notebook, library):
    """What a notebook writes out of the library must be what the library holds, whole and in one place."""
    seen = set()
    for node in written_out(notebook):
        if node.name in seen:
            yield f"{node.name} is written out twice: it stands whole in one cell"
        elif node.name in library and bare(node) != bare(library[node.name]):
            yield f"{node.name} is not what aelib has: page and library must be the same"
        seen |= {node.name} & set(library)


def taught_first(notebooks, library, later=()):
    """Each public name of the library is written out in a chapter, and imported only by chapters after it.

    What `later` lists is taught by chapters that are not written yet: it may be imported before.
    """
    first = set()
    for notebook in notebooks:
        first |= {node.name for node in written_out(notebook)} & set(library)
        for name in sorted(used(notebook) & set(library) - first - set(later)):
            yield f"{heading(notebook)} uses {name} before a chapter has taught it"
    yield from (f"no chapter writes out {name}" for name in library if name not in first and name not in later)
    for name in later:
        if name in first or name not in library:
            reason = "is taught now" if name in first else "is not in aelib"
            yield f"{name} {reason}: take it off the list of what comes later"


EVERY = [figures, stamp, outputs, results, form, links]  # asked of every chapter
RECAST = [program, words, cells, fold, seconds, exercises, trust, mentions]  # and of those in the present form
