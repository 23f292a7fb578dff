"""What scheme files say in English, for readers of Chinese: notes, remarks in sources, codes without a name.

The words stand in `chinese.toml`, which is read when the first Chinese reader comes. What it does not know
stays as it is; a scheme of one's own brings its Chinese along as `note_zh`.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from capwright.scheme.section import Citation

__all__ = ["catalogue", "note_in", "source_in", "source_in_chinese", "word_in_chinese"]


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """The Chinese of each English text, apart for `notes`, `remarks` and `words`."""
    return tomllib.loads((resources.files("capwright.scheme") / "chinese.toml").read_text(encoding="utf-8"))


def note_in(lang: str, citation: Citation) -> str:
    """The note of a citation in `lang` (`en` or `zh`); what the scheme brings goes before the catalogue."""
    if lang != "zh":
        return citation.note
    return citation.note_zh or catalogue()["notes"].get(citation.note, citation.note)


def source_in(lang: str, source: str) -> str:
    """A source with its remarks in `lang` (`en` or `zh`)."""
    return source_in_chinese(source) if lang == "zh" else source


def word_in_chinese(word: str) -> str:
    """The Chinese of a code or a text among the values; the word itself where nothing is known."""
    return catalogue()["words"].get(word, word)


_PATTERNS: Final = tuple(
    (re.compile(pattern), zh)
    for pattern, zh in (
        (r"assignment as in vintages (\S+)", r"方法归属同\1年度"),
        (r"as in vintage (\d+)", r"同\1年度"),
        (r"as (EUA|GDEA)", r"同\1"),
        (r"confirmed for (\d+)", r"\1年度已证实"),
        (r"carried back from (\d+)", r"由\1年度前推"),
        (r"press on the (\d+) plan", r"关于\1年度方案的报道"),
        (r"press ([\d-]+(?:, [\d-]+)*)", r"新闻报道 \1"),
        (r"GZETS reporting notices (\S+)", r"GZETS \1年报告通知"),
        (r"GZETS (compliance|offset|auction) notices of vintages? (\S+)", r"GZETS \2年度{\1}"),
        (r"GZETS offset notices from vintage (\d+)", r"GZETS \1年度起的抵消通知"),
        (r"GZETS (compliance|trading) notices (\d.*)", r"GZETS \2 {\1}"),
        (r"GZETS offset notices", "GZETS 抵消通知"),
        (r"GZETS auction results", "GZETS 竞价结果"),
        (r"GZETS notices on CCER", "GZETS 关于CCER的通知"),
        (r"GZETS notices on negotiated transfer", "GZETS 关于协议转让的通知"),
        (r"GZETS notices of the extra weekend sessions", "GZETS 周末加开交易的通知"),
        (r"GZETS notices (?:of )?(\d+)(?: and |-)(\d+)", r"GZETS \1、\2年通知"),
        (r"GZETS (\S+) notice", r"GZETS \1 通知"),
    )
)
_NOTICES: Final = {
    "compliance": "履约通知",
    "offset": "抵消通知",
    "auction": "竞价公告",
    "trading": "交易公告",
}
_BETWEEN: Final = re.compile(r"(: |, (?=[a-z]))")
_MARKS: Final = {": ": "：", ", ": "，"}
_ARTICLE: Final = re.compile(r"\bart\. ([\d-]+(?:, [\d-]+)*)")


@lru_cache(maxsize=5_000)
def source_in_chinese(source: str) -> str:
    """A source with its remarks in Chinese; names of documents and what is not known stay as they are."""
    if source in catalogue()["remarks"]:
        return catalogue()["remarks"][source]
    return "；".join(_part(part) for part in source.split("; "))


def _part(part: str) -> str:
    if part in catalogue()["remarks"]:
        return catalogue()["remarks"][part]
    return "".join(_MARKS.get(piece) or _said(piece) for piece in _BETWEEN.split(part))


def _said(part: str) -> str:
    if part in catalogue()["remarks"]:
        return catalogue()["remarks"][part]
    for pattern, zh in _PATTERNS:
        found = pattern.fullmatch(part)
        if found:
            return found.expand(zh).format_map(_NOTICES)
    return _ARTICLE.sub(r"第\1条", part)
