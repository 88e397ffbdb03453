"""A Sphinx extension: pages without what they do not use.

The theme sends every icon of Font Awesome with every page, as a script of half a megabyte and as fonts. Here the
script goes, and the fonts keep the icons that this book shows.
"""

import re
from pathlib import Path

from fontTools import subset

SCRIPT = re.compile(r"\s*<script[^>]*scripts/fontawesome\.js[^>]*></script>|\s*<link[^>]*webfonts/fa-[^>]*>")
RULE = re.compile(r'([^{}]+)\{[^{}]*?(?:content|--pst-icon-[\w-]+):\s*"\\([0-9a-f]{4})"[^{}]*\}')
WOFF2 = re.compile(r'url\([^)]*webfonts/fa-[^)]*\.woff2\)\s*format\("woff2"\),?')
LATER = {"fa-compress", "fa-check", "fa-xmark"}  # shown by the theme's scripts only


def used_icons(pages, styles):
    """The code points of the icons that pages name or that style sheets show by themselves."""
    named = LATER | {name for page in pages for name in re.findall(r"\bfa-[\w-]+", page)}
    found = set()
    for style in styles:
        for selectors, code in RULE.findall(style):
            names = re.findall(r"\.(fa-[\w-]+):", selectors)
            if not names or named & set(names):
                found.add(int(code, 16))
        found |= {int(code, 16) for code in re.findall(r'--pst-icon-[\w-]+:\s*"\\([0-9a-f]{4})"', style)}
    return found


def remove_unused(app, exception):
    """Called by Sphinx when all pages are written."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir)
    pages = {path: path.read_text(encoding="utf-8") for path in out.rglob("*.html")}
    styles = {path: path.read_text(encoding="utf-8") for path in (out / "_static").rglob("*.css")}
    icons = used_icons(pages.values(), styles.values())
    for font in (out / "_static" / "vendor" / "fontawesome" / "webfonts").glob("*.ttf"):
        subset.main([str(font), f"--output-file={font}", f"--unicodes={','.join(f'{i:x}' for i in sorted(icons))}"])
        font.with_suffix(".woff2").unlink(missing_ok=True)
    for path, text in styles.items():
        if "webfonts/fa-" in text:
            path.write_text(WOFF2.sub("", text), encoding="utf-8")
    for path, text in pages.items():
        path.write_text(SCRIPT.sub("", text), encoding="utf-8")
    for script in (out / "_static" / "scripts").glob("fontawesome.js*"):
        script.unlink()


def setup(app):
    """Called by Sphinx."""
    app.connect("build-finished", remove_unused, priority=900)
    return {"version": "1", "parallel_read_safe": True}
