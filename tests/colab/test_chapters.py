"""Every notebook runs in Colab: alone in a folder, with Colab's versions and what its own set-up cell installs."""

import chapters
import colab
import nbformat
import pytest

ADDRESS = colab.address()
SETUP = f"""\
import sys

if "google.colab" in sys.modules:  # only Colab needs this cell
    %pip install -q --no-deps git+{ADDRESS}"""
MORE = "\n    %pip install -q --no-deps "  # and what this chapter needs and Colab lacks


def seconds(path):
    return nbformat.read(path, as_version=4).metadata.get("aelib_run", {}).get("seconds", 0)


PATHS = sorted(chapters.paths(), key=seconds, reverse=True)  # long ones first


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_chapter_runs(path, repository, tmp_path):
    done = colab.execute(path, tmp_path, repository)
    assert not done.error, done.error.trace


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_set_up_is_the_same_everywhere(path):
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell for cell in cells if "google.colab" in cell.source] == cells[:1], "it is the first code cell"
    more = cells[0].source.removeprefix(SETUP)
    assert cells[0].source.startswith(SETUP)
    assert not more or more.startswith(MORE)
    assert set(more.removeprefix(MORE).split()) <= set(colab.LACKS)
