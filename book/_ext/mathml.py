"""A Sphinx extension: formulas as MathML, which browsers set by themselves (Chromium, Firefox and Safari since 2023).

No script has to load, nothing moves when it has, and formulas stand without JavaScript, too. latex2mathml translates.
Here TeX's rules of spacing, which it leaves out, are added: a thin space beside the name of a function, none around a
bar or a slash. Formulas are set in STIX Two Math, in `_static/fonts`.
"""

import re
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

FUNCTIONS = {"cos", "exp", "ln", "log", "max", "min", "sin"}
LIMITS = {"∑": {}, "max": {"movablelimits": "true"}, "min": {"movablelimits": "true"}}  # what has them below and above
ROWS = {"math", "mrow", "mstyle", "mtd"}
SCRIPTS = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}
TIGHT = {"lspace": "0", "rspace": "0"}
BARS = {"|", "‖", "∥"}
CLOSING = {")", "]", "|", "‖", "∥"}


def mathml(tex, display):
    """The formula as MathML, for a line of its own if `display` is true; ValueError for what has no translation."""
    tex = re.sub(r"\\mathrm\{(\w)\}", r"\\text{\1}", tex)  # one upright letter: d of an integral
    tree = ElementTree.fromstring(convert(tex, xmlns="", display="block" if display else "inline"))
    tree.attrib.pop("xmlns", None)
    unknown = {word for node in tree.iter() for word in re.findall(r"\\\w+", node.text or "")}
    if unknown:
        raise ValueError(f"No MathML for {', '.join(sorted(unknown))} in the formula {tex}")
    for node in list(tree.iter()):
        adjust(node)
        if node.tag in ROWS:
            node[:] = spaced(list(node))
    return ElementTree.tostring(tree, encoding="unicode")


def adjust(node):
    """Operators without the space that MathML's dictionary gives them; limits below and above; primes in full size."""
    if node.tag == "mo" and (node.text == "/" or (node.text in BARS and node.get("stretchy") != "true")):
        node.attrib |= TIGHT | {"stretchy": "false"}
    if node.tag == "mspace" and node.get("width") == "negativethinmathspace":
        node.set("width", "0")  # browsers know no names of widths
    if node.tag == "mover" and node[-1].text == "¯":
        node[-1].text, node[-1].attrib = "‾", {"stretchy": "false"}  # the macron is too short, or stretched too far
    if "columnalign" in node.attrib:
        node.set("style", f"text-align: {node.attrib.pop('columnalign')}")
    if node.tag in ROWS:
        for before, child in zip([None, *node], node):  # noqa: B905 - one more before the first
            if child.text in {";", ":", "~"}:
                child.tag, child.text = "mo", child.text.replace("~", "∼")  # a relation; the tilde has another sign
            elif child.text == "−" and before is not None and before.tag == "mo" and before.text not in CLOSING:
                child.set("form", "prefix")
    if node.tag in SCRIPTS and node[0].text in LIMITS:
        node.tag = SCRIPTS[node.tag]
        node[0].attrib |= LIMITS[node[0].text]
    elif node.tag in {"msup", "msubsup"} and "′" in (node[-1].text, *(child.text for child in node[-1][:1])):
        prime, rest = (node[-1][0], node[-1][1:]) if len(node[-1]) else (node[-1], [])
        prime.tag, prime.attrib = "mo", dict(TIGHT)
        row = ElementTree.Element("mrow")
        row.extend([node[0], prime])
        node.tag = {"msup": "mrow", "msubsup": "msub"}[node.tag] if not rest else node.tag
        node[:] = [row, *node[1:-1], *rest]


def spaced(row):
    """The row with a thin space between the name of a function and what is no operator or bracket."""
    out = []
    for i, node in enumerate(row):
        head = node[0] if len(node) and (node.tag in SCRIPTS or node.tag in SCRIPTS.values()) else node
        if head.text not in FUNCTIONS:
            out.append(node)
            continue
        head.attrib |= TIGHT if head.tag == "mo" else {}
        before, after = row[max(i - 1, 0) : i], row[i + 1 : i + 2]
        out += [thin() for other in before if other.tag not in {"mo", "mspace"} or other.text in CLOSING]
        out.append(node)
        out += [thin() for other in after if other.tag != "mspace" and other.text not in {"(", "[", ",", *CLOSING}]
    return out


def thin():
    return ElementTree.Element("mspace", {"width": "0.167em"})


def translate(node, display):
    """The node's formula; a warning, which fails the build, for one that has no translation."""
    try:
        return mathml(node.astext(), display)
    except (ValueError, ElementTree.ParseError) as error:
        logging.getLogger(__name__).warning(str(error), location=node)
        return ""


def visit_inline(self, node):
    """Called by Sphinx for a formula within a sentence."""
    self.body.append(translate(node, display=False))
    raise nodes.SkipNode


def visit_block(self, node):
    """Called by Sphinx for a formula on a line of its own."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
    self.add_permalink_ref(node, "Link to this equation")
    self.body.append("</span>")
    self.body.append(translate(node, display=True) + "</div>\n")
    raise nodes.SkipNode


def number_all(app, doctree):
    """Called by Sphinx for each page read: a formula on its own line gets a number, through the book as figures do."""
    for i, node in enumerate(doctree.findall(nodes.math_block), 1):
        if not node["number"]:
            node["ids"], node["number"] = [f"equation-{i}"], i


def setup(app):
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.connect("doctree-read", number_all)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
