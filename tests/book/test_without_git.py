"""The book builds, with warnings as errors, where there is no history to take the dates of last change from."""

import io
import os
import subprocess

import chapters
import pytest
import yaml
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

SETTINGS = yaml.safe_load((chapters.ROOT / "book/_config.yml").read_text())["sphinx"]["config"]


def git(folder, *arguments):
    names = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a"}
    subprocess.run(["git", *arguments], cwd=folder, env=os.environ | names, capture_output=True, check=True)


def build(folder, suppressed=SETTINGS["suppress_warnings"]):
    """Build the page in a folder. Returns what Sphinx has to warn of."""
    assert "sphinx_last_updated_by_git" in SETTINGS["extensions"]
    settings = {"extensions": ["sphinx_last_updated_by_git"], "suppress_warnings": list(suppressed)}
    warnings = io.StringIO()
    out = [str(folder / "_build")] * 2
    with docutils_namespace():
        Sphinx(str(folder), None, *out, "dummy", settings, status=None, warning=warnings, freshenv=True).build()
    return warnings.getvalue()


@pytest.fixture
def unpacked(tmp_path):
    folder = tmp_path / "in a path with spaces"
    folder.mkdir()
    (folder / "index.rst").write_text("Title\n=====\n")
    return folder


def test_an_unpacked_archive_builds(unpacked):
    assert "not a git repository" in build(unpacked, suppressed=[])
    assert build(unpacked) == ""


def test_a_machine_without_git_builds(unpacked, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert '"git" command not found' in build(unpacked, suppressed=[])
    assert build(unpacked) == ""


def test_a_shallow_clone_builds(unpacked):
    git(unpacked, "init", "-q")
    git(unpacked, "add", ".")
    git(unpacked, "commit", "-qm", "one")
    git(unpacked, "commit", "-qm", "two", "--allow-empty")
    git(unpacked, "clone", "-q", "--depth", "1", unpacked.as_uri(), "clone")
    assert "too shallow" in build(unpacked / "clone", suppressed=[])
    assert build(unpacked / "clone") == ""
