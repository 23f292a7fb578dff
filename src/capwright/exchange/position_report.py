"""The weekly position report in the form of Implementing Regulation (EU) 2017/1093, and the daily breakdown.

From Annex I, read in public copies of the text (consolidated to 2022-08-15): Table 1 has five classes of
holders × long and short × risk-reducing, other and total, for the number of positions, their change since the
previous report and their percentage of the open interest, and the number of persons holding a position in
each class, long and short combined; above it stand the venue's name and identifier, the date to which the
report refers, the date and time of publication, the product's name and venue code, and the report's status.
Table 2: ISO 8601 dates, times in UTC as YYYY-MM-DDThh:mm:ss.ddddddZ, decimals with a full stop, rounded and
not truncated, the venue by its ISO 10383 code. Delegated Regulation (EU) 2017/565 Art. 83(3): with fewer than
five holders in a class their number is not published. Art. 83(1): a report is due from 20 holders on (the
volume condition does not apply to emission allowances).

Not found: Table 3's formats field by field, and the schema of the "common standard XML format" of Art. 3. The
element names here are Table 1's words, the status `NEWT` and the digits (15/2 for positions, 5/2 for
percentages) are from memory; the file will not pass ESMA's schema as it is.

Decided here (default): a spot position is the units in an account, all long; none is short, for nobody can
owe units. Positions of operators with compliance obligations reduce risks of their business, all others do
not, unless the caller says otherwise. Holders of no class are no part of a class but of the open interest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Final, Literal, get_args
from xml.etree import ElementTree as ET

from msgspec import Struct

from capwright.exchange.dayrules import member_rule
from capwright.exchange.positions import Position
from capwright.exchange.state import ExchangeState
from capwright.ledger.book import Book
from capwright.scheme.exchange_rules import ExchangeRules

__all__ = [
    "DAILY_HEADER",
    "Cell",
    "HolderClass",
    "PositionReport",
    "class_lookup",
    "daily_rows",
    "position_report",
    "report_xml",
]

HolderClass = Literal["investment_firm", "fund", "other_financial", "commercial", "operator"]
_TAGS: Final[dict[str, str]] = {
    "investment_firm": "InvestmentFirmsOrCreditInstitutions",
    "fund": "InvestmentFunds",
    "other_financial": "OtherFinancialInstitutions",
    "commercial": "CommercialUndertakings",
    "operator": "OperatorsWithComplianceObligations",
}
_LEAST_PERSONS: Final = 5  # Art. 83(3)
_DUE_FROM_PERSONS: Final = 20  # Art. 83(1)


class Cell(Struct, frozen=True):
    """Long tonnes of a class: those that reduce risks of its business, and the others."""

    risk_reducing_t: int = 0
    other_t: int = 0

    @property
    def total_t(self) -> int:
        """Both."""
        return self.risk_reducing_t + self.other_t


class PositionReport(Struct, frozen=True, kw_only=True):
    """A week's positions in one product. `persons` are holders, whatever the number of their accounts.

    `previous` are the cells of the report before; empty: this is the first, and all of it is change.
    """

    product: str
    on: date
    cells: dict[HolderClass, Cell]
    persons: dict[HolderClass, int]
    open_interest_t: int
    unclassed_t: int = 0
    previous: dict[HolderClass, Cell] = {}

    @property
    def is_due(self) -> bool:
        """Whether there are holders enough for a report to be published."""
        return sum(self.persons.values()) >= _DUE_FROM_PERSONS

    def change(self, of: HolderClass) -> Cell:
        """The change of a class since the previous report."""
        now, before = self.cells[of], self.previous.get(of, Cell())
        return Cell(now.risk_reducing_t - before.risk_reducing_t, now.other_t - before.other_t)


def class_lookup(
    rules: ExchangeRules, state: ExchangeState, book: Book, on: date
) -> Callable[[str], HolderClass | Literal[""]]:
    """Classes of accounts by the member rules in force on a day; an account that is no member has none."""

    def found(number: str) -> HolderClass | Literal[""]:
        account, member = book.state.accounts.get(number), state.members.get(number)
        kind = member.kind if member is not None else ""
        rule = member_rule(rules, on, account.type, kind) if account is not None else None
        return rule.holder_class if rule is not None else ""

    return found


def position_report(
    product: str,
    on: date,
    held: Iterable[Position],
    class_of: Callable[[str], HolderClass | Literal[""]],
    *,
    previous: PositionReport | None = None,
    reduces_risk: Callable[[Position, HolderClass], bool] = lambda _position, of: of == "operator",
) -> PositionReport:
    """Add the positions in a product up by class. `class_of` names an account's class, empty for none."""
    sums: dict[HolderClass, list[int]] = {of: [0, 0] for of in get_args(HolderClass)}
    people: dict[HolderClass, set[str]] = {of: set() for of in get_args(HolderClass)}
    total_t = unclassed_t = 0
    for position in held:
        if position.product != product or not position.units_t:
            continue
        total_t += position.units_t
        of = class_of(position.account)
        if not of:
            unclassed_t += position.units_t
            continue
        people[of].add(position.holder)
        sums[of][0 if reduces_risk(position, of) else 1] += position.units_t
    return PositionReport(
        product=product,
        on=on,
        cells={of: Cell(*pair) for of, pair in sums.items()},
        persons={of: len(holders) for of, holders in people.items()},
        open_interest_t=total_t,
        unclassed_t=unclassed_t,
        previous=previous.cells if previous is not None else {},
    )


# XML.


def report_xml(
    report: PositionReport, *, published: datetime, name: str, venue: str, mic: str, code: str = ""
) -> bytes:
    """The report as UTF-8 XML. `published` needs a time zone; `name` and `code` are the product's.

    A class with one to four holders has no number of holders.
    """
    root = ET.Element("WeeklyPositionReport")
    heading = {
        "NameOfTradingVenue": venue,
        "TradingVenueIdentifier": mic,
        "DateToWhichTheWeeklyReportRefers": report.on.isoformat(),
        "DateAndTimeOfPublication": f"{published.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "NameOfContract": name,
        "VenueProductCode": code or report.product,
        "ReportStatus": "NEWT",
        "NotationOfThePositionQuantity": "tonnes of carbon dioxide equivalent",
    }
    for tag, text in heading.items():
        ET.SubElement(root, tag).text = text
    whole_t = report.open_interest_t
    changes = {of: report.change(of) for of in report.cells}
    _table(root, "NumberOfPositions", report.cells, _whole)
    _table(root, "ChangesSinceThePreviousReport", changes, _signed)
    _table(root, "PercentageOfTheTotalOpenInterest", report.cells, lambda t: _percentage(t, whole_t))
    persons = ET.SubElement(root, "NumberOfPersonsHoldingAPosition")
    for of, n in report.persons.items():
        combined = ET.SubElement(ET.SubElement(persons, _TAGS[of]), "Combined")
        combined.text = str(n) if not 0 < n < _LEAST_PERSONS else ""
    ET.indent(root)
    xml: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return xml + b"\n"


def _table(
    root: ET.Element, tag: str, cells: Mapping[HolderClass, Cell], shown: Callable[[int], str]
) -> None:
    """One of the three tables: by class, long and short, risk-reducing, other and total."""
    table = ET.SubElement(root, tag)
    for of, cell in cells.items():
        found = ET.SubElement(table, _TAGS[of])
        for side, amounts in (
            ("Long", (cell.risk_reducing_t, cell.other_t, cell.total_t)),
            ("Short", (0, 0, 0)),
        ):
            inner = ET.SubElement(found, side)
            for what, amount_t in zip(("RiskReducing", "Other", "Total"), amounts, strict=True):
                ET.SubElement(inner, what).text = shown(amount_t)


def _whole(amount_t: int) -> str:
    return str(amount_t)


def _signed(amount_t: int) -> str:
    return f"{amount_t:+d}" if amount_t else "0"


def _percentage(amount_t: int, whole_t: int) -> str:
    """Two digits after the full stop, rounded half up."""
    share = Fraction(amount_t, whole_t) if whole_t else Fraction(0)
    hundredths = (20_000 * share.numerator + share.denominator) // (2 * share.denominator)
    return f"{hundredths // 100}.{hundredths % 100:02}"


# The daily breakdown for the authority (Art. 58(2) of Directive 2014/65/EU), one row an account and product.

DAILY_HEADER: Final = (
    "date",
    "product",
    "account",
    "holder",
    "holder_class",
    "units_t",
    "free_t",
    "held_t",
    "settling_t",
    "blocked_t",
    "buying_t",
    "selling_t",
)


def daily_rows(
    on: date, held: Iterable[Position], class_of: Callable[[str], HolderClass | Literal[""]]
) -> Iterator[tuple[str, ...]]:
    """The rows of the daily breakdown under `DAILY_HEADER`, for a CSV file."""
    for one in held:
        tonnes = (
            one.units_t,
            one.free_t,
            one.held_t,
            one.settling_t,
            one.blocked_t,
            one.buying_t,
            one.selling_t,
        )
        names = (on.isoformat(), one.product, one.account, one.holder, class_of(one.account))
        yield (*names, *(str(amount_t) for amount_t in tonnes))
