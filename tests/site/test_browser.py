"""The built site in a real Chromium: pages ask no other host, show their figures, and fit their window."""

import functools
import http.server
import os
import shutil
import threading

import pytest
from playwright.sync_api import sync_playwright
from site_pages import HTML, PAGES

CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
READ = [page for page in PAGES if page.startswith(("book/", "notebooks/"))]
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]

if not CHROMIUM:
    # Elsewhere a browser is a bonus; where CI is set, its absence would hide what these tests are for.
    assert os.environ.get("CI") != "true", "CI needs Chromium: .ci/run installs it"
    pytest.skip("no Chromium on this machine", allow_module_level=True)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def address():
    handler = functools.partial(Quiet, directory=HTML)
    with http.server.ThreadingHTTPServer(("localhost", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *QUIET])
        yield browser
        browser.close()


@pytest.mark.parametrize("page_name", READ)
def test_a_page_asks_only_its_own_host_and_shows_its_pictures(browser, address, page_name):
    page = browser.new_page()
    asked, failed = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto(f"{address}/{page_name}", wait_until="networkidle")
    assert asked and [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert failed == []
    broken = "[...document.images].filter(i => (i.loading = 'eager', i.complete && !i.naturalWidth)).map(i => i.src)"
    assert page.evaluate(broken) == []
    unset = "document.querySelectorAll('.math').length > 0 && !document.querySelector('mjx-container')"
    assert not page.evaluate(unset), "formulas were not typeset"
    page.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("page_name", READ)
def test_a_page_fits_its_window(browser, address, page_name, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(f"{address}/{page_name}", wait_until="load")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_the_start_page_leads_to_the_introduction_also_as_a_file(browser):
    page = browser.new_page()
    page.goto((HTML / "index.html").as_uri())
    page.wait_for_url("**/book/intro.html")
    assert page.title().startswith("The Autoencoder Book")
    page.close()
