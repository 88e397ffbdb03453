"""Run chapters as Colab does, and compare with what is stored: `python tools/colab.py [NB ...]`, NB such as 01.

Colab has its own versions of Keras and the rest (tests/colab/requirements.txt), and a notebook comes there alone:
what else it needs, its set-up cell installs. Here too, with one difference: the public address of this project
leads to the files that lie here. Without NB, only the environment with Colab's versions is made, if it is not there.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import nbformat
from chapters import ROOT, results
from compare import differences
from programs import shortened

REQUIREMENTS = ROOT / "tests" / "colab" / "requirements.txt"
LACKS = ["constriction", "bjontegaard"]  # what some set-up cells install beside aelib
BUILD = ROOT / "_build" / "colab"
VENV, WHEELS, STAMP = BUILD / "venv", BUILD / "wheels", BUILD / "made_from"
PACKAGE = ["aelib", "pyproject.toml", "README.md", "LICENSE"]  # what a wheel is built from


def call(*command, **options):
    """Run a command; what it printed is shown only if it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")


def site_packages(venv):
    return Path(sysconfig.get_path("purelib", "venv", {"base": venv, "platbase": venv}))


def wanted():
    """What the environment must have been made from, as text."""
    return f"{sys.version} {LACKS} {hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()}"


def address():
    """The public address of this project, which a fork has changed in pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]


def install():
    """Make the environment with Colab's versions, unless it is there already."""
    if STAMP.exists() and STAMP.read_text() == wanted():
        return
    print("== installing Colab's versions into _build/colab (about 2 GB)", flush=True)
    shutil.rmtree(BUILD, ignore_errors=True)
    call(sys.executable, "-m", "venv", "--without-pip", VENV)
    call(sys.executable, "-m", "uv", "pip", "install", "--python", VENV / "bin" / "python", "-r", REQUIREMENTS)
    # Set-up cells find here what they would get from PyPI: setuptools builds aelib. So the tests need no network.
    backend = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    call(VENV / "bin" / "python", "-m", "pip", "download", "--no-deps", "--dest", WHEELS, *backend, *LACKS)
    STAMP.write_text(wanted())


def publish(folder, root=ROOT):
    """Copy the library into a git repository in `folder`, as it would lie at its public address. Returns the folder."""
    folder.mkdir(parents=True)
    for name in PACKAGE:
        copy = shutil.copytree if (root / name).is_dir() else shutil.copy
        copy(root / name, folder / name)
    commit(folder)
    return folder


def commit(folder):
    call("git", "init", "--quiet", folder)
    call("git", "add", "--all", cwd=folder)
    call("git", *("-c", "user.name=aelib", "-c", "user.email=aelib@localhost"), "commit", "-qm", "aelib", cwd=folder)


def machine(folder, repository, environment):
    """A Colab machine of one's own: a kernel named `colab`, which finds `repository` at the public address.

    It sees the packages that Colab has, and what is installed from it lies in `folder`. Returns that place.
    """
    call(sys.executable, "-m", "venv", "--without-pip", folder)
    site = site_packages(folder)
    (site / "google" / "colab").mkdir(parents=True)
    (site / "google" / "colab" / "__init__.py").write_text("# Colab's kernel imports a package of this name.\n")
    (site / "colab.pth").write_text(f"{site_packages(VENV)}\nimport google.colab\n")
    kernel = {
        "display_name": "Colab",
        "argv": [str(folder / "bin" / "python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "env": {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{repository.as_uri()}.insteadOf",
            "GIT_CONFIG_VALUE_0": address(),
            "KERAS_BACKEND": "tensorflow",
            "PIP_FIND_LINKS": WHEELS.as_uri(),
            "PIP_NO_INDEX": "1",
            "PYTHONPATH": "",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            **environment,
        },
    }
    place = folder / "share" / "jupyter" / "kernels" / "colab"
    place.mkdir(parents=True)
    (place / "kernel.json").write_text(json.dumps(kernel))
    return site


def execute(path, folder, repository, short=True):
    """Run the notebook `path` in `folder`, which holds nothing else, and return nbmake's result (nb, error).

    A short run is on stand-in data, with the short settings of program and parameters. Raises RuntimeError if the
    set-up cell has installed another version of a package that Colab has.
    """
    from nbmake.nb_run import NotebookRun

    site = machine(folder / "machine", repository, {"AELIB_OFFLINE": "1"} if short else {"PYTHONHASHSEED": "0"})
    notebook = nbformat.read(path, as_version=4)
    if short:
        notebook = shortened(notebook)
    else:
        for cell in notebook.cells:
            cell.metadata.pop("nbmake", None)
    (folder / "content").mkdir()
    copy = folder / "content" / path.name
    nbformat.write(notebook, copy)
    before = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = str(folder / "machine" / "share" / "jupyter")
    try:
        done = NotebookRun(copy, 300 if short else 1800, kernel="colab").execute()
    finally:
        os.environ.pop("JUPYTER_PATH")
        if before is not None:
            os.environ["JUPYTER_PATH"] = before
    if twice := distributions(site) & distributions(site_packages(VENV)):
        raise RuntimeError(f"{path.name} changes what Colab has: {', '.join(sorted(twice))}")
    return done


def distributions(site):
    """Names of the packages that lie in a folder."""
    return {re.match(r"[\w.]+", path.name)[0].lower() for path in site.glob("*.dist-info")}


def figures(found):
    """The numbers in a run's results, {words: number}; of several trainings the mean."""
    rows = [(result["dataset"], row) for result in found for row in result["rows"]]
    values = {f"{row['name']} on {dataset}, {metric}": row[metric] for dataset, row in rows for metric in row}
    means = {words: value["mean"] if isinstance(value, dict) else value for words, value in values.items()}
    return {words: value for words, value in means.items() if not isinstance(value, str)}


def main(numbers):
    install()
    paths = [path for n in numbers for path in sorted((ROOT / "notebooks").glob(f"{n}_*.ipynb"))]
    if len(paths) != len(numbers):
        sys.exit(f"Among {', '.join(numbers)} is a number that no notebook has.")
    shutil.rmtree(BUILD / "full", ignore_errors=True)
    found = []
    for path in paths:
        print(f"{path.name}: running in full with Colab's versions ...", flush=True)
        folder = BUILD / "full" / path.stem
        done = execute(path, folder, publish(folder / "repository"), short=False)
        nbformat.write(done.nb, folder / path.name)
        stored, there = results(nbformat.read(path, as_version=4)), results(done.nb)
        before = figures(stored)
        for words, value in figures(there).items():
            print(f"  {words}: {value:g} there, {before.get(words, float('nan')):g} stored")
        problems = [done.error.trace] if done.error else differences(stored, there)
        found += [f"{path.name}: {problem}" for problem in problems]
    if paths:
        print("\n".join(found) or "The same results, within tolerances.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
