"""The program of a chapter: one cell that loads, builds, trains, tests and shows, to be copied.

Its metadata say what the page of recipes tells about it, and what the short run makes of its constants:

    "tags": ["program"],
    "recipe": {
        "wants": "compress",
        "line": "x = load(",
        "has": {"array": "x = np.load('my_images.npy')", "folder of images": "x = load_images('my_photos', (64, 48)).x"}
    },
    "nbmake": {"mock": {"STEPS": 20}}

`wants` is what the program is for, `line` how the line begins that a reader changes, and `has` what stands there
instead for data of one's own: whole lines, which a test puts there and runs (tests/recipes has the files they name).
"""

import ast
import builtins
import functools
import re

import chapters
import nbformat
from standalone import standalone

HAS = ("array", "folder of images", "table", "series")
WANTS = ("compress", "map", "denoise", "generate", "features", "anomalies", "train")
MARK = "  # with: "  # at the end of a line that becomes a comment


def is_program(cell):
    return cell["cell_type"] == "code" and "program" in cell["metadata"].get("tags", [])


def recipe(cell):
    """What a program's metadata say about it, checked: wants, line, has. Raises ValueError, in words."""
    found = cell["metadata"].get("recipe", {})
    if set(found) != {"has", "wants", "line"}:
        raise ValueError("its metadata `recipe` should have has, wants and line")
    if found["wants"] not in WANTS:
        raise ValueError(f"wants should be one of {', '.join(WANTS)}, not {found['wants']!r}")
    if not isinstance(found["has"], dict) or not found["has"] or not set(found["has"]) <= set(HAS):
        raise ValueError(f"has should give the line for some of {', '.join(HAS)}: {found['has']}")
    if any("\n" in line or not line.strip() for line in found["has"].values()):
        raise ValueError("each of has should be one line")
    lines = "".join(cell["source"]).splitlines()
    if not found["line"].strip() or sum(line.startswith(found["line"]) for line in lines) != 1:
        raise ValueError(f"one line of it should begin with {found['line']!r}, the one to change")
    return found


def with_own_data(cell, has):
    """A program with the line in it that loads what a reader has."""
    found = recipe(cell)
    lines = "".join(cell["source"]).splitlines()
    return "\n".join(found["has"][has] if line.startswith(found["line"]) else line for line in lines) + "\n"


def with_lines(cell):
    """A program with its lines for data of one's own above the one that they replace, each with a mark."""
    found, lines = recipe(cell), []
    for line in "".join(cell["source"]).splitlines():
        if line.startswith(found["line"]):
            lines += [own + MARK + has for has, own in found["has"].items()]
        lines.append(line)
    return "\n".join(lines) + "\n"


def as_comments(code):
    """The marked lines as comments."""
    return re.sub(rf"^(.*){MARK}(.*)$", r"# With your \2: \1", code, flags=re.M)


def shown(code):
    """A program that shows its picture also where it is not a cell of a notebook."""
    if "plt.show(" in code:
        return code
    return ("" if "as plt" in code else "import matplotlib.pyplot as plt\n") + code + "plt.show()\n"


def short(cell, code=None):
    """A program with the small numbers of the short run in place of its own, as the cell's nbmake mock gives them.

    `code` is the text that they are put into, the cell's own if left out. Raises ValueError, in words.
    """
    code = "".join(cell["source"]) if code is None else code
    mock = cell["metadata"].get("nbmake", {}).get("mock", {})
    if not mock and ".fit(" in code:
        raise ValueError("its metadata should have an nbmake mock, such as STEPS, for the short run")
    for name, value in mock.items():
        code, times = re.subn(rf"^{name} = [^#\n]*", f"{name} = {value!r}  ", code, flags=re.M)
        if times != 1:
            raise ValueError(f"a line '{name} = ...' should stand in it once, for the short run to change")
    return code


def shortened(notebook):
    """The notebook for the short run: small numbers in its program; those of other cells are set by nbmake."""
    for cell in filter(is_program, notebook.cells):
        cell.source = short(cell)
    return notebook


def unknown_names(code):
    """Names that a program uses and nothing in it makes."""
    tree = ast.parse(code)
    made, used = set(dir(builtins)), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            made |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            made.add(node.name)
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            made.add(node.name)
    return used - made


class Program:
    """A chapter's program, and what belongs to it.

    Attributes:
        name: of the chapter's file, without .ipynb.
        title, question: the chapter's.
        cell: the notebook's cell.
        has, wants: what its data may be, {kind: line}, and what it is for.
        line: the one that a reader changes.
    """

    def __init__(self, name, notebook, cell):
        text = notebook.cells[0].source
        self.name, self.cell = name, cell
        self.title = text.strip().splitlines()[0].removeprefix("# ")
        self.question = next(iter(re.findall(r"^\*\*(.+?)\*\*", text, flags=re.M)), "")
        found = recipe(cell)
        self.has, self.wants = found["has"], found["wants"]
        lines = "".join(cell["source"]).splitlines()
        self.line = next(line for line in lines if line.startswith(found["line"])).split("  #")[0]

    @property
    def code(self):
        """The program as a file, with the lines for data of one's own as comments."""
        return as_comments(shown(with_lines(self.cell)))

    def standalone(self, address):
        """The same, with the parts of aelib that it uses written out; `address`: of the chapter's page."""
        head = f"{self.title}: a program to copy and change; it stands below, after the parts that it uses.\n\n"
        head += f"From The Autoencoder Book, {address} (code: MIT License).\n"
        return as_comments(standalone(shown(with_lines(self.cell)), head))


@functools.cache
def stored():
    """The programs of all chapters that have one, in order."""
    found = []
    for path in chapters.paths():
        notebook = nbformat.read(path, as_version=4)
        found += [Program(path.stem, notebook, cell) for cell in notebook.cells if is_program(cell)]
    return found
