"""Where the built site is, and what its pages hold."""

import functools
from pathlib import Path

from bs4 import BeautifulSoup

HTML = Path(__file__).resolve().parent.parent.parent / "_build" / "html"
PAGES = sorted(str(path.relative_to(HTML)) for path in HTML.rglob("*.html") if "_static" not in path.parts)
READ = [page for page in PAGES if page.startswith(("book/", "notebooks/"))]


@functools.cache  # a page with many anchors is the target of many links
def soup(page, root=HTML):
    return BeautifulSoup((root / page).read_text(), "html.parser")
