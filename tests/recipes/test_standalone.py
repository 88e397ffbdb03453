"""A program that stands alone: with all that it needs of a package, nothing else, and the same results."""

import subprocess
import sys

import pytest
from standalone import standalone

TOY = {
    "__init__": '"""A toy."""\n\nfrom .models import Model\nfrom .tools import double, twice\n',
    "tools": '''
"""Tools."""

import math
import os

from .numbers import FACTOR, OFFSETS

# How often.
TIMES = 2
TIMES += 0
UNUSED = os.getcwd()


def registered(cls):
    """Decorate."""
    cls.known = True
    return cls


def double(x):
    """Twice of it.

    Args:
        x: a number.
    """
    return _scale(x)  # a comment that stays


def _scale(x):
    return FACTOR * x + OFFSETS["none"]


def twice(function):
    """Late imports, of the package and of others."""
    from functools import reduce

    from .numbers import steps

    return lambda x: reduce(lambda y, _: function(y), steps(TIMES), x)


def root(x):
    """Not needed."""
    return math.sqrt(x)
''',
    "numbers": '''
FACTOR = 2
OFFSETS = {"none": 0}


def steps(n):
    """One after the other."""
    return range(n)
''',
    "models": '''
from . import tools
from .tools import registered


@registered
class Model:
    """A model.

    Example:
        >>> Model().call(1)
    """

    TIMES = 3

    def call(self, x):
        """Call it."""
        math = 1  # not the module
        return tools.double(x) * math
''',
}


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "toy"
    folder.mkdir()
    for name, text in TOY.items():
        (folder / f"{name}.py").write_text(text.lstrip())
    return folder


def run(code, cwd):
    return subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=cwd, capture_output=True, text=True, check=True
    ).stdout


PROGRAMS = {
    "by name": "from toy import Model\n\nprint(Model().call(4), Model.known)\n",
    "as an attribute": "import toy\n\nprint(toy.Model().call(4), toy.models.Model.known)\n",
    "under another name": "import toy.models as m\n\nprint(m.Model().call(4), m.Model.known)\n",
    "from a module": "from toy.models import Model\nfrom toy import tools\n\nprint(tools.double(4), Model.known)\n",
    "in a function": "def main():\n    import toy\n    print(toy.Model().call(4), True)\n\n\nmain()\n",
}


@pytest.mark.parametrize("code", PROGRAMS.values(), ids=PROGRAMS)
def test_it_runs_alone_and_gives_the_same(package, tmp_path, code):
    alone = standalone(code, package=package)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run(alone, empty) == "8 True\n"
    with_package = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n" + code
    assert run(with_package, empty) == "8 True\n"
    with pytest.raises(subprocess.CalledProcessError):
        run(code, empty)


def test_what_is_needed_comes_along_and_nothing_else(package):
    alone = standalone(PROGRAMS["by name"], package=package)
    assert all(name in alone for name in ("def registered", "def double", "def _scale", "FACTOR = 2", "OFFSETS = "))
    assert not any(name in alone for name in ("UNUSED", "def root", "def twice", "import", "TIMES = 2"))
    assert "toy" not in alone.replace("# From toy/", "")


def test_text_is_kept_and_docstrings_are_shortened(package):
    alone = standalone("from toy import Model, double\n\nprint(double(1))  # see\n\nx = (1,  2)\n", package=package)
    assert "return _scale(x)  # a comment that stays" in alone
    assert '"""Twice of it."""' in alone and "Args:" not in alone and '"""A model."""' in alone
    assert "@registered\nclass Model:" in alone
    assert alone.endswith("print(double(1))  # see\n\nx = (1,  2)\n")


def test_late_imports_and_constants_with_their_comments(package, tmp_path):
    alone = standalone("from toy import double, twice\n\nprint(twice(double)(1))\n", "A title.", package=package)
    assert alone.startswith('"""A title."""\n')
    assert "# How often.\nTIMES = 2" in alone and "TIMES += 0" in alone
    assert "from functools import reduce" in alone and "numbers import" not in alone
    assert run(alone, tmp_path) == "4\n"


def test_imports_stand_together_at_the_top(package):
    (package / "numbers.py").write_text(
        "import math\nfrom json import dumps, loads\n\nFACTOR = loads(dumps(math.ceil(2)))\n"
    )
    code = (
        "import numpy as np\nfrom json import dumps\n\nfrom toy.numbers import FACTOR\n\nprint(np.abs(FACTOR), dumps)\n"
    )
    alone = standalone(code, package=package)
    assert alone.startswith("import math\nfrom json import dumps, loads\n\nimport numpy as np\n\n\n")
    assert alone.count("import") == 3


def test_the_style_of_the_book_is_left_out(package):
    code = 'import matplotlib.pyplot as plt\nimport toy\n\nplt.style.use("aelib.book")\nprint(toy.double(1))\n'
    assert "style" not in standalone(code, package=package)


def test_a_program_without_the_package_stays_as_it_is(package):
    assert standalone("import math\n\nprint(math.pi)\n", package=package) == "import math\n\n\nprint(math.pi)\n"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("from toy import triple\n", "has no 'triple'"),
        ("import toy\n\ntoy.triple(1)\n", "has no 'triple'"),
        ("from toy import double as d\n", "keeps its name"),
        ("from toy import double\n\nFACTOR = 3\nprint(double(1))\n", "FACTOR is made twice"),
        ("from math import pi as FACTOR\nfrom toy import double\n\nprint(double(FACTOR))\n", "FACTOR is made twice"),
    ],
)
def test_what_cannot_be_written_out_is_refused_in_words(package, code, message):
    with pytest.raises(ValueError, match=message):
        standalone(code, package=package)


def test_a_function_with_the_name_of_its_module_is_the_function(package, tmp_path):
    (package / "triple.py").write_text("def triple(x):\n    return 3 * x\n")
    with (package / "__init__.py").open("a") as file:
        file.write("from .triple import triple\n")
    assert run(standalone("from toy import triple\n\nprint(triple(2))\n", package=package), tmp_path) == "6\n"
    assert run(standalone("import toy\n\nprint(toy.triple(2))\n", package=package), tmp_path) == "6\n"


def test_two_parts_of_one_name_are_refused(package):
    (package / "more.py").write_text("FACTOR = 5\n\n\ndef more():\n    return FACTOR\n")
    with pytest.raises(ValueError, match="FACTOR is made twice, by toy/"):
        standalone("from toy import double\nfrom toy.more import more\n\nprint(double(1), more())\n", package=package)
