"""A method: what is counted, with which symbols, units and formulas, from which source. Data, not code.

A method has components (fuel burned, clinker, bought electricity …). A report has streams, each of a
component: this kiln's coal, that meter's electricity. A component states its symbols with units, and its
forms in order of precedence: the first form whose symbols are all known is used, so that measured carbon goes
before a heating value, and a heating value before a default.

Defaults name a value of a factor table: `fuel:ncv` is column `ncv` of the table that the method calls `fuel`,
in the row of the stream's item; `heat:steam.ef` names the row as well. `@year` stands for the year of the
report, or the last one before it that the table has (a factor is published years later); `@area` for the area
of the installation. `same:electricity.EF` is the default of another component's symbol.

A method's name is `code@version`. A published version never changes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from msgspec import Struct, field

from capwright.mrv.factors import FactorTable
from capwright.scheme.section import Citation, Section

__all__ = [
    "Check",
    "Coefficient",
    "Component",
    "Form",
    "Indicator",
    "Method",
    "MethodBody",
    "Output",
    "Scope",
    "Symbol",
    "Tier",
]

Need = Literal["tier", "uncertainty", "note"]
Role = Literal["activity", "property", "factor"]
Scope = Literal["combustion", "process", "waste", "electricity", "heat", "deduction", "memo"]


class Tier(Section, frozen=True, kw_only=True):
    """A level of care of the EU's monitoring regulation; `uncertainty` is the most allowed, as a fraction.

    A datum that names a tier of its symbol must have it; one that gives its uncertainty must meet its tier.
    """

    tier: str
    en: str
    zh: str
    uncertainty: Decimal | None = None


class Symbol(Section, frozen=True, kw_only=True):
    """One quantity of a component.

    `unit` may hold `{per}`, the unit in which the stream's item is counted. An `activity` adds up over the
    months; a `property` (heating value, carbon content, moisture) is averaged with `weight`, the symbol of an
    activity (empty: the component's first); a `factor` holds for the year.

    `default` names a value of a factor table; `value` fixes the number; `formulas` derive it from other
    symbols where it is not given, the first that can be worked out. A symbol that is `fixed` may not be
    given: the method prescribes it. `least` and `most` bound what is possible: beyond them lies a slip, not a
    figure. `needs` names what a datum of it must state besides its value.
    """

    code: str
    en: str
    zh: str
    unit: str
    role: Role = "property"
    weight: str = ""
    default: str = ""
    value: Decimal | None = None
    fixed: bool = False
    formulas: tuple[str, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None
    least_per: dict[str, Decimal] = field(default_factory=dict)
    most_per: dict[str, Decimal] = field(default_factory=dict)
    tiers: tuple[Tier, ...] = ()
    needs: tuple[Need, ...] = ()


class Form(Section, frozen=True, kw_only=True):
    """One way to work a component out; `formula` gives the amount of the component's gas."""

    code: str
    en: str
    zh: str
    formula: str


class Check(Section, frozen=True, kw_only=True):
    """What must hold where both sides are known: `low` is not above `high`."""

    code: str
    en: str
    zh: str
    low: str
    high: str


class Component(Section, frozen=True, kw_only=True):
    """A kind of source stream.

    `gas` is what the forms give, in t (`tCO2`, `tCH4` …); `@item` where the item is the gas. `table` names
    the method's table whose items the streams choose from. `per` month: worked out month by month where
    monthly figures are there; per year: from the year's sums and weighted means. `sign` -1 takes off.
    `within` names the component that a deduction may not exceed, by facility and month where both are
    monthly. A `memo` is shown and not counted (biomass, international flights). `switch` names a rule of the
    scheme without which the component may not be used (`green_power`). `cross_check`: an independent estimate
    beside the official one, shown, never counted.

    With `beside` the component is worked out from every stream of that other component with an item it has,
    from the symbols that both have, unless it is reported by itself: nobody reports a thing twice, and no
    by-product is forgotten. A cross-check or memo that a stream's data do not suffice for is left out.
    """

    code: str
    en: str
    zh: str
    scope: Scope
    gas: str = "CO2"
    table: str = ""
    items: tuple[str, ...] = ()
    per: Literal["month", "year"] = "year"
    sign: Literal[1, -1] = 1
    within: str = ""
    switch: str = ""
    cross_check: bool = False
    beside: str = ""
    required: bool = False
    symbols: tuple[Symbol, ...]
    forms: tuple[Form, ...]
    checks: tuple[Check, ...] = ()
    note_en: str = ""
    note_zh: str = ""

    def symbol(self, code: str) -> Symbol | None:
        """A symbol by its code."""
        return next((symbol for symbol in self.symbols if symbol.code == code), None)


class Output(Section, frozen=True, kw_only=True):
    """An activity level that allocation or an indicator needs: tonnes of clinker, MWh supplied.

    `process` is the code of the scheme's allocation process that it feeds; empty: none, or by facility.
    """

    code: str
    en: str
    zh: str
    unit: str
    process: str = ""
    required: bool = False


class Coefficient(Section, frozen=True, kw_only=True):
    """A number with a unit in an indicator's formula: a factor that the ratio is held against."""

    code: str
    en: str
    zh: str
    unit: str
    value: Decimal


class Indicator(Section, frozen=True, kw_only=True):
    """A ratio beside the result, in `unit`.

    Its formula knows outputs, `E` and `E_<component>` (both in tCO2e), and its own `coefficients`.

    It is worked out for the enterprise and for every facility; `per_facility`: for facilities only, because
    the sum of several would mean nothing (hours). Outputs that are not reported are none.
    `least` and `most` bound what is possible: a power usage effectiveness below 1 is a slip in a figure.
    """

    code: str
    en: str
    zh: str
    unit: str
    formula: str
    coefficients: tuple[Coefficient, ...] = ()
    per_facility: bool = False
    least: Decimal | None = None
    most: Decimal | None = None


class MethodBody(Section, frozen=True, kw_only=True):
    """A method as it stands in its file, without the citations.

    `gwp` is the column of the table `gwp`: `sar`, `ar4`, `ar5`, `ar6` of the shipped one; a standard that
    mixes them has a table of its own. `tables` binds names to tables by their full name. `sectors` are the
    scheme's sectors that may use it; `extends` names packs of components.
    """

    code: str
    version: str
    en: str
    zh: str
    standard_en: str
    standard_zh: str
    extends: tuple[str, ...] = ()
    abstract: bool = False
    sectors: tuple[str, ...] = ()
    gwp: str = "ar5"
    boundary_en: str = ""
    boundary_zh: str = ""
    tables: dict[str, str] = field(default_factory=dict)
    components: tuple[Component, ...] = ()
    outputs: tuple[Output, ...] = ()
    indicators: tuple[Indicator, ...] = ()


class Method(Struct, frozen=True):
    """A loaded method with the tables it names: body, citation of every value by dotted path, digest.

    The digest covers the tables too: a report that keeps it pins every number.
    """

    body: MethodBody
    citations: dict[str, Citation]
    tables: dict[str, FactorTable]
    digest: str

    @property
    def id(self) -> str:
        """`code@version`."""
        return f"{self.body.code}@{self.body.version}"

    def component(self, code: str) -> Component | None:
        """A component by its code."""
        return next((found for found in self.body.components if found.code == code), None)

    def default_of(self, symbol: Symbol) -> str:
        """The place of a symbol's default in the tables, also where another component names it."""
        name, _, place = symbol.default.partition(":")
        if name != "same":
            return symbol.default
        code, _, other = place.partition(".")
        component = self.component(code)
        found = component.symbol(other) if component is not None else None
        return "" if found is None or found.default.startswith("same:") else found.default
