"""Where the machine lacks something, the message says what to do."""

import ast
import sys
from collections import namedtuple

import environment
import pytest

Usage = namedtuple("Usage", "free")


@pytest.mark.parametrize(
    ("version", "what", "message"),
    [
        ((3, 9, 2), "book", "3.9 is too old, 3.11 is needed.*install Python 3.12"),
        ((3, 14, 0), "all", "TensorFlow has no package for Python 3.14 yet.*PYTHON=python3.12"),
    ],
)
def test_the_wrong_python(monkeypatch, version, what, message):
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SystemExit, match=f"(?s){message}"):
        environment.check_machine(what)


def test_the_book_builds_on_a_python_that_tensorflow_does_not_know(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    environment.check_machine("book")


def test_no_venv(monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)  # as Debian's python3 without python3-venv
    with pytest.raises(SystemExit, match="(?s)no venv.*apt install python3-venv"):
        environment.check_machine("book")


def test_no_disk(monkeypatch):
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda _: Usage(free=0.3 * 2**30))
    with pytest.raises(SystemExit, match=r"(?s)0\.3 GiB of disk are free, about 5 are needed.*make room"):
        environment.check_machine("all")


def test_a_failing_install_says_which_command_failed():
    with pytest.raises(SystemExit, match="(?s)this command failed: .* -c .*check the network"):
        environment.run(sys.executable, "-c", "raise SystemExit(3)")


def test_an_old_python_gets_as_far_as_the_message():
    """The check of the version is worth nothing if an old Python stumbles over the syntax before it."""
    with open(environment.__file__) as file:
        ast.parse(file.read(), feature_version=(3, 6))
