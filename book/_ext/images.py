"""A Sphinx extension: images carry their size, wait until they come into sight, and have a twin for the dark theme.

With a size nothing moves while a page loads. The twins are made by dark_figures.py.
"""

import re
from pathlib import Path

import dark_figures
from PIL import Image

SMALLER = ("pictures", "recipes")  # the folders of the introduction's pictures and of those of the recipes
IMAGE = re.compile(r'<img (?![^>]*\bloading=)([^>]*?)src="([^"]+)"([^>]*)>')
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

    def completed(match):
        before, url, after = match.groups()
        path = sources.get(url.rsplit("/", 1)[-1])
        if path is None or path.suffix == ".svg" or "width=" in before + after:
            return match.group(0)
        figure = Image.open(path)
        attributes = f'{after.rstrip(" /")} width="{figure.width}" height="{figure.height}" loading="lazy"'
        twin = dark_figures.twin(figure)
        if twin is None:
            return f'<img {before}src="{url}"{attributes}>'
        folder, _, name = url.rpartition("/")
        names = {"only-light": name, "only-dark": f"{path.stem}-dark.png"}
        images.mkdir(parents=True, exist_ok=True)
        if path.parent.name in SMALLER:  # on a page with many of them; a card's picture has twice its pixels there
            width = 644 if "sd-card-img-top" in before else 782
            names = {theme: f"{Path(name).stem}-{width}.webp" for theme, name in names.items()}
            for name, image in zip(names.values(), (figure.convert("RGB"), twin), strict=True):
                image.thumbnail((width, 2 * width))
                image.save(images / name, quality=65, method=6)
        else:
            twin.save(images / names["only-dark"], optimize=True)
        tags = [f'<img {classed(before, theme)}src="{folder}/{name}"{attributes}>' for theme, name in names.items()]
        return "".join(tags)

    return IMAGE.sub(completed, body)


def complete(app, pagename, templatename, context, doctree):
    """Called by Sphinx for each page, after the theme has prepared it."""
    sources = {name: Path(app.srcdir, path) for path, name in app.builder.images.items()}
    if "body" in context:
        context["body"] = sized(context["body"], sources, Path(app.outdir, app.builder.imagedir))
    context["metatags"] = EARLY + context.get("metatags", "")


def setup(app):
    """Called by Sphinx."""
    app.connect("html-page-context", complete, priority=900)
    return {"version": "1", "parallel_read_safe": True}
