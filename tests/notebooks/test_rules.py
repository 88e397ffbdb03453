"""Each rule catches the fault that it is there for: a good notebook passes, a planted fault does not."""

import ast
import copy

import chapters
import nbformat
import pytest
import rules
import stamps

EXERCISES = "## Exercises\n" + 3 * "\n<details><summary>Solution</summary>\n\nYes.\n\n</details>\n"
SETUP = 'import sys\n\nif "google.colab" in sys.modules:\n    %pip install -q aelib'
PROGRAM = """import matplotlib.pyplot as plt

from aelib import load

STEPS = 2000  # about a minute
x = load("fashion_mnist").x_train
model.fit(x, steps=STEPS) if (model := None) else plt.imshow(x[0])
"""
RECIPE = {"has": {"array": "x = plt.imread('a.png')"}, "wants": "compress", "line": "x = load("}
FIGURE = {
    "figure": {"caption": "The line rises from left to right.", "name": "fig-a-line"},
    "image": {"alt": "A straight line that rises from left to right."},
}
RESULT = {
    "dataset": "fashion_mnist",
    "rows": [{"name": "a", "kind": "ours", "test_mse": 1.0}],
    "claims": [{"text": "a", "holds": True}],
}
TRUST = "## Results\n\n**How far to trust this.** One seed. See [chapter 1](01_first_autoencoder.ipynb)."
SETUP_AT, PROGRAM_AT, PARAMETERS_AT, RESULTS_AT, EXERCISES_AT = 1, 2, 3, 5, 6  # places of cells


@pytest.fixture
def notebook():
    v4 = nbformat.v4
    picture = v4.new_output("display_data", {"image/png": "aaaa"})
    report = v4.new_output("display_data", {chapters.MIME: copy.deepcopy(RESULT)})
    mock = {"mock": {"STEPS": 20}}
    program = {"tags": ["program"], "recipe": copy.deepcopy(RECIPE), "nbmake": mock, "mystnb": copy.deepcopy(FIGURE)}
    cells = [
        v4.new_markdown_cell("# 1. A title\n\nA question?"),
        v4.new_code_cell(SETUP, execution_count=1),
        v4.new_code_cell(PROGRAM, metadata=program, outputs=[picture], execution_count=2),
        v4.new_code_cell(
            "EPOCHS = 2", metadata={"tags": ["parameters"], "nbmake": {"mock": {"EPOCHS": 1}}}, execution_count=3
        ),
        v4.new_markdown_cell(TRUST),
        v4.new_code_cell(
            "# @title Results\nreport()",
            metadata={"tags": ["hide-input"], "cellView": "form"},
            outputs=[report],
            execution_count=4,
        ),
        v4.new_markdown_cell(EXERCISES),
    ]
    made = v4.new_notebook(cells=cells)
    made.metadata["aelib_run"] = {
        "code_sha256": stamps.code_sha256(made),
        **dict.fromkeys(("python", "keras", "backend", "aelib", "dataset", "seconds"), "1"),
    }
    return made


def problems(notebook):
    return [problem for rule in rules.EVERY + rules.RECAST for problem in rule(notebook)]


def test_a_good_notebook_has_no_problem(notebook):
    assert problems(notebook) == []


def at(place, source=None, **metadata):
    """A change of one cell's source, or of its metadata."""

    def change(notebook):
        cell = notebook.cells[place]
        cell.source = cell.source if source is None else source
        cell.metadata.update(metadata)
        notebook.metadata.aelib_run["code_sha256"] = stamps.code_sha256(notebook)

    return change


def more(place, text):
    """A change that adds text to a cell."""
    return lambda notebook: at(place, source=notebook.cells[place].source + text)(notebook)


def without(place, key):
    return lambda notebook: notebook.cells[place].metadata.pop(key)


def many_cells(n):
    n.cells[3:3] = [nbformat.v4.new_code_cell("1") for _ in range(15)]


def long_median(n):
    for cell in n.cells[1:4]:
        cell.source += "\na = 1" * 7
    at(1)(n)


def slow(n):
    n.metadata.aelib_run["seconds"] = 241 * rules.pace()


def planted(change, message):
    return pytest.param(change, message, id=message)


def solution(text):
    return EXERCISES.replace("Yes.", text)


FAULTS = [
    planted(without(PROGRAM_AT, "mystnb"), "has no caption"),
    planted(lambda n: n.cells[PROGRAM_AT].metadata.mystnb.figure.pop("name"), "has no name"),
    planted(lambda n: n.cells[PROGRAM_AT].metadata.mystnb.pop("image"), "has no alt text"),
    planted(lambda n: n.cells[PROGRAM_AT].metadata.mystnb.image.update(alt="figure"), "has no alt text"),
    planted(lambda n: n.cells[PROGRAM_AT].outputs.append(n.cells[PROGRAM_AT].outputs[0]), "makes 2 figures"),
    planted(lambda n: n.cells[PROGRAM_AT].outputs[0].data.update({"image/png": "a" * 210_000}), "over 150 kB"),
    planted(lambda n: n.metadata.pop("aelib_run"), "no stamp"),
    planted(lambda n: n.metadata.aelib_run.pop("seconds"), "no stamp"),
    planted(lambda n: n.cells[PARAMETERS_AT].update(source="EPOCHS = 3"), "code has changed since it ran"),
    planted(lambda n: n.cells[RESULTS_AT].update(execution_count=5), "not run once each from top to bottom"),
    planted(lambda n: n.cells[RESULTS_AT].update(execution_count=None), "not run once each from top to bottom"),
    planted(
        lambda n: n.cells[1].outputs.append(nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])),
        "ends in an error",
    ),
    planted(
        lambda n: n.cells[1].outputs.append(nbformat.v4.new_output("stream", name="stderr", text="careful")),
        "prints to stderr",
    ),
    planted(
        lambda n: n.cells[1].outputs.append(nbformat.v4.new_output("stream", text="in /home/ada/data")),
        "names a path of the machine",
    ),
    planted(lambda n: n.cells[RESULTS_AT].outputs.clear(), "has no results"),
    planted(
        lambda n: n.cells[RESULTS_AT].outputs[0].data[chapters.MIME].update(dataset="stand-in for mnist"),
        "not on real data",
    ),
    planted(lambda n: n.cells[RESULTS_AT].outputs[0].data[chapters.MIME].update(claims=[]), "make no claim"),
    planted(
        lambda n: n.cells[RESULTS_AT].outputs[0].data[chapters.MIME].claims[0].update(holds=False),
        "a claim does not hold",
    ),
    planted(at(0, source="# A title"), "exactly one heading of level 1"),
    planted(at(0, source="# 1c. A title"), "exactly one heading of level 1"),
    planted(more(EXERCISES_AT, "\n# Again"), "exactly one heading of level 1"),
    planted(without(PARAMETERS_AT, "nbmake"), "no nbmake mock"),
    planted(at(EXERCISES_AT, source="## Exercises"), "at least three exercises"),
    planted(more(EXERCISES_AT, "\nSOLUTION1"), "stands where text should be"),
    planted(more(EXERCISES_AT, "\n```{note}\nA\n```"), "raw text in Colab"),
    planted(more(EXERCISES_AT, "\nSee {doc}`intro`."), "raw text in Colab"),
    planted(lambda n: n.cells.pop(SETUP_AT), "first code cell should be the set-up"),
    planted(at(PROGRAM_AT, tags=[]), "should be tagged program"),
    planted(at(PARAMETERS_AT, tags=["program"]), "should be tagged program"),
    planted(lambda n: n.cells.insert(2, nbformat.v4.new_code_cell("1")), "should be tagged program"),
    planted(more(PROGRAM_AT, "1\n" * 20), "has 27 lines, 25 are the limit"),
    planted(more(PROGRAM_AT, "print(np.mean(x))"), "does not run alone: it does not make np"),
    planted(lambda n: n.cells[PROGRAM_AT].outputs.clear(), "should end in a picture or a table"),
    planted(without(PROGRAM_AT, "nbmake"), "should have an nbmake mock"),
    planted(at(PROGRAM_AT, nbmake={"mock": {"EPOCHS": 1}}), "a line 'EPOCHS = ...' should stand in it once"),
    planted(without(PROGRAM_AT, "recipe"), "should have has, wants and line"),
    planted(lambda n: n.cells[PROGRAM_AT].metadata.recipe.update(has={"cat": "x = 1"}), "has should give the line"),
    planted(lambda n: n.cells[PROGRAM_AT].metadata.recipe.has.update(array="x =\n"), "should be one line"),
    planted(lambda n: n.cells[PROGRAM_AT].metadata.recipe.update(wants="fame"), "wants should be one of"),
    planted(lambda n: n.cells[PROGRAM_AT].metadata.recipe.update(line="y ="), "one line of it should begin with 'y ='"),
    planted(more(0, " word" * 2000), "words before the exercises, 2000 are the limit"),
    planted(more(EXERCISES_AT, " word" * 2500), "words in all, 2500 are the limit"),
    planted(at(0, source="# 1b. A title" + " word" * 3000), "words before the exercises, 3000 are the limit"),
    planted(many_cells, "19 code cells, 18 are the limit"),
    planted(at(PARAMETERS_AT, source="a = 1\n" * 21), "21 lines, 20 are the limit"),
    planted(at(PARAMETERS_AT, source="class A:\n" + "    a = 1\n" * 20), "21 lines, 20 are the limit"),
    planted(at(PARAMETERS_AT, source="class VAE:\n" + "    a = 1\n" * 45), "46 lines, 45 are the limit"),
    planted(at(PARAMETERS_AT, source="def ours():\n" + "    a = 1\n" * 20), "21 lines, 20 are the limit"),
    planted(at(PARAMETERS_AT, source="class VAE:\n" + "    a = 1\n" * 19 + "VAE()"), "21 lines, 20 are the limit"),
    planted(long_median, "median code cell has 11 lines"),
    planted(at(RESULTS_AT, tags=[]), "should be tagged hide-input: 0 are"),
    planted(at(PARAMETERS_AT, tags=["hide-input"]), "should be tagged hide-input: 2 are"),
    planted(at(PARAMETERS_AT, tags=["hide-input"]), "is not the one that makes the results"),
    planted(at(RESULTS_AT, tags=["hide-input", "hide-output"]), "is tagged hide-output"),
    planted(without(RESULTS_AT, "cellView"), "to be folded in Colab"),
    planted(at(RESULTS_AT, source="report()"), "to be folded in Colab"),
    planted(slow, "its full run took"),
    planted(more(EXERCISES_AT, EXERCISES * 2), "it has 9 exercises with solutions"),
    planted(at(EXERCISES_AT, source=solution("word " * 81)), "a solution has 81 words"),
    planted(at(4, source="Trust me."), "'How far to trust this', it has 0"),
    planted(more(4, "\n\n" + TRUST), "'How far to trust this', it has 2"),
    planted(more(0, " [chapter 2](01_first_autoencoder.ipynb)"), "number and file do not agree"),
    planted(more(0, " [chapter 1](1_first_autoencoder.ipynb#so)"), "there is no such notebook"),
    planted(more(0, " A [code](../book/glossary.md#code)."), "opens nothing in Colab"),
    planted(more(0, " As in chapter 7."), "'chapter 7' should be a link"),
]


@pytest.mark.parametrize(("change", "message"), FAULTS)
def test_a_planted_fault_is_caught(notebook, change, message):
    change(notebook)
    assert any(message in problem for problem in problems(notebook)), problems(notebook)


def test_prose_may_change_without_a_run(notebook):
    notebook.cells[0].source += " Better said."
    assert problems(notebook) == []


FITTING = [
    pytest.param(at(PARAMETERS_AT, source="class VAE:\n" + "    a = 1\n" * 44), id="a class of aelib in 45 lines"),
    pytest.param(at(PARAMETERS_AT, source="def join():\n" + "    a = 1\n" * 44), id="a function of aelib in 45 lines"),
    pytest.param(at(0, source="# 1b. A title" + " word" * 2500), id="a deeper part has more words"),
    pytest.param(more(RESULTS_AT, "\na = 1" * 60), id="what is folded may be long"),
    pytest.param(more(4, "\n```python\n" + "word " * 2500 + "\n```"), id="code is not counted as words"),
    pytest.param(more(0, " [chapter 1](01_first_autoencoder.ipynb#where)"), id="a link to a section"),
    pytest.param(more(0, " <b>" + "$a + b$ " * 100 + "</b>"), id="a formula is one word"),
]


@pytest.mark.parametrize("change", FITTING)
def test_what_is_allowed_is_no_problem(notebook, change):
    change(notebook)
    assert problems(notebook) == []


LIBRARY_CODE = '''
@register
class Model(Base):
    """A docstring."""

    terms = ("a",)

    def call(self, x):
        """Another."""
        return x + 1

    @classmethod
    def make(cls):
        return cls()


def loss(x, y):
    """In nats."""
    return (x - y) ** 2
'''
LIBRARY = {node.name: node for node in rules.definitions(ast.parse(LIBRARY_CODE))}
MODEL = """class Model(Base):
    terms = ('a',)
    def call(self, x):
        return x + 1
    @classmethod
    def make(cls):
        return cls()"""
LOSS = "def loss(x, y):\n    return (x - y) ** 2"


def chapter(*cells):
    markdown = nbformat.v4.new_markdown_cell("# 1. A title")
    return nbformat.v4.new_notebook(cells=[markdown, *map(nbformat.v4.new_code_cell, cells)])


def test_the_same_code_without_docstrings_and_decorators_passes():
    assert list(rules.taught(chapter("%pip install a", MODEL, "1 + 1", LOSS), LIBRARY)) == []


@pytest.mark.parametrize(
    "cells",
    [
        (MODEL[: MODEL.index("    @classmethod")],),  # a method is missing
        (MODEL + "\n    def more(self): pass",),
        (MODEL.replace("+ 1", "+ 2"),),
        (MODEL.replace("    @classmethod\n", ""),),
        (MODEL.replace("('a',)", "('b',)"),),
        (LOSS.replace("x, y", "x, y=0"),),
    ],
)
def test_other_code_under_the_same_name_is_caught(cells):
    assert any("is not what aelib has" in problem for problem in rules.taught(chapter(*cells), LIBRARY))


def test_a_class_in_pieces_is_caught():
    pieces = chapter(MODEL, "class Model(Model):\n    def more(self):\n        return 1")
    assert any("Model is written out twice" in problem for problem in rules.taught(pieces, LIBRARY))


def test_use_before_teaching_is_caught():
    teaches, uses = chapter(MODEL, LOSS), chapter("import aelib\naelib.loss(1, 2)")
    assert list(rules.taught_first([teaches, uses], LIBRARY)) == []
    assert any("uses loss before" in problem for problem in rules.taught_first([uses, teaches], LIBRARY))
    imports = chapter("from aelib.losses import other, loss")
    assert any("uses loss before" in problem for problem in rules.taught_first([imports, teaches], LIBRARY))
    assert list(rules.taught_first([uses], LIBRARY, later={"loss", "Model"})) == []


def test_what_no_chapter_teaches_is_caught():
    only_loss = [chapter(LOSS)]
    assert list(rules.taught_first(only_loss, LIBRARY)) == ["no chapter writes out Model"]
    assert list(rules.taught_first(only_loss, LIBRARY, later={"Model"})) == []
    assert any("off the list" in p for p in rules.taught_first(only_loss, LIBRARY, later={"Model", "loss"}))
    assert any("Mode is not in aelib" in p for p in rules.taught_first(only_loss, LIBRARY, later={"Model", "Mode"}))


def test_an_import_over_several_lines_is_seen():
    uses = chapter("from aelib import (\n    Model,\n    loss,\n)")
    assert any("uses loss before" in p for p in rules.taught_first([uses], LIBRARY))
