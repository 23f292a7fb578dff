"""Which characters the fonts at hand can show: those beside this module, and typst's own for Latin and Greek.

Others, such as the rare characters of names, need a font of the machine.
"""

from __future__ import annotations

from typing import Final

__all__ = ["FAMILY", "OTHER_FAMILIES", "covered"]

FAMILY: Final = "Noto Sans CJK SC"
# Families of a machine that have the rare characters, such as those of names.
OTHER_FAMILIES: Final = (
    "Noto Serif CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "Microsoft YaHei",
    "SimSun", "PingFang SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei",
)  # fmt: skip
_RANGES: Final = ((0x20, 0x7F), (0xA1, 0x180), (0x391, 0x3A2), (0x3A3, 0x3CA))
_SIGNS: Final = frozenset("–—‘’“”•…‰′″€™←↑→↓⇒∂∆∏∑−√∞∫≈≠≤≥×÷·₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁻¼½¾■□▲△●○◆◇★☆✓")


def covered(letter: str) -> bool:
    """Whether the fonts have it: GB 2312, Latin, Greek, signs. Breaks need no glyph."""
    if letter in _SIGNS or letter in "\n\u200b" or any(low <= ord(letter) < high for low, high in _RANGES):
        return True
    try:
        letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
