"""A filled-in workbook read back into an emission report, with every faulty cell told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

from msgspec import Struct, field

from capwright.filing import excel_layout as layout
from capwright.filing.excel_cells import BadCells, CellReader
from capwright.filing.excel_layout import FIRST_ROW, HEADINGS
from capwright.filing.excel_refusals import (
    CHANGED_ROW,
    COPIED_SHEET,
    MERGED,
    NO_CHOICE,
    NO_RESULT,
    NO_SHEET,
    NO_TARGET,
    NOT_HASH,
    NOT_TEMPLATE,
    OTHER_VERSION,
    TWICE,
    YEAR_AND_MONTHS,
)
from capwright.filing.excel_safety import Opened, open_workbook
from capwright.filing.files import read_bytes
from capwright.filing.wording import EVIDENCE, OBTAINED, items_of
from capwright.kernel.refusal import BadInput, Refusal, Refused
from capwright.kernel.text import MAX_ID, MAX_REASON
from capwright.kernel.unit import convert, unit
from capwright.mrv.method import Component, Method, Output, Symbol
from capwright.mrv.reading import check_bounds
from capwright.mrv.records import Datum, EmissionReport, Evidence, Stream

__all__ = ["read_workbook"]

_HASH: Final = re.compile(r"[0-9a-f]{64}")
_YEARS: Final = range(1990, 2101)
_MOST_PLAN: Final = 10_000


def read_workbook(path: Path, methods: Callable[[str], Method]) -> EmissionReport:
    """The report of a filled-in template.

    `methods` finds the method that the template names. Raises `BadInput` for a file that is no template or
    was made for another version (CW-9522), `BadCells` with all faults for one with bad cells.
    """
    opened = open_workbook(read_bytes(path), str(path))
    pins = _pins(opened, str(path))
    try:
        method = methods(pins["method"])
    except Refused as refused:
        raise BadInput(refused.refusal, str(path)) from None
    if pins.get("digest") != method.digest:
        details: dict[str, str | int] = {
            "method": pins["method"][:60], "given": pins.get("digest", "")[:12], "here": method.digest[:12],
        }  # fmt: skip
        raise BadInput(Refusal(OTHER_VERSION.code, details), str(path))
    reader = _Reader(opened, method, pins)
    report = reader.report()
    if reader.faults:
        raise BadCells(reader.faults, str(path))
    return report


def _pins(opened: Opened, file: str) -> dict[str, str]:
    rows = opened.rows(layout.PINS)
    found = {str(row[0]): str(row[1]) for row in rows if len(row) > 1}
    if "method" not in found:
        raise BadInput(Refusal(NOT_TEMPLATE.code), file)
    return found


class _Row(Struct):
    """A row by column names, with its place."""

    sheet: str
    number: int
    columns: tuple[str, ...]
    cells: dict[str, Any] = field(default_factory=dict)

    def place(self, column: str) -> str:
        at, letters = self.columns.index(column) + 1, ""
        while at:
            at, rest = divmod(at - 1, 26)
            letters = chr(65 + rest) + letters
        return f"{self.sheet}!{letters}{self.number}"


class _Reader(CellReader):
    def __init__(self, opened: Opened, method: Method, pins: dict[str, str]) -> None:
        self.opened = opened
        self.method = method
        self.pins = pins
        super().__init__()
        self.places: dict[str, str] = {}
        self.evidence: dict[tuple[str, str], list[Evidence]] = {}

    def report(self) -> EmissionReport:
        """The report; where there are faults it is only what could be read."""
        self.check_sheets()
        self.read_evidence()
        streams = [stream for code in self.method.body.components for stream in self.streams(code)]
        outputs = tuple(self.outputs())
        for (stream, symbol), (place, _) in self.unclaimed().items():
            self.fault(place, NO_TARGET, stream=stream or "-", symbol=symbol)
        head = self.head()
        return EmissionReport(
            method=self.method.id, digest=self.method.digest, streams=tuple(streams), outputs=outputs, **head
        )

    # Sheets.

    def check_sheets(self) -> None:
        """Every sheet of the template must be there, and no second one like it: its figures would be lost."""
        known = {
            title for name, title in self.pins.items() if name in _SHEETS or name.startswith("component:")
        }
        there = self.opened.book.sheet_names
        for title in sorted(known - set(there)):
            self.fault(title, NO_SHEET, title=title)
        headings = {HEADINGS[columns[0]].en for columns in _COLUMNS} | {HEADINGS[c[0]].zh for c in _COLUMNS}
        for title in there:
            if title not in known and title not in {layout.PINS, layout.LISTS}:
                rows = self.opened.rows(title)
                heading = str(rows[FIRST_ROW - 2][0]) if len(rows) >= FIRST_ROW and rows[0] else ""
                if headings.intersection(heading.split("\n")):
                    self.fault(title, COPIED_SHEET, title=title[:60])

    def table(self, title: str, columns: tuple[str, ...]) -> Iterator[_Row]:
        """The rows of a sheet that are not quite empty."""
        unknown = self.opened.unknown.get(title, set())
        merged = self.opened.merged.get(title, set())
        for number, cells in enumerate(self.opened.rows(title), start=1):
            if number < FIRST_ROW:
                continue
            padded = [*cells, *[""] * len(columns)][: len(columns)]
            row = _Row(title, number, columns, dict(zip(columns, padded, strict=True)))
            for name in columns:
                cell = row.place(name).rpartition("!")[2] if unknown or merged else ""
                if cell in unknown:
                    self.fault(row.place(name), NO_RESULT)
                if cell in merged and name in _FIGURES:
                    self.fault(row.place(name), MERGED)
            yield row

    def head(self) -> dict[str, Any]:
        """Enterprise, year, area, plan, note: the first sheet's column B."""
        title = self.pins.get("guide", "")
        rows = self.opened.rows(title)
        cells = {}
        for name, at in layout.GUIDE_CELLS.items():
            value = rows[at - 1][1] if len(rows) >= at and len(rows[at - 1]) > 1 else ""
            cells[name] = (f"{title}!B{at}", value)
            if f"B{at}" in self.opened.unknown.get(title, set()):
                self.fault(f"{title}!B{at}", NO_RESULT)
        text = {n: self.text(place, value, MAX_REASON if n == "report_note" else MAX_ID)
                for n, (place, value) in cells.items() if n not in {"reporting_year", "plan"}}  # fmt: skip
        if not text["enterprise"]:
            self.need(cells["enterprise"][0], "enterprise")
        year = self.whole(*cells["reporting_year"], _YEARS)
        if cells["reporting_year"][1] == "":
            self.need(cells["reporting_year"][0], "reporting_year")
        areas = layout.area_items(self.method)
        area = text["area"]
        if area and areas:
            area = self.chosen(cells["area"][0], area, areas)
        return {
            "enterprise": text["enterprise"], "year": year, "area": area,
            "plan": self.whole(*cells["plan"], range(_MOST_PLAN)), "note": text["report_note"],
        }  # fmt: skip

    def streams(self, component: Component) -> list[Stream]:
        """The streams of a component's sheet."""
        title = self.pins.get(f"component:{component.code}", "")
        symbols = {symbol.code: symbol for symbol in layout.reported_symbols(component)}
        first = next(iter(symbols), "")
        blocks: list[list[_Row]] = []
        for row in self.table(title, layout.STREAM_COLUMNS):
            symbol = str(row.cells["symbol"]).strip()
            given = any(row.cells[name] != "" for name in (*_FIGURES, "stream", "facility", "item", "form"))
            if symbol not in symbols:
                if given:
                    self.fault(
                        row.place("symbol"), CHANGED_ROW, text=symbol[:40], what="symbol", what_zh="符号"
                    )
                continue
            if symbol == first or not blocks or row.cells["stream"] != "":
                blocks.append([])
            blocks[-1].append(row)
        found = []
        for block in blocks:
            stream = self.stream(component, symbols, block)
            if stream is not None:
                found.append(stream)
        return found

    def stream(self, component: Component, symbols: dict[str, Symbol], block: list[_Row]) -> Stream | None:
        """One block; None where it is empty."""
        head = block[0]
        full = [row for row in block if any(row.cells[name] != "" for name in _FIGURES)]
        names = ("stream", "facility", "item", "form")
        if not full and all(head.cells[name] == "" for name in names):
            return None
        said = {name: self.text(head.place(name), head.cells[name], MAX_ID) for name in names}
        if not said["stream"]:
            self.need(head.place("stream"), "stream")
        elif said["stream"] in self.places:
            self.fault(head.place("stream"), TWICE, text=said["stream"], first=self.places[said["stream"]])
        self.places.setdefault(said["stream"], head.place("stream"))
        items = {code: (en, zh, per) for code, en, zh, per in items_of(self.method, component)}
        item = said["item"]
        if items:
            if item:
                item = self.chosen(
                    head.place("item"), item, [(c, en, zh) for c, (en, zh, _) in items.items()]
                )
            else:
                self.need(head.place("item"), "item")
        form = said["form"]
        if form:
            form = self.chosen(head.place("form"), form, [(f.code, f.en, f.zh) for f in component.forms])
        per = items[item][2] if item in items else "t"
        gas = item if component.gas == "@item" else component.gas
        settled = not items or item in items
        data = []
        seen: set[str] = set()
        for row in full:
            symbol = symbols[str(row.cells["symbol"]).strip()]
            wanted = symbol.unit.replace("{per}", per).replace("{gas}", gas) if settled else ""
            datum = self.datum(row, symbol.code, wanted, said["stream"], symbol=symbol, per=per)
            if symbol.code in seen:
                self.fault(row.place("symbol"), TWICE, text=symbol.code, first=head.place("symbol"))
            seen.add(symbol.code)
            data.append(datum)
        return Stream(said["stream"], component.code, item, said["facility"], form, tuple(data))

    def outputs(self) -> Iterator[Datum]:
        """The outputs' sheet."""
        known: dict[str, Output] = {output.code: output for output in self.method.body.outputs}
        seen: dict[str, str] = {}
        for row in self.table(self.pins.get("outputs", ""), layout.OUTPUT_COLUMNS):
            if all(row.cells[name] == "" for name in _FIGURES):
                continue
            code = str(row.cells["output"]).strip()
            if code not in known:
                self.fault(
                    row.place("output"), CHANGED_ROW, text=code[:40], what="output", what_zh="产出代码"
                )
                continue
            facility = self.text(row.place("facility"), row.cells["facility"], MAX_ID)
            name = f"{code}@{facility}" if facility else code
            if name in seen:
                self.fault(row.place("facility"), TWICE, text=name, first=seen[name])
            seen.setdefault(name, row.place("facility"))
            yield self.datum(row, name, known[code].unit, "")

    def datum(
        self,
        row: _Row,
        symbol_code: str,
        wanted: str,
        stream: str,
        *,
        symbol: Symbol | None = None,
        per: str = "",
    ) -> Datum:
        """A row's figures with what is said of them."""
        value = self.figure(row.place("year"), row.cells["year"])
        months = tuple(self.figure(row.place(name), row.cells[name]) for name in _MONTHS)
        monthly = any(row.cells[name] != "" for name in _MONTHS)
        if monthly and row.cells["year"] != "":
            self.fault(row.place("year"), YEAR_AND_MONTHS)
        given = self.text(row.place("unit"), row.cells["unit"], MAX_ID)
        if not given:
            self.need(row.place("unit"), "unit")
        elif wanted:
            figures = {"year": value, **dict(zip(_MONTHS, months, strict=True))}
            self.held(row, figures, given, wanted, symbol, per, stream)
        how = self.text(row.place("obtained"), row.cells["obtained"], MAX_ID)
        if not how:
            self.need(row.place("obtained"), "obtained")
        else:
            how = self.chosen(row.place("obtained"), how, [(c, en, zh) for c, (en, zh) in OBTAINED.items()])
        evidence = self.evidence.pop((stream, symbol_code), [])
        return Datum(
            symbol_code, given, how or "measured",  # type: ignore[arg-type]
            value=None if monthly else value, months=months if monthly else (), evidence=tuple(evidence),
            tier=self.text(row.place("tier"), row.cells["tier"], MAX_ID),
            uncertainty=self.figure(row.place("uncertainty"), row.cells["uncertainty"]),
            note=self.text(row.place("note"), row.cells["note"], MAX_REASON),
        )  # fmt: skip

    def held(
        self, row: _Row, figures: dict[str, Decimal | None], given: str, wanted: str,
        symbol: Symbol | None, per: str, stream: str,
    ) -> None:  # fmt: skip
        """Hold the unit against the symbol's, and each figure against what is possible."""
        own, target = self.told(row.place("unit"), lambda: unit(given)), unit(wanted)
        if own is None:
            return
        if self.told(row.place("unit"), lambda: convert(Decimal(1), own, target)) is None or symbol is None:
            return
        for name, figure in figures.items():
            if figure is not None:
                value = convert(figure, own, target)
                self.told(row.place(name), partial(check_bounds, symbol, value, wanted, stream[:MAX_ID], per))

    def read_evidence(self) -> None:
        """The evidence sheet, by stream and symbol; data claim theirs."""
        self.proof_places: dict[tuple[str, str], str] = {}
        for row in self.table(self.pins.get("evidence", ""), layout.EVIDENCE_COLUMNS):
            if all(value == "" for value in row.cells.values()):
                continue
            said = {name: self.text(row.place(name), row.cells[name], MAX_REASON) for name in _PROOF_TEXTS}
            if not _HASH.fullmatch(said["sha256"]):
                self.fault(row.place("sha256"), NOT_HASH, text=said["sha256"][:70])
            kind = said["kind"] or "other"
            if said["kind"]:
                kind = self.chosen(row.place("kind"), kind, [(c, en, zh) for c, (en, zh) in EVIDENCE.items()])
            dates = {name: self.day(row.place(name), row.cells[name])
                     for name in ("sampled_on", "tested_on", "reported_on")}  # fmt: skip
            accredited = self.text(row.place("accredited"), row.cells["accredited"], MAX_ID).lower()
            if accredited not in _YES:
                self.fault(row.place("accredited"), NO_CHOICE, text=accredited[:20], known="yes, no")
            key = said["stream"], said["symbol"]
            one = Evidence(
                said["sha256"], kind or "other", said["title"], said["number"],  # type: ignore[arg-type]
                self.whole(row.place("month"), row.cells["month"], range(1, 13)), **dates,
                laboratory=said["laboratory"], accredited=_YES.get(accredited),
            )  # fmt: skip
            self.evidence.setdefault(key, []).append(one)
            self.proof_places.setdefault(key, row.place("symbol"))

    def unclaimed(self) -> dict[tuple[str, str], tuple[str, list[Evidence]]]:
        """Documents whose stream or symbol is not there."""
        return {key: (self.proof_places[key], proofs) for key, proofs in self.evidence.items()}


_SHEETS: Final = ("guide", "outputs", "evidence")
_COLUMNS: Final = (layout.STREAM_COLUMNS, layout.OUTPUT_COLUMNS, layout.EVIDENCE_COLUMNS)
_MONTHS: Final = tuple(f"m{n}" for n in range(1, 13))
_FIGURES: Final = ("year", *_MONTHS)
_PROOF_TEXTS: Final = ("stream", "symbol", "sha256", "kind", "title", "number", "laboratory")
_YES: Final = {"": None, "yes": True, "no": False, "是": True, "否": False}
