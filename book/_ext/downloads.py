"""A Sphinx extension: a chapter can be downloaded as a Python script, too (jupytext)."""

from pathlib import Path

import jupytext


def write_script(app, pagename, templatename, context, doctree):
    """Called by Sphinx for each page, after the theme has made its menu of downloads."""
    notebook = Path(app.srcdir, f"{pagename}.ipynb")
    if not notebook.exists():
        return
    script = Path(app.outdir, "_sources", f"{pagename}.py")
    script.parent.mkdir(parents=True, exist_ok=True)
    chapter = jupytext.read(notebook)
    chapter.cells = [cell for cell in chapter.cells if "google.colab" not in cell.source]  # it holds a magic
    jupytext.write(chapter, script, fmt="py:percent")
    offer(context, context["pathto"](f"_sources/{pagename}.py", 1))


def offer(context, url):
    """Add the script to the theme's menu of downloads."""
    for button in context.get("header_buttons", []):
        if button.get("label") == "download-buttons":
            entry = {"type": "link", "url": url, "text": ".py", "tooltip": "Download as a Python script"}
            button["buttons"].insert(1, entry | {"icon": "fas fa-code", "label": "download-script-button"})


def setup(app):
    """Called by Sphinx."""
    app.connect("html-page-context", write_script, priority=900)
    return {"version": "1", "parallel_read_safe": True}
