"""A Sphinx extension: the browser refuses to ask any other host, whatever a page may contain."""

# `file:` lets the book work from a folder; the theme's own inline scripts and styles are allowed.
POLICY = "default-src 'self' file: data: blob:; script-src 'self' file: blob: 'unsafe-inline'; "
POLICY += "style-src 'self' file: 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self' file:"


def forbid(app, pagename, templatename, context, doctree):
    """Called by Sphinx for each page, after all others: what stands above the policy is not bound by it."""
    tag = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    context["metatags"] = tag + context.get("metatags", "")


def setup(app):
    """Called by Sphinx."""
    app.connect("html-page-context", forbid, priority=950)
    return {"version": "1", "parallel_read_safe": True}
