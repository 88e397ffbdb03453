"""Bold words that the glossary has become links to it, at their first use on a page."""

import chapters
import glossary_links
import nbformat
import pytest
from docutils import nodes
from docutils.core import publish_doctree

GLOSSARY = """
Glossary
########

peak signal-to-noise ratio
==========================
**PSNR**: in decibels.

code
====
What passes.

loss
====
A number.

Frechet distance
================
A distance.
"""
PAGE = """
A **code** page
###############

Two **Codes**, a **code** again, **losses** and a **loss**, a *code*, **other words**.

`A link with <http://a.b>`_ and **PSNR** and **peak signal to noise ratios** and the **Fréchet distance**.
"""


def parsed(text):
    return publish_doctree(text, settings_overrides={"doctitle_xform": 0})


def test_entries_have_their_title_and_what_is_bold_in_them():
    found = glossary_links.entries(parsed(GLOSSARY))
    assert found == {
        "peak signal to noise ratio": "peak-signal-to-noise-ratio",
        "psnr": "peak-signal-to-noise-ratio",
        "code": "code",
        "loss": "loss",
        "frechet distance": "frechet-distance",
    }


def test_the_first_bold_use_on_a_page_is_a_link():
    page = parsed(PAGE)
    glossary_links.link(page, glossary_links.entries(parsed(GLOSSARY)), "../book/glossary.html")
    links = [(r.astext(), r["refuri"]) for r in page.findall(nodes.reference) if r.get("internal")]
    assert links == [
        ("Codes", "../book/glossary.html#code"),
        ("losses", "../book/glossary.html#loss"),
        ("PSNR", "../book/glossary.html#peak-signal-to-noise-ratio"),
        ("Fréchet distance", "../book/glossary.html#frechet-distance"),
    ]
    assert all(isinstance(r.children[0], nodes.strong) for r in page.findall(nodes.reference) if r.get("internal"))


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("Autoencoders", "autoencoder"),
        ("KL-divergence", "KL divergence"),
        ("Bjøntegaard delta rate", "Bjontegaard delta rates"),
        ("similarities", "similarity"),
        ("pre-training", "Pre training"),
    ],
)
def test_words_that_are_the_same(word, other):
    assert glossary_links.key(word) == glossary_links.key(other)


def test_words_that_are_not_the_same():
    assert len({glossary_links.key(word) for word in ("loss", "los", "code", "codec", "prior", "posterior")}) == 6


GLOSSARY_WORDS = {
    glossary_links.key(name)
    for line in (chapters.ROOT / "book/glossary.md").read_text().splitlines()
    for name in ([line[3:]] if line.startswith("## ") else line.split("**")[1::2])
}


def test_no_word_of_the_glossary_has_two_entries():
    text = (chapters.ROOT / "book/glossary.md").read_text()
    heads = [glossary_links.key(line[3:]) for line in text.splitlines() if line.startswith("## ")]
    bold = [glossary_links.key(name) for name in text.split("**")[1::2]]
    assert len(set(heads + bold)) == len(heads + bold)


@pytest.mark.parametrize("path", chapters.paths(), ids=lambda path: path.stem)
def test_a_chapter_has_bold_words_that_the_glossary_explains(path):
    cells = nbformat.read(path, as_version=4).cells
    bold = {w for c in cells if c.cell_type == "markdown" for w in c.source.split("**")[1::2]}
    assert len({glossary_links.key(word) for word in bold} & GLOSSARY_WORDS) >= 3
