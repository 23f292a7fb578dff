"""Words for codes: what account types, sectors, unit kinds, modes and statuses are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from capwright.report.shapes import Words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from capwright.scheme.schema import Scheme

__all__ = ["Names", "mode_words", "status_words"]

_MODES: Final = {
    "listed_click": Words("listed click", "挂牌点选"),
    "listed_bidding": Words("listed bidding", "挂牌竞价"),
    "negotiated": Words("negotiated transfer", "协议转让"),
    "one_way_auction": Words("one-way auction", "单向竞价"),
}
_STATUSES: Final = {
    # A round of an auction.
    "announced": Words("announced", "已公告"),
    "cleared": Words("cleared", "已成交"),
    "cancelled": Words("cancelled", "流拍或取消"),
    # The confidence of a value.
    "official": Words("official", "官方"),
    "secondary": Words("secondary", "二手来源"),
    "derived": Words("derived", "推导"),
    "memory": Words("from memory", "凭记忆"),
    "default": Words("default", "默认值"),
}


def mode_words(mode: str) -> Words:
    """What a trading mode is called."""
    return _MODES.get(mode) or Words(mode, mode)


def status_words(status: str) -> Words:
    """What a status or a confidence mark is called."""
    return _STATUSES.get(status) or Words(status, status)


class Names:
    """Names out of the adopted schemes; later schemes go before earlier ones, an unknown code is its own."""

    def __init__(self, schemes: Iterable[Scheme]) -> None:
        self._sectors: dict[str, Words] = {}
        self._types: dict[str, Words] = {}
        self._kinds: dict[str, tuple[Words, str]] = {}
        for scheme in schemes:
            coverage, registry = scheme.body.coverage, scheme.body.registry
            self._sectors |= {s.code: Words(s.en, s.zh) for s in (coverage.sectors if coverage else ())}
            if registry is None:
                continue
            self._types |= {t.code: Words(t.en, t.zh) for t in registry.account_types}
            self._kinds |= {k.code: (Words(k.en, k.zh), k.family) for k in registry.unit_kinds}

    def sector(self, code: str) -> Words:
        """What a sector is called; no sector has words too."""
        if not code:
            return Words("no sector given", "未注明行业")
        if code.isdecimal():  # an activity code of the EU's registry
            return self._sectors.get(code) or Words(f"activity {code}", f"活动类别{code}")
        return self._sectors.get(code) or Words(code, code)

    def account_type(self, code: str) -> Words:
        """What an account type is called."""
        return self._types.get(code) or Words(code, code)

    def kind(self, code: str) -> Words:
        """What a unit kind is called."""
        found = self._kinds.get(code)
        return found[0] if found else Words(code, code)

    def family(self, code: str) -> str:
        """Allowance, special or credit; empty for an unknown kind."""
        found = self._kinds.get(code)
        return found[1] if found else ""
