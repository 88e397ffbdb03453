"""Static checks of the built site: links lead somewhere, figures are there, no other host is asked."""

import functools
import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import pytest
from fontTools.ttLib import TTFont
from site_pages import HTML, PAGES, READ, soup

LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
LOADING_RELS = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect", "dns-prefetch", "manifest"}


def foreign(url):
    return url.startswith("//") or urlsplit(url).scheme in ("http", "https", "ws", "wss", "ftp")


def foreign_loads(page, root=HTML):
    """Addresses on other hosts that a page would ask for by itself when opened."""
    document = soup(page, root)
    for tag, attribute in LOADS.items():
        yield from (t[attribute] for t in document.find_all(tag) if foreign(t.get(attribute, "")))
    for link in document.find_all("link"):
        if LOADING_RELS & set(link.get("rel", [])) and foreign(link.get("href", "")):
            yield link["href"]
    for style in [t.get_text() for t in document.find_all("style")]:
        yield from re.findall(r"(?:url\(|@import )['\"]?(https?:[^'\")]+)", style)


@functools.cache  # a page with many anchors is the target of many links
def anchors(page, root):
    return {tag["id"] for tag in soup(page, root).find_all(id=True)}


def dead_links(page, root=HTML):
    """Links within the site that lead to no file, or to no anchor of a file."""
    document = soup(page, root)
    urls = [t["href"] for t in document.find_all("a", href=True)] + [
        t["src"] for t in document.find_all("img", src=True)
    ]
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme or parts.netloc:
            continue
        target = root / PurePosixPath(page).parent / unquote(parts.path) if parts.path else root / page
        if target.is_dir():
            target /= "index.html"
        if not target.exists():
            yield f"{url}: no such file"
        elif parts.fragment and target.suffix == ".html":
            name = unquote(parts.fragment)
            if name not in anchors(target.relative_to(root), root):
                yield f"{url}: no such anchor"


def test_the_site_is_there():
    assert "book/intro.html" in PAGES, "build it first: make book"


@pytest.mark.parametrize("page", PAGES)
def test_no_page_asks_another_host(page):
    assert list(foreign_loads(page)) == []


def test_no_style_sheet_asks_another_host():
    for path in HTML.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import )['\"]?(?:https?:)?//", path.read_text()), path


@pytest.mark.parametrize("page", [page for page in PAGES if page != "404.html"])
def test_no_dead_links(page):
    assert list(dead_links(page)) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_picture_has_alt_text(page):
    assert [img.get("src") for img in soup(page).find_all("img") if not img.get("alt", "").strip()] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("notebooks/")])
def test_a_chapter_shows_numbered_figures_with_captions(page):
    shown = soup(page).find_all("figure")
    assert shown
    for figure in shown:
        assert figure.find("img") and figure.find("span", class_="caption-number")
        assert len(figure.find("span", class_="caption-text").get_text()) > 20


def test_formulas_on_a_line_of_their_own_are_numbered_through_the_book():
    numbers = []
    for page in READ:
        for formula in soup(page).select("div.math"):
            number = formula.select_one(".eqno")
            assert formula["id"] and number.select_one("a.headerlink")["href"] == f"#{formula['id']}"
            numbers.append(int(number.find(string=True).strip("()")))
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert len(numbers) > 40


def test_the_font_has_every_sign_of_the_formulas():
    signs = TTFont(HTML / "_static" / "fonts" / "STIXTwoMath.woff2").getBestCmap()
    # Browsers draw a letter that stands alone in <mi> with the italic sign of the same letter.
    italics = [*range(0x1D434, 0x1D468), 0x210E, *range(0x1D6E2, 0x1D71C)]
    italic = {unicodedata.normalize("NFKC", chr(code)): code for code in italics if unicodedata.name(chr(code), "")}
    lacking = set()
    for node in (node for page in READ for node in soup(page).select("math *") if node.string):
        text = node.string.strip("\N{NO-BREAK SPACE}")
        upright = len(text) > 1 or node.name != "mi" or node.get("mathvariant") == "normal"
        lacking |= {sign for sign in text if (ord(sign) if upright else italic.get(sign, ord(sign))) not in signs}
    assert lacking == set()


def test_interactive_maps_are_there_and_light():
    maps = [path for path in (HTML / "_static" / "maps").glob("*.js") if path.name != "bokeh.min.js"]
    assert maps, "chapter 6 has a map: book/_ext/interactive_maps.py should have written it"
    assert [path.name for path in maps if path.stat().st_size > 600_000] == []


def test_planted_faults_are_caught(tmp_path):
    (tmp_path / "a.html").write_text(
        '<script src="https://cdn.example/x.js"></script><link rel="stylesheet" href="//fonts.example/a.css">'
        "<style>@import 'https://b.example/c.css'</style><img src='gone.png'>"
        '<a href="b.html">b</a><a href="#nowhere">c</a><a href="https://other.example">a link is no request</a>'
    )
    assert len(list(foreign_loads("a.html", tmp_path))) == 3
    assert len(list(dead_links("a.html", tmp_path))) == 3
