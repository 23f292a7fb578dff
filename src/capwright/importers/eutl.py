"""Import of the EU transaction log's public extract: 2005-2022 through the commands of the market.

    report = import_eutl(Path("eutl"), "eu.sqlite")

Everything is read and checked before the journal is made. Command ids are made from the data, so an import
that was cut short is finished by starting it again: what is there is answered from the journal, the rest
follows.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from capwright.compliance.room import ComplianceRoom
from capwright.importers.eutl_compare import Agreement, compare
from capwright.importers.eutl_files import EutlData, read_eutl
from capwright.importers.eutl_plan import YearPlan, make_plan
from capwright.importers.eutl_play import Step, play
from capwright.journal.batch import Envelope
from capwright.journal.engine import Engine
from capwright.journal.replay import quiet_collector
from capwright.journal.store import Store, open_store
from capwright.kernel.message import Outcome
from capwright.kernel.refusal import Refusal, define, refuse
from capwright.ledger.laws import totals_t
from capwright.market import Market

__all__ = ["EutlReport", "Progress", "RefusedRow", "Volumes", "import_eutl"]

Progress = Callable[[int, int, str], None]

OTHER_JOURNAL = define(
    "CW-9410",
    en="{db} holds a journal already, and not an import of this very extract.",
    zh="{db}中已有日志，且并非本次数据的导入。",
    mend_en="Name another file or database. An import cut short goes on with the same files and countries.",
    mend_zh="请更换文件或数据库。中断的导入须以相同的文件和国家继续。",
    rule="design: append-only",
)

_BATCH: Final = 500
_SNAPSHOT_NEVER: Final = 10**12  # one at the end is enough: an import that fails starts again
_REFUSED_KEPT: Final = 1000


class RefusedRow(Struct, frozen=True):
    """A row whose command the market refused: where it stands and why."""

    file: str
    line: int
    command_id: str
    command: str
    refusal: Refusal


class Volumes(Struct, frozen=True):
    """Tonnes of one vintage: what came into being and where it is now.

    `issued_t = free_t + bridge_t`. `bridge_t` is derived: what the surrenders ask for beyond the free units.
    """

    vintage: int
    free_t: int
    bridge_t: int
    bridge_transfers: int
    verified_t: int
    surrendered_for_t: int  # for the emissions of this year, of any vintage


class EutlReport(Struct, frozen=True):
    """What an import did, and how far the market agrees with the log."""

    folder: str
    db: str
    countries: tuple[str, ...]
    installations: int
    rows: int
    accounts: int
    commands: int
    repeated: int  # commands that an earlier, interrupted import had sent
    refused: tuple[RefusedRow, ...]  # the first thousand
    refused_count: int
    years: tuple[Volumes, ...]
    issued_t: int
    allocated_t: int
    bridge_t: int
    bridge_transfers: int
    surrendered_t: int
    cancelled_t: int
    held_t: int
    agreement: Agreement
    head: str
    seconds: float
    phases: dict[str, float]  # seconds spent reading, playing, comparing …
    peak_memory_mb: int


class _Run(Struct):
    """Counts while the commands go through."""

    commands: int = 0
    repeated: int = 0
    refused_count: int = 0
    refused: list[RefusedRow] = field(default_factory=list)

    def note(self, step: Step, outcome: Outcome) -> None:
        self.commands += 1
        self.repeated += outcome.repeated
        if outcome.refusal is not None:
            self.refused_count += 1
            if len(self.refused) < _REFUSED_KEPT:
                name = type(step.command).__name__
                self.refused.append(RefusedRow(step.file, step.line, step.command_id, name, outcome.refusal))


def import_eutl(
    folder: Path, db_url: str, *, progress: Progress | None = None, countries: tuple[str, ...] | None = None
) -> EutlReport:
    """Play the extract in `folder` into a new journal at `db_url`, or finish an import cut short there.

    `progress(done, total, year)` is called after every batch. `countries`: two-letter codes of the
    registries to import, None for all. Raises `BadInput` for a fault of the files and `Refused` (CW-9410)
    when `db_url` holds another journal; nothing is written then.
    """
    clock = _Clock()
    data = read_eutl(folder, countries)
    clock.lap("read")
    plan = make_plan(data)
    clock.lap("plan")
    _check_journal(db_url, data)
    with quiet_collector():
        market, head, run = _play(db_url, data, plan, progress)
        clock.lap("play")
        agreement = compare(data, _judged(market, data))
        clock.lap("compare")
    return _report(
        folder,
        db_url,
        countries,
        data,
        plan,
        market=market,
        head=head,
        run=run,
        agreement=agreement,
        clock=clock,
    )


class _Clock:
    """Seconds by phase."""

    def __init__(self) -> None:
        self._began = self._last = time.monotonic()
        self.phases: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.phases[name] = round(now - self._last, 2)
        self._last = now

    @property
    def total(self) -> float:
        return round(time.monotonic() - self._began, 2)


def _check_journal(db_url: str, data: EutlData) -> None:
    """Refuse a journal that is not an import of this extract; a missing one is made later."""
    if "://" not in db_url and db_url not in {"memory:", ":memory:"} and not Path(db_url).exists():
        return
    store = open_store(db_url, create=True)
    try:
        if store.head().seq and not _is_ours(store, data):
            refuse(OTHER_JOURNAL, db=db_url)
    finally:
        store.close()


def _is_ours(store: Store, data: EutlData) -> bool:
    """Whether the first record opens an import of the same files and countries."""
    for page in store.scan(1):
        return data.digest.encode() in page[0][4]
    return False


def _play(
    db_url: str, data: EutlData, plan: dict[int, YearPlan], progress: Progress | None
) -> tuple[Market, str, _Run]:
    run = _Run()
    total = _steps_expected(data, plan)
    steps = play(data, plan)
    with Engine(open_store(db_url, create=True), Market, snapshot_every=_SNAPSHOT_NEVER) as engine:
        for batch in _batches(steps):
            envelopes = [Envelope(s.command, s.command_id, s.actor, s.at_ms) for s in batch]
            for step, outcome in zip(batch, engine.run_batch(envelopes), strict=True):
                run.note(step, outcome)
            if progress is not None:
                progress(run.commands, total, _year(batch[-1]))
        if progress is not None:
            progress(total, total, "")
        market = engine.machine
        assert isinstance(market, Market)
        head = engine.head.hash.hex()
    return market, head, run


def _year(step: Step) -> str:
    return str(datetime.fromtimestamp(step.at_ms // 1000, tz=UTC).year)


def _batches(steps: Iterator[Step]) -> Iterator[Sequence[Step]]:
    while batch := list(islice(steps, _BATCH)):
        yield batch


def _steps_expected(data: EutlData, plan: dict[int, YearPlan]) -> int:
    """About how many commands there will be, for the progress bar."""
    rows = [row for year in data.years.values() for _, row in year]
    actions = sum(bool(r.allocated_t) + (r.verified_t is not None) + bool(r.surrendered_t) for r in rows)
    bought = sum(len(year.bought_t) + len(year.cancelled) for year in plan.values())
    closed = sum(1 for i in data.installations.values() if i.last_year)
    return len(data.installations) + actions + bought + closed


def _judged(market: Market, data: EutlData) -> dict[tuple[str, int], str]:
    """The market's statuses by installation and year."""
    room = market.rooms["compliance"]
    assert isinstance(room, ComplianceRoom)
    found: dict[tuple[str, int], str] = {}
    for key in data.installations:
        for year, duty in room.state.duties.get(data.numbers[key], {}).items():
            if duty.judgement is not None:
                found[key, year] = duty.judgement.status
    return found


def _volumes(data: EutlData, plan: YearPlan) -> Volumes:
    rows = [row for _, row in data.years.get(plan.year, ())]
    return Volumes(
        vintage=plan.year,
        free_t=plan.free_t + plan.free_aviation_t,
        bridge_t=plan.bridge_t,
        bridge_transfers=len(plan.bought_t),
        verified_t=sum(row.verified_t or 0 for row in rows),
        surrendered_for_t=sum(row.surrendered_t or 0 for row in rows),
    )


def _report(
    folder: Path,
    db_url: str,
    countries: tuple[str, ...] | None,
    data: EutlData,
    plan: dict[int, YearPlan],
    *,
    market: Market,
    head: str,
    run: _Run,
    agreement: Agreement,
    clock: _Clock,
) -> EutlReport:
    years = tuple(_volumes(data, plan[year]) for year in plan)
    totals: dict[str, int] = {}
    for by_purpose in totals_t(market.book).values():
        for purpose, quantity_t in by_purpose.items():
            totals[purpose] = totals.get(purpose, 0) + quantity_t
    return EutlReport(
        folder=str(folder),
        db=db_url,
        countries=countries or (),
        installations=len(data.installations),
        rows=data.rows,
        accounts=len(market.book.state.accounts),
        commands=run.commands,
        repeated=run.repeated,
        refused=tuple(run.refused),
        refused_count=run.refused_count,
        years=years,
        issued_t=totals.get("issued", 0),
        allocated_t=sum(year.free_t for year in years),
        bridge_t=sum(year.bridge_t for year in years),
        bridge_transfers=sum(year.bridge_transfers for year in years),
        surrendered_t=totals.get("surrender", 0),
        cancelled_t=totals.get("cancellation", 0),
        held_t=totals.get("holding", 0),
        agreement=agreement,
        head=head,
        seconds=clock.total,
        phases=clock.phases,
        peak_memory_mb=_peak_memory_mb(),
    )


def _peak_memory_mb() -> int:
    """The most memory this process ever held, in MiB (the kernel counts KiB, on macOS bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1024 * 1024 if sys.platform == "darwin" else 1024)
