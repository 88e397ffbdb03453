"""What makes the site pleasant: light pages that stand still, a search that finds, nothing in the way of anyone."""

import base64
import gzip
import json
import statistics

import explorer
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from site_pages import HTML, READ, STILL, asked_by, soup

EXPLORERS = [f"{page}.html" for page in explorer.PAGES]
KB = 1000


def weight(browser, address, page_name):
    """Bytes that a page asks for, read to its end, as a web server sends them: text compressed."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    responses = []
    page.on("response", lambda response: responses.append(response))  # noqa: PLW0108 - Playwright wants a function
    page.goto(f"{address}/{page_name}", wait_until="load")
    page.evaluate("document.querySelectorAll('img:not(.only-dark)').forEach(i => i.loading = 'eager')")
    page.wait_for_function("() => [...document.querySelectorAll('img:not(.only-dark)')].every(i => i.complete)")
    page.evaluate("document.fonts.ready.then(() => true)")
    packed = (".png", ".webp", ".woff", ".ttf")
    size = sum(len(r.body() if r.url.endswith(packed) else gzip.compress(r.body())) for r in responses)
    page.close()
    return size


def test_pages_are_light(browser, address):
    weights = {page_name: weight(browser, address, page_name) for page_name in READ}
    chapters = [whole for name, whole in weights.items() if name.startswith("notebooks/")]
    assert {name: whole for name, whole in weights.items() if whole > 2000 * KB} == {}
    assert statistics.median(chapters) < 900 * KB
    assert weights["book/intro.html"] < 500 * KB


@pytest.mark.parametrize("page_name", READ)
def test_pictures_have_their_size_and_wait_until_they_are_in_sight(page_name):
    pictures = soup(page_name).select("article img")
    assert [img["src"] for img in pictures if not (img.get("width") and img.get("height"))] == []
    assert [img["src"] for img in pictures if img.get("loading") != "lazy"] == []


# Axe looks at each word of code and each sign of a formula. One of each color, on each ground, tells as much.
THIN_OUT = """() => {
  const seen = new Set(), first = (kind) => !seen.has(kind) && seen.add(kind);
  for (const word of document.querySelectorAll("div.highlight pre span[class], .sig span[class]")) {
    const block = word.closest("div.highlight, .sig"); // none if it was in a word that has gone
    if (block && !first(word.className + " in " + block.parentElement.className)) word.replaceWith(word.textContent);
  }
  for (const formula of document.querySelectorAll("math"))
    if (!first(formula.parentElement.tagName + " in " + formula.closest("[class]").className)) formula.remove();
}"""
ONLY_WHAT_IS_WRONG = {"resultTypes": ["violations"]}  # without all that is right, which takes as long to tell
COLORS = {"runOnly": ["color-contrast", "link-in-text-block"]}  # the rules whose answer may differ in the dark theme


def opened_for_axe(browser, address, page_name):
    page = browser.new_page(bypass_csp=True)  # axe comes from outside
    page.goto(f"{address}/{page_name}", wait_until="load")
    page.add_style_tag(content=STILL)
    page.evaluate(THIN_OUT)
    return page


def serious(page, theme, options):
    """What axe finds that hinders readers: rule and place."""
    page.evaluate(f"document.documentElement.dataset.theme = {theme!r}")
    found = Axe().run(page, options=ONLY_WHAT_IS_WRONG | options).response["violations"]
    return [(v["id"], v["nodes"][0]["html"][:150]) for v in found if v["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("page_name", READ)
def test_axe_finds_nothing_serious(browser, address, page_name):
    page = opened_for_axe(browser, address, page_name)
    assert serious(page, "light", {}) == []
    assert serious(page, "dark", COLORS) == []
    page.close()


def test_axe_finds_planted_faults(browser, address):
    page = opened_for_axe(browser, address, "book/history.html")
    page.evaluate("document.querySelector('article').append(new Image())")
    page.evaluate("document.querySelector('article p').style.color = '#777'")
    assert {rule for rule, _ in serious(page, "light", {})} == {"color-contrast", "image-alt"}
    assert {rule for rule, _ in serious(page, "dark", COLORS)} == {"color-contrast"}
    page.close()


QUERIES = {
    "bottleneck": "02_bottleneck",
    "PCA": "02_bottleneck",
    "code size": "02_bottleneck",
    "cross-entropy": "03_losses",
    "nats": "book/glossary",  # it says what a nat is, and where
    "learning rate": "04_training",
    "early stopping": "04_training",
    "convolution": "05_convolutions",
    "t-SNE": "06_dimensionality_reduction",
    "JPEG": "07_codec",
    "compression": "07_codec",
    "noise": "08_denoising",
    "median filter": "08_denoising",
    "ELBO": "book/mathematics",  # its derivation
    "variational autoencoder": "09_vae",
    "posterior collapse": "09_vae",
    "conditional": "10_conditional_vae",
    "augmentation": "10_conditional_vae",
    "linear probe": "11_representations",
    "anomaly": "12_anomalies",
}


@pytest.fixture(scope="module")
def search_page(browser):
    """One page for all searches: its browser keeps the index, which is large."""
    page = browser.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("query", QUERIES)
def test_the_search_finds_the_right_page_among_its_first_three(search_page, address, query):
    page = search_page
    page.goto(f"{address}/search.html?q={query}", wait_until="load")
    page.wait_for_selector("#search-results li a")
    page.wait_for_function("() => !document.querySelector('#search-progress')?.textContent.includes('.')")
    found = page.locator("#search-results li a").evaluate_all("links => links.map(a => a.href)")
    pages = list(dict.fromkeys(url.split("?")[0].split("#")[0] for url in found))
    assert any(QUERIES[query] in url for url in pages[:3]), pages[:5]


def test_no_page_may_ask_another_host(browser, address):
    policies = {p: soup(p).find("meta", attrs={"http-equiv": "Content-Security-Policy"}) for p in READ}
    assert [name for name, policy in policies.items() if policy is None] == []
    page = browser.new_page()
    page.goto(f"{address}/book/intro.html", wait_until="load")
    refused = """() => new Promise(done => {
      document.addEventListener("securitypolicyviolation", e => done(e.blockedURI));
      document.body.append(Object.assign(new Image(), {src: "https://elsewhere.example/x.png"}));
    })"""
    assert "elsewhere.example" in page.evaluate(refused)
    page.close()


@pytest.fixture(scope="module")
def decoder():
    """Keras's decoder with the weights that the explorer's page has."""
    import aelib

    text = (HTML / "_static" / "explorer" / "decoder.js").read_text()
    content = json.loads(text[text.index("{") : text.rindex("}") + 1])
    values = np.frombuffer(base64.b64decode(content["data"]), "<f2").astype("float32")
    ends = np.cumsum([np.prod(shape) for shape in content["shapes"]])
    weights = [part.reshape(s) for part, s in zip(np.split(values, ends[:-1]), content["shapes"], strict=True)]
    model = aelib.dense_decoder(2, (28, 28, 1), tuple(len(bias) for bias in weights[1:-1:2]))
    model.set_weights(weights)
    return lambda z: 1 / (1 + np.exp(-model.predict(np.array([z], "float32"), verbose=0).ravel()))


SET = """async ([a, b]) => {
  const widget = document.querySelector(".explorer-widget"), [one, two] = widget.querySelectorAll("input");
  [one.value, two.value, widget.pixels] = [a, b, undefined];
  one.dispatchEvent(new Event("input"));
  while (!widget.pixels) await new Promise(requestAnimationFrame);
  return [...widget.pixels];
}"""


def test_the_explorer_draws_what_keras_draws(browser, address, decoder):
    assert (HTML / "_static" / "explorer" / "decoder.js").stat().st_size < 400 * KB
    for page_name in EXPLORERS:  # one test, so that Keras is started once
        page = browser.new_page()
        page.goto(f"{address}/{page_name}", wait_until="load")
        for z in [(0, 0), (1.5, -0.75), (-3, 3), (0.05, 2.2)]:
            np.testing.assert_allclose(page.evaluate(SET, z), decoder(z), atol=1e-3)
        page.close()


DRAWN = """[...document.querySelector(".explorer-widget canvas").getContext("2d").getImageData(0, 0, 28, 28).data]
  .filter((value, i) => i % 4 === 0 && value > 128).length"""


@pytest.mark.parametrize("way", ["mouse", "finger-on-a-file", "keys"])
@pytest.mark.parametrize("page_name", EXPLORERS)
def test_the_explorer_follows(browser, address, page_name, way):
    finger = way == "finger-on-a-file"
    page = browser.new_page(viewport={"width": 320 if finger else 1280, "height": 800}, has_touch=finger)
    asked = asked_by(page)
    page.goto(f"{HTML.as_uri() if finger else address}/{page_name}", wait_until="load")
    assert not any("decoder.js" in url for url in asked), "the weights are fetched at the first touch"
    pad = page.locator(".explorer-pad").first
    pad.scroll_into_view_if_needed()
    if not finger:  # a file's pixels cannot be read back
        page.wait_for_function(f"() => {DRAWN} > 20")
    box = pad.bounding_box()
    x, y = box["x"] + 0.25 * box["width"], box["y"] + 0.75 * box["height"]
    if way == "keys":
        page.locator(".explorer-widget input").first.focus()
        page.keyboard.press("ArrowRight")  # from the code of the image that stands there at first
        wanted = (0.15, 0.1)
    else:
        page.touchscreen.tap(x, y) if finger else (page.mouse.move(x, y), page.mouse.down(), page.mouse.up())
        wanted = (-0.67, -0.67)  # a quarter of a normal distribution lies below
    page.wait_for_selector(".explorer-widget[data-pixels='784']")
    values = page.locator(".explorer-widget input").evaluate_all("all => all.map(e => Number(e.value))")
    assert np.allclose(values, wanted, atol=0.06)
    page.close()


def test_without_javascript_a_picture_stands_in_the_explorers_place(browser, address):
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{address}/book/intro.html", wait_until="load")
    assert page.locator("figure.explorer img").is_visible()
    page.close()


@pytest.mark.parametrize("page_name", [page for page in READ if page.startswith("notebooks/")])
def test_a_chapter_can_be_taken_along(page_name):
    links = [link["href"] for link in soup(page_name).select("header a, .header-article a, .article-header-buttons a")]
    for end in (".ipynb", ".py"):
        (link,) = [href for href in links if href.endswith(end) and "://" not in href]
        assert (HTML / "notebooks" / link).resolve().exists()
    assert any(href.startswith("https://colab.research.google.com") for href in links)
    script = (HTML / "_sources" / page_name).with_suffix(".py").read_text()
    compile(script, page_name, "exec")
