"""Which characters the fonts at hand can show: those beside this module, and typst's own for Latin and Greek.

Simplified Chinese has the characters of GB 2312; traditional Chinese what these are written as in Hong Kong,
and the common characters of Big5.

Others, such as the rare characters of names, need a font of the machine.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

__all__ = ["FAMILY", "OTHER_FAMILIES", "TRADITIONAL_FAMILY", "covered"]

FAMILY: Final = "Noto Sans CJK SC"
TRADITIONAL_FAMILY: Final = "Noto Sans CJK HK"
# Families of a machine that have the rare characters, such as those of names.
OTHER_FAMILIES: Final = (
    "Noto Serif CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei",
    "SimSun", "PingFang SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei",
)  # fmt: skip
_RANGES: Final = ((0x20, 0x7F), (0xA1, 0x180), (0x391, 0x3A2), (0x3A3, 0x3CA))
_SIGNS: Final = frozenset("–—‘’“”•…‰′″€™←↑→↓⇒∂∆∏∑−√∞∫≈≠≤≥×÷·₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁻¼½¾■□▲△●○◆◇★☆✓")


def covered(letter: str) -> bool:
    """Whether the fonts have it: Chinese, Latin, Greek, signs. Breaks need no glyph."""
    if letter in _SIGNS or letter in "\n\u200b" or any(low <= ord(letter) < high for low, high in _RANGES):
        return True
    try:
        letter.encode("gb2312")
    except UnicodeEncodeError:
        return letter in _traditional()
    return True


@cache
def _traditional() -> frozenset[str]:
    listed = resources.files("capwright.filing") / "fonts" / "NotoSansCJKhk-characters.txt"
    return frozenset(listed.read_text(encoding="utf-8").replace("\n", ""))
