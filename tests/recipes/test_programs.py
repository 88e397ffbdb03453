"""Every program runs as it is and with data of one's own, in its folder, and so does the file that stands alone."""

import ast
import os
import re
import subprocess
import sys

import chapters
import nbformat
import programs
import pytest
import recipes
from standalone import standalone

# Runs files one after the other in one process, each in a namespace of its own; says which one failed.
RUNNER = """
import runpy, sys
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
for name in sys.argv[2:]:
    if sys.argv[1] == "alone":
        sys.modules["aelib"] = None  # an import of it is an error
    try:
        runpy.run_path(name, run_name="__main__")
    except BaseException as error:
        raise SystemExit(f"{name} failed: {type(error).__name__}: {error}") from error
    assert plt.get_fignums() or "figure" not in open(name).read()
    plt.close("all")
"""


def run(files, folder, alone, backend="tensorflow"):
    settings = {"AELIB_OFFLINE": "1", "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-I", "-c", RUNNER, "alone" if alone else "with", *files]
    result = subprocess.run(
        command, cwd=folder, env=os.environ | settings, capture_output=True, text=True, check=False, timeout=900
    )
    assert result.returncode == 0, result.stderr[-3000:]


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
@pytest.mark.parametrize("has", ["", *programs.HAS])
def test_programs_stand_alone(own_files, has, backend):
    """As they are, or with a reader's data of one kind; without aelib, on two backends."""
    files = []
    for program in programs.stored():
        if has and has not in program.has:
            continue
        cell = program.cell
        code = programs.short(cell, programs.with_own_data(cell, has) if has else None)
        file = own_files / f"{program.name}.py"
        file.write_text(standalone(code))
        files.append(file.name)
    if not files:
        pytest.skip(f"no program takes {has or 'anything'} yet")
    run(files, own_files, alone=True, backend=backend)


@pytest.mark.parametrize("has", programs.HAS)
def test_programs_run_with_own_data(own_files, has):
    """With aelib; as they are, they run in the short run of their notebooks."""
    files = []
    for program in programs.stored():
        if has in program.has:
            file = own_files / f"{program.name}.py"
            file.write_text(programs.short(program.cell, programs.with_own_data(program.cell, has)))
            files.append(file.name)
    if not files:
        pytest.skip(f"no program takes {has} yet")
    run(files, own_files, alone=False)


@pytest.mark.parametrize("program", programs.stored(), ids=lambda program: program.name)
def test_what_is_downloaded_is_complete(program):
    """Both files compile, the second uses nothing that it does not make, and needs no more than it may."""
    assert f"# With your {next(iter(program.has))}: " in program.code
    assert compile(program.code, program.name, "exec")
    alone = program.standalone("https://a.b/")
    assert programs.unknown_names(alone) == set()
    imported = {name.split(".")[0] for name in imports_at_the_top(alone)}
    own = {name.split(".")[0] for name in imports_at_the_top("".join(program.cell["source"]))}
    assert "aelib" not in imported
    assert imported - own - set(sys.stdlib_module_names) <= {"keras", "numpy", "matplotlib"}


def imports_at_the_top(code):
    for node in ast.parse(code).body:
        if isinstance(node, ast.ImportFrom):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


INIT = ast.parse((chapters.ROOT / "aelib/__init__.py").read_text())
PUBLIC = [alias.name for node in INIT.body if isinstance(node, ast.ImportFrom) for alias in node.names]


@pytest.mark.parametrize("name", PUBLIC)
def test_each_part_of_aelib_can_be_written_out(name):
    assert programs.unknown_names(standalone(f"from aelib import {name}\n\nprint({name})\n")) == set()


def test_all_parts_of_aelib_can_be_written_out_together():
    """So no two modules make the same name."""
    assert standalone(f"from aelib import {', '.join(PUBLIC)}\n\nprint({', '.join(PUBLIC)})\n")


PROGRAM = """import keras
import matplotlib.pyplot as plt
import numpy as np

import aelib
from aelib import VAE, dense_decoder, dense_encoder
from aelib.plots import image_rows

STEPS = 2000  # of training
x = aelib.load("fashion_mnist").x_train
x_train, x_test = x[len(x) // 10 :], x[: len(x) // 10]
shape = x.shape[1:]
keras.utils.set_random_seed(0)
model = VAE(dense_encoder(shape, 2 * 16), dense_decoder(16, shape))
model.compile("adam")
model.fit(x_train, epochs=1 + STEPS * 32 // len(x_train), verbose=0)
model.save("model.keras")
again = keras.models.load_model("model.keras")
assert np.allclose(again.reconstruct(x_test), model.reconstruct(x_test), atol=1e-5)
figure = image_rows({"original": x_test[:8], "rebuilt": again.reconstruct(x_test[:8]), "new": again.sample(8)})
"""
LINES = {"array": "x = np.load('my_images.npy')", "folder of images": "x = aelib.load_images('my_photos', (32, 24)).x"}


@pytest.fixture
def cell():
    """A program cell, as a chapter may have it."""
    picture = nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgo="})
    metadata = {
        "tags": ["program"],
        "recipe": {"wants": "generate", "line": "x = aelib.load(", "has": LINES},
        "nbmake": {"mock": {"STEPS": 2}},
        "mystnb": {"image": {"alt": "Rows of images."}},
    }
    return nbformat.v4.new_code_cell(PROGRAM.strip(), metadata=metadata, outputs=[picture])


@pytest.fixture
def program(cell):
    words = nbformat.v4.new_markdown_cell("# 9. A title\n\n**Can it?**\n\nYes.")
    return programs.Program("09_title", nbformat.v4.new_notebook(cells=[words, cell]), cell)


def test_a_program_is_changed_in_one_line_and_made_short(cell):
    own = programs.short(cell, programs.with_own_data(cell, "array"))
    loads = 'x = aelib.load("fashion_mnist").x_train'
    assert own == PROGRAM.replace("STEPS = 2000", "STEPS = 2").replace(loads, LINES["array"])


def test_a_notebook_is_made_short(program, cell):
    words = nbformat.v4.new_markdown_cell(PROGRAM)
    notebook = programs.shortened(nbformat.v4.new_notebook(cells=[words, cell]))
    assert notebook.cells[0].source == PROGRAM
    assert notebook.cells[1].source == PROGRAM.strip().replace("STEPS = 2000", "STEPS = 2")


def test_the_downloads_say_what_to_write_for_own_data(program):
    assert (
        f"# With your array: {LINES['array']}\n# With your folder of images: {LINES['folder of images']}\nx = "
        in program.code
    )
    alone = program.standalone("https://a.b/notebooks/09_title.html")
    assert "# With your folder of images: x = load_images('my_photos', (32, 24)).x\nx = load(" in alone
    assert program.code.endswith("plt.show()\n") and alone.endswith("plt.show()\n")
    assert "def load_images(" in alone and "https://a.b/notebooks/09_title.html" in alone


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_a_program_with_a_model_stands_alone(own_files, cell, backend):
    """As it is and with both kinds of data; it also saves and loads."""
    codes = [None, *(programs.with_own_data(cell, has) for has in LINES)]
    for number, code in enumerate(codes):
        (own_files / f"{number}.py").write_text(standalone(programs.short(cell, code)))
    run([f"{number}.py" for number in range(len(codes))], own_files, alone=True, backend=backend)


def test_a_file_that_needs_aelib_fails_where_there_is_none(own_files, cell):
    (own_files / "a.py").write_text(programs.short(cell))
    with pytest.raises(AssertionError, match="import of aelib halted"):
        run(["a.py"], own_files, alone=True)


def test_the_ten_lines_run_on_own_data(own_files):
    """Those of the README, which are those of the introduction."""
    texts = [(chapters.ROOT / name).read_text() for name in ("README.md", "book/intro.md")]
    (code,) = {re.search(r"ten lines\n\n```python\n(.*?)```", text, flags=re.S)[1] for text in texts}
    after_imports = code.split("\n\n")[1].strip().splitlines()
    assert len(after_imports) <= 10
    (own_files / "ten.py").write_text(code.replace("epochs=20", "epochs=1") + "assert codes.shape == (200, 64)\n")
    run(["ten.py"], own_files, alone=False)
    assert (own_files / "model.keras").exists()


def test_the_page_of_recipes(program, tmp_path):
    text = recipes.page([program], tmp_path, "https://a.b/")
    assert "- **An array**: draw more like it: [A title](#recipe-09)." in text
    assert "- **A table**" not in text
    assert "(recipe-09)=\n### A title\n\nCan it?" in text and ":alt: Rows of images." in text
    assert f"```python\n{PROGRAM.strip()}\n```" in text
    assert """line `x = aelib.load("fashion_mnist").x_train`:""" in text and f"- An array: `{LINES['array']}`" in text
    for name in ("09_title_program.png", "09_title.py", "09_title_standalone.py"):
        assert (tmp_path / "_build/recipes" / name).exists() and f"_build/recipes/{name}" in text


def test_every_kind_and_purpose_has_a_heading():
    assert tuple(recipes.HAS) == programs.HAS and tuple(recipes.WANTS) == programs.WANTS
