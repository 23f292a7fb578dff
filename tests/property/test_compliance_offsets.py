"""Offsets: the admitted tonnes keep every limit, and no larger total would have."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from capwright.compliance.offset_limits import Groups
from capwright.compliance.offsets import CreditProject, OffsetLot, OffsetRequest, admit, admit_in_turn
from capwright.scheme.compliance_rules import BasketRule, CreditFilter, OffsetRules

PHCER = CreditProject(code="P1", kind="PHCER", region="Guangdong")
HOME = CreditProject(code="C1", kind="CCER", region="Guangdong")
AWAY = CreditProject(code="C2", kind="CCER", region="Yunnan")
LOTS = [("PHCER", PHCER), ("CCER", HOME), ("CCER", AWAY), ("S-GDEA", None), ("VCS", None)]

shares = st.sampled_from(["0.5", "0.7", "0.9", "0", "1"]).map(Decimal)
lots = st.lists(
    st.tuples(st.sampled_from(LOTS), st.integers(0, 14)).map(lambda p: OffsetLot(p[0][0], p[1], p[0][1])),
    max_size=6,
)


@st.composite
def rule_sets(draw):
    basket = draw(st.none() | st.sampled_from(["0.7", "0.5", "0"]).map(Decimal))
    return OffsetRules(
        limit_share=Decimal("0.10"),
        basis="actual_emissions",
        least_provincial_share=draw(st.none() | shares),
        home_region="Guangdong",
        credits=(CreditFilter(kind="CCER", provincial=False), CreditFilter(kind="PHCER", provincial=True)),
        basket=None
        if basket is None
        else BasketRule(kind="S-GDEA", partner_kind="PHCER", least_partner_share=basket),
    )


def keeps(rules, partner, provincial, elsewhere, special, most, ceiling):
    """The limits as the rules state them."""
    total = partner + provincial + elsewhere + special
    share = rules.least_provincial_share
    if total > most or (ceiling is not None and partner + provincial + elsewhere > ceiling):
        return False
    if share is not None and partner + provincial < Fraction(share) * total:
        return False
    if rules.basket is None:
        return special == 0
    return partner >= Fraction(rules.basket.least_partner_share) * (partner + special)


def amounts(decision):
    """Admitted tonnes: PHCER, provincial CCER, other CCER, special."""
    found = [0, 0, 0, 0]
    for verdict in decision.verdicts:
        lot = verdict.lot
        if lot.kind == "VCS":
            assert verdict.admitted_t == 0
            continue
        found[LOTS.index((lot.kind, lot.project))] += verdict.admitted_t
    return found


@given(rule_sets(), lots, st.integers(0, 300), st.none() | st.integers(0, 30))
def test_largest_total_within_all_limits(rules, offered, emissions_t, ceiling):
    decision = admit(rules, "F", emissions_t, emissions_t, offered, ceiling_left_t=ceiling)
    got = amounts(decision)
    assert keeps(rules, *got, emissions_t // 10, ceiling), got
    pots = [sum(lot.quantity_t for lot in offered if (lot.kind, lot.project) == known) for known in LOTS[:4]]
    best = max(
        a + b + c + d
        for a in range(pots[0] + 1)
        for b in range(min(pots[1], 31) + 1)
        for c in range(min(pots[2], 31) + 1)
        for d in range(min(pots[3], 31) + 1)
        if a + b + c + d <= emissions_t // 10 and keeps(rules, a, b, c, d, emissions_t // 10, ceiling)
    )
    assert decision.admitted_t == best
    partner, provincial, elsewhere, special = got
    for verdict in decision.verdicts:
        code = verdict.reasons[0].code if verdict.reasons else ""
        if code == "CW-7037":  # the limit: full
            assert sum(got) == emissions_t // 10
        elif code == "CW-7040":  # the ceiling: reached
            assert partner + provincial + elsewhere == ceiling
        elif code == "CW-7038":  # the provincial share: one more in this place would break it
            share = Fraction(rules.least_provincial_share)
            full = sum(got) == emissions_t // 10 or partner + provincial + elsewhere == ceiling
            assert elsewhere + special + 1 > (1 - share) * (sum(got) + (0 if full else 1))
        elif code == "CW-7039":  # the basket: one more is too many for the partner admitted, or for the total
            assert not keeps(rules, partner, 0, 0, special + 1, 10**9, None) or sum(got) >= emissions_t // 10
        assert 0 <= verdict.admitted_t <= verdict.lot.quantity_t
        assert bool(verdict.reasons) == (
            verdict.admitted_t < verdict.lot.quantity_t or verdict.lot.kind == "VCS"
        ) or (verdict.lot.kind == "S-GDEA" and rules.basket is None)


BASKET = OffsetRules(
    limit_share=Decimal("0.10"),
    basis="actual_emissions",
    credits=(CreditFilter(kind="PHCER", provincial=True), CreditFilter(kind="CCER", provincial=False)),
    basket=BasketRule(kind="S-GDEA", partner_kind="PHCER", least_partner_share=Decimal("0.7")),
)


@example(BASKET, [OffsetLot("PHCER", 7, PHCER)], [OffsetLot("CCER", 5, AWAY)], 80, None)
@example(BASKET, [OffsetLot("PHCER", 7, PHCER)], [OffsetLot("S-GDEA", 2)], 80, None)
@given(rule_sets(), lots, lots, st.integers(0, 300), st.none() | st.integers(0, 20))
def test_a_second_application_keeps_the_limits_over_both(rules, one, two, emissions_t, ceiling):
    first = admit(rules, "F", emissions_t, emissions_t, one, ceiling_left_t=ceiling)
    left = None if ceiling is None else ceiling - first.used.credits_t
    second = admit(rules, "F", emissions_t, emissions_t, two, used=first.used, ceiling_left_t=left)
    both = [x + y for x, y in zip(amounts(first), amounts(second), strict=True)]
    assert keeps(rules, *both, emissions_t // 10, ceiling)
    assert second.used == Groups(*both) or rules.basket is None
    assert second.used.total_t == sum(both)


@given(
    rule_sets(),
    st.lists(st.tuples(lots, st.integers(0, 300), st.integers(0, 50)), max_size=5),
    st.integers(0, 40),
    st.randoms(use_true_random=False),
)
def test_the_order_of_the_file_does_not_matter_and_the_ceiling_holds(rules, wishes, ceiling, random):
    start = datetime(2024, 6, 1, tzinfo=UTC)
    requests = [
        OffsetRequest(f"F{n}", emissions, emissions, tuple(offered), start + timedelta(minutes=minute))
        for n, (offered, emissions, minute) in enumerate(wishes)
    ]
    capped = OffsetRules(
        **{name: getattr(rules, name) for name in rules.__struct_fields__} | {"market_ceiling_t": ceiling}
    )
    decisions = admit_in_turn(capped, requests)
    assert sum(d.used.credits_t for d in decisions) <= ceiling
    random.shuffle(requests)
    assert admit_in_turn(capped, requests) == decisions
