"""Write the book's public address wherever it is needed: `python tools/address.py [URL]`.

The address stands in pyproject.toml. With a URL it is changed there first; then every copy of the old
owner/name in the README, the notebooks' links and set-up cells and the book's settings is replaced.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ["pyproject.toml", "README.md", "CITATION.cff", "book/_config.yml", "book/*.md", "notebooks/*.ipynb"]
NAME = "autoencoder-book"  # before a fork has another


def slug(root=ROOT):
    """The repository's owner/name, as pyproject.toml has it."""
    url = tomllib.loads((root / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
    return url.removeprefix("https://github.com/")


def copies(text, current=None):
    """The addresses (owner/name) in a text that are, or once were, those of this repository."""
    names = {re.escape(NAME), re.escape((current or slug()).split("/")[1])}
    hosts = r"(?:github\.com|colab\.research\.google\.com/github)"
    return re.findall(rf"{hosts}/([\w.-]+/(?:{'|'.join(sorted(names))}))(?![\w-])", text)


def files(root=ROOT):
    return sorted(path for pattern in FILES for path in root.glob(pattern))


def move(new, root=ROOT):
    """Replace the present address by `new`, an owner/name. Returns the files that changed."""
    old, changed = slug(root), []
    for path in files(root):
        before = path.read_text()
        if (after := before.replace(old, new)) != before:
            path.write_text(after)
            changed.append(path)
    return changed


def main(arguments):
    if not arguments:
        print(f"https://github.com/{slug()}")
        return
    match = re.fullmatch(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?", arguments[0])
    if not match or len(arguments) > 1:
        sys.exit(f"An address looks like https://github.com/owner/name, not {' '.join(arguments)!r}.")
    for path in move(match[1]):
        print(f"changed {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
