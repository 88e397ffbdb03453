"""A Sphinx extension: figures that a reader can open as an interactive map.

A notebook cell displays one bundle with two pictures of the same thing: `image/png`, which stands in the page, in
Colab and on GitHub, and a Bokeh figure as `bokeh.embed.json_item` gives it, under a MIME type of its own:

    display({"image/png": png, "application/vnd.aelib.bokeh": json.dumps(json_item(plot))}, raw=True)

As text, because a notebook file sorts the keys of what it knows to be JSON, and Bokeh reads its objects in order.
The cell's `mystnb` metadata names the figure. For a page with such bundles this extension writes each of them to
`_static/maps/<name>.js`, copies Bokeh's own script beside them, and adds `interactive.js` to the page, which puts a
button beneath the figure. These are scripts that assign a variable, and not JSON, so that the book also works when
it is opened as a file.
"""

import json
import shutil
from pathlib import Path

import bokeh.util.paths
import nbformat

MIME = "application/vnd.aelib.bokeh"
SCRIPT = bokeh.util.paths.bokehjs_path() / "js" / "bokeh.min.js"


def maps(notebook):
    """The interactive maps in a notebook's outputs, {name of the figure: JSON text}."""
    found = {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            if MIME in output.get("data", {}):
                found[cell["metadata"]["mystnb"]["figure"]["name"]] = output["data"][MIME]
    return found


def add_maps(app, pagename, templatename, context, doctree):
    """Write a page's maps and add the script that offers them. Called by Sphinx for each page."""
    path = Path(app.srcdir, f"{pagename}.ipynb")
    found = maps(nbformat.read(path, as_version=4)) if path.exists() else {}
    if not found:
        return
    folder = Path(app.outdir, "_static", "maps")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(SCRIPT, folder)
    for name, item in found.items():
        code = f"(window.aelibMaps ??= {{}})[{json.dumps(name)}] = {item};\n"
        (folder / f"{name}.js").write_text(code, encoding="utf-8")
    app.add_js_file("interactive.js", loading_method="defer", **{"data-maps": " ".join(found)})


def setup(app):
    app.connect("html-page-context", add_maps)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
