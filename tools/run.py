"""Execute notebooks in full and stamp them: `python tools/run.py [NB ...]`, NB such as 01 or 01b.

Without arguments it runs the notebooks whose code, or what they use of aelib, has changed since they ran (stamps.py).
A notebook that fails is left as it was.
"""

import argparse
import importlib.metadata
import os
import platform
import re
import subprocess
import sys
import time

import nbformat
from chapters import PICTURES, ROOT, key_picture, number, paths, results
from stamps import aelib_sha256, code_sha256, stale

FAILED = ROOT / "_build" / "failed"
ON_REAL_DATA = "import aelib, sys; sys.exit(aelib.load('fashion_mnist').stand_in)"
CHATTER = re.compile(
    r"WARNING: All log messages before absl|[IWE]0000 |To enable the following instructions"
    r"|WARNING:tensorflow:\d+ out of the last \d+ calls"  # it traced anew for another model, as it should
)


def quiet(output):
    """An output without the lines that TensorFlow prints whatever the log level; None if nothing is left then."""
    text = output.get("text", "")
    lines = [line for line in text.splitlines(keepends=True) if not CHATTER.match(line)]
    if (kept := "".join(lines)) != text:
        output["text"] = kept
    return output if kept.strip() or not text.strip() else None


def execute(path):
    """Run one notebook from top to bottom, write it back with outputs and stamp. Returns seconds."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    hashes = {"code_sha256": code_sha256(notebook), "aelib_sha256": aelib_sha256(notebook)}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    start = time.perf_counter()
    client = NotebookClient(
        notebook,
        timeout=1800,
        kernel_name="python3",
        coalesce_streams=True,  # lines printed in a loop are one output, however the kernel sends them
        resources={"metadata": {"path": path.parent}},
    )
    try:
        client.execute()
        found = results(notebook)
        if not found:
            raise RuntimeError(f"{path.name} has no results: its last code cell should call aelib.report.")
        if any(result["dataset"].startswith("stand-in") for result in found):
            raise RuntimeError(f"{path.name} ran on stand-in data. Set AELIB_DATA, or run where there is a network.")
    except Exception:
        FAILED.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, FAILED / path.name)
        print(f"{path.name} failed; what it had done is in {FAILED / path.name}", flush=True)
        raise
    seconds = time.perf_counter() - start
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # times of day: they would change in every run
        if cell.cell_type == "code":
            cell.outputs = [output for output in map(quiet, cell.outputs) if output is not None]
    notebook.metadata["aelib_run"] = {
        **hashes,
        "python": platform.python_version(),
        "keras": importlib.metadata.version("keras"),
        "backend": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "aelib": importlib.metadata.version("aelib"),
        "dataset": ", ".join(dict.fromkeys(result["dataset"] for result in found)),
        "seconds": round(seconds),
    }
    nbformat.write(notebook, path)
    if picture := key_picture(notebook):
        PICTURES.mkdir(parents=True, exist_ok=True)
        (PICTURES / f"{path.stem}.png").write_bytes(picture)
    return seconds


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "numbers", nargs="*", help="numbers of notebooks, such as 01 or 01b; all stale ones if left out"
    )
    numbers = parser.parse_args(argv).numbers
    there = {number(path.name): path for path in paths()}
    if unknown := [n for n in numbers if n not in there]:
        sys.exit(f"No notebook {', '.join(unknown)}. There are: {', '.join(there)}.")
    chosen = [path for n, path in there.items() if n in numbers] or [
        path for path in there.values() if stale(nbformat.read(path, 4))
    ]
    if not chosen:
        print("Every notebook's outputs are those of its code and of aelib. To run one all the same: make run NB=01")
    # The short run's settings must not leak into a full one, nor TensorFlow's start-up chatter into the outputs.
    os.environ.pop("AELIB_OFFLINE", None)
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", PYTHONHASHSEED="0")
    if chosen and subprocess.run([sys.executable, "-c", ON_REAL_DATA], check=False).returncode:
        sys.exit("There are only stand-in data here. Set AELIB_DATA, or run where there is a network.")
    for path in chosen:
        print(f"{path.name}: running in full ...", flush=True)
        print(f"{path.name}: done in {execute(path):.0f} s", flush=True)


if __name__ == "__main__":
    main()
