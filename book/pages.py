"""A Sphinx extension: what every page of the site gets.

- Images carry their size, so that nothing moves while a page loads, and are fetched when they come into sight. Each
  has a twin for the dark theme (book/dark.py).
- A content security policy: the browser refuses to ask any other host, whatever a page may contain.
- A chapter can be downloaded as a Python script, too (jupytext).
- A card for those who share the page's address: its title, its question or first sentence, its picture.
"""

import html
import re
from pathlib import Path

import address
import dark
import jupytext
from PIL import Image, ImageOps

PICTURES = Path("book", "_static", "pictures")
IMAGE = re.compile(r'<img (?![^>]*\bloading=)([^>]*?)src="([^"]+)"([^>]*)>')
# `file:` lets the book work from a folder; the theme's own inline scripts and styles are allowed.
POLICY = "default-src 'self' file: data: blob:; script-src 'self' file: blob: 'unsafe-inline'; "
POLICY += "style-src 'self' file: 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self' file:"
# The theme decides between light and dark when its scripts have run, and shows both kinds of figures until then.
EARLY = """<script>
  try {
    if ((localStorage.mode || "auto") === "auto")
      localStorage.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  } catch {} // a browser that stores nothing
</script>"""


def classed(attributes, name):
    """The attributes of a tag with one class more."""
    if 'class="' in attributes:
        return attributes.replace('class="', f'class="{name} ')
    return f'class="{name}" {attributes}'


def sized(body, sources, images):
    """The page with the width and height of its own pictures written into it, and with their dark twins.

    `sources`: {file name: path}; `images`: the folder that the twins go to.
    """

    def mend(match):
        before, url, after = match.groups()
        path = sources.get(url.rsplit("/", 1)[-1])
        if path is None or path.suffix == ".svg" or "width=" in before + after:
            return match.group(0)
        figure = Image.open(path)
        attributes = f'{after.rstrip(" /")} width="{figure.width}" height="{figure.height}" loading="lazy"'
        twin = dark.twin(figure)
        if twin is None:
            return f'<img {before}src="{url}"{attributes}>'
        folder, _, name = url.rpartition("/")
        names = {"only-light": name, "only-dark": f"{path.stem}-dark.png"}
        images.mkdir(parents=True, exist_ok=True)
        if path.parent.name == PICTURES.name:  # on the introduction, smaller: a card's has twice its pixels there
            width = 644 if "sd-card-img-top" in before else 782
            names = {theme: f"{Path(name).stem}-{width}.webp" for theme, name in names.items()}
            for name, image in zip(names.values(), (figure.convert("RGB"), twin), strict=True):
                image.thumbnail((width, 2 * width))
                image.save(images / name, quality=65, method=6)
        else:
            twin.save(images / names["only-dark"], optimize=True)
        tags = [f'<img {classed(before, theme)}src="{folder}/{name}"{attributes}>' for theme, name in names.items()]
        return "".join(tags)

    return IMAGE.sub(mend, body)


def complete(app, pagename, templatename, context, doctree):
    """Called by Sphinx for each page, after the theme has prepared it."""
    sources = {name: Path(app.srcdir, path) for path, name in app.builder.images.items()}
    if "body" in context:
        # docutils calls citations a list without list items, which screen readers stumble over.
        body = context["body"].replace('<div role="list" class="citation-list">', '<div class="citation-list">')
        context["body"] = sized(body, sources, Path(app.outdir, app.builder.imagedir))
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    context["metatags"] = policy + EARLY + card(app, pagename, context) + context.get("metatags", "")
    notebook = Path(app.srcdir, f"{pagename}.ipynb")
    if notebook.exists():
        script = Path(app.outdir, "_sources", f"{pagename}.py")
        script.parent.mkdir(parents=True, exist_ok=True)
        chapter = jupytext.read(notebook)
        chapter.cells = [cell for cell in chapter.cells if "google.colab" not in cell.source]  # it holds a magic
        jupytext.write(chapter, script, fmt="py:percent")
        offer(context, context["pathto"](f"_sources/{pagename}.py", 1))


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


def draw_cards(app, exception):
    """Called by Sphinx when all pages are written: the chapters' pictures in the shape that cards have."""
    if exception or app.builder.name != "html":
        return
    cards = Path(app.outdir, "_static", "cards")
    cards.mkdir(parents=True, exist_ok=True)
    for path in (Path(app.srcdir) / PICTURES).glob("*.png"):
        image = ImageOps.pad(Image.open(path).convert("RGB"), (1120, 550), color="white")
        ImageOps.expand(image, border=40, fill="white").save(cards / path.name)


def publish_under_own_address(app, config):
    """The site of owner/name is owner.github.io/name, also for a fork; that of owner/owner.github.io is the host's."""
    owner, name = address.slug().split("/")
    config.notfound_urls_prefix = "/" if name == f"{owner}.github.io" else f"/{name}/"  # a missing page has any depth
    config.html_baseurl = f"https://{owner}.github.io{config.notfound_urls_prefix}"


def offer(context, url):
    """Add the script to the theme's menu of downloads."""
    for button in context.get("header_buttons", []):
        if button.get("label") == "download-buttons":
            entry = {"type": "link", "url": url, "text": ".py", "tooltip": "Download as a Python script"}
            button["buttons"].insert(1, entry | {"icon": "fas fa-code", "label": "download-script-button"})


def setup(app):
    """Called by Sphinx."""
    app.connect("config-inited", publish_under_own_address)
    app.connect("html-page-context", complete, priority=900)  # the theme adds its buttons before
    app.connect("build-finished", draw_cards)
    return {"version": "1", "parallel_read_safe": True}
