"""Unit flows: netted, without circles, and nothing lost on the way."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from capwright.ledger.accounts import Account, Series
from capwright.report.flows import HOLDER_GROUPS, net_flows, without_circles
from capwright.report.groups import Names
from capwright.report.summary import summarise, summarise_db
from capwright.scenario.run import run_scenario
from tests.report_stories import into_journal, short_year

DAY = date(2023, 1, 1)
NODES = "abcdefg"
EDGES = st.dictionaries(
    st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)).filter(lambda pair: pair[0] != pair[1]),
    st.integers(0, 1000),
    max_size=20,
)


def balance(edges):
    found = dict.fromkeys(NODES, 0)
    for (source, target), quantity_t in edges.items():
        found[source] -= quantity_t
        found[target] += quantity_t
    return found


def has_circle(pairs):
    left = set(pairs)
    while left:
        sources = {source for source, _ in left}
        ends = {pair for pair in left if pair[1] not in sources}
        if not ends:
            return True
        left -= ends
    return False


@given(EDGES)
def test_circles_go_and_balances_stay(edges):
    left = without_circles(edges)
    assert not has_circle(left)
    assert balance(left) == balance(edges)
    assert all(0 < quantity_t <= edges[pair] for pair, quantity_t in left.items())


def test_flows_both_ways_are_netted():
    assert without_circles({("a", "b"): 10, ("b", "a"): 3}) == {("a", "b"): 7}
    assert without_circles({("a", "b"): 3, ("b", "a"): 3}) == {}
    assert without_circles({("a", "b"): 5, ("b", "c"): 4, ("c", "a"): 6}) == {("a", "b"): 1, ("c", "a"): 2}


def account(number, type_, purpose, sector=""):
    return Account(number, type_, purpose, number, number, DAY, purpose != "holding", sector)


def market(*holders):
    found = [
        account("total", "total_quantity", "issue"),
        account("free", "allocation", "allocation"),
        account("sold", "auction", "auction"),
        account("kept", "reserve", "reserve"),
        account("in", "surrender", "surrender"),
        account("off", "cancellation", "cancellation"),
        *holders,
    ]
    return {one.number: one for one in found}


SERIES = {"A-2023": Series("A-2023", "A", 2023), "A-2022": Series("A-2022", "A", 2022)}
STEEL = account("s", "firm", "holding", "steel")
PAPER = account("p", "firm", "holding", "paper")
TRADER = account("t", "trader", "holding")


class Known(Names):
    def family(self, code):
        return "allowance"


def draw(moves, accounts, first_vintage=2023):
    rows = {("A-2023", source, target): quantity_t for source, target, quantity_t in moves}
    return net_flows(rows, accounts, SERIES, Known(()), first_vintage)


def links(flows):
    return {(link.source, link.target): link.quantity_t for link in flows.links}


def check(flows, issued_t):
    """What is issued equals what lies at the ends; every node between passes on what it gets."""
    at_ends_t = 0
    for node in flows.nodes:
        part = node.key.partition(":")[0]
        if part in {"government", "holders"}:
            assert node.in_t == node.out_t, node
        elif part == "end":
            at_ends_t += node.in_t - node.out_t
    sources_t = sum(node.out_t - node.in_t for node in flows.nodes if node.key.startswith("source:"))
    assert at_ends_t == sources_t == issued_t
    bought = [node.out_t for node in flows.nodes if node.key == "exchange:bought"]
    assert bought == [node.in_t for node in flows.nodes if node.key == "exchange:sold"]
    assert not has_circle(link for link in links(flows))
    assert all(link.quantity_t > 0 for link in flows.links)


def test_a_year_by_hand():
    flows = draw(
        [
            ("issued", "total", 1000),
            ("total", "free", 700),
            ("total", "sold", 100),
            ("free", "s", 400),
            ("free", "p", 250),
            ("s", "free", 50),  # recalled
            ("sold", "t", 60),
            ("sold", "kept", 40),  # unsold
            ("t", "s", 30),
            ("s", "p", 20),
            ("p", "s", 25),
            ("s", "in", 340),
            ("p", "in", 200),
            ("p", "off", 5),
        ],
        market(STEEL, PAPER, TRADER),
    )
    check(flows, 1000)
    assert links(flows) == {
        ("source:allowance", "government:allocation"): 700,
        ("source:allowance", "government:auction"): 100,
        ("source:allowance", "end:left"): 200,
        ("government:allocation", "holders:firm:steel"): 350,
        ("government:allocation", "holders:firm:paper"): 250,
        ("government:allocation", "end:left"): 100,
        ("government:auction", "holders:trader"): 60,
        ("government:auction", "government:reserve"): 40,
        ("government:reserve", "end:left"): 40,
        ("exchange:bought", "holders:firm:steel"): 35,  # 30 + 25 - 20
        ("holders:trader", "exchange:sold"): 30,
        ("holders:firm:paper", "exchange:sold"): 5,
        ("holders:firm:steel", "end:surrendered"): 340,
        ("holders:firm:paper", "end:surrendered"): 200,
        ("holders:firm:paper", "end:cancelled"): 5,
        ("holders:firm:steel", "end:held"): 45,  # 350 + 35 - 340
        ("holders:firm:paper", "end:held"): 40,
        ("holders:trader", "end:held"): 30,
    }
    stages = {node.key: node.stage for node in flows.nodes}
    assert stages["source:allowance"] == 0
    assert stages["government:auction"] == 1
    assert stages["government:reserve"] == 2
    assert stages["holders:firm:steel"] == stages["holders:trader"] == 3
    assert stages["end:held"] == stages["exchange:sold"] == 4


def test_older_units_come_from_before():
    accounts = market(STEEL)
    rows = {
        ("A-2022", "issued", "total"): 90,
        ("A-2022", "total", "free"): 90,
        ("A-2022", "free", "s"): 80,
        ("A-2023", "issued", "total"): 10,
    }
    flows = net_flows(rows, accounts, SERIES, Known(()), 2023)
    check(flows, 100)
    assert links(flows) == {
        ("source:carried", "holders:firm:steel"): 80,
        ("source:carried", "end:left"): 10,
        ("source:allowance", "end:left"): 10,
        ("holders:firm:steel", "end:held"): 80,
    }


def test_many_groups_of_holders_become_a_few():
    firms = [account(f"f{n}", "firm", "holding", f"sector {n}") for n in range(30)]
    moves = [("issued", "total", 465), ("total", "free", 465)]
    moves += [("free", firm.number, n + 1) for n, firm in enumerate(firms)]
    flows = draw(moves, market(*firms))
    check(flows, 465)
    groups = [node for node in flows.nodes if node.key.startswith("holders:")]
    assert len(groups) == HOLDER_GROUPS
    assert next(node.in_t for node in groups if node.key == "holders:others") == sum(range(1, 20))


def test_nothing_moved_gives_no_picture():
    assert net_flows({}, {}, {}, Names(()), 0).nodes == ()


AMOUNTS = st.integers(1, 50)
STEPS = st.lists(
    st.tuples(st.sampled_from("fpstkioc"), st.sampled_from("fpstkioc"), AMOUNTS).filter(
        lambda s: s[0] != s[1]
    ),
    max_size=40,
)
WHERE = {"f": "free", "k": "kept", "i": "in", "o": "sold", "c": "total", "s": "s", "p": "p", "t": "t"}


@given(STEPS)
def test_whatever_moves_it_adds_up(steps):
    held = dict.fromkeys(WHERE.values(), 0) | {"total": 500}
    rows = {("A-2023", "issued", "total"): 500}
    for source, target, quantity_t in steps:
        giver, receiver = WHERE[source], WHERE[target]
        moved_t = min(quantity_t, held[giver])
        held[giver] -= moved_t
        held[receiver] += moved_t
        key = ("A-2023", giver, receiver)
        rows[key] = rows.get(key, 0) + moved_t
    flows = net_flows(rows, market(STEEL, PAPER, TRADER), SERIES, Known(()), 2023)
    check(flows, 500)
    ends = {node.key: node.in_t - node.out_t for node in flows.nodes if node.key.startswith("end:")}
    assert ends.get("end:held", 0) == held["s"] + held["p"] + held["t"]
    assert ends.get("end:surrendered", 0) == held["in"]
    assert ends.get("end:left", 0) == held["free"] + held["kept"] + held["sold"] + held["total"]


def test_the_flows_of_runs_meet_the_ledger(tmp_path):
    for summary in (
        summarise(run_scenario("guangdong-2023", str(tmp_path / "a.sqlite"))),
        summarise(run_scenario("guangdong-auctions", str(tmp_path / "b.sqlite"))),
        summarise_db(into_journal(short_year(), tmp_path / "c.sqlite")),
    ):
        check(summary.flows, sum(line.issued_t for line in summary.series))
        ends = {node.key: node.in_t - node.out_t for node in summary.flows.nodes}
        assert ends.get("end:surrendered", 0) == sum(line.surrendered_t for line in summary.series)
        assert ends.get("end:cancelled", 0) == sum(line.cancelled_t for line in summary.series)
        assert ends.get("end:held", 0) == sum(line.held_t for line in summary.series)
        assert ends.get("end:left", 0) == sum(line.government_t for line in summary.series)
