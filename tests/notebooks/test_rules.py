"""Each rule catches the fault that it is there for: a good notebook passes, a planted fault does not."""

import ast
import copy

import chapters
import nbformat
import pytest
import rules

EXERCISES = "## Exercises\n" + 3 * "\n<details><summary>Solution</summary>\n\nYes.\n\n</details>\n"
FIGURE = {
    "figure": {"caption": "The line rises from left to right.", "name": "fig-a-line"},
    "image": {"alt": "A straight line that rises from left to right."},
}
RESULT = {
    "dataset": "fashion_mnist",
    "rows": [{"name": "a", "kind": "ours", "test_mse": 1.0}],
    "claims": [{"text": "a", "holds": True}],
}


@pytest.fixture
def notebook():
    v4 = nbformat.v4
    picture = v4.new_output("display_data", {"image/png": "aaaa"})
    report = v4.new_output("display_data", {chapters.MIME: copy.deepcopy(RESULT)})
    cells = [
        v4.new_markdown_cell("# 1. A title\n\nA question?"),
        v4.new_code_cell(
            "EPOCHS = 2", metadata={"tags": ["parameters"], "nbmake": {"mock": {"EPOCHS": 1}}}, execution_count=1
        ),
        v4.new_code_cell("plot()", metadata={"mystnb": copy.deepcopy(FIGURE)}, outputs=[picture], execution_count=2),
        v4.new_code_cell("report()", outputs=[report], execution_count=3),
        v4.new_markdown_cell(EXERCISES),
    ]
    made = v4.new_notebook(cells=cells)
    made.metadata["aelib_run"] = {
        "code_sha256": chapters.code_sha256(made),
        **dict.fromkeys(("python", "keras", "backend", "aelib", "dataset", "seconds"), "1"),
    }
    return made


def problems(notebook):
    return [problem for rule in rules.RULES for problem in rule(notebook)]


def test_a_good_notebook_has_no_problem(notebook):
    assert problems(notebook) == []


def long_cell(n):
    n.cells[1].source = "EPOCHS = 1\n" * 26
    restamp(n)


def long_median(n):
    for cell in n.cells[1:4]:
        cell.source = "a = 1\n" * 9
    restamp(n)


def restamp(n):
    n.metadata.aelib_run["code_sha256"] = chapters.code_sha256(n)


def planted(change, message):
    return pytest.param(change, message, id=message)


FAULTS = [
    planted(long_cell, "26 lines, 25 are the limit"),
    planted(long_median, "median code cell has 9 lines"),
    planted(lambda n: n.cells[2].metadata.mystnb.pop("figure"), "has no caption"),
    planted(lambda n: n.cells[2].metadata.mystnb.figure.pop("name"), "has no name"),
    planted(lambda n: n.cells[2].metadata.mystnb.pop("image"), "has no alt text"),
    planted(lambda n: n.cells[2].metadata.mystnb.image.update(alt="figure"), "has no alt text"),
    planted(lambda n: n.cells[2].outputs.append(n.cells[2].outputs[0]), "makes 2 figures"),
    planted(lambda n: n.cells[2].outputs[0].data.update({"image/png": "a" * 210_000}), "over 150 kB"),
    planted(lambda n: n.metadata.pop("aelib_run"), "no stamp"),
    planted(lambda n: n.metadata.aelib_run.pop("seconds"), "no stamp"),
    planted(lambda n: n.cells[1].update(source="EPOCHS = 3"), "code has changed since it ran"),
    planted(lambda n: n.cells[3].update(execution_count=4), "not run once each from top to bottom"),
    planted(lambda n: n.cells[3].update(execution_count=None), "not run once each from top to bottom"),
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
    planted(lambda n: n.cells[3].outputs.clear(), "has no results"),
    planted(
        lambda n: n.cells[3].outputs[0].data[chapters.MIME].update(dataset="stand-in for mnist"), "not on real data"
    ),
    planted(lambda n: n.cells[3].outputs[0].data[chapters.MIME].update(claims=[]), "make no claim"),
    planted(lambda n: n.cells[3].outputs[0].data[chapters.MIME].claims[0].update(holds=False), "a claim does not hold"),
    planted(lambda n: n.cells[0].update(source="# A title"), "exactly one heading of level 1"),
    planted(lambda n: n.cells[4].update(source="# Again\n" + EXERCISES), "exactly one heading of level 1"),
    planted(lambda n: n.cells[1].metadata.update(tags=[]), "one cell tagged parameters"),
    planted(lambda n: n.cells[1].metadata.pop("nbmake"), "no nbmake mock"),
    planted(lambda n: n.cells[4].update(source="## Exercises"), "at least three exercises"),
    planted(lambda n: n.cells[4].update(source="SOLUTION1\n" + EXERCISES), "stands where text should be"),
    planted(lambda n: n.cells[4].update(source="```{note}\nA\n```\n" + EXERCISES), "raw text in Colab"),
    planted(lambda n: n.cells[4].update(source="See {doc}`intro`.\n" + EXERCISES), "raw text in Colab"),
]


@pytest.mark.parametrize(("change", "message"), FAULTS)
def test_a_planted_fault_is_caught(notebook, change, message):
    change(notebook)
    assert any(message in problem for problem in problems(notebook)), problems(notebook)


def test_prose_may_change_without_a_run(notebook):
    notebook.cells[0].source += " Better said."
    assert problems(notebook) == []


LIBRARY = rules.definitions(
    ast.parse('''
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
''')
)
MODEL = "class Model(Base):\n    terms = ('a',)\n    def call(self, x):\n        return x + 1"
REST = "class Model(Model):\n    @classmethod\n    def make(cls):\n        return cls()"
LOSS = "def loss(x, y):\n    return (x - y) ** 2"


def chapter(*cells):
    markdown = nbformat.v4.new_markdown_cell("# 1. A title")
    return nbformat.v4.new_notebook(cells=[markdown, *map(nbformat.v4.new_code_cell, cells)])


def test_the_same_code_in_pieces_without_docstrings_and_decorators_passes():
    assert list(rules.taught(chapter("%pip install a", MODEL, "1 + 1", REST, LOSS), LIBRARY)) == []


@pytest.mark.parametrize(
    "cells",
    [
        (MODEL,),  # a method is missing
        (MODEL, REST + "\n    def more(self): pass"),
        (MODEL.replace("+ 1", "+ 2"), REST),
        (MODEL, REST.replace("    @classmethod\n", "")),
        (MODEL.replace("('a',)", "('b',)"), REST),
        (LOSS.replace("x, y", "x, y=0"),),
    ],
)
def test_other_code_under_the_same_name_is_caught(cells):
    assert any("is not what aelib has" in problem for problem in rules.taught(chapter(*cells), LIBRARY))


def test_use_before_teaching_is_caught():
    teaches, uses = chapter(MODEL, REST, LOSS), chapter("import aelib\naelib.loss(1, 2)")
    assert list(rules.taught_first([teaches, uses], LIBRARY)) == []
    assert any("uses loss before" in problem for problem in rules.taught_first([uses, teaches], LIBRARY))
    imports = chapter("from aelib.losses import other, loss")
    assert any("uses loss before" in problem for problem in rules.taught_first([imports, teaches], LIBRARY))


def test_what_no_chapter_teaches_is_caught():
    only_loss = [chapter(LOSS)]
    assert list(rules.taught_first(only_loss, LIBRARY)) == ["no chapter writes out Model"]
    assert list(rules.taught_first(only_loss, LIBRARY, later={"Model"})) == []
    assert any("off the list" in p for p in rules.taught_first(only_loss, LIBRARY, later={"Model", "loss"}))
