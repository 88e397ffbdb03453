"""A Sphinx extension: a bold word that the glossary has becomes a link to it, where it first stands in a chapter.

Notebooks print a new word bold and link nothing, for a link to a page of the book opens nothing in Colab. Case,
hyphens, accents and the plural do not matter. What is bold in an entry of the glossary is another name of it: **PSNR**.
"""

import re
import unicodedata

from docutils import nodes

GLOSSARY = "book/glossary"


def key(word):
    """What a word is looked up by: small letters without accents, one space between parts, in the singular."""
    plain = unicodedata.normalize("NFKD", word.lower().replace("ø", "o")).encode("ascii", "ignore").decode()
    words = " ".join(re.findall(r"[a-z0-9]+", plain))
    return re.sub(r"(?<=ss)es$|(?<!s)s$", "", re.sub(r"ies$", "y", words))


def entries(glossary):
    """{key: anchor} of a glossary's doctree: a section for each word, and perhaps other names of it."""
    found = {}
    for section in list(glossary.findall(nodes.section))[1:]:  # the first is the page
        names = [section[0].astext(), *(strong.astext() for strong in section.findall(nodes.strong))]
        found |= {key(name): section["ids"][0] for name in names}
    return found


def link(doctree, terms, address):
    """Make a page's first bold use of each of the glossary's words a link to `address`#anchor."""
    linked = set()
    for strong in list(doctree.findall(nodes.strong)):
        anchor = terms.get(key(strong.astext()))
        if anchor is None or anchor in linked or isinstance(strong.parent, (nodes.reference, nodes.title)):
            continue
        linked.add(anchor)
        reference = nodes.reference(internal=True, refuri=f"{address}#{anchor}")
        strong.replace_self(reference)
        reference += strong


def complete(app, doctree, docname):
    """Called by Sphinx for each page before it is written. Other pages link what they want to."""
    if not docname.startswith("notebooks/"):
        return
    if not hasattr(app, "glossary_entries"):
        app.glossary_entries = entries(app.env.get_doctree(GLOSSARY))
    link(doctree, app.glossary_entries, app.builder.get_relative_uri(docname, GLOSSARY))


def setup(app):
    """Called by Sphinx."""
    app.connect("doctree-resolved", complete)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
