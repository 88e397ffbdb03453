"""Make .venv and install what a command needs, exactly as locked: `python3 tools/environment.py book|all`.

Runs on the system's Python, which may be old: plain syntax only, and no imports from outside.
"""

import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
GIB = {"book": 1, "all": 5}  # free disk space needed, rounded up from what was measured


def stop(problem, advice):
    sys.exit("\nCannot set up .venv: %s\nWhat to do: %s\n" % (problem, advice))


def check_machine(what):
    version = "%d.%d" % sys.version_info[:2]
    if sys.version_info < (3, 11):
        stop("Python %s is too old, 3.11 is needed." % version, "install Python 3.12, then: make PYTHON=python3.12 ...")
    if what == "all" and sys.version_info >= (3, 14):
        stop(
            "TensorFlow has no package for Python %s yet." % version,
            "install Python 3.11, 3.12 or 3.13, then: rm -r .venv; make PYTHON=python3.12 ...",
        )
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        stop("this Python has no venv.", "on Debian or Ubuntu: apt install python3-venv")
    free = shutil.disk_usage(ROOT).free / 2**30
    if free < GIB[what]:
        stop("%.1f GiB of disk are free, about %d are needed." % (free, GIB[what]), "make room, then run make again.")


def run(*command):
    if subprocess.call(command, cwd=ROOT) != 0:
        stop(
            "this command failed: " + " ".join(command),
            "read its message above. If it could not reach PyPI, check the network or pip's settings; "
            "if .venv is half made, remove it with: rm -r .venv",
        )


def main(what):
    check_machine(what)
    python = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin", "python")
    if not os.path.exists(python):
        run(sys.executable, "-m", "venv", VENV)
    quiet = ["--quiet", "--disable-pip-version-check"]
    run(python, "-m", "pip", "install", *quiet, "--constraint", "requirements.txt", "uv")
    install = [python, "-m", "uv", "pip", "install", "--quiet", "--python", python]
    if what == "book":
        run(*install, "--group", "book", "--constraint", "requirements.txt")
    else:
        run(*install, "--requirement", "requirements.txt")
        run(*install, "--no-deps", "--editable", ".")


if __name__ == "__main__":
    if sys.argv[1:] not in (["book"], ["all"]):
        sys.exit(__doc__)
    main(sys.argv[1])
