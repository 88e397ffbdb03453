"""A Sphinx extension: a card for those who share a page's address: its title, its first sentence, its picture."""

import html
import re
from pathlib import Path

from PIL import Image, ImageOps

PICTURES = Path("book", "_static", "pictures")


def card(app, pagename, context):
    """The page's title, first sentence and picture, as the Open Graph protocol wants them."""
    text = re.sub(r"<[^>]+>", "", (re.findall(r"<p>(.*?)</p>", context.get("body", ""), flags=re.S) or [""])[0])
    home, picture = app.config.html_baseurl, f"{Path(pagename).name}.png"
    if not (Path(app.srcdir) / PICTURES / picture).exists():
        picture = "01_first_autoencoder.png"
    fields = {"type": "article", "title": re.sub(r"<[^>]+>", "", context.get("title", "")), "description": text}
    fields |= {"url": f"{home}{pagename}.html", "image": f"{home}_static/cards/{picture}"}
    fields = {name: html.escape(html.unescape(" ".join(value.split()))) for name, value in fields.items()}
    tags = [f'<meta property="og:{name}" content="{value}">' for name, value in fields.items()]
    return "".join([*tags, '<meta name="twitter:card" content="summary_large_image">'])


def add_card(app, pagename, templatename, context, doctree):
    """Called by Sphinx for each page."""
    context["metatags"] = card(app, pagename, context) + context.get("metatags", "")


def draw_cards(app, exception):
    """Called by Sphinx when all pages are written: the chapters' pictures in the shape that cards have."""
    if exception or app.builder.name != "html":
        return
    cards = Path(app.outdir, "_static", "cards")
    cards.mkdir(parents=True, exist_ok=True)
    for path in (Path(app.srcdir) / PICTURES).glob("*.png"):
        image = ImageOps.pad(Image.open(path).convert("RGB"), (1120, 550), color="white")
        ImageOps.expand(image, border=40, fill="white").save(cards / path.name)


def setup(app):
    """Called by Sphinx."""
    app.connect("html-page-context", add_card)
    app.connect("build-finished", draw_cards)
    return {"version": "1", "parallel_read_safe": True}
