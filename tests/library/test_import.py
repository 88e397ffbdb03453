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


WITHOUT = """
import os, sys
os.environ["KERAS_BACKEND"] = {backend!r}
class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name == {backend!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Nowhere())
import aelib
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_without_a_backend_the_import_says_what_to_install(backend):
    code = [sys.executable, "-c", WITHOUT.format(backend=backend)]
    run = subprocess.run(code, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    said = f"ImportError: Keras needs a backend, and {backend} is not installed: `pip install tensorflow`; or"
    assert said in run.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(aelib.__path__)])
def test_examples_run(name):
    failed, _ = doctest.testmod(importlib.import_module(f"aelib.{name}"))
    assert failed == 0
