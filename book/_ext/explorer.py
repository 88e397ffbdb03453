"""A Sphinx extension: the latent-space explorer's script on the pages that show it (tools/train_explorer.py)."""

PAGES = ("book/intro", "notebooks/09_vae")


def add_script(app, pagename, templatename, context, doctree):
    """Called by Sphinx for each page."""
    if pagename in PAGES:
        app.add_js_file("explorer/explorer.js", loading_method="defer")


def setup(app):
    """Called by Sphinx."""
    app.connect("html-page-context", add_script)
    return {"version": "1", "parallel_read_safe": True}
