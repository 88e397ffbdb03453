"""The chapters: where they are, and what is stored in them. Commands and Sphinx extensions read them through this.

A chapter is `notebooks/NN_topic.ipynb`, its deeper part `NNb_topic.ipynb`.
"""

import base64
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "book" / "_static" / "pictures"
MIME = "application/vnd.aelib.results+json"


def paths(root=ROOT):
    """The notebooks, in the order of the book: 01, 01b, 02, ..."""
    return sorted((root / "notebooks").glob("[0-9][0-9]*_*.ipynb"))


def number(name):
    """What a name begins with: 01 of 01_first_autoencoder, 01b of its deeper part."""
    return name.split("_")[0]


def label(name):
    """The number as readers see it: 1, 1b."""
    return number(name).lstrip("0")


def results(notebook):
    """The results that `aelib.report` left in a notebook's outputs, a list of dicts."""
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    return [output["data"][MIME] for output in outputs if MIME in output.get("data", {})]


def key_picture(notebook):
    """The PNG of the cell tagged `picture`, the chapter's answer in one picture; None if there is no such cell."""
    cells = [cell for cell in notebook["cells"] if "picture" in cell["metadata"].get("tags", [])]
    pictures = [output["data"]["image/png"] for cell in cells for output in cell["outputs"] if "data" in output]
    return base64.b64decode(pictures[0]) if pictures else None
