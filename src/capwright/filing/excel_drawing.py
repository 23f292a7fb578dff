"""Drawing the cells, headings and drop-downs of a reporting workbook. openpyxl writes it (extra `excel`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from decimal import Decimal
from typing import Any, Final

from capwright.filing import excel_layout as layout
from capwright.filing.excel_layout import FIRST_ROW, HEADINGS, choice
from capwright.filing.extras import need
from capwright.kernel.text import check_text
from capwright.report.voice import Voice

__all__ = ["ASK", "MAY", "OFF", "Drawing"]

ASK: Final = "FFF4CE"  # must be filled in
MAY: Final = "EAF3E6"  # may be filled in
OFF: Final = "E9ECEF"  # not for filling in
_HEAD: Final = "DCE6F1"
_LINE: Final = "C9D2DC"
_EXACT_DIGITS: Final = 15  # of a spreadsheet's numbers
_MOST_CELL: Final = 32_000  # characters


class Drawing:
    """An empty workbook in a language, and how its sheets look; equal lists of choices are written once.

    `respell` brings every text, titles of sheets among them, into other characters.
    """

    def __init__(self, lang: str, respell: Callable[[str], str] = str) -> None:
        self.respell = respell
        self.voice = Voice(lang)
        self.lang = lang
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
                cell.value = self.respell(value)
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
        if fill in {ASK, MAY}:
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
        return self.respell(f"{first}{separator}{second}" if second and second != first else first)

    def sheet(self, title: str, heading: str, columns: Sequence[str], help_text: str = "") -> Any:
        """A protected sheet with its title, help and headings; no password."""
        sheet = self.book.create_sheet(self.respell(title))
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
