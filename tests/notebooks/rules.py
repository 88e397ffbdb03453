"""What a chapter must be: each rule takes a notebook and yields what is wrong with it, in words."""

import ast
import inspect
import json
import re
import statistics

import chapters
from IPython.core.inputtransformer2 import TransformerManager

from aelib import codec, layers, losses, models, networks

LONGEST, MEDIAN = 25, 8  # lines of a code cell
PICTURE_KB = 150


def source(cell):
    return "".join(cell["source"])


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def title(cell):
    return repr(source(cell).strip().splitlines()[0][:60]) if source(cell).strip() else "an empty cell"


def cell_lengths(notebook):
    lengths = [len(source(cell).strip().splitlines()) for cell in code_cells(notebook)]
    for cell, length in zip(code_cells(notebook), lengths, strict=True):
        if length > LONGEST:
            yield f"the cell {title(cell)} has {length} lines, {LONGEST} are the limit"
    if statistics.median(lengths) > MEDIAN:
        yield f"the median code cell has {statistics.median(lengths):g} lines, {MEDIAN} are the limit"


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
    keys = {"code_sha256", "python", "keras", "backend", "aelib", "dataset", "seconds"}
    if not found or set(found) != keys:
        yield "it has no stamp (aelib_run): run it in full with `make run`"
    elif chapters.stale(notebook):
        yield "its code has changed since it ran: run it in full with `make run`"
    counts = [cell["execution_count"] for cell in code_cells(notebook)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"its cells were not run once each from top to bottom: {counts}"


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


def form(notebook):
    """One H1 with the chapter's number, a parameters cell, exercises with solutions; nothing only the book renders."""
    prose = [source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    text = "\n".join(prose)
    headings = [line for cell in prose for line in re.sub(r"```.*?```", "", cell, flags=re.S).splitlines()]
    if len([line for line in headings if line.startswith("# ")]) != 1 or not re.match(r"# \d+\. ", prose[0]):
        yield "it needs exactly one heading of level 1, '# N. Title', in its first cell"
    parameters = [cell for cell in code_cells(notebook) if "parameters" in cell["metadata"].get("tags", [])]
    if len(parameters) != 1:
        yield f"it needs one cell tagged parameters, it has {len(parameters)}"
    elif "mock" not in parameters[0]["metadata"].get("nbmake", {}):
        yield "its parameters cell has no nbmake mock for the short run"
    if text.count("<details>") < 3 or text.count("<details>") != text.count("</details>"):
        yield "it needs at least three exercises with solutions in <details>"
    for left in re.findall(r"\b(?:TODO|FIXME|XXX|[A-Z]{5,}\d)\b", text):
        yield f"{left} stands where text should be"
    for directive in re.findall(r"^(?:`{3,}|:{3,})\{.*|^> \[!.*|\{(?:ref|doc|cite|numref)[^}]*\}`", text, flags=re.M):
        yield f"{directive!r} shows as raw text in Colab: use plain Markdown"


def definitions(tree):
    """Top-level functions and classes; a class that continues an earlier one of the same name adds to it."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.ClassDef):
            continues = [ast.unparse(base) for base in node.bases] == [node.name]
            if continues and node.name in found:
                found[node.name].body += node.body
            else:
                found[node.name] = node
    return found


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


def written_out(notebook):
    """The functions and classes that a notebook's cells define."""
    transform = TransformerManager().transform_cell
    return definitions(ast.parse("\n".join(transform(source(cell)) for cell in code_cells(notebook))))


def public(*modules):
    """The definitions in aelib's modules that a chapter must teach, by name."""
    found = {}
    for module in modules:
        found |= definitions(ast.parse(inspect.getsource(module)))
    return {name: node for name, node in found.items() if not name.startswith("_")}


def taught(notebook, library):
    """What a notebook writes out of the library must be what the library holds."""
    for name, node in written_out(notebook).items():
        if name in library and bare(node) != bare(library[name]):
            yield f"{name} is not what aelib has: page and library must be the same"


def taught_first(notebooks, library, later=()):
    """Each public name of the library is written out in a chapter, and imported only by chapters after it."""
    first = {}
    for number, notebook in enumerate(notebooks):
        here = written_out(notebook)
        code = "\n".join(source(cell) for cell in code_cells(notebook))
        for name in library:
            used = re.search(rf"\baelib\.(?:\w+\.)?{name}\b|from aelib[\w.]* import [^\n]*\b{name}\b", code)
            if name in here:
                first.setdefault(name, number)
            elif used and name not in first:
                yield f"{source(notebook['cells'][0]).splitlines()[0]} uses {name} before a chapter has taught it"
    for name in library:
        if name not in first and name not in later:
            yield f"no chapter writes out {name}"
        if name in first and name in later:
            yield f"{name} is taught now: take it off the list of what comes later"


RULES = [cell_lengths, figures, stamp, outputs, results, form]


def teachable():
    """What the chapters must write out: networks, layers, losses, models and the codec. The rest is the stage."""
    return public(networks, layers, losses, models, codec)
