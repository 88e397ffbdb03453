"""The program of a chapter: one cell that loads, builds, trains, tests and shows, to be copied.

Its metadata say what the recipes page tells about it, and what the short run makes of its constants:

    "tags": ["program"],
    "recipe": {"has": ["array", "folder of images"], "wants": "compress", "line": "x = load('fashion_mnist').x_train"},
    "nbmake": {"mock": {"STEPS": 20}}

`has` is what the program fits, `wants` what it is for, `line` the line (or its beginning) that a reader changes.
"""

import re

HAS = {
    "array": "An array",
    "folder of images": "A folder of images",
    "table": "A table",
    "series": "A time series",
}
WANTS = {
    "compress": "compress it",
    "map": "see it as a map",
    "denoise": "clean it",
    "generate": "draw more like it",
    "features": "have features for a classifier",
    "anomalies": "find what is unusual in it",
    "train": "train, choose and ship",
}


def is_program(cell):
    return cell["cell_type"] == "code" and "program" in cell["metadata"].get("tags", [])


def recipe(cell):
    """What a program's metadata say about it, checked: has, wants, line. Raises ValueError, in words."""
    found = cell["metadata"].get("recipe", {})
    if set(found) != {"has", "wants", "line"}:
        raise ValueError("its metadata `recipe` should have has, wants and line")
    if not found["has"] or not set(found["has"]) <= set(HAS):
        raise ValueError(f"has should be some of {', '.join(HAS)}, not {found['has']}")
    if found["wants"] not in WANTS:
        raise ValueError(f"wants should be one of {', '.join(WANTS)}, not {found['wants']!r}")
    if not any(line.startswith(found["line"]) for line in "".join(cell["source"]).splitlines() if found["line"]):
        raise ValueError(f"no line of it begins with {found['line']!r}, the one to change")
    return found


def short(cell, code=None):
    """A program with the small numbers of the short run in place of its own, as the cell's nbmake mock gives them.

    `code` is the text that they are put into, the cell's own if left out. Raises ValueError, in words.
    """
    code = "".join(cell["source"]) if code is None else code
    mock = cell["metadata"].get("nbmake", {}).get("mock", {})
    if not mock and ".fit(" in code:
        raise ValueError("its metadata should have an nbmake mock, such as STEPS, for the short run")
    for name, value in mock.items():
        code, times = re.subn(rf"^{name} = [^#\n]*", lambda _, n=name, v=value: f"{n} = {v!r}  ", code, flags=re.M)
        if times != 1:
            raise ValueError(f"a line '{name} = ...' should stand in it once, for the short run to change")
    return code


def shortened(notebook):
    """The same notebook with the program's short numbers written into it; the other cells' mocks are nbmake's."""
    for cell in notebook["cells"]:
        if is_program(cell):
            cell["source"] = short(cell)
    return notebook
