"""What once kept chapters from running in Colab is noticed: a good notebook passes, a planted fault does not."""

import colab
import nbformat
import pytest
from test_chapters import SETUP

STYLE = "import matplotlib.pyplot as plt\nimport aelib\n\nplt.style.use('aelib.book')"


def run(cells, repository, folder):
    """The error of a notebook that consists of these cells; None if it runs through."""
    path = folder / "tiny.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells]), path)
    return colab.execute(path, folder, repository).error


def test_a_good_notebook_passes(repository, tmp_path):
    assert run([SETUP, STYLE], repository, tmp_path) is None


def test_a_wheel_without_the_style_fails(tmp_path):
    repository = colab.publish(tmp_path / "repository")
    project = repository / "pyproject.toml"
    lines = project.read_text().splitlines(keepends=True)
    project.write_text("".join(line for line in lines if not line.startswith("package-data")))
    colab.commit(repository)
    assert "'aelib.book' is not a valid package style" in run([SETUP, STYLE], repository, tmp_path).trace


def test_a_tag_that_is_not_there_fails(repository, tmp_path):
    error = run([SETUP + "@v0.1.0", STYLE], repository, tmp_path)
    assert "No module named 'aelib'" in error.trace


def test_a_package_that_no_cell_installs_fails(repository, tmp_path):
    assert "No module named 'constriction'" in run([SETUP, "import constriction"], repository, tmp_path).trace


def test_another_version_of_what_colab_has_is_refused(repository, tmp_path):
    cells = [SETUP.replace("--no-deps", "--no-deps --ignore-installed") + " setuptools"]
    with pytest.raises(RuntimeError, match="changes what Colab has: setuptools"):
        run(cells, repository, tmp_path)
