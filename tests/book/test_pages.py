"""The parts of the house agree: chapters, table of contents, README, glossary, address, versions."""

import os
import re
import tomllib
from pathlib import Path

import address
import chapters
import nbformat
import pytest
import stamps
import yaml

ROOT = chapters.ROOT
README = (ROOT / "README.md").read_text()
CHAPTERS = [path.stem for path in chapters.paths()]
TOC = yaml.safe_load((ROOT / "book/_toc.yml").read_text())
LISTED = [entry for part in TOC["parts"] for entry in part["chapters"]]


def test_the_table_of_contents_has_every_chapter_in_order_with_its_deeper_part_under_it():
    found = [(entry["file"], [below["file"] for below in entry.get("sections", [])]) for entry in LISTED]
    names = [f"notebooks/{name}" for name in CHAPTERS]
    deeper = [name for name in names if chapters.number(name.split("/")[1]).endswith("b")]
    assert [name for name, _ in found if name.startswith("notebooks/")] == [n for n in names if n not in deeper]
    for name, below in found:
        number = chapters.number(name.split("/")[1])
        assert below == [d for d in deeper if chapters.number(d.split("/")[1]) == f"{number}b"]


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_readme_lists_the_chapter_by_its_title_with_its_links(name):
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    (row,) = [line for line in README.splitlines() if f"notebooks/{name}.ipynb" in line]
    assert title.split(". ")[1] in row
    assert f"colab.research.google.com/github/{address.slug()}/blob/main/notebooks/{name}.ipynb" in row


def test_the_readme_names_no_chapter_that_is_not_there():
    assert set(re.findall(r"notebooks/(\w+)\.ipynb", README)) == set(CHAPTERS)


def test_glossary_is_in_alphabetical_order():
    terms = re.findall(r"^## (.+)$", (ROOT / "book/glossary.md").read_text(), flags=re.M)
    assert terms == sorted(terms, key=str.lower)


IGNORED = {".git", ".venv", "_build", ".short", "__pycache__", ".ruff_cache", ".hypothesis", ".ipynb_checkpoints"}


def project_files():
    """The files of the project, also where there is no git to ask."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in IGNORED and not name.endswith(".egg-info")]
        yield from (Path(folder, name) for name in names)


def test_every_copy_of_the_address_is_the_one_of_pyproject():
    texts = {str(path.relative_to(ROOT)): path.read_text(errors="ignore") for path in project_files()}
    found = {(name, copy) for name, text in texts.items() for copy in address.copies(text)}
    assert {copy for _, copy in found} == {address.slug()}, found
    known = {str(path.relative_to(ROOT)) for path in address.files()}
    assert {name for name, _ in found} <= known, "address.py does not know these files"


def test_copies_of_the_address_are_found_under_any_name():
    text = "https://github.com/ada/fork, colab.research.google.com/github/bo/fork/blob, github.com/cy/other.git"
    assert address.copies(text, "ada/fork") == ["ada/fork", "bo/fork"]
    assert address.copies(f"git+https://github.com/ada/{address.NAME}") == [f"ada/{address.NAME}"]


def test_moving_the_address_changes_every_copy(tmp_path):
    old = address.slug()
    for path in address.files():
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(path.read_text())
    changed = address.move("ada/her-fork", tmp_path)
    assert {"pyproject.toml", "README.md", "_config.yml"} <= {path.name for path in changed}
    assert address.slug(tmp_path) == "ada/her-fork"
    assert all(old not in path.read_text() for path in address.files(tmp_path))
    for path in chapters.paths(tmp_path):
        before, after = (nbformat.read(p, as_version=4) for p in (ROOT / "notebooks" / path.name, path))
        assert stamps.code_sha256(before) == stamps.code_sha256(after), "the stored outputs must stay valid"


def test_one_version_everywhere():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f'__version__ = "{version}"' in (ROOT / "aelib/__init__.py").read_text()
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()


def test_the_lock_names_no_host():
    assert not re.search(r"https?://|--(?:extra-)?index-url|--find-links", (ROOT / "requirements.txt").read_text())


@pytest.mark.parametrize("name", [name for name in CHAPTERS if not chapters.number(name).endswith("b")])
def test_the_index_of_pictures_shows_the_chapter_with_its_title_and_its_pictures_alt_text(name):
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    (cell,) = [cell for cell in notebook.cells if "picture" in cell.metadata.get("tags", [])]
    card = (ROOT / "book/intro.md").read_text().split(f":::{{grid-item-card}} {title}\n")[1].split("\n:::")[0]
    assert f":link: /notebooks/{name}\n" in card and f"pictures/{name}.png" in card
    assert f":img-alt: {cell.metadata['mystnb']['image']['alt']}\n" in card


def test_each_question_is_answered_with_a_number_and_the_section_that_shows_it():
    answers = (ROOT / "book/questions.md").read_text().split("\n### ")[1:]
    assert len(answers) >= 20
    for answer in answers:
        question, text = answer.split("\n## ")[0].split("\n", 1)
        assert len(text.strip().split("\n\n")) == 1, f"one paragraph: {question}"
        assert re.search(r"\]\(\.\./notebooks/\d\d[a-z]?_\w+\.ipynb", text), f"no link: {question}"
        assert re.search(r"\{(result|printed)\}`", text), f"no number of a run: {question}"
