"""Formulas become MathML with TeX's spacing, and what cannot be translated is refused."""

import re

import mathml
import pytest


def body(tex, display=False):
    text = mathml.mathml(tex, display)
    return re.sub(r"</?mrow>|</?math[^>]*>", "", text)


def test_a_function_has_space_beside_letters_and_numbers_and_none_before_a_bracket():
    thin = '<mspace width="0.167em" />'
    assert body(r"\ln x") == f"<mi>ln</mi>{thin}<mi>x</mi>"
    assert body(r"2 \ln x") == f"<mn>2</mn>{thin}<mi>ln</mi>{thin}<mi>x</mi>"
    assert body(r"-\ln(x)").startswith('<mo>−</mo><mi>ln</mi><mo stretchy="false">(')
    assert body(r"\log_2 x") == f"<msub><mi>log</mi><mn>2</mn></msub>{thin}<mi>x</mi>"


def test_bars_and_slashes_stand_close():
    close = 'stretchy="false" lspace="0" rspace="0"'
    for tex, sign in {r"|x|": "|", r"\lVert x \rVert": "‖"}.items():
        assert re.sub(r' (\w+="\w+")', "", body(tex)) == f"<mo>{sign}</mo><mi>x</mi><mo>{sign}</mo>"
        assert all(part in body(tex) for part in close.split())
    assert all(part in body("a / b") for part in close.split())
    assert 'stretchy="true"' in body(r"\left| x \right|")


def test_limits_stand_below_and_above():
    assert body(r"\sum_{i=1}^n x", True).startswith("<munderover><mo>∑</mo>")
    assert body(r"\left[ \sum_{i} x \right]", True).count("<munder><mo>∑</mo>") == 1
    assert 'movablelimits="true">min</mo><mi>x</mi></munder>' in body(r"\min_x f", True)
    assert "<msub>" in body("x_i", True)


def test_primes_keep_their_size():
    prime = '<mo lspace="0" rspace="0">′</mo>'
    assert body("x'") == f"<mi>x</mi>{prime}"
    assert body("x'_i") == f"<msub><mi>x</mi>{prime}<mi>i</mi></msub>"
    assert body("x'^2") == f"<msup><mi>x</mi>{prime}<mn>2</mn></msup>"


def test_signs_that_mean_a_relation_or_a_sign():
    assert body(r"a \sim b") == "<mi>a</mi><mo>∼</mo><mi>b</mi>"
    assert body(r"\tilde x").endswith("~</mo></mover>")
    assert body(r"\bar x").endswith('<mo stretchy="false">‾</mo></mover>')
    assert body("a = -b") == '<mi>a</mi><mo>=</mo><mo form="prefix">−</mo><mi>b</mi>'
    assert body("(a) - b").count("form") == 0
    assert body(r"\int \mathrm{d}z").endswith("<mtext>d</mtext><mi>z</mi>")


@pytest.mark.parametrize("tex", [r"\nosuchcommand x", r"x + \textcolour{y}"])
def test_an_unknown_command_is_named(tex):
    with pytest.raises(ValueError, match=r"No MathML for \\\w+ in the formula"):
        mathml.mathml(tex, False)
