"""The summary of a run: from a `RunResult`, or from a journal alone.

    summary = summarise(run_scenario("guangdong-2023", "demo.sqlite"))
    summary = summarise_db("demo.sqlite")

Both read the journal once; a journal kept in memory is gone when the run ends, so its flows are too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast, get_args

from msgspec.structs import replace

from capwright.journal.replay import chained, load
from capwright.journal.store import open_store
from capwright.ledger.clock import local_time
from capwright.market import Market
from capwright.report.duties import cap_accounts, sector_lines, short_lines, vintage_lines
from capwright.report.facts import Facts, RefusedRow, read_facts
from capwright.report.flows import net_flows
from capwright.report.groups import Names
from capwright.report.published import Ours, published_lines
from capwright.report.shapes import About, Flows, Nature, SchemeLine, Summary, Words
from capwright.report.trading import auction_lines, day_lines, month_lines
from capwright.report.units import account_lines, kind_lines, series_lines
from capwright.report.values import first_vintage, provisional_lines, refusal_lines
from capwright.scenario.load import built_in_scenarios, load_scenario

if TYPE_CHECKING:
    from datetime import date

    from capwright.journal.store import Store
    from capwright.scenario.load import Scenario
    from capwright.scenario.run import RunResult

__all__ = ["summarise", "summarise_db", "summarise_store"]

_MEMORY: Final = ("memory:", ":memory:")
_SECRET: Final = re.compile(r"//[^/@]*@")


def summarise(result: RunResult) -> Summary:
    """Sum up a run that just ended."""
    facts = _facts_of(result)
    about = _about(result.market, facts, result.db)
    about = replace(
        about,
        commands=result.commands,
        refused=len(result.refused),
        head_hash=result.head,
        milliseconds=round(result.seconds * 1000),
    )
    return _summary(result.market, facts, about, result.scenario)


def summarise_db(url: str) -> Summary:
    """Sum up what a journal holds.

    Published figures come from the built-in scenario of the same name and title, if there is one.
    Raises what opening and reading a journal raises (`OpenFault`, `ChainFault`, `StoreFailed`).
    """
    store = open_store(url, read_only=True)
    try:
        return summarise_store(store, url)
    finally:
        store.close()


def summarise_store(store: Store, url: str = "") -> Summary:
    """Sum up an open journal, which stays open."""
    market, head, _ = load(store, Market)
    facts = read_facts(chained(store))
    about = _about(market, facts, url or store.url, head_hash=head.hash.hex())
    return _summary(market, facts, about, _scenario_of(market))


def _facts_of(result: RunResult) -> Facts:
    if result.db in _MEMORY:
        facts = Facts(rows=result.commands)
        for row in result.refused:
            facts.refused.append(
                RefusedRow(0, row.at_ms, row.command_id, row.actor, row.command, row.refusal)
            )
        return facts
    store = open_store(result.db, read_only=True)
    try:
        return read_facts(chained(store))
    finally:
        store.close()


def _scenario_of(market: Market) -> Scenario | None:
    name = market.state.about.get("scenario", "")
    if name not in built_in_scenarios():
        return None
    scenario = load_scenario(name)
    return scenario if scenario.file.en == market.state.about.get("en") else None


def _about(market: Market, facts: Facts, db: str, head_hash: str = "") -> About:
    said = market.state.about
    nature = said.get("nature", "")
    schemes = tuple(
        SchemeLine(name, Words(rules.body.en, rules.body.zh), rules.body.vintage, rules.scheme.digest)
        for name, rules in market.rulebook.by_name.items()
    )
    fallback = schemes[0].words if schemes else Words("Empty journal", "空日志")
    return About(
        scenario=said.get("scenario", ""),
        nature=cast("Nature", nature if nature in get_args(Nature) else ""),
        title=Words(said.get("en") or fallback.en, said.get("zh") or fallback.zh),
        text=Words(said.get("about_en", ""), said.get("about_zh", "")),
        schemes=schemes,
        currency=market.rulebook.now().body.currency if market.rulebook.latest else "CNY",
        db=_SECRET.sub("//", db),
        commands=facts.rows,
        refused=len(facts.refused),
        head_seq=facts.rows,
        head_hash=head_hash,
        begins_on=_day(market, facts.first_ms) if facts.rows and facts.first_ms else None,
        ends_on=_day(market, facts.last_ms) if facts.rows and facts.last_ms else None,
        milliseconds=None,
        first_vintage=first_vintage(market),
        breaches=tuple(market.breaches()),
    )


def _day(market: Market, at_ms: int) -> date | None:
    return local_time(market.rulebook.now(), at_ms).date() if market.rulebook.latest else None


def _summary(market: Market, facts: Facts, about: About, scenario: Scenario | None) -> Summary:
    names = Names(rules.scheme for rules in market.rulebook.by_name.values())
    series = series_lines(market, names)
    auctions = auction_lines(market, facts, scenario)
    days = day_lines(market)
    vintages = vintage_lines(market, names, about.ends_on)
    months = month_lines(market)
    ours = Ours(market, facts, months, auctions, vintages)
    return Summary(
        about=about,
        accounts=account_lines(market, names),
        kinds=kind_lines(series, names),
        series=series,
        auctions=auctions,
        revenue_fen=sum(line.revenue_fen for line in auctions),
        months=months,
        days=days,
        vintages=vintages,
        shorts=short_lines(market, names, days, about.ends_on),
        sectors=sector_lines(market, facts, names),
        caps=cap_accounts(market),
        refusals=refusal_lines(market, facts.refused),
        published=published_lines(scenario.file.published, ours) if scenario else (),
        provisional=provisional_lines(market, facts),
        flows=_flows(market, facts, names),
    )


def _flows(market: Market, facts: Facts, names: Names) -> Flows:
    state = market.book.state
    return net_flows(facts.moves, state.accounts, state.series, names, first_vintage(market))
