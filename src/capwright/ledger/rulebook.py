"""The rule book: the schemes that the market has adopted, so that every handler finds the rules in force."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from capwright.kernel.refusal import define, refuse
from capwright.scheme.check import check_embedded
from capwright.scheme.codec import scheme_from_json, scheme_to_json
from capwright.scheme.problem import ALTERED

if TYPE_CHECKING:
    from capwright.kernel.calendar import WorkingCalendar
    from capwright.scheme.registry_rules import AccountType, RegistryRules, TransactionType, UnitKind
    from capwright.scheme.schema import Scheme, SchemeBody

__all__ = ["Rulebook", "Rules"]

NO_SCHEME = define(
    "CW-8201",
    en="The market has not adopted a scheme for vintage {vintage}.",
    zh="市场尚未采用{vintage}年度的方案。",
    mend_en="Adopt one with AdoptScheme first.",
    mend_zh="请先办理“采用方案”（AdoptScheme）。",
    rule="design: rules by vintage, no silent mixing",
)
NO_SECTION = define(
    "CW-8202",
    en="The scheme {scheme} has no rules for {section}.",
    zh="方案{scheme}没有“{section}”部分的规则。",
    mend_en="Add the section [{section}] to the scheme file.",
    mend_zh="请在方案文件中补充 [{section}] 部分。",
    rule="design: a market is a scheme file",
)


class Rules:
    """One adopted scheme with look-ups that handlers need often."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme

    @property
    def body(self) -> SchemeBody:
        """The scheme's values."""
        return self.scheme.body

    def section(self, name: str) -> Any:
        """Return a section of the scheme; refuse where the scheme has none."""
        found = getattr(self.scheme.body, name)
        if found is None:
            refuse(NO_SECTION, scheme=self.scheme.name, section=name)
        return found

    @cached_property
    def registry(self) -> RegistryRules:
        """The registry section."""
        rules: RegistryRules = self.section("registry")
        return rules

    @cached_property
    def account_types(self) -> dict[str, AccountType]:
        """Account types by code."""
        return {t.code: t for t in self.registry.account_types}

    @cached_property
    def transaction_types(self) -> dict[str, TransactionType]:
        """Transaction types by name."""
        return {t.name: t for t in self.registry.transaction_types}

    @cached_property
    def unit_kinds(self) -> dict[str, UnitKind]:
        """Unit kinds by code."""
        return {k.code: k for k in self.registry.unit_kinds}

    @cached_property
    def reversible_types(self) -> frozenset[str]:
        """Transaction types that a typed reversal can undo."""
        return frozenset(t.reverses for t in self.registry.transaction_types if t.reverses)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone in which "10:00" and "working day" are meant."""
        return ZoneInfo(self.section("calendar").timezone)

    @cached_property
    def administration(self) -> WorkingCalendar:
        """The calendar of administrative working days."""
        from capwright.scheme.calendar import administration_calendar  # noqa: PLC0415 - heavy

        return administration_calendar(self.section("calendar"))


class Rulebook:
    """The adopted schemes by name. The latest adopted one holds for everything that is not of a vintage."""

    def __init__(self) -> None:
        self.by_name: dict[str, Rules] = {}
        self._by_vintage: dict[int, Rules] = {}
        self._adopted: list[Rules] = []  # in order of adoption, without those that later ones replace
        self.latest: Rules | None = None

    def clear(self) -> None:
        """Forget every scheme, before a snapshot is restored."""
        self.by_name.clear()
        self._by_vintage.clear()
        self._adopted.clear()
        self.latest = None

    def adopt(self, body: dict[str, Any]) -> None:
        """Add a scheme, given as the JSON object that the journal keeps."""
        scheme = _read(body)
        rules = Rules(scheme)
        self.by_name.pop(scheme.name, None)  # adopted anew, it comes last
        self.by_name[scheme.name] = rules
        if scheme.body.vintage is not None:
            self._by_vintage[scheme.body.vintage] = rules
        self.latest = rules
        in_force = {id(r) for r in (*self.by_name.values(), *self._by_vintage.values())}
        self._adopted = [r for r in (*self._adopted, rules) if id(r) in in_force]

    @staticmethod
    def checked(body: dict[str, Any]) -> Rules:
        """Read a scheme that is to be adopted; refuse one that is broken or could not run a registry."""
        scheme = _read(body)
        check_embedded(scheme)
        rules = Rules(scheme)
        rules.section("calendar")
        rules.section("registry")
        return rules

    def now(self) -> Rules:
        """Return the rules in force for the registry."""
        if self.latest is None:
            refuse(NO_SCHEME, vintage="-")
        return self.latest

    def vintage(self, year: int) -> Rules:
        """Return the rules of a vintage; refuse where none were adopted."""
        rules = self._by_vintage.get(year)
        if rules is None:
            refuse(NO_SCHEME, vintage=year)
        return rules

    def dump(self) -> list[dict[str, Any]]:
        """Return the adopted schemes in order, for snapshots."""
        return [msgspec.json.decode(scheme_to_json(r.scheme)) for r in self._adopted]


def _read(body: dict[str, Any]) -> Scheme:
    try:
        raw = msgspec.json.encode(body)
    except (ValueError, TypeError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        refuse(ALTERED, reason=str(error)[:200])
    return scheme_from_json(raw)
