"""An emission report as PDF, and other papers, typeset by typst (extra `pdf`) offline, with its own fonts."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from capwright.filing.extras import need
from capwright.filing.files import write_bytes
from capwright.filing.fonts_of import FAMILY, OTHER_FAMILIES, TRADITIONAL_FAMILY, covered
from capwright.filing.pdf_data import report_data
from capwright.kernel.refusal import define, refuse
from capwright.mrv.calculation import Result
from capwright.mrv.method import Method
from capwright.mrv.records import EmissionReport

__all__ = ["Respell", "pdf_bytes", "set_in_type", "typeset", "write_pdf"]

NO_GLYPHS = define(
    "CW-9541",
    en="No font at hand can show these characters of the report: {letters}.",
    zh="现有字体无法显示报告中的这些字符：{letters}。",
    mend_en="Install a font that has them, such as Noto Sans CJK, or write them otherwise.",
    mend_zh="请安装含这些字符的字体（如思源黑体），或改用其他字符。",
    rule="design: a report never prints empty boxes",
)

_MOST_SHOWN: Final = 20
Respell: TypeAlias = Callable[[str], str]


def write_pdf(method: Method, report: EmissionReport, result: Result, path: Path, lang: str = "zh") -> None:
    """Write the report to `path`. Raises `OSError` where it cannot be written."""
    write_bytes(path, pdf_bytes(method, report, result, lang))


def pdf_bytes(
    method: Method, report: EmissionReport, result: Result, lang: str = "zh", respell: Respell | None = None
) -> bytes:
    """The PDF of a report worked out with `method`; the same report gives the same bytes.

    `respell` brings its simplified Chinese into traditional characters. Those that the package's fonts lack
    are taken from the machine's fonts; refuses (CW-9541) what none of them has.
    """
    (made,) = set_in_type("report.typ", report_data(method, report, result, lang), "pdf", respell)
    return made


def typeset(method: Method, report: EmissionReport, result: Result, lang: str, kind: str) -> list[bytes]:
    """The report as `pdf` (one file), or as `png` or `svg`, page by page."""
    return set_in_type("report.typ", report_data(method, report, result, lang), kind)


def set_in_type(name: str, data: Any, kind: str = "pdf", respell: Respell | None = None) -> list[bytes]:
    """The typst source `name` of this package with `data`; the same data give the same bytes."""
    typst = need("typst", "pdf")
    content = msgspec.json.encode(data).decode()
    home = resources.files("capwright.filing")
    source = home.joinpath(name).read_text(encoding="utf-8")
    own = [FAMILY, TRADITIONAL_FAMILY]
    if respell is not None:
        content, source = respell(content), respell(source)
        data = msgspec.json.decode(content)
        own.reverse()
    rare = sorted({letter for letter in _letters(data) if not covered(letter)})
    with resources.as_file(home / "fonts") as folder, tempfile.TemporaryDirectory() as nowhere:
        fonts = typst.Fonts(include_system_fonts=bool(rare), font_paths=[str(folder)])
        families = [*own, *(one for one in OTHER_FAMILIES if rare and one in fonts.families())]
        if rare and families == own and not _whole(fonts, folder):
            letters = " ".join(f"{one} (U+{ord(one):04X})" for one in rare[:_MOST_SHOWN])
            refuse(NO_GLYPHS, letters=letters)
        made = typst.compile(
            source.encode(), root=nowhere, font_paths=fonts, ignore_system_fonts=not rare, format=kind,
            sys_inputs={
                "data": content,
                "fonts": msgspec.json.encode(families).decode(),
                "region": "cn" if respell is None else "hk",
            },
        )  # fmt: skip
    return made if isinstance(made, list) else [made]


def _whole(fonts: Any, folder: Path) -> bool:
    """Whether the machine has the whole of the family of which this package has a part."""
    return any(
        one.family == FAMILY and one.path and not Path(one.path).is_relative_to(folder)
        for one in fonts.fonts()
    )


def _letters(data: Any) -> set[str]:
    """The characters of all texts."""
    if isinstance(data, str):
        return set(data)
    parts = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return set().union(*(_letters(part) for part in parts))
