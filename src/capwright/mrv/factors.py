"""Factor tables: heating values, carbon contents, grid factors, warming potentials; versions never change.

A table has columns (a quantity with its unit) and items (a fuel, a gas, an area). A unit may hold `{per}`,
which each item fills in: coal is counted in t, gas in 10^4 Nm3. A table's name is `code@version`; a published
version never changes, so that a report that names it never changes either.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from capwright.kernel.refusal import define, refuse
from capwright.scheme.section import Citation, Section

__all__ = ["Factor", "FactorColumn", "FactorItem", "FactorTable", "FactorTableBody"]

NO_ITEM = define(
    "CW-5220",
    en="The table {table} has no '{item}'.",
    zh="因子表{table}中没有“{item}”。",
    mend_en="It has: {known}.",
    mend_zh="可用的有：{known}。",
    rule="design: a missing factor is an error, never a number",
)
NO_VALUE = define(
    "CW-5221",
    en="The table {table} has no {column} of '{item}'.",
    zh="因子表{table}中“{item}”没有{column}。",
    mend_en="Give the measured value, or use a table that has it.",
    mend_zh="请填报实测值，或采用含该值的因子表。",
    rule="design: a missing factor is an error, never a number",
)


class FactorColumn(Section, frozen=True, kw_only=True):
    """A quantity that the table gives, in `unit`."""

    code: str
    en: str
    zh: str
    unit: str


class FactorItem(Section, frozen=True, kw_only=True):
    """A fuel, material, gas or area; `per` is the unit in which its amount is counted."""

    code: str
    en: str
    zh: str
    per: str = "t"
    values: dict[str, Decimal]


class FactorTableBody(Section, frozen=True, kw_only=True):
    """A factor table as it stands in its file, without the citations."""

    code: str
    version: str
    en: str
    zh: str
    columns: tuple[FactorColumn, ...]
    items: tuple[FactorItem, ...]


class Factor(Struct, frozen=True):
    """One number out of a table, with all that must be said about it."""

    value: Decimal
    unit: str
    table: str
    item: str
    column: str
    citation: Citation

    @property
    def name(self) -> str:
        """Where it stands: `fuels-gbt-32151@2015.1/anthracite/ncv`."""
        return f"{self.table}/{self.item}/{self.column}"


class FactorTable(Struct, frozen=True):
    """A loaded table: body, the citation of every value by dotted path, digest."""

    body: FactorTableBody
    citations: dict[str, Citation]
    digest: str

    @property
    def id(self) -> str:
        """`code@version`."""
        return f"{self.body.code}@{self.body.version}"

    def item(self, code: str) -> FactorItem:
        """An item; refuses (CW-5220) an unknown one."""
        found = next((item for item in self.body.items if item.code == code), None)
        if found is None:
            known = ", ".join(item.code for item in self.body.items)
            refuse(NO_ITEM, table=self.id, item=code, known=known)
        return found

    def factor(self, item: str, column: str) -> Factor:
        """A value with its unit and citation; refuses (CW-5220, CW-5221) what is not there."""
        found = self.item(item)
        value = found.values.get(column)
        head = next((c for c in self.body.columns if c.code == column), None)
        if value is None or head is None:
            refuse(NO_VALUE, table=self.id, item=item, column=column)
        citation = self.citations[f"items.{item}.values.{column}"]
        return Factor(value, head.unit.replace("{per}", found.per), self.id, item, column, citation)
