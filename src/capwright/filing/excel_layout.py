"""How a reporting workbook is laid out: sheets, columns, headings, choices. Writing and reading share it.

A component has a sheet; a stream is a block of rows, one for each symbol that may be reported, as in the
forms of the Chinese guidelines: parameters downwards, months across. Outputs and evidence have sheets of
their own. A hidden sheet names the method with its digest, so that the file is pinned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from capwright.filing.wording import items_of, units_of
from capwright.kernel.refusal import Refused
from capwright.kernel.unit import unit
from capwright.mrv.method import Component, Method, Symbol
from capwright.mrv.records import MONTHS, EmissionReport

__all__ = [
    "EVIDENCE_COLUMNS", "FIRST_ROW", "FORMAT", "GUIDE_CELLS", "GUIDE_TEXTS", "HEADINGS", "LISTS",
    "OUTPUT_COLUMNS", "PINS", "STREAM_COLUMNS", "Heading", "alternatives", "area_items", "choice",
    "item_choices", "reported_symbols", "sheet_titles", "unit_choices",
]  # fmt: skip

PINS: Final = "capwright"
LISTS: Final = "lists"
FORMAT: Final = "1"
FIRST_ROW: Final = 4  # of the figures; above: title, help, headings
_LONGEST_TITLE: Final = 28
_FORBIDDEN: Final = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
_MONTHS: Final = tuple(f"m{n}" for n in range(1, MONTHS + 1))

# Columns in order; a name is found at the same place when the file is read.
STREAM_COLUMNS: Final = (
    "stream", "facility", "item", "form", "symbol", "name", "unit", "obtained", "year", *_MONTHS,
    "tier", "uncertainty", "note",
)  # fmt: skip
OUTPUT_COLUMNS: Final = (
    "output", "name", "facility", "unit", "obtained", "year", *_MONTHS, "tier", "uncertainty", "note",
)  # fmt: skip
EVIDENCE_COLUMNS: Final = (
    "stream", "symbol", "sha256", "kind", "title", "number", "month", "sampled_on", "tested_on",
    "reported_on", "laboratory", "accredited",
)  # fmt: skip
# What the first sheet asks for, and in which row of column B.
GUIDE_CELLS: Final = {"enterprise": 4, "reporting_year": 5, "area": 6, "plan": 7, "report_note": 8}


class Heading(Struct, frozen=True):
    """A column's or cell's name and help in both languages, and its width in characters."""

    en: str
    zh: str
    help_en: str = ""
    help_zh: str = ""
    width: int = 10


HEADINGS: Final[dict[str, Heading]] = {
    "stream": Heading(
        "Stream", "排放源",
        "A short name of your own for the source stream, once in its first row: coal-boiler-1.",
        "自行命名的排放源简称，填在该源第一行，如“1号锅炉煤”。", 18,
    ),
    "facility": Heading(
        "Facility", "设施", "The kiln, boiler, unit or meter.", "窑、锅炉、机组、计量点等。", 14
    ),
    "item": Heading(
        "Item", "品种", "Choose from the list: fuel, gas, material.", "从下拉列表中选择燃料、气体或物料。", 24
    ),
    "form": Heading(
        "Way", "算法", "Leave it empty: the best way that the data allow is taken.",
        "通常留空，系统按优先次序采用数据允许的算法。", 20,
    ),
    "symbol": Heading("Symbol", "符号", width=12),
    "name": Heading("Parameter", "参数", width=34),
    "output": Heading("Output", "产出代码", width=16),
    "unit": Heading(
        "Unit", "单位", "The unit in which you write the figures; it is converted, never assumed.",
        "所填数值的计量单位；系统按单位换算，不作推定。", 13,
    ),
    "obtained": Heading(
        "How obtained", "获取方式", "Measured, calculated, default or estimated.",
        "实测、计算、缺省值或估算。", 16,
    ),
    "year": Heading(
        "Year", "全年", "One figure for the year, or twelve months: not both.",
        "填全年值或逐月填报，二者择一。", 14,
    ),
    **{
        f"m{n}": Heading(
            f"Month {n}", f"{n}月",
            "0 where nothing was used. Do not type the sign %: choose it as the unit.",
            "未使用的月份填0。数值后不要加“%”，请在单位列选择“%”。", 11,
        )
        for n in range(1, MONTHS + 1)
    },
    "tier": Heading("Tier", "层级", width=8),
    "uncertainty": Heading(
        "Uncertainty", "不确定度", "A fraction: 0.025 for 2.5 %.", "以小数表示，2.5 %写作0.025。", 12
    ),
    "note": Heading("Note", "备注", "Why, where the figure needs a word.", "对数据的必要说明。", 30),
    "sha256": Heading(
        "SHA-256 of the file", "文件SHA-256", "64 hexadecimal digits that name the document.",
        "文件的64位十六进制哈希值。", 40,
    ),
    "kind": Heading("Kind", "类型", width=20),
    "title": Heading("Title", "名称", width=24),
    "number": Heading("Number", "编号", width=16),
    "month": Heading("Month", "月份", "1 to 12; empty for the year.", "1至12；全年留空。", 8),
    "sampled_on": Heading("Sampled on", "采样日期", "2024-03-31", "2024-03-31", 13),
    "tested_on": Heading("Tested on", "检测日期", "2024-03-31", "2024-03-31", 13),
    "reported_on": Heading("Reported on", "报告日期", "2024-03-31", "2024-03-31", 13),
    "laboratory": Heading("Laboratory", "检测机构", width=20),
    "accredited": Heading("Accredited", "有资质", width=12),
    "enterprise": Heading("Enterprise", "企业"),
    "reporting_year": Heading("Year", "报告年度", "2023", "2023"),
    "area": Heading(
        "Area", "地区", "Picks the grid factor where the method leaves it open.", "用于选取电网排放因子。"
    ),
    "plan": Heading(
        "Version of the monitoring plan", "监测计划版本", "A whole number.", "整数。"
    ),
    "report_note": Heading("Note on the report", "报告说明"),
}  # fmt: skip

# What the first sheet says.
GUIDE_TEXTS: Final[tuple[tuple[str, str], ...]] = (
    (
        (
            "Fill in the yellow cells here, then a block of rows for each stream on its component's sheet. "
            "What you do not have stays empty."
        ),
        "请先填写本页黄色单元格，再在各类别工作表中逐个排放源填写；没有的类别留空。",
    ),
    (
        (
            "Figures are plain numbers; the unit stands in its own column and is converted. Percentages: "
            "write 12.5 and choose the unit %, or write 0.125 with the unit 1."
        ),
        "数值只填数字，单位在单位列选择并自动换算。百分数：填12.5并选择单位“%”，或填0.125并选择单位“1”。",
    ),
    (
        "Monthly figures make the weighted mean exact; a month without consumption has 0.",
        "逐月填报可得到准确的加权平均值；未使用的月份填0。",
    ),
    (
        "Every figure says how it was obtained. Name the documents behind it on the evidence sheet.",
        "每项数据须注明获取方式，并在证据表中列明依据文件。",
    ),
    (
        (
            "Formulas are not worked out when the file is read: their stored results are taken. "
            "The sheets are protected without a password, against slips only."
        ),
        "读取文件时不执行公式，仅采用已保存的结果。工作表保护不设密码，仅为防止误改。",
    ),
)


def sheet_titles(method: Method, lang: str, report: EmissionReport | None = None) -> dict[str, str]:
    """Component code → title of its sheet, in the method's order.

    What follows from other streams by itself has no sheet, unless the report to be written has such a stream.
    """
    used = {stream.component for stream in report.streams} if report else set()
    found: dict[str, str] = {}
    for component in method.body.components:
        if component.cross_check and component.beside and component.code not in used:
            continue
        name = component.zh if lang == "zh" else component.en
        title = " ".join(name.translate(_FORBIDDEN).split())[:_LONGEST_TITLE].strip() or component.code
        taken = {known.casefold() for known in (*found.values(), PINS, LISTS)}
        count = 2
        unique = title
        while unique.casefold() in taken:
            unique, count = f"{title[: _LONGEST_TITLE - 3]} {count}", count + 1
        found[component.code] = unique
    return found


def reported_symbols(component: Component) -> list[Symbol]:
    """The symbols that may be reported: what the method prescribes may not."""
    return [symbol for symbol in component.symbols if not symbol.fixed]


def area_items(method: Method) -> list[tuple[str, str, str]]:
    """Code and names of the areas that the method leaves open."""
    found: dict[str, tuple[str, str, str]] = {}
    for component in method.body.components:
        for symbol in component.symbols:
            name, _, place = method.default_of(symbol).partition(":")
            if place.rpartition(".")[0] == "@area" and name in method.tables:
                for item in method.tables[name].body.items:
                    found.setdefault(item.code, (item.code, item.en, item.zh))
    return list(found.values())


def choice(code: str, en: str, zh: str, lang: str) -> str:
    """An entry of a drop-down: the code, then its name."""
    return f"{code} | {zh if lang == 'zh' else en}"


# Units that people write: for a drop-down, never for reading.

_SIMPLE: Final = (
    "t", "kg", "g", "kt", "10^4 t", "GJ", "MJ", "TJ", "kJ", "kcal", "MWh", "kWh", "10^4 kWh", "GWh",
    "10^4 Nm3", "Nm3", "10^4 m3", "m3", "L", "1", "%", "km", "10^4 km", "m", "10^4 m", "m2", "10^4 m2", "h",
    "d", "min", "tce", "kgce", "V", "mV", "vehicle", "person", "10^4 person", "TEU", "10^4 TEU", "rack",
    "t*km", "10^4 t*km",
)  # fmt: skip
_MASSES: Final = ("t", "kg", "g", "kt", "mg")
_RARE: Final = re.compile(r"kt|mg|g$|kJ$|TJ$")  # in ratios
_MOST: Final = 12
_MOST_PARTS: Final = 2
_TOPS: Final = 5
_BOTTOMS: Final = 3


def alternatives(text: str) -> list[str]:
    """The unit and what it is often written as instead; all of them convert into it."""
    parts = text.split("/")
    if len(parts) > _MOST_PARTS:
        return [text]
    if len(parts) == 1:
        return _alike(text, _simple(text))[:_MOST]
    tops, bottoms = (
        [one for one in _simple(part) if one == part or not _RARE.match(one)][:most]
        for part, most in zip(parts, (_TOPS, _BOTTOMS), strict=True)
    )
    made = (f"{top}/{bottom}" for bottom in bottoms for top in tops)
    return _alike(text, [*made, *(_SIMPLE if not unit(text).dimensions else ())])[:_MOST]


def _simple(text: str) -> list[str]:
    substance = next(
        (text[len(mass) :] for mass in ("kg", "kt", "mg", "t", "g") if text.startswith(mass)), ""
    )
    return _alike(text, [*(mass + substance for mass in _MASSES if substance), *_SIMPLE])


def _alike(text: str, candidates: Iterable[str]) -> list[str]:
    wanted = unit(text)
    found = [text]
    for one in candidates:
        try:
            if one not in found and unit(one).alike(wanted):
                found.append(one)
        except Refused:
            continue
    return found


def unit_choices(method: Method, component: Component, symbol: Symbol) -> list[str]:
    """What the unit's drop-down offers for a symbol, whatever the item."""
    found = [one for own in units_of(method, component, symbol) for one in alternatives(own)]
    return list(dict.fromkeys(found))


def item_choices(method: Method, component: Component, lang: str) -> list[str]:
    """The items' drop-down."""
    return [choice(code, en, zh, lang) for code, en, zh, _ in items_of(method, component)]
