"""The reporting workbook of a method, empty or filled with a report. openpyxl writes it (extra `excel`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

from capwright.filing import excel_layout as layout
from capwright.filing.excel_layout import FIRST_ROW, HEADINGS, choice
from capwright.filing.extras import need
from capwright.filing.formulas import chemical, plain
from capwright.filing.wording import EVIDENCE, OBTAINED, units_of
from capwright.kernel.text import check_text
from capwright.mrv.method import Component, Method, Symbol
from capwright.mrv.records import Datum, EmissionReport, Evidence, Stream
from capwright.report.voice import Voice

__all__ = ["template_bytes"]

_ASK: Final = "FFF4CE"  # must be filled in
_MAY: Final = "EAF3E6"  # may be filled in
_OFF: Final = "E9ECEF"  # not for filling in
_HEAD: Final = "DCE6F1"
_LINE: Final = "C9D2DC"
_EXACT_DIGITS: Final = 15  # of a spreadsheet's numbers
_BLOCKS: Final = 12
_BLOCKS_PLAIN: Final = 5  # where there is nothing to choose from
_SPARE: Final = 2
_OUTPUT_ROWS: Final = 4
_EVIDENCE_ROWS: Final = 200
_MOST_CELL: Final = 32_000  # characters
_DATUM: Final = ("unit", "obtained", "year", *(f"m{n}" for n in range(1, 13)), "tier", "uncertainty", "note")


def template_bytes(method: Method, lang: str = "zh", report: EmissionReport | None = None) -> bytes:
    """The workbook as bytes; with a `report` it is filled in."""
    book = _Book(method, lang, report)
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


class _Book:
    def __init__(self, method: Method, lang: str, report: EmissionReport | None) -> None:
        self.method = method
        self.voice = Voice(lang)
        self.lang = lang
        self.report = report
        self.titles = layout.sheet_titles(method, lang, report)
        self.excel = need("openpyxl", "excel")
        self.styles = need("openpyxl.styles", "excel")
        self.book: Any = self.excel.Workbook()
        self.book.remove(self.book.active)
        self.book.properties.creator = "Capwright"
        self.lists: dict[tuple[str, ...], str] = {}
        self.dresses: dict[tuple[Any, ...], Any] = {}

    # Cells.

    def put(self, sheet: Any, row: int, column: int, value: object, fill: str = "", **style: Any) -> Any:
        """Write a cell; texts stay texts whatever they begin with, long decimals are written as text."""
        cell = sheet.cell(row, column)
        if isinstance(value, Decimal):
            digits = len(value.as_tuple().digits)
            exact = digits <= _EXACT_DIGITS and abs(value.adjusted()) <= _EXACT_DIGITS
            value = value if exact else f"{value:f}"
        if isinstance(value, str):
            if value:
                check_text("cell", value.replace("\n", " "), _MOST_CELL)
                cell.value = value
                cell.data_type = "s"
        elif value is not None:
            cell.value = value
        if fill or style:
            self.dress(cell, fill, style)
        return cell

    def dress(self, cell: Any, fill: str, style: dict[str, Any]) -> None:
        """Colour, font and lock of a cell; equal cells share one style, which is ten times quicker."""
        key = fill, *sorted(style.items())
        known = self.dresses.get(key)
        if known is not None:
            cell._style = copy(known)  # noqa: SLF001 - the library's own way of copying a style
            return
        if fill:
            cell.fill = self.styles.PatternFill("solid", fgColor=fill)
            cell.border = self.border()
        if fill in {_ASK, _MAY}:
            cell.protection = self.styles.Protection(locked=False)
        if style:
            cell.font = self.styles.Font(**style)
        self.dresses[key] = copy(cell._style)  # noqa: SLF001

    def border(self, top: str = _LINE) -> Any:
        """Thin lines round a cell; a filled cell would hide the sheet's own."""
        thin, above = self.styles.Side("thin", color=_LINE), self.styles.Side("thin", color=top)
        return self.styles.Border(left=thin, right=thin, top=above, bottom=thin)

    def both(self, en: str, zh: str, separator: str = "\n") -> str:
        """Both languages, the reader's own first."""
        first, second = (zh, en) if self.lang == "zh" else (en, zh)
        return f"{first}{separator}{second}" if second and second != first else first

    def sheet(self, title: str, heading: str, columns: Sequence[str], help_text: str = "") -> Any:
        """A protected sheet with its title, help and headings; no password."""
        sheet = self.book.create_sheet(title)
        self.put(sheet, 1, 1, heading, bold=True, size=14)
        self.put(sheet, 2, 1, help_text, color="566274")
        for at, name in enumerate(columns, start=1):
            self.heading(sheet, FIRST_ROW - 1, at, name)
        sheet.row_dimensions[FIRST_ROW - 1].height = 32
        self.protect(sheet)
        return sheet

    def protect(self, sheet: Any) -> None:
        """Lock the sheet without a password, and let it print one page wide."""
        sheet.protection.sheet = True
        for allowed in ("formatCells", "formatColumns", "formatRows"):
            setattr(sheet.protection, allowed, False)
        properties = need("openpyxl.worksheet.properties", "excel")
        sheet.page_setup.orientation = "landscape"
        sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr = properties.PageSetupProperties(fitToPage=True)
        sheet.row_dimensions[1].height = 26

    def heading(self, sheet: Any, row: int, column: int, name: str) -> None:
        head = HEADINGS[name]
        cell = self.put(sheet, row, column, self.both(head.en, head.zh), _HEAD, bold=True)
        cell.alignment = self.styles.Alignment(wrap_text=True, vertical="center")
        letter = self.excel.utils.get_column_letter(column)
        sheet.column_dimensions[letter].width = head.width
        if head.help_en:
            note = self.excel.comments.Comment(self.both(head.help_en, head.help_zh), "Capwright")
            note.width, note.height = 320, 110
            cell.comment = note

    # Choices.

    def choose(
        self, sheet: Any, choices: Iterable[str], cells: Iterable[str], *, strict: bool = True
    ) -> None:
        """A drop-down on some cells; what is not `strict` warns only."""
        options, places = tuple(choices), list(cells)
        if not options or not places:
            return
        made = need("openpyxl.worksheet.datavalidation", "excel").DataValidation(
            type="list", formula1=self.listed(options), allow_blank=True, showErrorMessage=True,
            errorStyle="stop" if strict else "warning",
            errorTitle="Capwright", error=self.both("Choose from the list.", "请从列表中选择。"),
        )  # fmt: skip
        for place in places:
            made.add(place)
        sheet.add_data_validation(made)

    def listed(self, options: tuple[str, ...]) -> str:
        """The range of the hidden sheet that holds the options."""
        if options not in self.lists:
            letter = self.excel.utils.get_column_letter(len(self.lists) + 1)
            self.lists[options] = f"{layout.LISTS}!${letter}$1:${letter}${len(options)}"
        return self.lists[options]

    def place(self, columns: Sequence[str], name: str, row: int) -> str:
        return f"{self.excel.utils.get_column_letter(columns.index(name) + 1)}{row}"

    def words(self, table: dict[str, tuple[str, str]]) -> list[str]:
        return [choice(code, en, zh, self.lang) for code, (en, zh) in table.items()]

    # Sheets.

    def guide(self) -> None:
        """The first sheet: who reports what, and how to fill in the rest."""
        sheet = self.book.create_sheet(self.voice.say("Guide", "填报说明"))
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
            cell = self.put(sheet, row, 2, given.get(name), _ASK if asked else _MAY)
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
            (_ASK, "needed", "必填"),
            (_MAY, "if you have it", "选填"),
            (_OFF, "leave", "勿填"),
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
                fill = _OFF if at else (_ASK if name in {"stream", "item"} else _MAY)
                self.put(sheet, row + at, column, None if at else head.get(name), fill)
            name = chemical(self.both(symbol.en, symbol.zh, " / "))
            self.put(sheet, row + at, 5, symbol.code, _OFF, bold=True)
            self.put(sheet, row + at, 6, name, _OFF)
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
            self.put(sheet, row, columns.index(name) + 1, given.get(name), _ASK if needed else _MAY)

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
                self.put(sheet, row, 1, output.code, _OFF, bold=True)
                self.put(sheet, row, 2, self.both(output.en, output.zh, " / "), _OFF)
                place = datum.symbol.partition("@")[2] if datum else None
                self.put(sheet, row, 3, place, _MAY)
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
                self.put(sheet, at, column, value, _MAY)
        reach = range(FIRST_ROW, last)
        self.choose(sheet, self.words(EVIDENCE), [self.place(columns, "kind", row) for row in reach])
        self.choose(sheet, ("yes", "no"), [self.place(columns, "accredited", row) for row in reach])

    def proofs(self) -> list[list[object]]:
        """The rows of the report's evidence."""
        if self.report is None:
            return []
        found: list[tuple[str, str, Evidence]] = []
        for stream in self.report.streams:
            found += [(stream.code, datum.symbol, one) for datum in stream.data for one in datum.evidence]
        found += [("", datum.symbol, one) for datum in self.report.outputs for one in datum.evidence]
        accredited = {None: None, True: "yes", False: "no"}
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
