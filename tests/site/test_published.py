"""What the published site has beside its pages: a page for wrong addresses, a map for search engines, cards."""

import types
from urllib.parse import urlsplit
from xml.etree import ElementTree

import address
import published_address
import pytest
from PIL import Image
from site_pages import HTML, READ, Quiet, served, soup

OPTIONS = {"repository_url": f"https://github.com/{address.slug()}"}
CONFIG = types.SimpleNamespace(html_theme_options=OPTIONS)  # in place of Sphinx's
published_address.publish_under_own_address(None, CONFIG)
PREFIX = CONFIG.notfound_urls_prefix


class Published(Quiet):
    """The site under its path on the host, where a wrong address is answered with the page for it."""

    def translate_path(self, path):
        inside = path.startswith(PREFIX)
        return super().translate_path("/" + path.removeprefix(PREFIX)) if inside else str(HTML / "no such file")

    def send_error(self, code, message=None, explain=None):
        self.send_response(code)
        self.end_headers()
        self.wfile.write((HTML / "404.html").read_bytes())


@pytest.fixture(scope="module")
def host():
    with served(Published) as url:
        yield url


@pytest.mark.parametrize("path", ["no_such_page.html", "notebooks/no/such/page.html"])
def test_a_wrong_address_shows_a_page_that_leads_back(browser, host, path):
    page = browser.new_page()
    failed = []
    page.on("response", lambda response: failed.append(response.url) if response.status == 404 else None)
    page.goto(f"{host}{PREFIX}{path}", wait_until="networkidle")
    assert failed == [f"{host}{PREFIX}{path}"]  # nothing but the page itself
    page.locator("a[href$='book/intro.html']").first.click()
    assert page.url.startswith(f"{host}{PREFIX}book/intro.html")
    assert page.locator("article h1").inner_text().startswith("The Autoencoder Book")
    page.close()


def test_the_map_for_search_engines_has_every_page_at_its_address():
    tree = ElementTree.parse(HTML / "sitemap.xml")
    urls = {node.text for node in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")}
    assert {CONFIG.html_baseurl + name for name in READ} <= urls


@pytest.mark.parametrize("page_name", READ)
def test_a_page_has_a_card_with_a_picture_of_the_usual_shape(page_name):
    tags = {tag["property"]: tag["content"] for tag in soup(page_name).find_all("meta", property=True)}
    assert tags["og:url"] == CONFIG.html_baseurl + page_name
    assert tags["og:title"] and len(tags["og:description"]) > 20
    path = urlsplit(tags["og:image"]).path
    assert path.startswith(PREFIX)
    assert Image.open(HTML / path.removeprefix(PREFIX)).size == (1200, 630)
