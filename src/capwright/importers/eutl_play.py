"""From the plan to commands, year by year: open, issue, allocate, record, buy, surrender, judge, close.

Every command id is made of the year, what is done and the installation, so that sending all of them again to
the journal they made changes nothing. The days are those of the law before 2024, at 10:00 UTC: allocation by
28 February, verified emissions by 31 March, surrender by 30 April.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Final

from msgspec import Struct

from capwright.compliance.messages import AssessCompliance, RecordEmissions, SurrenderUnits
from capwright.importers.eutl_files import LAST_YEAR, EutlData, Installation
from capwright.importers.eutl_plan import YearPlan
from capwright.importers.eutl_schemes import scheme_body, vintage_scheme
from capwright.kernel.account_number import AccountNumber
from capwright.kernel.message import Command
from capwright.ledger.accounts import series_id
from capwright.ledger.messages import UnitLine
from capwright.market import AdoptScheme, ApproveProposal, Officer, OpenMarket
from capwright.registry.messages import (
    ApproveTransaction,
    IssueUnits,
    OpenAccount,
    ProposeTransaction,
    Representative,
    SetReportingYears,
)

__all__ = ["Step", "play"]

AUTHORITY: Final = "central-administrator-1"
APPROVER: Final = "central-administrator-2"
OPERATOR: Final = "registry-operator"
BRIDGE: Final = "bridge"
OFFICERS: Final = (
    Officer(AUTHORITY, ("authority",)),
    Officer(APPROVER, ("authority",)),
    Officer(OPERATOR, ("operator",)),
)
_GOVERNMENT: Final = (
    "total_quantity",
    "aviation_total_quantity",
    "allocation",
    "auction",
    "surrender",
    "cancellation",
    "auction_delivery",
)
ACCOUNT: Final = {code: str(AccountNumber.of("EU", 100, at)) for at, code in enumerate(_GOVERNMENT, start=1)}
EUA, EUAA = "EUA", "EUAA"


class Step(Struct, frozen=True, gc=False):
    """A command to send: when, who, under which id; and the line of the file it comes from (0: none)."""

    command: Command
    command_id: str
    actor: str
    at_ms: int
    line: int = 0
    file: str = ""


def _ms(year: int, month: int, day: int) -> int:
    return int(datetime(year, month, day, 10, tzinfo=UTC).timestamp()) * 1000


class _Play:
    def __init__(self, data: EutlData, plan: dict[int, YearPlan]) -> None:
        self._data = data
        self._plan = plan
        self._numbers = data.numbers
        self._opens: dict[int, list[Installation]] = {year: [] for year in plan}
        seen: dict[str, int] = {}
        for year, rows in data.years.items():
            for _, row in rows:
                seen.setdefault(row.installation_id, year)
        for key, installation in data.installations.items():
            year = min(installation.first_year, seen.get(key, LAST_YEAR))
            self._opens[min(max(year, min(plan)), max(plan))].append(installation)

    def steps(self) -> Iterator[Step]:
        """All steps in the order of time."""
        years = list(self._plan)
        for year in years:
            yield from self._new_year(year)
            yield from self._issue(year)
            yield from self._allocate(year)
            if year > years[0]:
                yield from self._comply(year - 1)
            yield from self._cancel(year)
            yield from self._close(year)
        yield from self._comply(years[-1])

    def _step(self, command: Command, name: str, actor: str, at_ms: int, line: int = 0) -> Step:
        return Step(command, f"eutl/{name}", actor, at_ms, line, self._data.compliance_file)

    def _four_eyes(self, command: Command, name: str, at_ms: int) -> Iterator[Step]:
        yield self._step(command, name, AUTHORITY, at_ms)
        yield self._step(ApproveProposal(f"eutl/{name}"), f"{name}/approved", APPROVER, at_ms)

    def _move(
        self, kind: str, source: str, target: str, line: UnitLine, name: str, at_ms: int
    ) -> Iterator[Step]:
        """A central transaction: one officer proposes, the other approves."""
        lines = (line,)
        command = ProposeTransaction(kind, ACCOUNT[source], ACCOUNT[target], lines)
        yield self._step(command, name, AUTHORITY, at_ms)
        yield self._step(ApproveTransaction(f"eutl/{name}"), f"{name}/approved", APPROVER, at_ms)

    # The beginning of a year.

    def _new_year(self, year: int) -> Iterator[Step]:
        at_ms = _ms(year, 1, 1)
        body = scheme_body(vintage_scheme(self._plan[year]))
        if year == min(self._plan):
            about = {
                "nature": "reconstructed",
                "source": "EUTL, European Commission, CC BY 4.0",
                "data": self._data.digest,
                "en": "EU transaction log: accounts, allocation, emissions and surrender as published; "
                "issuance and purchases derived",
                "zh": "欧盟交易日志：账户、分配、排放与清缴为公开数据；签发与购入为推算",
            }
            yield self._step(OpenMarket(body, OFFICERS, about), "open", AUTHORITY, at_ms)
            yield from self._government(year, at_ms)
        else:
            yield from self._four_eyes(AdoptScheme(body), f"{year}/scheme", at_ms)
        for installation in self._opens[year]:
            yield self._open(installation, year, at_ms)

    def _government(self, year: int, at_ms: int) -> Iterator[Step]:
        for code, number in ACCOUNT.items():
            people = (Representative(BRIDGE),) if code == "auction_delivery" else ()
            command = OpenAccount(
                number=number,
                type=code,
                holder=BRIDGE if people else "European Commission",
                name="Bridge: units bought outside the extract" if people else code.replace("_", " "),
                opened_on=date(year, 1, 1),
                representatives=people,
            )
            yield self._step(command, f"account/{code}", OPERATOR, at_ms)

    def _open(self, installation: Installation, year: int, at_ms: int) -> Step:
        key = installation.installation_id
        command = OpenAccount(
            number=self._numbers[key],
            type="aircraft_operator_holding" if installation.aviation else "operator_holding",
            holder=key,
            name=key,
            opened_on=date(year, 1, 1),
            sector=str(installation.activity_code),
            first_year=installation.first_year,
            representatives=(Representative(key),),
        )
        file = self._data.installations_file
        return Step(command, f"eutl/account/{key}", OPERATOR, at_ms, self._data.lines[key], file)

    # Issue and allocation, by 28 February.

    def _issue(self, year: int) -> Iterator[Step]:
        at_ms = _ms(year, 2, 28)
        plan = self._plan[year]
        volumes = (
            (EUA, "total_quantity", plan.free_t, plan.bridge_t),
            (EUAA, "aviation_total_quantity", plan.free_aviation_t, 0),
        )
        for kind, source, free_t, bridge_t in volumes:
            if not free_t + bridge_t:
                continue
            series, name = series_id(kind, year), f"{year}/{kind}"
            issue = IssueUnits(kind, year, free_t + bridge_t, ACCOUNT[source])
            yield from self._four_eyes(issue, f"{name}/issue", at_ms)
            for target, quantity_t in (("allocation", free_t), ("auction", bridge_t)):
                if quantity_t:
                    line = UnitLine(series, quantity_t)
                    yield from self._move("central_transfer", source, target, line, f"{name}/{target}", at_ms)
            if bridge_t:
                line = UnitLine(series, bridge_t)
                yield from self._move(
                    "delivery_to_auction", "auction", "auction_delivery", line, f"{name}/bridge", at_ms
                )

    def _allocate(self, year: int) -> Iterator[Step]:
        at_ms = _ms(year, 2, 28)
        series = {True: series_id(EUAA, year), False: series_id(EUA, year)}
        source = ACCOUNT["allocation"]
        for line, row in self._data.years.get(year, ()):
            key = row.installation_id
            if row.allocated_t:
                lines = (UnitLine(series[self._data.installations[key].aviation], row.allocated_t),)
                command = ProposeTransaction("allocation", source, self._numbers[key], lines)
                yield self._step(command, f"{year}/allocate/{key}", AUTHORITY, at_ms, line)

    # Compliance for the year before, by 30 April.

    def _comply(self, year: int) -> Iterator[Step]:
        rows = self._data.years.get(year, ())
        at_ms = _ms(year + 1, 3, 31)
        for line, row in rows:
            if row.verified_t is not None:
                key = row.installation_id
                command = RecordEmissions(self._numbers[key], year, row.verified_t)
                yield self._step(command, f"{year}/emissions/{key}", AUTHORITY, at_ms, line)
        at_ms = _ms(year + 1, 4, 30)
        source, series = ACCOUNT["auction_delivery"], series_id(EUA, year)
        bought_t = self._plan[year].bought_t
        for line, row in rows:
            key = row.installation_id
            if not row.surrendered_t:
                continue
            number = self._numbers[key]
            if key in bought_t:
                lines = (UnitLine(series, bought_t[key]),)
                buy = ProposeTransaction("transfer", source, number, lines)
                yield self._step(buy, f"{year}/buy/{key}", BRIDGE, at_ms, line)
            surrender = SurrenderUnits(number, year, row.surrendered_t)
            yield self._step(surrender, f"{year}/surrender/{key}", key, at_ms, line)
        yield self._step(AssessCompliance(year), f"{year}/assess", AUTHORITY, _ms(year + 1, 5, 1))

    # What ends.

    def _cancel(self, year: int) -> Iterator[Step]:
        at_ms = _ms(year, 5, 1)
        for key, vintages in self._plan[year].cancelled.items():
            kind = EUAA if self._data.installations[key].aviation else EUA
            lines = tuple(UnitLine(series_id(kind, vintage), t) for vintage, t in vintages.items())
            command = ProposeTransaction(
                "period_end_cancellation", self._numbers[key], ACCOUNT["cancellation"], lines
            )
            yield self._step(command, f"{year}/cancel/{key}", AUTHORITY, at_ms)

    def _close(self, year: int) -> Iterator[Step]:
        """Set the last year of those for whom it was this one; the market judges one before the first."""
        at_ms = _ms(year, 12, 31)
        file = self._data.installations_file
        for key, installation in self._data.installations.items():
            first, last = installation.first_year, installation.last_year
            if last and max(first, last) == year:
                command = SetReportingYears(self._numbers[key], first, last)
                line = self._data.lines[key]
                yield Step(command, f"eutl/{year}/last/{key}", OPERATOR, at_ms, line, file)


def play(data: EutlData, plan: dict[int, YearPlan]) -> Iterator[Step]:
    """Yield every step of the history in the order of time."""
    return _Play(data, plan).steps()
