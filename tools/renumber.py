"""Move chapters to other numbers: `python tools/renumber.py OLD=NEW ...`, such as 09=08 or 09=11 11=09.

All moves happen at once, so chapters can be swapped or shifted; deeper parts (09b) move along with their chapters. A
move may give a new topic, too: 06=06_maps. Names of files, titles, links and mentions follow, in chapters, pages,
pictures and tests. Code and outputs of the notebooks stay as they are, so no chapter has to run again. What has an
order (table of contents, README, introduction) keeps it: the tests say where that is wrong.
"""

import json
import re
import sys
from collections import Counter

import nbformat
from chapters import ROOT, label, number, paths

FILES = ["*.md", "book/*.md", "book/*.yml", "book/_ext/*.py", "book/_static/*.[cj]s*"]
FILES += ["aelib/*.py", "tools/*.py", "tests/**/*.py"]
LIST = r"s\s+\d+[a-z]?(?:(?:, and |, or |, | and | or | to )\d+[a-z]?)*"  # after "chapters"
MENTION = re.compile(rf"\b[Cc]hapter(?:{LIST}|\s+\d+[a-z]?)(?![\d.]*\d)")
NUMBERED = [  # what else holds the number of a chapter, as its second group
    re.compile(r"([\[`])(\d+[a-z]?)(?=\]\([\w./]*\d\d[a-z]?_\w+\.ipynb| </notebooks/\d\d)"),  # [5](05_...)
    re.compile(r"(^# |\{grid-item-card\} |^\| )(\d+[a-z]?)(?=\. | \| \[)", re.M),  # titles, cards, the README's rows
]
STORED = re.compile(r"(?<=[`\"'])(\d\d[a-z]?)(?=\s*\|)")  # {result}`05 | ...`, and the same in tests


def planned(arguments, names):
    """{old name: new name} of all files that move. Raises ValueError, in words, for a move that cannot be."""
    numbers = {number(name): name for name in names}
    moves = {}
    for argument in arguments:
        old, _, new = argument.partition("=")
        if old not in numbers or not re.fullmatch(r"\d\d[a-z]?(_\w+)?", new):
            raise ValueError(f"{argument!r} is no move: write 09=08 or 09=08_topic. There are {', '.join(numbers)}.")
        if old in moves:
            raise ValueError(f"{old} cannot move twice.")
        moves[old] = new
    for part in numbers:
        if part[2:] and part not in moves and part[:2] in moves:
            moves[part] = moves[part[:2]][:2] + part[2:]
    moved = {numbers[old]: new if "_" in new else new + numbers[old][len(old) :] for old, new in moves.items()}
    taken = Counter(number(moved.get(name, name)) for name in names)
    if twice := [one for one, count in taken.items() if count > 1]:
        raise ValueError(f"Two chapters would have the number {', '.join(twice)}.")
    return {old: new for old, new in moved.items() if old != new}


def rewriter(moved):
    """A function that gives a text with all names and numbers in it moved."""
    names = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, moved))})(?!\w)")
    files = {number(old): number(new) for old, new in moved.items()}
    labels = {label(old): label(new) for old, new in moved.items()}

    def numbers(match):
        return re.sub(r"\d+[a-z]?", lambda found: labels.get(found[0], found[0]), match[0])

    def rewritten(text):
        for pattern in NUMBERED:  # before the names of the files, which tell these numbers from others
            text = pattern.sub(lambda match: match[1] + labels.get(match[2], match[2]), text)
        text = MENTION.sub(numbers, text)
        text = STORED.sub(lambda match: files.get(match[0], match[0]), text)
        return names.sub(lambda match: moved[match[0]], text)

    return rewritten


def rewrite_notebook(path, rewritten):
    """Prose, captions and alt texts of a notebook; a mention in its code is named, for changing it needs a run."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(json.loads(rewritten(json.dumps(cell.metadata))))
        if cell.cell_type == "markdown":
            cell.source = rewritten(cell.source)
        elif (text := rewritten(cell.source)) != cell.source:
            lines = zip(cell.source.splitlines(), text.splitlines(), strict=True)
            print(*(f"{path.name}, in its code: {old}" for old, new in lines if old != new), sep="\n")
    nbformat.write(notebook, path)


def move(arguments, root=ROOT):
    """Move chapters, and all that names them. Returns {old name: new name}."""
    moved = planned(arguments, [path.stem for path in paths(root)])
    if not moved:
        return moved
    rewritten = rewriter(moved)
    for path in sorted({path for pattern in FILES for path in root.glob(pattern)}):
        if not path.stem.endswith("renumber") and (text := rewritten(path.read_text())) != path.read_text():
            path.write_text(text)  # this file and its test have numbers that are examples
    for path in paths(root):
        rewrite_notebook(path, rewritten)
    files = [
        (path, path.with_name(new + path.suffix))
        for old, new in moved.items()
        for path in (root / "notebooks" / f"{old}.ipynb", root / "book/_static/pictures" / f"{old}.png")
        if path.exists()
    ]
    for old, _ in files:
        old.rename(old.with_name(old.name + ".moving"))
    for old, new in files:
        old.with_name(old.name + ".moving").rename(new)
    return moved


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    try:
        moved = move(arguments)
    except ValueError as error:
        sys.exit(str(error))
    print(*(f"{old} is now {new}" for old, new in moved.items()), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
