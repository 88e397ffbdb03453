"""`import aelib` costs next to nothing over `import keras`, and the docstrings' examples run."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import aelib

PROBE = """
import keras, sys, time
heavy = {"matplotlib", "sklearn", "skimage", "scipy", "IPython"} - set(sys.modules)
start = time.perf_counter()
import aelib
print(time.perf_counter() - start, *heavy & set(sys.modules))
"""


def test_import_is_cheap():
    runs = [subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True) for _ in range(2)]
    printed = [run.stdout.split() for run in runs]
    assert min(float(words[0]) for words in printed) < 0.1  # seconds
    assert [words[1:] for words in printed] == [[], []], "these should load when used"


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(aelib.__path__)])
def test_examples_run(name):
    failed, _ = doctest.testmod(importlib.import_module(f"aelib.{name}"))
    assert failed == 0
