"""Nothing in the book means one thing in Colab's Keras and another in the lock's."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import chapters
import colab
import nbformat
import pytest
from packaging.requirements import Requirement

ACTIVITY = re.compile("activity_regularizer|ActivityRegularization")
FILES = [*chapters.ROOT.glob("notebooks/*.ipynb"), *chapters.ROOT.glob("aelib/*.py"), *chapters.ROOT.glob("book/*.md")]


def code(path):
    """A module or page; of a notebook its code, and the code in its prose, but not its outputs."""
    if path.suffix != ".ipynb":
        return path.read_text()
    return "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_activity_regularizer(path):
    """Up to Keras 3.13 its penalty is the sum over the batch, from 3.14 on that is divided by the batch's size.

    A loss term of one's own, the mean over the batch, means the same in both.
    """
    assert not ACTIVITY.search(code(path))


def test_a_planted_activity_regularizer_is_found(tmp_path):
    path = tmp_path / "planted.ipynb"
    planted = 'layers.Activation("relu", activity_regularizer="l1")'
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(planted)]), path)
    with pytest.raises(AssertionError):
        test_no_activity_regularizer(path)


def losses(kind):
    """The loss that a tiny penalized training ends with, in Colab's Keras and in the lock's."""
    command = [str(Path(__file__).parent / "penalized.py"), kind]
    environment = os.environ | {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    pythons = [str(colab.VENV / "bin" / "python"), sys.executable]
    return [float(subprocess.check_output([python, *command], env=environment)) for python in pythons]


def test_an_own_penalty_means_the_same_in_both():
    there, here = losses("own")
    assert there == pytest.approx(here, rel=1e-3)


def test_an_activity_regularizer_does_not():
    """The rule above has its reason: remove it when this fails, since both versions then agree."""
    there, here = losses("keras")
    assert there != pytest.approx(here, rel=0.1)


def test_lower_bounds_are_what_is_tested():
    """aelib promises no version older than Colab's, and Colab's are not too old for it."""
    lines = [line for line in colab.REQUIREMENTS.read_text().splitlines() if not line.startswith("#")]
    there = {}
    for requirement in map(Requirement, lines):
        if not requirement.marker or requirement.marker.evaluate():
            there[requirement.name] = next(iter(requirement.specifier)).version
    there |= dict(path.name.split("-")[:2] for path in colab.WHEELS.glob("*.whl"))  # what set-up cells install
    for needed in map(
        Requirement, tomllib.loads((chapters.ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    ):
        bound = next(iter(needed.specifier)).version
        assert needed.specifier.contains(there[needed.name])
        assert f"{there[needed.name]}.".startswith(f"{bound}."), f"{needed}: {there[needed.name]} is what is tested"
