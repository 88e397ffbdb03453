"""The built site in a real Chromium: pages ask no other host, show their figures, and fit their window."""

import pytest
from site_pages import HTML, READ, asked_by, soup

FIGURES = [page for page in READ if soup(page).select("img.only-dark")]
MAPS = [page for page in READ if soup(page).find("script", attrs={"data-maps": True})]

FORMULAS = """() => {
  const all = [...document.querySelectorAll("div.math, math:not(div.math math)")].map(e => e.closest("math") ||
    e.querySelector("math"));
  const fonts = [...document.fonts].filter(font => font.family.includes("STIX")).map(font => font.status);
  return [all.length, all.filter(e => e && getComputedStyle(e).display.includes("math")).length, fonts];
}"""

MOVED = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => list.getEntries().forEach(e => sum += e.hadRecentInput ? 0 : e.value))
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(sum), 300);
})"""


@pytest.mark.parametrize("page_name", READ)
def test_a_page_asks_only_its_own_host_shows_its_pictures_and_stands_still(browser, address, page_name):
    page = browser.new_page(viewport={"width": 390, "height": 800})
    asked, failed = asked_by(page), []
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto(f"{address}/{page_name}", wait_until="networkidle")
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert page.evaluate(MOVED) < 0.1  # what web.dev calls good
    assert asked and [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert failed == []
    broken = "[...document.images].filter(i => (i.loading = 'eager', i.complete && !i.naturalWidth)).map(i => i.src)"
    assert page.evaluate(broken) == []
    formulas, set_as_math, fonts = page.evaluate(FORMULAS)
    assert formulas == set_as_math and (not formulas or fonts == ["loaded"])
    page.close()


@pytest.mark.parametrize("page_name", READ)
def test_a_page_opened_as_a_file_works_and_fits_its_window(browser, page_name):
    page = browser.new_page()
    asked, failed = asked_by(page), []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto(f"{HTML.as_uri()}/{page_name}", wait_until="load")
    assert [url for url in asked if not url.startswith((HTML.as_uri(), "data:", "blob:"))] == [] == failed
    for width in (1280, 640, 390, 320):  # 640 is what a window of 1,280 pixels has left at a zoom of 200 %
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_the_start_page_leads_to_the_introduction_also_as_a_file(browser):
    page = browser.new_page()
    page.goto((HTML / "index.html").as_uri())
    page.wait_for_url("**/book/intro.html")
    assert page.title().startswith("The Autoencoder Book")
    page.close()


@pytest.mark.parametrize("page_name, theme", [*[(page, "dark") for page in FIGURES], (FIGURES[0], "light")])
def test_each_theme_has_its_own_figures_and_loads_no_others(browser, address, page_name, theme):
    page = browser.new_page(color_scheme=theme)
    asked = asked_by(page)
    page.goto(f"{address}/{page_name}", wait_until="load")
    own, other = f"img.only-{theme}", f"img.only-{'light' if theme == 'dark' else 'dark'}"
    for image in page.locator(own).all():
        image.scroll_into_view_if_needed()
        page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=image.element_handle())
    assert page.locator(own).count() == page.locator(other).count() > 0
    assert all(caption.is_visible() for caption in page.locator("figcaption").all())
    hidden = page.locator(other).evaluate_all("all => all.map(image => image.src)")
    assert set(hidden).isdisjoint(asked)
    page.close()


# The place of a map's first point, in pixels of the window, and the images that its tooltips show.
POINT = """() => {
  const [plot] = Bokeh.index.roots, { x, y } = plot.model.renderers[0].data_source.data;
  const { left, top } = plot.canvas_view.el.getBoundingClientRect();
  return [left + plot.frame.x_scale.compute(x[0]), top + plot.frame.y_scale.compute(y[0])];
}"""
TOOLTIP = """() => {
  const all = (root) => [...root.querySelectorAll("*")].flatMap((e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])]);
  return all(document).some((e) => e.tagName === "IMG" && e.src.startsWith("data:image/") && e.naturalWidth > 0);
}"""


@pytest.mark.parametrize("finger", [False, True], ids=["mouse-over-http", "finger-on-a-file"])
@pytest.mark.parametrize("page_name", MAPS)
def test_a_map_opens_when_asked_and_shows_images(browser, address, page_name, finger):
    size = {"width": 320 if finger else 1280, "height": 800}
    page = browser.new_page(viewport=size, has_touch=finger)
    home = HTML.as_uri() if finger else address
    asked = asked_by(page)
    page.goto(f"{home}/{page_name}", wait_until="load")
    button, plot = page.locator(".map-button").first, page.locator(".map").first
    assert not any("/maps/" in url for url in asked), "a map is loaded only when it is asked for"
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".map canvas")
    assert not page.evaluate(TOOLTIP)
    plot.scroll_into_view_if_needed()
    point = page.evaluate(POINT)
    page.touchscreen.tap(*point) if finger else page.mouse.move(*point)
    page.wait_for_function(TOOLTIP)
    assert plot.bounding_box()["width"] <= size["width"]
    assert [url for url in asked if not url.startswith((home, "data:", "blob:"))] == []
    button.click()
    assert page.locator("figure:has(.map) img").first.is_visible() and not plot.is_visible()
    page.close()


@pytest.mark.parametrize("page_name", MAPS)
def test_without_its_script_a_map_stays_a_picture_and_says_why(browser, address, page_name):
    page = browser.new_page()
    page.route("**/bokeh.min.js", lambda route: route.abort())
    page.goto(f"{address}/{page_name}", wait_until="load")
    page.locator(".map-button").first.click()
    page.get_by_text("could not be loaded").wait_for()
    assert page.locator("figure:has(.map) img").first.is_visible() and not page.locator(".map").first.is_visible()
    page.close()
