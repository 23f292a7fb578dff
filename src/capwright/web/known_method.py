"""What a method knows for a monitoring plan or a report: its components, their items, their figures."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from capwright.filing.wording import items_of
from capwright.kernel.refusal import Refused
from capwright.projection import reporting
from capwright.web.command_form import flat

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from capwright.market import Market
    from capwright.mrv.method import Component, Method
    from capwright.web.command_form import Field

__all__ = ["offer_method"]

_OWN: Final = ("component", "item", "symbol")
Known = tuple[tuple[str, str], ...]


def offer_method(market: Market, fields: list[Field], lang: str) -> None:
    """Let methods be chosen by name, and under a method what it has: by stream, of the stream's component."""
    for part in fields:
        chosen = next((one for one in part.parts if one.own == "method"), None)
        if part.kind != "group" or chosen is None:
            continue
        names = reporting.method_names(market)
        _put(chosen, tuple((id_, f"{words[lang == 'zh']} · {id_}") for id_, words in names.items()))
        with suppress(Refused):
            _offer(reporting.method_of(market, chosen.value), part, lang)


def _offer(method: Method, part: Field, lang: str) -> None:
    components = method.body.components
    for rows in part.parts:
        if rows.own == "streams":
            for stream in (*rows.parts, rows.empty):
                if stream is not None:
                    code = next((one.value for one in stream.parts if one.own == "component"), "")
                    own = [one for one in components if one.code == code] or components
                    _of_stream(method, own, stream, lang)
        elif rows.own == "outputs":
            known = tuple((one.code, one.zh if lang == "zh" else one.en) for one in method.body.outputs)
            for one in _all(rows):
                if one.own == "symbol":
                    _put(one, known)


def _of_stream(method: Method, components: Iterable[Component], stream: Field, lang: str) -> None:
    zh = lang == "zh"
    items = {code: (en, cn)[zh] for one in components for code, en, cn, _ in items_of(method, one)}
    symbols = {
        each.code: each.zh if zh else each.en for one in components for each in one.symbols if not each.fixed
    }
    known: dict[str, Known] = {
        "component": tuple((one.code, one.zh if zh else one.en) for one in method.body.components),
        "item": tuple(items.items()),
        "symbol": tuple(symbols.items()),
    }
    for one in _all(stream):
        if one.own in _OWN and known[one.own]:
            _put(one, known[one.own])


def _all(within: Field) -> Iterator[Field]:
    """The fields of a part, those of the empty rows too."""
    for one in flat([within]):
        yield one
        if one.empty is not None:
            yield from _all(one.empty)


def _put(one: Field, known: Known) -> None:
    """Let a field be chosen by name from what is known; a value that is not known stays as it is."""
    if not one.value or one.value in dict(known):
        times = Counter(name for _, name in known)
        one.known = tuple((code, name if times[name] == 1 else f"{name} · {code}") for code, name in known)
        one.closed, one.named = True, True
