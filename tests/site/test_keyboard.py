"""The site without a mouse: every stop of the Tab key is seen, nothing is out of reach, menus and answers open."""

import pytest
from site_pages import READ, STILL

# What has the focus, once: is its middle, as far as it is in the window, on top, and is there a ring around it?
STOP = """() => {
  const e = document.activeElement;
  if (e === document.body || e.dataset.walked) return null;
  e.dataset.walked = true;
  const box = e.getClientRects()[0], styles = [getComputedStyle(e), getComputedStyle(e, "::after")];
  const middle = (from, to, end) => (Math.max(from, 0) + Math.min(to, end)) / 2;
  const [x, y] = [middle(box.left, box.right, innerWidth), middle(box.top, box.bottom, innerHeight)];
  const top = document.elementFromPoint(x, y);
  const seen = top !== null && (e.contains(top) || top.contains(e)) && Number(styles[0].opacity) > 0.5;
  const ring = styles.some(style => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
    || /0px 0px 0px [2-9]px(?! inset)/.test(style.boxShadow));
  return [e.outerHTML.slice(0, 120), seen, ring];
}"""
LEFT_OUT = """() => [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")]
  .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.disabled && e.tabIndex >= 0 && !e.dataset.walked)
  .map(e => e.outerHTML.slice(0, 120))"""


def opened(browser, address, page_name, width=1280):
    page = browser.new_page(viewport={"width": width, "height": 800}, bypass_csp=True)  # the style comes from outside
    page.goto(f"{address}/{page_name}", wait_until="load")
    page.add_style_tag(content=STILL)
    return page


@pytest.mark.parametrize("page_name", READ)
def test_tab_reaches_everything_and_shows_where_it_is(browser, address, page_name):
    page = opened(browser, address, page_name)
    hidden, bare = [], []
    for _ in range(2000):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            break
        name, seen, ring = stop
        hidden += [name] * (not seen)
        bare += [name] * (not ring)
    assert (hidden, bare, page.evaluate(LEFT_OUT)) == ([], [], [])
    page.close()


def focused(page, selector):
    return page.evaluate(f"document.activeElement.closest({selector!r}) !== null")


def test_the_first_stop_leads_past_the_menus(browser, address):
    page = opened(browser, address, "notebooks/04_training.html")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page, "main")
    page.close()


def test_search_answers_and_downloads_open_by_keys(browser, address):
    page = opened(browser, address, "notebooks/04_training.html")
    page.locator("details summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") is not None
    page.locator("button[aria-label='Download this page']").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert focused(page, "a[href$='.ipynb']")
    page.keyboard.press("Escape")
    assert focused(page, "button[aria-label='Download this page']")
    page.keyboard.press("Control+k")
    assert focused(page, "input[type=search]")
    page.keyboard.press("Escape")
    assert not focused(page, "input[type=search]")
    page.keyboard.press("Control+k")
    page.keyboard.type("early stopping")
    with page.expect_navigation(url="**/search.html?q=early+stopping**"):
        page.keyboard.press("Enter")
    page.close()


def test_on_a_phone_the_menu_of_pages_opens_and_closes_by_keys(browser, address):
    page = opened(browser, address, "notebooks/04_training.html", width=390)
    page.locator("button.primary-toggle").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused(page, "dialog[open] nav, dialog[open] a, dialog[open] button")
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    page.close()
