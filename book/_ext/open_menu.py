"""A Sphinx extension: the menu shows a chapter's deeper part under it at once, without a toggle that hides it."""

import re


def without_toggles(html):
    """The theme's menu with its nested lists open."""
    return re.sub(r"<details[^>]*>\s*<summary>.*?</summary>|</details>", "", html, flags=re.S)


def open_menu(app, pagename, templatename, context, doctree):
    """Called by Sphinx for each page, after the theme has brought the function that its templates call."""
    generate = context["generate_toctree_html"]

    def opened(kind, **options):
        menu = generate(kind, **options)
        return without_toggles(str(menu)) if kind == "sidebar" else menu

    context["generate_toctree_html"] = opened


def setup(app):
    """Called by Sphinx."""
    app.connect("html-page-context", open_menu, priority=900)
    return {"version": "1", "parallel_read_safe": True}
