"""What a chapter's page shows and hides, where it stands in the menu, and what can be copied and downloaded."""

import chapters
import nbformat
import pytest
from site_pages import HTML, soup

PATHS = {path.stem: path for path in chapters.paths()}
DEEPER = [name for name in PATHS if chapters.number(name).endswith("b")]


@pytest.mark.parametrize("name", PATHS)
def test_the_cell_of_the_results_is_folded_and_its_output_is_not(name):
    cells = nbformat.read(PATHS[name], as_version=4).cells
    hidden = [cell for cell in cells if "hide-input" in cell.metadata.get("tags", [])]
    found = soup(f"notebooks/{name}.html").select("div.cell.tag_hide-input")
    assert len(found) == len(hidden)
    for cell in found:
        assert cell.select_one("details.hide div.cell_input") and not cell.select_one("details[open]")
        assert cell.select_one("div.cell_output") and not cell.select_one("details div.cell_output")


@pytest.mark.parametrize("name", DEEPER)
def test_a_deeper_part_stands_under_its_chapter_in_the_menu(name):
    assert not soup("book/intro.html").select("nav details")  # it is in sight
    link = soup("book/intro.html").select_one(f"nav a[href$='notebooks/{name}.html']")
    above = link.find_parent("li").find_parent("li").find("a")["href"]
    assert chapters.number(above.split("/")[-1]) == chapters.number(name).removesuffix("b")


def test_each_recipe_can_be_copied_and_downloaded_both_ways():
    page = soup("book/recipes.html")
    names = [name for name in PATHS if (HTML.parent / "recipes" / f"{name}.py").exists()]
    assert len(page.select("article h3")) == len(names)
    for name in names:
        for file in (f"{name}.py", f"{name}_standalone.py"):
            (link,) = page.select(f"a[href$='/{file}']")
            assert (HTML / "book" / link["href"]).read_text() == (HTML.parent / "recipes" / file).read_text()
