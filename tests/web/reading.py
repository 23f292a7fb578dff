"""What a reader sees of a page, and which of it is in another language than the page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any

import msgspec

__all__ = ["HAN", "Names", "Reader", "foreign"]

HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_ATTRIBUTES = ("title", "aria-label", "alt", "placeholder", "label")
_UNREAD = {"script", "style", "code", "pre", "textarea", "kbd", "noscript"}
_EMPTY = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")
_START = re.compile(rf"{_WORD.pattern}|{HAN.pattern}")  # by what a name is looked up
_PLAIN = re.compile("[a-z]+(?:_[a-z]+)*")
_SPELT = re.compile(r"[a-z]{2}")  # GDEA, MWh and tCO2 are names of things, words are spelt
# What Chinese writes in Latin letters too: formats, products, documents of the law, units.
_TAKEN = {
    "capwright", "unicode", "excel", "parquet", "javascript", "json", "tkm", "art", "vol", "table", "in",
    "as", "of",
}  # fmt: skip
# Addresses, paths, file names; a code beside its words; what a refusal fills in.
_MARKS = re.compile(
    r"^[a-z_]+ · | · [a-z_]+$|~[a-z_]+(?=：)|\{\w+[^}]*\}|https?://\S+|/[a-z]+/[a-z/]+|[\w.-]+@[\w.-]+|[A-Za-z0-9.-]+\.(?:gz|cn|com)(?![A-Za-z])"
    r"|Capwright-Signature"
)


class Reader(HTMLParser):
    """Collects the texts of a page with the language each is marked with, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._open: list[tuple[str, bool, str]] = []
        self.texts: list[tuple[str, str]] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        _, unread, lang = self._open[-1] if self._open else ("", False, "")
        unread = unread or tag in _UNREAD or given.get("translate") == "no"
        lang = given.get("lang", lang)
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if not unread:
            self.texts += [(lang, given[name]) for name in _ATTRIBUTES if given.get(name)]
        if tag not in _EMPTY:
            self._open.append((tag, unread, lang))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        _, unread, lang = self._open[-1] if self._open else ("", False, "")
        text = " ".join(data.split())
        if text and not unread:
            self.texts.append((lang, text))


class Names:
    """What people, firms and programs called things: no page translates it.

    Plain words in small letters are no names: codes such as `operator_holding` are to be shown in words.
    """

    def __init__(self, *known: Iterable[str], plain: Iterable[str] = ()) -> None:
        self._by_start: dict[str, list[str]] = {}
        named = {" ".join(text.split()) for texts in known for text in texts}
        for one in {text for text in named if not _PLAIN.fullmatch(text)} | set(plain):
            start = _START.search(one)
            if start:
                self._by_start.setdefault(start[0], []).append(one[start.start() :])
        for listed in self._by_start.values():
            listed.sort(key=len, reverse=True)

    @classmethod
    def of(
        cls, state: bytes, *more: Iterable[str], plain: Iterable[str] = (), leave_out: Iterable[str] = ()
    ) -> Names:
        """Every text in a snapshot of a market but the words of its schemes, which come in both languages."""
        kept = msgspec.msgpack.decode(state, strict=False)
        rules = kept.pop("schemes")
        codes = {text for text in _texts(rules) if " " not in text and not HAN.search(text)}
        return cls(set(_texts(kept)) - set(leave_out), codes, *more, plain=plain)

    def without(self, text: str) -> str:
        """The text with the names cut out, the longest first where several begin alike."""
        kept, at = [], 0
        while start := _START.search(text, at):
            kept.append(text[at : start.start()])
            names = self._by_start.get(start[0], ())
            name = next((one for one in names if text.startswith(one, start.start())), "")
            kept.append(" " if name else start[0])
            at = start.start() + len(name or start[0])
        return "".join(kept) + text[at:]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(key)
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def foreign(html: str, lang: str, names: Names) -> set[str]:
    """The texts of a page that are not in its language: Chinese in English ones, English words in Chinese."""
    found = set()
    for marked, text in Reader(html).texts:
        spoken = "zh" if marked.startswith("zh") else "en"
        if spoken != lang:
            found.add(f"[{marked}] {text}")
        elif lang == "en":
            if HAN.search(names.without(text)):
                found.add(text)
        else:
            words = _WORD.findall(names.without(_MARKS.sub(" ", text)))
            if any(_SPELT.search(word) and word.lower() not in _TAKEN for word in words):
                found.add(text)
    return found
