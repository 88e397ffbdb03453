"""A server for the built site and a Chromium to read it with."""

import os
import shutil

import pytest
from playwright.sync_api import sync_playwright
from site_pages import served

CHROMIUM = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]


@pytest.fixture(scope="session")
def address():
    with served() as url:
        yield url


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM:
        # Elsewhere a browser is a bonus; where CI is set, its absence would hide what these tests are for.
        assert os.environ.get("CI") != "true", "CI needs Chromium: .ci/run installs it"
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *QUIET])
        yield browser
        browser.close()
