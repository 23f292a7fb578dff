"""The summary of a run as plain data: tonnes, fen and counts are integers, texts come in both languages.

`msgspec.json.encode` makes the JSON of `capwright run --json` of it. `None` means that the run or the scheme
says nothing of it, never zero. Amounts are in the hundredth of `About.currency`.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from msgspec import Struct

__all__ = [
    "About",
    "AccountLine",
    "AuctionLine",
    "CapAccount",
    "CapLine",
    "DayLine",
    "FlowLink",
    "FlowNode",
    "Flows",
    "KindLine",
    "MonthLine",
    "ProvisionalLine",
    "PublishedLine",
    "RefusalLine",
    "SchemeLine",
    "SectorLine",
    "SeriesLine",
    "ShortLine",
    "Summary",
    "VintageLine",
    "Words",
]

Nature = Literal["real", "synthetic", "reconstructed", ""]


class Words(Struct, frozen=True):
    """The same words in both languages."""

    en: str
    zh: str

    def said(self, lang: str) -> str:
        """The words in `lang`, `en` or `zh`."""
        return self.zh if lang == "zh" else self.en


class SchemeLine(Struct, frozen=True):
    """A scheme that the market adopted."""

    name: str
    words: Words
    vintage: int | None
    digest: str


class About(Struct, frozen=True):
    """What was run and how it ended.

    `nature` tells real from synthetic data; empty: the journal does not say. `begins_on` and `ends_on` are
    the local days of the first and the last command. Allowances of vintages before `first_vintage` were
    carried over from before the story begins. `breaches` are broken conservation laws, in words.
    """

    scenario: str
    nature: Nature
    title: Words
    text: Words
    schemes: tuple[SchemeLine, ...]
    currency: str
    db: str
    commands: int
    refused: int
    head_seq: int
    head_hash: str
    begins_on: date | None
    ends_on: date | None
    milliseconds: int | None
    first_vintage: int
    breaches: tuple[str, ...]


class AccountLine(Struct, frozen=True):
    """How many accounts of a type there are."""

    type: str
    words: Words
    government: bool
    open: int
    restricted: int = 0
    suspended: int = 0
    closed: int = 0


class SeriesLine(Struct, frozen=True):
    """Where the units of a series lie; `government_t` are not handed out.

    issued = held + government + surrendered + cancelled + exported
    """

    series: str
    kind: str
    vintage: int
    issued_t: int
    held_t: int = 0
    government_t: int = 0
    surrendered_t: int = 0
    cancelled_t: int = 0
    exported_t: int = 0


class KindLine(Struct, frozen=True):
    """The same for all series of a kind. `family` is allowance, special or credit."""

    kind: str
    words: Words
    family: str
    series: int
    issued_t: int
    held_t: int
    government_t: int
    surrendered_t: int
    cancelled_t: int
    exported_t: int


class AuctionLine(Struct, frozen=True):
    """A round. `paid_fen` of `revenue_fen` was delivered against payment.

    The `published_*` figures and `equal` are there where the scenario brings published results.
    """

    id: str
    on: date
    vintage: int
    series: str
    status: str
    offered_t: int
    reserve_fen_per_t: int | None
    bidders: int
    winners: int
    valid_t: int | None
    sold_t: int
    price_fen_per_t: int | None
    revenue_fen: int
    paid_fen: int
    published_sold_t: int | None = None
    published_price_fen_per_t: int | None = None
    published_revenue_fen: int | None = None
    equal: bool | None = None


class MonthLine(Struct, frozen=True):
    """Trades of a month of one kind and mode; the mean price is rounded half up to the fen."""

    month: str
    kind: str
    mode: str
    trades: int
    volume_t: int
    turnover_fen: int
    mean_fen_per_t: int


class DayLine(Struct, frozen=True):
    """Trades of a day of one kind, all modes."""

    on: date
    kind: str
    volume_t: int
    turnover_fen: int
    mean_fen_per_t: int


class VintageLine(Struct, frozen=True):
    """How a vintage was met, over the accounts with a duty.

    `rate_bp` is on_time / due in hundredths of a percent. `by` counts accounts by their status in the
    scheme's own words. Figures are as of the end of the journal; `assessed`: the authority has judged. With a
    `cumulative` status they are those of the last judgement, counted over all years so far: a shortfall shows
    up again in the vintages after it.
    """

    vintage: int
    due_on: date | None
    due_on_original: date | None
    cumulative: bool
    assessed: bool
    due: int
    on_time: int
    late: int
    short: int
    pending: int
    not_reported: int
    excluded: int
    reported: int
    rate_bp: int | None
    owed_t: int
    surrendered_t: int
    credits_t: int
    short_at_due_t: int
    short_t: int
    by: dict[str, int]
    published_due: int | None = None
    published_complied: int | None = None


class ShortLine(Struct, frozen=True):
    """A firm that lacked units at the deadline, or does now.

    `cost_fen`: buying `short_at_due_t` at `mean_fen_per_t`, the volume-weighted mean price of allowances in
    the month before the deadline. `deduct_t` and the fines are what the scheme asks of a firm that does not
    correct its shortfall; the `imposed_*` ones what was decided; `made_good_on` is the day of the surrender
    that left nothing short. Fines include EU-type penalties. Nothing is worked out where the status
    is cumulative.
    """

    account: str
    holder: str
    name: str
    sector: str
    vintage: int
    owed_t: int
    surrendered_t: int
    short_at_due_t: int
    short_t: int
    mean_fen_per_t: int | None
    cost_fen: int | None
    deduct_t: int | None
    fine_least_fen: int | None
    fine_most_fen: int | None
    imposed: bool
    imposed_fine_fen: int
    imposed_deduct_t: int
    made_good_on: date | None = None


class SectorLine(Struct, frozen=True):
    """Allocation against verified emissions of a vintage; `free_t` is net of recalls.

    `difference_t` = free_t - emissions_t.
    """

    vintage: int
    sector: str
    words: Words
    accounts: int
    approved_t: int | None
    free_t: int
    emissions_t: int
    difference_t: int


class CapLine(Struct, frozen=True):
    """One line of a cap account; planned is absent where the plan says nothing."""

    key: str
    words: Words
    planned_t: int | None
    actual_t: int
    difference_t: int | None


class CapAccount(Struct, frozen=True):
    """The cap of a vintage, planned against actual, with what a regulator should look at."""

    vintage: int
    lines: tuple[CapLine, ...]
    flags: tuple[Words, ...]


class RefusalLine(Struct, frozen=True):
    """Commands refused with one code; the first of them as the example."""

    code: str
    count: int
    command: str
    actor: str
    command_id: str
    on: date
    words: Words


class PublishedLine(Struct, frozen=True):
    """A published figure beside ours, both as text with the unit in `unit`; `ours` empty: not computed.

    `origin`: `put_in` read back from the scheme or the tables, `calibrated` what made-up rows were fitted to,
    `came_out` what the market's own rules gave; empty where the scenario does not say. `off`: how far ours is
    from the published figure where near is good enough, in per cent; `equal` then says whether it is.
    """

    key: str
    words: Words
    published: str
    ours: str
    unit: Words
    equal: bool | None
    source: str = ""
    origin: str = ""
    off: str = ""


class ProvisionalLine(Struct, frozen=True):
    """A value from memory or by default that the run relied on. `schemes` name where it stands."""

    section: str
    section_words: Words
    path: str
    label: Words
    value: Words
    unit: Words
    source: str
    confidence: str
    note: Words
    schemes: tuple[str, ...]


class FlowNode(Struct, frozen=True):
    """A group of accounts, a source or an end; `stage` is its column, from left.

    The key begins with the part: `source:`, `government:`, `holders:`, `exchange:` or `end:`.
    """

    key: str
    words: Words
    stage: int
    in_t: int
    out_t: int


class FlowLink(Struct, frozen=True):
    """Net flow between two groups."""

    source: str
    target: str
    quantity_t: int


class Flows(Struct, frozen=True):
    """Where units came from and went, netted so that nothing runs in a circle."""

    nodes: tuple[FlowNode, ...] = ()
    links: tuple[FlowLink, ...] = ()


class Summary(Struct, frozen=True):
    """Everything that a report says."""

    about: About
    accounts: tuple[AccountLine, ...]
    kinds: tuple[KindLine, ...]
    series: tuple[SeriesLine, ...]
    auctions: tuple[AuctionLine, ...]
    revenue_fen: int
    months: tuple[MonthLine, ...]
    days: tuple[DayLine, ...]
    vintages: tuple[VintageLine, ...]
    shorts: tuple[ShortLine, ...]
    sectors: tuple[SectorLine, ...]
    caps: tuple[CapAccount, ...]
    refusals: tuple[RefusalLine, ...]
    published: tuple[PublishedLine, ...]
    provisional: tuple[ProvisionalLine, ...]
    flows: Flows
