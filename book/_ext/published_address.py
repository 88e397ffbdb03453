"""A Sphinx extension: the published site knows its own address, also that of a fork."""


def publish_under_own_address(app, config):
    """The site of owner/name is owner.github.io/name, also for a fork; that of owner/owner.github.io is the host's."""
    owner, name = config.html_theme_options["repository_url"].split("/")[-2:]
    config.notfound_urls_prefix = "/" if name == f"{owner}.github.io" else f"/{name}/"  # a missing page has any depth
    config.html_baseurl = f"https://{owner}.github.io{config.notfound_urls_prefix}"


def setup(app):
    """Called by Sphinx."""
    app.connect("config-inited", publish_under_own_address)
    return {"version": "1", "parallel_read_safe": True}
