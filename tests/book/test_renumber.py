"""Chapters move to other numbers, with all that names them, and with outputs that stay valid."""

import re

import chapters
import nbformat
import pytest
import renumber
import stamps

PAGE = """
:::{grid-item-card} 9. Denoising
:link: /notebooks/09_denoising
See {doc}`chapters 9 </notebooks/09_denoising>`,
{doc}`11 </notebooks/11_vae>` and [chapter 11](../notebooks/11_vae.ipynb#samples);
chapters 1, 9 and 11, chapter 11's network, Chapter 9. Not chapter 110, 9 or 11 of them, or version 9.11.
{result}`09 | a row | mse` {printed}`11| 09 | 11`
"""
SWAPPED = """
:::{grid-item-card} 11. Denoising
:link: /notebooks/11_denoising
See {doc}`chapters 11 </notebooks/11_denoising>`,
{doc}`9 </notebooks/09_vae>` and [chapter 9](../notebooks/09_vae.ipynb#samples);
chapters 1, 11 and 9, chapter 9's network, Chapter 11. Not chapter 110, 9 or 11 of them, or version 9.11.
{result}`11 | a row | mse` {printed}`09| 09 | 11`
"""
ROWS = "| 9 | [Denoising](notebooks/09_denoising.ipynb) | 11 |\n| 11 | [VAE](notebooks/11_vae.ipynb) | 9 |\n"
TEST = 'QUERIES = {"ELBO": "11_vae"}\nlookup("11 | PCA | mse")\n'


@pytest.fixture
def root(tmp_path):
    for folder in ("notebooks", "book/_static/pictures", "tests/site"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "book" / "page.md").write_text(PAGE)
    (tmp_path / "README.md").write_text(ROWS)
    (tmp_path / "tests/site/test_x.py").write_text(TEST)
    for name in ("01_first", "09_denoising", "09b_score", "11_vae"):
        v4 = nbformat.v4
        title = v4.new_markdown_cell(f"# {chapters.label(name)}. A title\n\nSee [chapter 9b](09b_score.ipynb).", id="a")
        caption = {"mystnb": {"figure": {"caption": "As in chapter 9.", "name": "fig-a"}}}
        code = v4.new_code_cell("x = 1  # as in chapter 11", metadata=caption, id="b")
        code.outputs = [v4.new_output("stream", text="chapter 9\n")]
        nbformat.write(v4.new_notebook(cells=[title, code]), tmp_path / "notebooks" / f"{name}.ipynb")
        (tmp_path / "book/_static/pictures" / f"{name}.png").write_text(name)
    return tmp_path


def test_two_chapters_swap_and_the_deeper_part_moves_along(root, capsys):
    before = nbformat.read(root / "notebooks/11_vae.ipynb", 4)
    moved = renumber.move(["09=11", "11=09"], root)
    assert moved == {"09_denoising": "11_denoising", "09b_score": "11b_score", "11_vae": "09_vae"}
    names = ["01_first", "09_vae", "11_denoising", "11b_score"]
    assert [path.stem for path in chapters.paths(root)] == names
    pictures = {path.stem: path.read_text() for path in (root / "book/_static/pictures").iterdir()}
    assert pictures == dict(zip(names, ["01_first", "11_vae", "09_denoising", "09b_score"], strict=True))
    assert (root / "book" / "page.md").read_text() == SWAPPED
    after = nbformat.read(root / "notebooks/09_vae.ipynb", 4)
    assert after.cells[0].source == "# 9. A title\n\nSee [chapter 11b](11b_score.ipynb)."
    assert after.cells[1].metadata.mystnb.figure.caption == "As in chapter 11."
    assert after.cells[1].outputs == before.cells[1].outputs
    assert stamps.code_sha256(after) == stamps.code_sha256(before)
    assert "11_vae.ipynb, in its code: x = 1  # as in chapter 11" in capsys.readouterr().out
    assert (root / "README.md").read_text().startswith("| 11 | [Denoising](notebooks/11_denoising.ipynb) | 11 |\n| 9 |")
    assert (root / "tests/site/test_x.py").read_text() == TEST.replace("11_vae", "09_vae").replace("11 |", "09 |")


def test_moving_there_and_back_changes_nothing(root):
    def content():
        return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}

    before = content()
    renumber.move(["09=08", "11=09_models", "01=02"], root)
    assert {path.stem for path in chapters.paths(root)} == {"02_first", "08_denoising", "08b_score", "09_models"}
    renumber.move(["08=09", "09=11_vae", "02=01"], root)
    assert content() == before


@pytest.mark.parametrize(
    ("moves", "message"),
    [
        (["07=08"], "'07=08' is no move.*There are 01, 09, 09b, 11"),
        (["09=8"], "'09=8' is no move"),
        (["09=11"], "Two chapters would have the number 11"),
        (["09=08", "09=07"], "09 cannot move twice"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_has_moved(root, moves, message):
    with pytest.raises(ValueError, match=message):
        renumber.move(moves, root)
    assert (root / "book" / "page.md").read_text() == PAGE and (root / "notebooks/09_denoising.ipynb").exists()


LABELS = {chapters.label(path.stem) for path in chapters.paths()}
# [chapter 9](09_...) and the same as MyST's role
LINKED = re.compile(r"\[(?:[Cc]hapters? )?(\d+[a-z]?)\b[^\]\n]*\]\([\w./]*?(\d\d[a-z]?_\w+)\.ipynb")
LINKED_BY_ROLE = re.compile(r"\{doc\}`(?:[Cc]hapters? )?(\d+[a-z]?)\b[^`<]*</notebooks/(\w+)>")


def prose(path):
    """What is read in a page or a chapter, without code."""
    if path.suffix != ".ipynb":
        return path.read_text()
    return "\n\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown")


TEXTS = {
    str(path.relative_to(chapters.ROOT)): prose(path)
    for path in (*chapters.paths(), *chapters.ROOT.glob("*.md"), *chapters.ROOT.glob("book/*.md"))
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_chapter_is_mentioned_by_the_number_that_it_has(name):
    links = LINKED.findall(TEXTS[name]) + LINKED_BY_ROLE.findall(TEXTS[name])
    assert [(number, file) for number, file in links if number != chapters.label(file)] == []
    mentions = renumber.MENTION.findall(TEXTS[name])
    assert [mention for mention in mentions if not set(re.findall(r"\d+[a-z]?", mention)) <= LABELS] == []


def test_the_check_of_mentions_finds_links():
    text = "[chapter 9](09_a.ipynb), [Chapter 1b, its end](../notebooks/01b_a.ipynb#x), [3](03_a.ipynb)"
    assert LINKED.findall(text) == [("9", "09_a"), ("1b", "01b_a"), ("3", "03_a")]
    text = "{doc}`Chapter 9 </notebooks/08_a>`, {doc}`2 </notebooks/02_a>`"
    assert LINKED_BY_ROLE.findall(text) == [("9", "08_a"), ("2", "02_a")]
