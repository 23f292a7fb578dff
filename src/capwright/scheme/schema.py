"""The shape of a scheme file: identity, calendar and the sections of the rooms."""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

from capwright.scheme.allocation_rules import AllocationRules, CapRules, CoverageRules
from capwright.scheme.auction_rules import AuctionRules
from capwright.scheme.compliance_rules import ComplianceRules
from capwright.scheme.exchange_rules import ExchangeRules
from capwright.scheme.mrv_rules import MrvRules
from capwright.scheme.registry_rules import RegistryRules
from capwright.scheme.section import Citation, Section

__all__ = ["CalendarRules", "Scheme", "SchemeBody"]


class CalendarRules(Section, frozen=True, kw_only=True):
    """Working days (the national calendar of `country`, or explicit holidays) and extra exchange sessions."""

    country: Literal["cn", "none"] = "none"
    timezone: str
    holidays: tuple[date, ...] = ()
    extra_sessions: tuple[date, ...] = ()
    open: str = "09:30"
    close: str = "15:30"


class SchemeBody(Section, frozen=True, kw_only=True):
    """A scheme file after inheritance, without its citations. Sections a market does not have are absent."""

    name: str
    extends: tuple[str, ...] = ()
    abstract: bool = False  # a pack that only other schemes extend
    en: str
    zh: str
    jurisdiction: str
    currency: str = "CNY"
    vintage: int | None = None
    period_start: date | None = None
    period_end: date | None = None
    calendar: CalendarRules | None = None
    coverage: CoverageRules | None = None
    cap: CapRules | None = None
    allocation: AllocationRules | None = None
    auction: AuctionRules | None = None
    exchange: ExchangeRules | None = None
    compliance: ComplianceRules | None = None
    registry: RegistryRules | None = None
    mrv: MrvRules | None = None


class Scheme(Struct, frozen=True):
    """A loaded scheme: the body, the citation of every value by dotted path, and the digest of both.

    `json` is what a journal embeds, kept as it was read: a later schema may write the same values otherwise,
    and the digest is of this text.

    List items with a `code`, `name`, `kind` or `round` are addressed by it, others by position:
    `allocation.processes.clinker.benchmark`.
    """

    body: SchemeBody
    citations: dict[str, Citation]
    digest: str
    json: bytes = b""

    @property
    def name(self) -> str:
        """The scheme's name, e.g. `guangdong-2023`."""
        return self.body.name
