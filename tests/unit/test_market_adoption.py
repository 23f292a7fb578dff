"""What a market adopts and keeps: order of schemes, snapshots, schemes of another market, absurd values."""

from __future__ import annotations

import pytest

from capwright.auction.messages import AnnounceAuction
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import UnitLine
from capwright.market import AdoptScheme, ApproveProposal, Market, OpenMarket, RejectProposal
from capwright.registry.messages import IssueUnits, ProposeTransaction, SetReportingYears
from tests.busy_worlds import scheme_body, scheme_of_text
from tests.worlds import ALPHA, AUCTION, MINI, TOTAL, TRADER, World

TEXT = MINI.read_text(encoding="utf-8")


def variant(*changes: tuple[str, str]) -> dict:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return scheme_of_text(text)


def adopt(world: World, body: dict) -> None:
    world.together(AdoptScheme(body))


def restored(world: World) -> Market:
    market = Market()
    market.restore(world.market.snapshot())
    return market


def test_the_scheme_adopted_last_is_in_force_after_a_restart_too():
    """Adopting a scheme again used to leave it at its old place in the snapshot."""
    world = World()
    adopt(world, variant(('name = "mini-2023"', 'name = "other"')))
    adopt(world, scheme_body(MINI))
    assert world.market.rulebook.now().scheme.name == "mini-2023"
    assert restored(world).rulebook.now().scheme.name == "mini-2023"
    assert restored(world).state_hash() == world.market.state_hash()


def test_a_vintage_keeps_its_rules_when_the_name_goes_on_to_the_next():
    """Two schemes of one name and two vintages: both vintages used to be there only until a restart."""
    world = World()
    years = (("vintage = 2023", "vintage = 2024"), ("2023-", "2024-"), ("2024-06-20", "2025-06-20"))
    adopt(world, variant(*years, ("controlled_t = 1_000_000", "controlled_t = 7")))
    for market in (world.market, restored(world)):
        assert market.rulebook.vintage(2023).section("cap").controlled_t == 1_000_000
        assert market.rulebook.vintage(2024).section("cap").controlled_t == 7
    assert restored(world).state_hash() == world.market.state_hash()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (('country = "TL"', 'country = "UK"'), "registry.country"),
        (('jurisdiction = "testland"', 'jurisdiction = "testland"\ncurrency = "EUR"'), "currency"),
        (('purpose = "issue"', 'purpose = "holding"'), "registry.account_types.total_quantity"),
        (("number = 100\n", "number = 199\n"), "registry.account_types.total_quantity"),
        (('code = "TLA"', 'code = "TLB"'), "registry.unit_kinds.TLA"),
    ],
)
def test_a_scheme_that_takes_away_what_is_in_use_is_refused(change, what):
    world = World().furnish()
    with pytest.raises(Refused) as refused:
        world.do("ann", AdoptScheme(variant(change)))
    assert (refused.value.refusal.code, refused.value.refusal.details["what"]) == ("CW-8215", what)


@pytest.mark.parametrize("name", ["uk-ets", "guangdong-2023", "auction-eu"])
def test_a_scheme_of_another_market_is_refused(name):
    world = World().furnish()
    with pytest.raises(Refused) as refused:
        world.do("ann", AdoptScheme(scheme_body(name)))
    assert refused.value.refusal.code in {"CW-8215", "CW-8202"}


def test_what_was_lawful_when_proposed_is_checked_again_when_approved():
    world = World()
    world.do("ann", AdoptScheme(variant(('code = "TLC"', 'code = "TLD"'))), "p1")
    world.furnish()
    world.together(IssueUnits("TLC", 2023, 10, TRADER, "P"))
    with pytest.raises(Refused) as refused:
        world.do("bob", ApproveProposal("p1"))
    assert refused.value.refusal.code == "CW-8215"


def test_a_market_does_not_open_with_texts_that_cannot_be_shown():
    opening = OpenMarket(scheme_body(MINI), (), {"en": "x\x00"})
    with pytest.raises(Refused):
        Market().execute(opening, command_id="c", actor="g", at_ms=0)


def test_a_reason_of_a_rejection_is_bounded():
    world = World()
    world.do("ann", AdoptScheme(scheme_body(MINI)), "p1")
    for reason in ("x" * 501, "a\nb", "\u202e"):
        with pytest.raises(Refused) as refused:
            world.do("bob", RejectProposal("p1", reason))
        assert refused.value.refusal.code == "CW-9103"
    world.do("bob", RejectProposal("p1", "no"))


@pytest.mark.parametrize("command", [SetReportingYears(ALPHA, 10**30), RejectProposal("p", "\ud800")])
def test_what_no_snapshot_could_hold_is_refused(command):
    world = World().furnish()
    before = world.market.state_hash()
    with pytest.raises(Refused) as refused:
        world.do("olga", command)
    assert refused.value.refusal.code == "CW-8216"
    assert world.market.state_hash() == before


def test_an_integer_beyond_64_bits_never_reaches_the_state():
    """A round that closed at 10^30 ms used to be announced; every snapshot after it failed."""
    world = World().furnish()
    line = (UnitLine("TLA-2023", 1000),)
    world.do("ann", ProposeTransaction("central_transfer", TOTAL, AUCTION, line))
    with pytest.raises(Refused) as refused:
        world.do("olga", AnnounceAuction("R1", 2023, "TLA", world.at_ms, 10**30, 100, 100))
    assert refused.value.refusal.code == "CW-8216"
