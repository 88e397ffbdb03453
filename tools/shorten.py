"""Copy the notebooks for the short run, with small numbers in their programs: `python tools/shorten.py FOLDER`."""

import shutil
import sys
from pathlib import Path

import nbformat
from chapters import paths
from programs import shortened


def main(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in paths():
        nbformat.write(shortened(nbformat.read(path, as_version=4)), folder / path.name)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
