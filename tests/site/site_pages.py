"""Where the built site is, what its pages hold, and how to serve it."""

import contextlib
import functools
import http.server
import threading
from pathlib import Path

from bs4 import BeautifulSoup

HTML = Path(__file__).resolve().parent.parent.parent / "_build" / "html"
# For tests that look at once: nothing fades and nothing glides.
STILL = "*, ::before, ::after { transition: none !important; scroll-behavior: auto !important }"
PAGES = sorted(str(path.relative_to(HTML)) for path in HTML.rglob("*.html") if "_static" not in path.parts)
READ = [page for page in PAGES if page.startswith(("book/", "notebooks/"))]


@functools.cache  # many tests read the same pages
def soup(page, root=HTML):
    return BeautifulSoup((root / page).read_text(), "html.parser")


def asked_by(page):
    """The addresses that a page asks for from now on: a list that grows."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@contextlib.contextmanager
def served(handler=Quiet):
    """The address of a server that answers from the site's folder."""
    with http.server.ThreadingHTTPServer(("localhost", 0), functools.partial(handler, directory=HTML)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
