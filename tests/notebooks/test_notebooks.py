"""Every chapter obeys the rules, and page and library are the same code."""

from pathlib import Path

import chapters
import nbformat
import pytest
import rules

PATHS = sorted((chapters.ROOT / "notebooks").glob("*.ipynb"))
NOTEBOOKS = {path.stem: nbformat.read(path, as_version=4) for path in PATHS}
# Taught by chapters that are not written yet.
LATER = set()


def test_there_are_notebooks():
    assert NOTEBOOKS and all(path.name[:2].isdigit() for path in PATHS)


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_chapter_obeys(name, rule):
    assert list(rule(NOTEBOOKS[name])) == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_page_and_library_are_the_same_code(name):
    assert list(rules.taught(NOTEBOOKS[name], rules.teachable())) == []


def test_taught_first_imported_after():
    assert list(rules.taught_first(list(NOTEBOOKS.values()), rules.teachable(), LATER)) == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_stored_picture_is_the_one_of_the_run(name):
    picture = chapters.key_picture(NOTEBOOKS[name])
    assert picture, "one cell should be tagged picture: the chapter's answer in one picture"
    stored = Path(chapters.PICTURES, f"{name}.png")
    assert stored.exists() and stored.read_bytes() == picture
