"""The reporting workbook of a method, empty or filled with a report. openpyxl writes it (extra `excel`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any, Final

from capwright.filing import excel_layout as layout
from capwright.filing.excel_drawing import ASK, MAY, OFF, Drawing
from capwright.filing.excel_layout import FIRST_ROW, HEADINGS, choice
from capwright.filing.formulas import chemical, plain
from capwright.filing.wording import EVIDENCE, OBTAINED, units_of
from capwright.mrv.method import Component, Method, Symbol
from capwright.mrv.records import Datum, EmissionReport, Evidence, Stream

__all__ = ["template_bytes"]

_BLOCKS: Final = 12
_BLOCKS_PLAIN: Final = 5  # where there is nothing to choose from
_SPARE: Final = 2
_OUTPUT_ROWS: Final = 4
_EVIDENCE_ROWS: Final = 200
_DATUM: Final = ("unit", "obtained", "year", *(f"m{n}" for n in range(1, 13)), "tier", "uncertainty", "note")


def template_bytes(
    method: Method,
    lang: str = "zh",
    report: EmissionReport | None = None,
    respell: Callable[[str], str] = str,
) -> bytes:
    """The workbook as bytes; with a `report` it is filled in.

    `respell` brings an empty one into other characters; it is read back all the same.
    """
    book = _Book(method, lang, report, respell)
    book.guide()
    for component in method.body.components:
        if component.code in book.titles:
            book.component(component)
    if method.body.outputs:
        book.outputs()
    book.evidence()
    book.pins()
    out = BytesIO()
    book.book.save(out)
    return out.getvalue()


class _Book(Drawing):
    """The sheets of one method, with the figures of a report where there is one."""

    def __init__(
        self, method: Method, lang: str, report: EmissionReport | None, respell: Callable[[str], str] = str
    ) -> None:
        super().__init__(lang, respell if report is None else str)  # what was reported stays as it is
        self.method = method
        self.report = report
        self.titles = layout.sheet_titles(method, lang, report)

    def guide(self) -> None:
        """The first sheet: who reports what, and how to fill in the rest."""
        sheet = self.book.create_sheet(self.respell(self.voice.say("Guide", "填报说明")))
        self.protect(sheet)
        body, report = self.method.body, self.report
        sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 52, 64
        self.put(sheet, 1, 1, self.both(body.en, body.zh, " · "), bold=True, size=16)
        self.put(sheet, 2, 1, f"{self.method.id} · {self.voice.say(body.standard_en, body.standard_zh)}")
        areas = layout.area_items(self.method)
        given: dict[str, object] = {}
        if report:
            area = next((choice(*one, self.lang) for one in areas if one[0] == report.area), report.area)
            given = {
                "enterprise": report.enterprise, "reporting_year": report.year, "area": area,
                "plan": report.plan or None, "report_note": report.note,
            }  # fmt: skip
        for name, row in layout.GUIDE_CELLS.items():
            head = HEADINGS[name]
            self.put(sheet, row, 1, self.both(head.en, head.zh, " "), bold=True)
            asked = name in {"enterprise", "reporting_year"} or (name == "area" and bool(areas))
            cell = self.put(sheet, row, 2, given.get(name), ASK if asked else MAY)
            cell.alignment = self.styles.Alignment(horizontal="left")
            if head.help_en:
                cell.comment = self.excel.comments.Comment(self.both(head.help_en, head.help_zh), "Capwright")
        options = [choice(*one, self.lang) for one in areas]
        self.choose(sheet, options, [f"B{layout.GUIDE_CELLS['area']}"], strict=False)
        row = max(layout.GUIDE_CELLS.values()) + 2
        for en, zh in layout.GUIDE_TEXTS:
            for text in (zh, en) if self.lang == "zh" else (en, zh):
                cell = self.put(sheet, row, 1, text)
                cell.alignment = self.styles.Alignment(wrap_text=True, vertical="top")
                sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=2)
                sheet.row_dimensions[row].height = 32
                row += 1
        for fill, en, zh in (
            (ASK, "needed", "必填"),
            (MAY, "if you have it", "选填"),
            (OFF, "leave", "勿填"),
        ):
            self.put(sheet, row, 1, self.both(en, zh, " "), fill).protection = self.styles.Protection(
                locked=True
            )
            row += 1

    def component(self, component: Component) -> None:
        """A sheet of streams, a block of rows each."""
        columns = layout.STREAM_COLUMNS
        ways = "; ".join(f"{form.code}: {plain(form.formula)}" for form in component.forms)
        title = self.both(component.en, component.zh, " · ")
        sheet = self.sheet(self.titles[component.code], f"{title} [{component.code}]", columns, ways)
        sheet.freeze_panes = self.place(columns, "unit", FIRST_ROW)
        symbols = layout.reported_symbols(component)
        streams = (
            [one for one in self.report.streams if one.component == component.code] if self.report else []
        )
        blocks = max(_BLOCKS if component.table else _BLOCKS_PLAIN, len(streams) + _SPARE)
        for count in range(blocks):
            stream = streams[count] if count < len(streams) else None
            self.block(sheet, component, symbols, FIRST_ROW + count * len(symbols), stream)
        rows = range(FIRST_ROW, FIRST_ROW + blocks * len(symbols))
        first = rows[:: len(symbols)]
        items = layout.item_choices(self.method, component, self.lang)
        self.choose(sheet, items, [self.place(columns, "item", row) for row in first])
        forms = [choice(form.code, form.en, form.zh, self.lang) for form in component.forms]
        self.choose(sheet, forms, [self.place(columns, "form", row) for row in first])
        obtained = [self.place(columns, "obtained", row) for row in rows]
        self.choose(sheet, self.words(OBTAINED), obtained)
        for at, symbol in enumerate(symbols):
            units = layout.unit_choices(self.method, component, symbol)
            own = [self.place(columns, "unit", row) for row in rows[at :: len(symbols)]]
            self.choose(sheet, units, own, strict=False)
        self.hide(sheet, component, streams)

    def hide(self, sheet: Any, component: Component, streams: list[Stream]) -> None:
        """Columns that this component has no use for are hidden."""
        tiers = any(symbol.tiers or symbol.needs for symbol in component.symbols)
        tiers |= any(d.tier or d.uncertainty is not None for stream in streams for d in stream.data)
        shown = {
            "item": bool(component.table) or any(stream.item for stream in streams),
            "form": len(component.forms) > 1 or any(stream.form for stream in streams),
            "tier": tiers,
            "uncertainty": tiers,
        }
        for name, visible in shown.items():
            letter = self.excel.utils.get_column_letter(layout.STREAM_COLUMNS.index(name) + 1)
            sheet.column_dimensions[letter].hidden = not visible

    def block(
        self, sheet: Any, component: Component, symbols: list[Symbol], row: int, stream: Stream | None
    ) -> None:
        """The rows of one stream."""
        data = {datum.symbol: datum for datum in stream.data} if stream else {}
        head: dict[str, str] = {}
        if stream:
            items = {
                one.partition(" | ")[0]: one for one in layout.item_choices(self.method, component, self.lang)
            }
            forms = {form.code: choice(form.code, form.en, form.zh, self.lang) for form in component.forms}
            head = {
                "stream": stream.code,
                "facility": stream.facility,
                "item": items.get(stream.item, stream.item),
                "form": forms.get(stream.form, stream.form),
            }
        for at, symbol in enumerate(symbols):
            for column, name in enumerate(layout.STREAM_COLUMNS[:4], start=1):
                fill = OFF if at else (ASK if name in {"stream", "item"} else MAY)
                self.put(sheet, row + at, column, None if at else head.get(name), fill)
            name = chemical(self.both(symbol.en, symbol.zh, " / "))
            self.put(sheet, row + at, 5, symbol.code, OFF, bold=True)
            self.put(sheet, row + at, 6, name, OFF)
            units = units_of(self.method, component, symbol)
            asked = symbol.role == "activity" and symbol.value is None and not symbol.formulas
            unit = units[0] if len(units) == 1 else ""
            self.datum(sheet, row + at, layout.STREAM_COLUMNS, data.get(symbol.code), asked=asked, unit=unit)
        line = self.border("8896A6")
        for column in range(1, len(layout.STREAM_COLUMNS) + 1):
            sheet.cell(row, column).border = line

    def datum(
        self, sheet: Any, row: int, columns: Sequence[str], datum: Datum | None, *, asked: bool, unit: str
    ) -> None:
        """The cells of one datum."""
        given: dict[str, object] = {"unit": unit}
        if datum is not None:
            given = {
                "unit": datum.unit,
                "obtained": choice(datum.obtained, *OBTAINED[datum.obtained], self.lang),
                "year": datum.value,
                **{f"m{n}": value for n, value in enumerate(datum.months, start=1)},
                "tier": datum.tier,
                "uncertainty": datum.uncertainty,
                "note": datum.note,
            }
        for name in _DATUM:
            needed = asked and name not in {"tier", "uncertainty", "note"}
            self.put(sheet, row, columns.index(name) + 1, given.get(name), ASK if needed else MAY)

    def outputs(self) -> None:
        """The sheet of activity levels: a few rows each, because a facility may have its own."""
        columns = layout.OUTPUT_COLUMNS
        help_text = self.both(
            "One row for the enterprise, or one for each facility: name it in its column.",
            "填企业合计一行，或按设施逐行填报并注明设施。",
            " ",
        )
        heading = self.both("Activity levels", "产出与活动水平", " · ")
        sheet = self.sheet(self.voice.say("Outputs", "产出"), heading, columns, help_text)
        sheet.freeze_panes = self.place(columns, "facility", FIRST_ROW)
        row = FIRST_ROW
        obtained = []
        for output in self.method.body.outputs:
            data = self.report.outputs if self.report else ()
            own = [datum for datum in data if datum.symbol.partition("@")[0] == output.code]
            first = row
            for count in range(max(_OUTPUT_ROWS, len(own) + _SPARE)):
                datum = own[count] if count < len(own) else None
                self.put(sheet, row, 1, output.code, OFF, bold=True)
                self.put(sheet, row, 2, self.both(output.en, output.zh, " / "), OFF)
                place = datum.symbol.partition("@")[2] if datum else None
                self.put(sheet, row, 3, place, MAY)
                asked = output.required and not count
                self.datum(sheet, row, columns, datum, asked=asked, unit=output.unit)
                obtained.append(self.place(columns, "obtained", row))
                row += 1
            units = layout.alternatives(output.unit)
            self.choose(
                sheet, units, [self.place(columns, "unit", n) for n in range(first, row)], strict=False
            )
        self.choose(sheet, self.words(OBTAINED), obtained)

    def evidence(self) -> None:
        """The sheet of documents behind the data."""
        columns = layout.EVIDENCE_COLUMNS
        help_text = self.both(
            "Which document stands behind which figure. An output has no stream: clinker, or clinker@kiln-1.",
            "逐条列明数据所依据的文件。产出数据不填排放源；分设施的产出写作“代码@设施”。",
            " ",
        )
        heading = self.both("Evidence", "证据材料", " · ")
        sheet = self.sheet(self.voice.say("Evidence", "证据"), heading, columns, help_text)
        sheet.freeze_panes = f"A{FIRST_ROW}"
        rows = self.proofs()
        last = FIRST_ROW + max(_EVIDENCE_ROWS, len(rows) + _SPARE)
        for at in range(FIRST_ROW, last):
            cells = rows[at - FIRST_ROW] if at - FIRST_ROW < len(rows) else [None] * len(columns)
            for column, value in enumerate(cells, start=1):
                self.put(sheet, at, column, value, MAY)
        reach = range(FIRST_ROW, last)
        self.choose(sheet, self.words(EVIDENCE), [self.place(columns, "kind", row) for row in reach])
        self.choose(
            sheet,
            (self.voice.yes(value=True), self.voice.yes(value=False)),
            [self.place(columns, "accredited", row) for row in reach],
        )

    def proofs(self) -> list[list[object]]:
        """The rows of the report's evidence."""
        if self.report is None:
            return []
        found: list[tuple[str, str, Evidence]] = []
        for stream in self.report.streams:
            found += [(stream.code, datum.symbol, one) for datum in stream.data for one in datum.evidence]
        found += [("", datum.symbol, one) for datum in self.report.outputs for one in datum.evidence]
        accredited = {None: None, True: self.voice.yes(value=True), False: self.voice.yes(value=False)}
        return [
            [
                stream, symbol, one.sha256, choice(one.kind, *EVIDENCE[one.kind], self.lang), one.title,
                one.number, one.month or None, one.sampled_on, one.tested_on, one.reported_on,
                one.laboratory, accredited[one.accredited],
            ]
            for stream, symbol, one in found
        ]  # fmt: skip

    def pins(self) -> None:
        """The hidden sheets: what the drop-downs offer, and what the file was made for."""
        lists = self.book.create_sheet(layout.LISTS)
        lists.sheet_state = "veryHidden"
        for column, options in enumerate(self.lists, start=1):
            for row, option in enumerate(options, start=1):
                self.put(lists, row, column, option)
        sheet = self.book.create_sheet(layout.PINS)
        sheet.sheet_state = "veryHidden"
        rows = [("format", layout.FORMAT), ("method", self.method.id), ("digest", self.method.digest)]
        rows += [("lang", self.lang), ("guide", self.voice.say("Guide", "填报说明"))]
        rows += [
            ("outputs", self.voice.say("Outputs", "产出")),
            ("evidence", self.voice.say("Evidence", "证据")),
        ]
        rows += [(f"component:{code}", title) for code, title in self.titles.items()]
        for row, pair in enumerate(rows, start=1):
            for column, text in enumerate(pair, start=1):
                self.put(sheet, row, column, text)
