"""Methods as pages and as text: formulas drawn right, everything named, nothing executable."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capwright.filing.formulas import mathml, mathml_equation, plain, plain_symbol, unit_shown
from capwright.filing.page import method_page, method_text
from capwright.mrv.library import method, methods
from tests.filing_worlds import world

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_text_of_a_method_stays_as_it_is(lang):
    assert method_text(world(), lang) == (GOLDEN / f"filing-method-{lang}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_of_a_method_stays_as_it_is(lang):
    body = re.sub(r"<style>.*?</style>", "", method_page(world(), lang), flags=re.DOTALL)
    kept = (GOLDEN / f"filing-method-{lang}.html").read_text(encoding="utf-8")
    assert body.replace("><", ">\n<") == kept


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", methods())
def test_every_shipped_method_has_a_page_and_a_text(name, lang):
    made = method(name)
    page, text = method_page(made, lang), method_text(made, lang)
    for said in (made.id, made.digest, *(form.code for one in made.body.components for form in one.forms)):
        assert said in page
        assert said in text
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"(?!#|data:)", page)


def well_formed(page: str) -> ET.Element:
    """The page as XML: HTML allows a few elements to stay open, which the page has in its head only."""
    return ET.fromstring(page[page.index("<body>") : page.index("</html>")])  # noqa: S314 - our own


def test_the_page_is_well_formed_and_escapes_what_the_method_says():
    page = method_page(world(), "en")
    body = well_formed(page)
    assert "Method &lt;with&gt; everything" in page
    assert len(body.findall(".//section")) == 8  # four components, outputs, ratios, tables, sources
    assert len(body.findall(".//math")) > 20


def test_doubtful_numbers_are_marked():
    page = method_page(world(), "en")
    assert '<span class="doubt" title="GB/T 1; not checked">[from memory]</span>' in page


@pytest.mark.parametrize(
    ("formula", "wanted"),
    [
        ("FC * NCV * CO2_C", "FC × NCV × 44/12"),
        ("Q * FR0 * tC_t * CO2_C", "Q × FR₀ × 44/12"),
        ("Q * GJ_MWh", "Q × 3.6"),
        ("a - (b - c)", "a − (b − c)"),
        ("a - (b + c) * d", "a − (b + c) × d"),
        ("a / (b * c)", "a / (b × c)"),
        ("a * (b / c)", "a × (b / c)"),
        ("a / b / c", "a / b / c"),
        ("max(a, b - 1) / eta", "max(a, b − 1) / η"),
    ],
)
def test_formulas_on_one_line(formula, wanted):
    assert plain(formula) == wanted


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("C_ar", "Cₐᵣ"),
        ("FR10", "FR₁₀"),
        ("y_CO2", "y_CO₂"),
        ("E_fuel", "E_fuel"),
        ("NCV", "NCV"),
        ("mu", "μ"),
    ],
)
def test_symbols(code, wanted):
    assert plain_symbol(code) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("10^4 Nm3", "10⁴ Nm³"),
        ("kgCF4/tAl/mV", "kgCF₄/tAl/mV"),
        ("tCO2e/m2", "tCO₂e/m²"),
        ("kgHFC-134a", "kgHFC-134a"),
        ("t*km", "t·km"),
        ("min", "min"),
    ],
)
def test_units(text, wanted):
    assert unit_shown(text) == wanted


def test_a_fraction_gathers_what_is_divided():
    assert mathml("a * b / c * d / f * 44 / 12") == mathml("a * b * d * 44 / (c * f * 12)")
    assert mathml("a * CO2_C / b") == (
        "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac><mo>×</mo>"
        "<mfrac><mrow><mn>44</mn></mrow><mrow><mn>12</mn></mrow></mfrac>"
    )


def test_a_sum_that_is_taken_off_stands_in_brackets():
    assert "<mo>−</mo><mrow><mo>(</mo>" in mathml_equation("E_x", "a + b", sign=-1)
    assert "<mo>(</mo>" not in mathml_equation("E_x", "a * b", sign=-1)


# What is drawn means what is written: both ways of writing are read back and worked out.

VALUES = {"a": Fraction(2), "b": Fraction(3), "c": Fraction(5), "d": Fraction(7)}
TERMS = st.recursive(
    st.sampled_from([*VALUES, "4", "CO2_C"]),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
    max_leaves=8,
)


def worked(text: str) -> Fraction | None:
    """The value of Python's own reading of a formula."""
    numbers = re.sub(r"\b\d+\b", lambda match: f"Fraction({match[0]})", text)
    try:
        return eval(numbers, {"Fraction": Fraction}, VALUES)  # noqa: S307 - made by the test
    except ZeroDivisionError:
        return None


def drawn(node: ET.Element) -> str:
    """MathML as a formula again."""
    if node.tag == "mfrac":
        return f"(({drawn(node[0])}) / ({drawn(node[1])}))"
    if node.tag in {"mi", "mn", "mo"}:
        return {"×": "*", "−": "-"}.get(node.text, node.text)
    return " ".join(drawn(each) for each in node)


@given(TERMS)
def test_what_is_drawn_means_what_is_written(text):
    wanted = worked(text.replace("CO2_C", "(44/12)"))
    tree = ET.fromstring(f"<mrow>{mathml(text)}</mrow>")  # noqa: S314 - our own
    on_a_line = worked(plain(text).replace("×", "*").replace("−", "-"))
    if wanted is not None:
        assert on_a_line == wanted
        assert worked(drawn(tree)) == wanted
