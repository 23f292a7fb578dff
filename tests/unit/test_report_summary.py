"""The summary of a run: figures worked out by hand, and the published ones of the built-in scenarios."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from capwright.report.shapes import Summary
from capwright.report.summary import summarise, summarise_db
from capwright.scenario.run import run_scenario
from tests.report_stories import into_journal, short_year
from tests.worlds import BETA


@pytest.fixture(scope="module")
def auctions(tmp_path_factory):
    db = str(tmp_path_factory.mktemp("report") / "auctions.sqlite")
    return run_scenario("guangdong-auctions", db)


@pytest.fixture(scope="module")
def guangdong(tmp_path_factory):
    db = str(tmp_path_factory.mktemp("report") / "2023.sqlite")
    return run_scenario("guangdong-2023", db)


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    return summarise_db(into_journal(short_year(), tmp_path_factory.mktemp("report") / "short.sqlite"))


def test_units_lie_where_they_went(short):
    (line,) = short.series
    # 2,060 t were handed out: 900 + 1,100 + 50 surrendered, 10 left with the trader.
    assert (line.issued_t, line.held_t, line.surrendered_t) == (100_000, 10, 2050)
    assert line.government_t == 100_000 - 2060
    assert (line.cancelled_t, line.exported_t) == (0, 0)
    (kind,) = short.kinds
    assert (kind.kind, kind.family, kind.series, kind.issued_t) == ("TLA", "allowance", 1, 100_000)


def test_trades_by_month_kind_and_mode(short):
    found = [(m.month, m.kind, m.mode, m.trades, m.volume_t, m.turnover_fen) for m in short.months]
    assert found == [
        ("2023-01", "TLA", "listed_click", 1, 60, 540_000),
        ("2024-06", "TLA", "listed_click", 2, 110, 300_000 + 300_000),
        ("2024-06", "TLA", "negotiated", 1, 40, 210_000),
    ]
    assert [m.mean_fen_per_t for m in short.months] == [9000, 5455, 5250]  # 600,000 / 110 = 5454.5…
    assert [(d.on, d.mean_fen_per_t) for d in short.days] == [
        (date(2023, 1, 31), 9000),
        (date(2024, 6, 1), 5000),
        (date(2024, 6, 2), 5250),
        (date(2024, 6, 21), 6000),
    ]


def test_compliance_is_told_as_of_the_end(short):
    (line,) = short.vintages
    assert (line.vintage, line.due_on) == (2023, date(2024, 6, 20))
    assert (line.due, line.on_time, line.late, line.short) == (2, 1, 0, 1)
    assert line.rate_bp == 5000
    assert (line.owed_t, line.surrendered_t, line.short_at_due_t, line.short_t) == (2200, 2050, 200, 150)
    assert line.assessed


def test_what_a_shortfall_costs(short):
    (line,) = short.shorts
    assert (line.account, line.owed_t, line.surrendered_t) == (BETA, 1300, 1150)
    assert (line.short_at_due_t, line.short_t) == (200, 150)
    # The month before the deadline: 60 t at 50.00 and 40 t at 52.50 make 51.00; the trades before and after
    # do not count.
    assert (line.mean_fen_per_t, line.cost_fen) == (5100, 200 * 5100)
    # Testland: twice the shortfall off next year's quota and 50,000.00.
    assert (line.deduct_t, line.fine_least_fen, line.fine_most_fen) == (400, 5_000_000, 5_000_000)
    assert (line.imposed, line.imposed_deduct_t, line.imposed_fine_fen) == (True, 400, 5_000_000)


def test_allocation_against_emissions(short):
    (line,) = short.sectors
    assert (line.accounts, line.free_t, line.emissions_t, line.difference_t) == (2, 2060, 2200, -140)


def test_a_journal_without_a_story_says_so(short):
    about = short.about
    assert (about.scenario, about.nature) == ("", "")
    assert about.title.en == "A small market for tests"
    assert (about.begins_on, about.ends_on) == (date(2023, 1, 1), date(2024, 6, 21))
    assert about.breaches == ()
    assert short.published == ()


def test_every_auction_comes_out_as_published(auctions):
    summary = summarise(auctions)
    assert len(summary.auctions) == 20
    assert all(line.equal for line in summary.auctions)
    assert summary.revenue_fen == 81_546_045_500  # ICAP: 815.46 million CNY
    assert sum(line.paid_fen for line in summary.auctions) == summary.revenue_fen
    (line,) = [line for line in summary.published if line.key == "revenue_cny"]
    assert (line.published, line.ours, line.equal) == ("815,460,455.00", "815,460,455.00", True)
    assert summary.about.nature == "reconstructed"
    assert summary.about.commands == auctions.commands
    assert not summary.vintages


def test_a_wrong_published_figure_is_seen(auctions):
    rounds = list(auctions.scenario.rounds)
    rounds[0] = msgspec.structs.replace(rounds[0], sold_t=rounds[0].sold_t + 1)
    published = auctions.scenario.file.published | {"revenue_cny": "815460455.01"}
    file = msgspec.structs.replace(auctions.scenario.file, published=published)
    scenario = msgspec.structs.replace(auctions.scenario, rounds=rounds, file=file)
    summary = summarise(msgspec.structs.replace(auctions, scenario=scenario))
    assert [line.id for line in summary.auctions if line.equal is False] == [rounds[0].round]
    assert [line.equal for line in summary.published] == [False]


def test_the_journal_alone_tells_the_same(auctions, guangdong):
    for result in (auctions, guangdong):
        run, db = summarise(result), summarise_db(result.db)
        assert db.about.milliseconds is None
        assert msgspec.structs.replace(run.about, milliseconds=None) == db.about
        assert msgspec.structs.replace(run, about=db.about) == db


def test_a_summary_is_json(guangdong):
    summary = summarise(guangdong)
    raw = msgspec.json.encode(summary)
    assert msgspec.json.decode(raw, type=Summary) == summary
    floats = []
    todo = [msgspec.json.decode(raw)]
    while todo:
        one = todo.pop()
        if isinstance(one, float):
            floats.append(one)
        todo.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
    assert not floats


def test_guangdong_2023_meets_the_published_outcome(guangdong):
    summary = summarise(guangdong)
    (line,) = summary.vintages
    assert (line.due, line.on_time, line.late, line.short) == (391, 389, 2, 0)
    assert (line.published_due, line.published_complied) == (391, 389)
    assert (line.due_on_original, line.due_on) == (date(2024, 6, 20), date(2024, 7, 31))
    assert len(summary.shorts) == 2
    assert all(not row.imposed and row.deduct_t == 2 * row.short_at_due_t for row in summary.shorts)
    assert all(row.fine_least_fen == 5_000_000 for row in summary.shorts)
    assert summary.about.nature == "synthetic"
    # The published mean is over all days and modes; the made-up trades come within a few fen.
    assert [row.key for row in summary.published if row.equal is False] in ([], ["gdea_mean_price_cny"])
    assert sum(row.emissions_t for row in summary.sectors) == line.owed_t
    assert summary.about.first_vintage == 2023


def test_provisional_values_are_those_of_what_was_used(guangdong, auctions):
    summary = summarise(guangdong)
    assert {row.confidence for row in summary.provisional} <= {"memory", "default"}
    paths = [row.path for row in summary.provisional]
    used = {
        code
        for by_process in guangdong.market.rooms["allocation"].state.figures.values()
        for code in by_process
    }
    listed = {path.split(".")[2] for path in paths if path.startswith("allocation.processes.")}
    assert listed
    assert listed <= used
    assert "allocation.base_years" in paths
    # No round of the scheme's plan was held, and nothing was exported.
    assert not [path for path in paths if path.startswith(("auction.", "registry.transaction_types.export"))]
    # The auctions handed out nothing free: no benchmark was relied on.
    assert not [row for row in summarise(auctions).provisional if row.section == "allocation"]


def test_a_run_in_memory_has_no_flows_but_the_rest():
    result = run_scenario("guangdong-auctions", "memory:")
    summary = summarise(result)
    assert summary.flows.links == ()
    assert summary.revenue_fen == 81_546_045_500


def test_the_address_of_a_database_is_told_without_its_password(auctions):
    summary = summarise(msgspec.structs.replace(auctions, db=auctions.db))
    assert summary.about.db == auctions.db
    from capwright.report.summary import _SECRET

    assert _SECRET.sub("//", "postgresql://me:secret@host/db") == "postgresql://host/db"


def test_refused_commands_are_counted_by_code(tmp_path):
    from capwright.journal.engine import Engine
    from capwright.journal.store import open_store
    from capwright.market import Market
    from capwright.settlement.messages import DepositCash

    db = into_journal(short_year(), tmp_path / "refused.sqlite")
    with Engine(open_store(db), Market) as engine:
        at_ms = engine.head.at
        for n in range(3):
            assert not engine.execute(DepositCash("TL-120-99-0-99", 5), f"no-{n}", "olga", at_ms).ok
    (line,) = summarise_db(db).refusals
    assert (line.code, line.count, line.command, line.command_id) == ("CW-3102", 3, "DepositCash", "no-0")
    assert "TL-120-99-0-99" in line.words.zh


def test_a_cumulative_status_is_told_as_judged(tmp_path):
    """Under the EU's rules a shortfall stays: no price and no penalty is worked out twice for it."""
    from capwright.compliance.messages import AssessCompliance, RecordEmissions
    from tests.worlds import DAY_MS, MINI, T0, World

    text = MINI.read_text(encoding="utf-8").replace('status = "yearly"', 'status = "cumulative"')
    scheme = tmp_path / "cumulative.toml"
    scheme.write_text(text, encoding="utf-8")
    world = World(scheme).furnish(1000)
    world.do("ann", RecordEmissions(BETA, 2023, 1300))
    world.at_ms = T0 + 600 * DAY_MS
    world.do("ann", AssessCompliance(2023))
    summary = summarise_db(into_journal(world, tmp_path / "cumulative.sqlite"))
    (line,) = summary.vintages
    assert line.cumulative
    assert (line.on_time, line.short, line.short_at_due_t) == (0, 1, 1300)
    (short,) = summary.shorts
    assert (short.short_t, short.deduct_t, short.fine_least_fen) == (1300, None, None)
