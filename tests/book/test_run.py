"""A full run that comes to nothing leaves the notebook as it was, and keeps what it had done."""

import nbformat
import pytest
import run
import stamps
from chapters import MIME

SHOW = (
    "from IPython.display import display\n"
    f"display({{{MIME!r}: {{'dataset': 'stand-in for mnist', 'rows': [], 'claims': []}}}}, raw=True)"
)


@pytest.mark.parametrize(("code", "reason"), [(SHOW, "stand-in"), ("print(1)", "no results"), ("1 / 0", "division")])
def test_a_run_that_does_not_count_is_kept_elsewhere(tmp_path, monkeypatch, code, reason):
    monkeypatch.setattr(run, "FAILED", tmp_path / "failed")
    path = tmp_path / "01_x.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code, id="a")]), path)
    before = path.read_bytes()
    with pytest.raises(Exception, match=reason):
        run.execute(path)
    assert path.read_bytes() == before
    assert nbformat.read(tmp_path / "failed" / path.name, 4).cells[0].outputs


def test_a_run_that_counts_is_stamped(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "PICTURES", tmp_path / "pictures")
    path = tmp_path / "01_x.ipynb"
    code = SHOW.replace("stand-in for mnist", "mnist")
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code, id="a")]), path)
    run.execute(path)
    notebook = nbformat.read(path, 4)
    assert set(notebook.metadata.aelib_run) == stamps.FIELDS and stamps.stale(notebook) == ""
    assert notebook.cells[0].outputs and not (tmp_path / "pictures").exists()


def test_nothing_runs_where_there_are_only_stand_in_data(monkeypatch):
    monkeypatch.setattr(run.os, "environ", dict(run.os.environ))  # which it changes
    monkeypatch.setattr(run, "ON_REAL_DATA", "raise SystemExit(1)")
    monkeypatch.setattr(run, "execute", lambda path: pytest.fail("it ran"))
    with pytest.raises(SystemExit, match="only stand-in data"):
        run.main(["01"])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (
            "I0000 00:00:1.5 1 cpu.cc:1] started\n\nWARNING:tensorflow:5 out of the last 6 calls to <f> triggered\n",
            None,
        ),
        ("WARNING:tensorflow:5 out of the last 6 calls to <f> triggered\n0.5\n", "0.5\n"),
        ("WARNING: the loss is NaN\n", "WARNING: the loss is NaN\n"),
        ("\n", "\n"),
    ],
)
def test_only_what_tensorflow_says_anyway_is_left_out(text, kept):
    output = run.quiet(nbformat.v4.new_output("stream", text=text))
    assert (output and output["text"]) == kept


def test_a_figure_is_no_text_and_stays():
    figure = nbformat.v4.new_output("display_data", {"image/png": "AAAA"})
    assert run.quiet(figure) == figure
