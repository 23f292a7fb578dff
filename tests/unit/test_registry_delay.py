"""The delay clock, the trusted list and the quantity limit, end to end through commands."""

from datetime import datetime, timedelta

import pytest

from capwright.ledger.messages import TransactionCompleted, UnitLine
from capwright.registry.messages import (
    AddTrustedAccount,
    ApproveTransaction,
    ApproveTrustedAccount,
    CancelTransaction,
    CloseAccount,
    ProposeTransaction,
    RejectTransaction,
    RemoveRepresentative,
    RemoveTrustedAccount,
    SetAccountStatus,
    TransactionApproved,
    TransactionEnded,
    TrustedAccountActivated,
)
from tests.registry_worlds import Registry, scheme_body

# UK registry 6.0.0, delay clock: approved, and completion after 2, 24 and 72 hours. Days off are those of its
# own test; 15-17 June 2021 are no real bank holidays.
UK_HOLIDAYS = ["2021-05-03", "2021-05-31", "2021-06-15", "2021-06-16", "2021-06-17"]
UK_ROWS = [
    ("2021-03-15T10:00:00", "2021-03-15T12:00:00", "2021-03-16T10:00:00", "2021-03-18T10:00:00"),
    ("2021-03-15T15:59:59", "2021-03-16T10:00:00", "2021-03-16T15:59:59", "2021-03-18T15:59:59"),
    ("2021-03-15T16:00:01", "2021-03-16T12:00:00", "2021-03-17T10:00:00", "2021-03-19T10:00:00"),
    ("2021-03-19T16:00:00", "2021-03-22T10:00:00", "2021-03-22T16:00:00", "2021-03-24T16:00:00"),
    ("2021-03-20T13:37:00", "2021-03-22T12:00:00", "2021-03-23T10:00:00", "2021-03-25T10:00:00"),
    ("2021-04-29T15:59:00", "2021-04-30T10:00:00", "2021-04-30T15:59:00", "2021-05-05T15:59:00"),
    ("2021-04-30T15:00:00", "2021-05-04T10:00:00", "2021-05-04T15:00:00", "2021-05-06T15:00:00"),
    ("2021-06-14T16:00:01", "2021-06-18T12:00:00", "2021-06-21T10:00:00", "2021-06-23T10:00:00"),
]
UK_CASES = [(row[0], hours, row[at]) for row in UK_ROWS for at, hours in ((1, 2), (2, 24), (3, 72))]

# Danish administrator: the Union Registry's 26 hours of 2011-2019. 5 March 2018 is a Monday.
EU_26H_ROWS = [
    ("2018-03-06T09:59", "2018-03-07T12:00"),  # Mon-Thu before 10:00: next day 12:00
    ("2018-03-06T11:30", "2018-03-07T13:30"),  # Mon-Thu 10:00-16:00: next day, two hours later in the day
    ("2018-03-08T15:00", "2018-03-09T17:00"),
    ("2018-03-08T16:30", "2018-03-12T12:00"),  # Thu after 16:00, Fri before 10:00: Mon 12:00
    ("2018-03-09T09:00", "2018-03-12T12:00"),
    ("2018-03-09T14:15", "2018-03-12T16:15"),  # Fri 10:00-16:00: Mon, two hours later in the day
    ("2018-03-09T18:00", "2018-03-13T12:00"),  # Fri after 16:00 until Mon before 10:00: Tue 12:00
    ("2018-03-11T12:00", "2018-03-13T12:00"),
    ("2018-03-12T08:00", "2018-03-13T12:00"),
]


def transfer(world: Registry, quantity_t: int = 100, *, approved_at: str = "") -> tuple[str, tuple]:
    """Propose a transfer from one operator to another and, at a time, approve it."""
    source, target = world.account["operator_holding"], world.other["operator_holding"]
    series = f"{world.kinds[0]}-{world.vintage}"
    if world.book.balance_t(source, series) < quantity_t:
        world.stock(source, quantity_t)
    name, _ = world.propose("transfer", source, target, quantity_t, series)
    if approved_at:
        world.at(approved_at)
    return name, world.approve(name, "transfer", source)


def local(world: Registry, at_ms: int) -> str:
    """A time on the scheme's own clock."""
    return (
        datetime.fromtimestamp(at_ms / 1000, world.rules.zone)
        .replace(tzinfo=None)
        .isoformat(timespec="minutes")
    )


def has_moved(world: Registry) -> bool:
    return bool(world.book.at(world.other["operator_holding"]))


def completes_exactly_at(world: Registry, approved: TransactionApproved, expected: str) -> None:
    assert local(world, approved.completes_at_ms) == expected[:16]
    assert not has_moved(world)
    world.at(datetime.fromisoformat(expected) - timedelta(milliseconds=1))
    assert world.tick() == ()
    assert not has_moved(world)
    assert world.market.breaches() == []
    world.at(expected)
    (done,) = world.tick()
    assert isinstance(done, TransactionCompleted)
    assert has_moved(world)
    assert world.market.breaches() == []
    assert world.tick() == ()


@pytest.mark.parametrize(("approved_at", "hours", "completes_at"), UK_CASES)
def test_uk_delay_clock(approved_at, hours, completes_at):
    world = Registry(
        "uk-ets",
        calendar={"holidays": UK_HOLIDAYS},
        registry={"delay": {"delay_hours": hours}},
    )
    world.at("2021-01-05T11:00")
    _, events = transfer(world, approved_at=approved_at)
    completes_exactly_at(world, events[0], completes_at)


@pytest.mark.parametrize(("approved_at", "completes_at"), EU_26H_ROWS)
def test_eu_26_hours(approved_at, completes_at):
    world = Registry("eu-ets-2018")
    world.at("2018-03-01T11:00")
    _, events = transfer(world, approved_at=approved_at)
    completes_exactly_at(world, events[0], completes_at)


def test_the_delay_runs_from_the_approval_and_not_from_the_proposal():
    world = Registry("uk-ets")
    world.at("2023-03-06T11:00")
    _, events = transfer(world, approved_at="2023-03-15T11:00")
    assert local(world, events[0].completes_at_ms) == "2023-03-16T11:00"


def test_a_clock_started_before_summer_time_ends_at_the_same_time_of_day():
    world = Registry("uk-ets")
    world.at("2023-03-24T14:00")  # Friday; clocks go forward on Sunday
    _, events = transfer(world, approved_at="2023-03-24T15:00")
    completes_exactly_at(world, events[0], "2023-03-27T15:00")


def test_a_late_clock_completes_what_is_due_in_the_order_in_which_it_fell_due():
    world = Registry("uk-ets")
    world.at("2023-03-14T11:00")
    later, _ = transfer(world, 10, approved_at="2023-03-15T12:00")
    sooner = "sooner"
    source, target = world.account["trading"], world.other["trading"]
    series = world.stock(source, 50)
    world.at("2023-03-15T11:30")
    world.do(
        f"{source}/a",
        ProposeTransaction("transfer", source, target, (UnitLine(series, 5),)),
        command_id=sooner,
    )
    world.do(f"{source}/b", ApproveTransaction(sooner))
    world.at("2023-04-03T11:00")
    assert [event.transaction_id for event in world.tick()] == [sooner, later]
    assert world.market.breaches() == []


# What may happen during the delay.


@pytest.fixture
def delayed() -> tuple[Registry, str]:
    world = Registry("uk-ets")
    world.at("2023-03-15T11:00")
    name, _ = transfer(world)
    return world, name


def test_held_units_can_be_promised_once_only(delayed):
    world, _ = delayed
    source = world.account["operator_holding"]
    series = f"UKA-{world.vintage}"
    again = ProposeTransaction("transfer", source, world.other["operator_holding"], (UnitLine(series, 1),))
    assert world.code(f"{source}/a", again) == "CW-3003"


@pytest.mark.parametrize("side", ["account", "other"])
def test_an_account_suspended_during_the_delay_terminates_the_transaction(delayed, side):
    world, name = delayed
    number = getattr(world, side)["operator_holding"]
    world.do("olga", SetAccountStatus(number, "suspended", "under investigation"))
    world.at("2023-03-16T11:00")
    (ended,) = world.tick()
    assert isinstance(ended, TransactionEnded)
    assert (ended.transaction_id, ended.outcome) == (name, "terminated")
    assert ended.reason == {"account": "CW-1005", "other": "CW-2003"}[side]
    assert world.book.balance_t(world.account["operator_holding"], f"UKA-{world.vintage}") == 100
    assert world.market.breaches() == []
    assert world.tick() == ()


def test_a_restricted_account_may_not_complete_a_transfer_either(delayed):
    world, _ = delayed
    world.do("olga", SetAccountStatus(world.account["operator_holding"], "restricted"))
    world.at("2023-03-16T11:00")
    assert world.tick()[0].reason == "CW-1006"


def test_a_restriction_lifted_in_time_does_no_harm(delayed):
    world, _ = delayed
    number = world.account["operator_holding"]
    world.do("olga", SetAccountStatus(number, "suspended"))
    world.at("2023-03-15T15:00")
    world.do("olga", SetAccountStatus(number, "open"))
    world.at("2023-03-16T11:00")
    assert isinstance(world.tick()[0], TransactionCompleted)


def test_a_delayed_transaction_can_be_cancelled_until_it_completes(delayed):
    world, name = delayed
    source, target = world.account["operator_holding"], world.other["operator_holding"]
    assert world.code(f"{target}/a", CancelTransaction(name)) == "CW-4002"
    assert world.code("ann", CancelTransaction(name)) == "CW-4002"
    (ended,) = world.do(f"{source}/b", CancelTransaction(name, "typed wrong"))
    assert (ended.outcome, ended.reason) == ("cancelled", "typed wrong")
    assert world.book.balance_t(source, f"UKA-{world.vintage}") == 100
    assert world.code(f"{source}/b", CancelTransaction(name)) == "CW-4201"
    world.at("2023-03-16T11:00")
    assert world.tick() == ()


def test_an_operator_can_cancel_and_nobody_approves_twice(delayed):
    world, name = delayed
    assert world.code(f"{world.account['operator_holding']}/c", ApproveTransaction(name)) == "CW-4201"
    assert world.do("otto", CancelTransaction(name))[0].outcome == "cancelled"


def test_representatives_who_leave_during_the_delay_do_not_undo_the_approval(delayed):
    world, _ = delayed
    world.do(
        "olga",
        RemoveRepresentative(world.account["operator_holding"], f"{world.account['operator_holding']}/a"),
    )
    world.at("2023-03-16T11:00")
    assert isinstance(world.tick()[0], TransactionCompleted)


@pytest.mark.parametrize("side", ["account", "other"])
def test_neither_side_of_a_pending_transaction_can_be_closed(delayed, side):
    world, name = delayed
    number = getattr(world, side)["operator_holding"]
    assert world.code("olga", CloseAccount(number)) == "CW-4106"
    world.do("olga", CancelTransaction(name))
    assert world.code("olga", CloseAccount(number)) == ("CW-4106" if side == "account" else "")


def test_the_clock_is_advanced_by_the_clock_or_an_operator(delayed):
    from capwright.registry.messages import AdvanceClock

    world, _ = delayed
    assert world.code("ann", AdvanceClock()) == "CW-4001"
    assert world.code("olga", AdvanceClock()) == ""


# The trusted list.


def trust(world: Registry, approved_at: str) -> TrustedAccountActivated:
    source, target = world.account["operator_holding"], world.other["operator_holding"]
    world.do(f"{source}/a", AddTrustedAccount(source, target))
    world.at(approved_at)
    return world.do(f"{source}/b", ApproveTrustedAccount(source, target))[0]


@pytest.mark.parametrize(
    ("approved_at", "active_at"),
    [  # Swedish Energy Agency: four working days after the second approval
        ("2023-09-14T11:30", "2023-09-20T11:30"),  # Thursday → next Wednesday
        ("2023-09-16T12:00", "2023-09-22T10:00"),  # Saturday: starts Monday 10:00 → Friday
        ("2023-09-11T19:00", "2023-09-18T10:00"),  # Monday evening: starts Tuesday 10:00 → next Monday
    ],
)
def test_eu_trusted_list_becomes_active_after_four_working_days(approved_at, active_at):
    world = Registry("eu-ets")
    world.at("2023-09-04T11:00")
    activated = trust(world, approved_at)
    assert local(world, activated.active_at_ms) == active_at
    source, target = world.account["operator_holding"], world.other["operator_holding"]
    lists = world.market.registry.trusted
    assert not lists.active_at(source, target, activated.active_at_ms - 1)
    assert lists.active_at(source, target, activated.active_at_ms)
    assert not lists.active_at(target, source, activated.active_at_ms), "trust has a direction"


def test_a_transfer_to_the_trusted_list_is_immediate_inside_working_hours():
    world = Registry("eu-ets")
    world.at("2023-09-04T11:00")
    trust(world, "2023-09-14T11:30")
    _, events = transfer(world, approved_at="2023-09-20T11:30")
    assert [type(event) for event in events] == [TransactionApproved, TransactionCompleted]
    assert has_moved(world)
    _, events = transfer(world, approved_at="2023-09-20T16:30")
    assert [type(event) for event in events] == [TransactionApproved]
    assert local(world, events[0].completes_at_ms) == "2023-09-21T10:00"


def test_before_the_entry_is_active_the_transfer_waits_like_any_other():
    world = Registry("eu-ets")
    world.at("2023-09-04T11:00")
    trust(world, "2023-09-14T11:30")
    _, events = transfer(world, approved_at="2023-09-20T11:29")
    assert local(world, events[0].completes_at_ms) == "2023-09-21T11:29"


def test_the_26_hours_ran_for_trusted_accounts_too():
    world = Registry("eu-ets-2018")
    world.at("2018-02-01T11:00")
    trust(world, "2018-02-01T12:00")
    _, events = transfer(world, approved_at="2018-03-06T11:30")
    assert local(world, events[0].completes_at_ms) == "2018-03-07T13:30"


def test_the_trusted_list_needs_two_people_and_two_accounts():
    world = Registry("eu-ets")
    source, target = world.account["operator_holding"], world.other["operator_holding"]
    add = AddTrustedAccount(source, target)
    assert world.code(f"{target}/a", add) == "CW-4002"
    assert world.code(f"{source}/a", AddTrustedAccount(source, source)) == "CW-4304"
    assert world.code(f"{source}/a", AddTrustedAccount(source, "EU-100-999-0-1")) == "CW-4003"
    assert world.code(f"{source}/b", ApproveTrustedAccount(source, target)) == "CW-4302"
    world.do(f"{source}/a", add)
    assert world.code(f"{source}/b", add) == "CW-4301"
    assert world.code(f"{source}/a", ApproveTrustedAccount(source, target)) == "CW-4303"
    world.do(f"{source}/b", ApproveTrustedAccount(source, target))
    assert world.code(f"{source}/b", ApproveTrustedAccount(source, target)) == "CW-4302"
    world.do(f"{source}/c", RemoveTrustedAccount(source, target))
    assert world.code(f"{source}/c", RemoveTrustedAccount(source, target)) == "CW-4302"


def test_an_entry_proposed_by_someone_who_left_is_not_approved():
    world = Registry("eu-ets")
    source, target = world.account["operator_holding"], world.other["operator_holding"]
    world.do(f"{source}/a", AddTrustedAccount(source, target))
    world.do("olga", RemoveRepresentative(source, f"{source}/a"))
    assert world.code(f"{source}/b", ApproveTrustedAccount(source, target)) == "CW-4002"
    world.do(f"{source}/b", RemoveTrustedAccount(source, target))
    world.do(f"{source}/b", AddTrustedAccount(source, target))
    world.do(f"{source}/c", ApproveTrustedAccount(source, target))


def test_closed_accounts_are_not_trusted_and_suspended_ones_trust_nobody():
    world = Registry("eu-ets")
    source, target = world.account["operator_holding"], world.other["operator_holding"]
    world.do("olga", CloseAccount(target))
    assert world.code(f"{source}/a", AddTrustedAccount(source, target)) == "CW-4003"
    world.do("olga", SetAccountStatus(source, "suspended"))
    assert world.code(f"{source}/a", AddTrustedAccount(source, world.other["trading"])) == "CW-4006"


def test_where_one_representative_suffices_the_entry_needs_no_second():
    world = Registry("guangdong-2023")
    source, target = world.account["trading"], world.other["trading"]
    events = world.do(f"{source}/a", AddTrustedAccount(source, target))
    assert isinstance(events[1], TrustedAccountActivated)
    assert world.market.registry.trusted.active_at(source, target, world.at_ms)


def test_off_the_list_nothing_goes_where_the_scheme_says_so():
    world = Registry("uk-ets", registry={"delay": {"off_list": "refused"}})
    world.at("2023-03-01T11:00")
    source, target = world.account["operator_holding"], world.other["operator_holding"]
    series = world.stock(source, 100)
    wish = ProposeTransaction("transfer", source, target, (UnitLine(series, 10),))
    assert world.code(f"{source}/a", wish) == "CW-2507"
    trust(world, "2023-03-01T12:00")
    world.at("2023-03-06T11:00")
    name, _ = world.propose("transfer", source, target, 10, series)
    world.do(f"{source}/c", RemoveTrustedAccount(source, target))
    assert world.code(f"{source}/b", ApproveTransaction(name)) == "CW-2507"
    assert (
        world.code(
            f"{source}/b", ProposeTransaction("deletion", source, world.account["cancellation"], wish.lines)
        )
        == ""
    )


# The quantity limit: Union Registry since 10 September 2023, 2,000,000 a transaction off the trusted list.


def asked(world: Registry, kind: str, target: str, *quantities_t: int) -> str:
    source = world.account["operator_holding"]
    series = [f"EUA-{world.vintage}", f"EUA-{world.vintage - 1}"]
    lines = tuple(UnitLine(name, t) for name, t in zip(series, quantities_t, strict=False))
    return world.code(f"{source}/a", ProposeTransaction(kind, source, target, lines, world.vintage))


def test_the_quantity_limit_holds_off_the_trusted_list():
    world = Registry("eu-ets")
    world.at("2023-09-12T11:00")
    source, target = world.account["operator_holding"], world.other["operator_holding"]
    world.stock(source, 20_000_000)
    world.stock(source, 20_000_000, vintage=world.vintage - 1)
    assert asked(world, "transfer", target, 2_000_001) == "CW-3018"
    assert asked(world, "transfer", target, 1_000_001, 1_000_000) == "CW-3018"
    assert asked(world, "transfer", target, 2_000_000) == ""
    assert asked(world, "surrender", world.account["surrender"], 2_000_001) == ""
    assert asked(world, "deletion", world.account["cancellation"], 2_000_001) == ""
    trust(world, "2023-09-12T12:00")
    world.at("2023-09-19T11:00")
    assert asked(world, "transfer", target, 2_000_001) == ""


def test_a_large_transfer_cannot_be_approved_once_trust_is_withdrawn():
    world = Registry("eu-ets")
    world.at("2023-09-04T11:00")
    source, target = world.account["operator_holding"], world.other["operator_holding"]
    series = world.stock(source, 5_000_000)
    trust(world, "2023-09-04T12:00")
    world.at("2023-09-12T11:00")
    name, _ = world.propose("transfer", source, target, 5_000_000, series)
    world.do(f"{source}/c", RemoveTrustedAccount(source, target))
    assert world.code(f"{source}/b", ApproveTransaction(name)) == "CW-3018"


# Tables that no shipped scheme has.


def changed_table(name: str, **changes) -> list[dict]:
    rows = scheme_body("eu-ets")["body"]["registry"]["transaction_types"]
    return [{**row, **changes} if row["name"] == name else row for row in rows]


def test_one_person_suffices_and_the_delay_still_runs():
    world = Registry("eu-ets", registry={"transaction_types": changed_table("transfer", approvals=1)})
    world.at("2023-09-12T11:00")
    source, target = world.account["operator_holding"], world.other["operator_holding"]
    (event,) = world.propose("transfer", source, target, 10, world.stock(source, 10))[1]
    assert local(world, event.completes_at_ms) == "2023-09-13T11:00"
    assert not has_moved(world)
    world.at("2023-09-13T11:00")
    assert isinstance(world.tick()[0], TransactionCompleted)
    assert has_moved(world)


def test_one_person_suffices_and_there_is_nothing_to_wait_for():
    table = changed_table("transfer", approvals=1)
    world = Registry("eu-ets", registry={"transaction_types": table, "delay": {"delay_hours": 0}})
    world.at("2023-09-12T11:00")
    source, target = world.account["operator_holding"], world.other["operator_holding"]
    (event,) = world.propose("transfer", source, target, 10, world.stock(source, 10))[1]
    assert isinstance(event, TransactionCompleted)


def test_a_type_exempt_from_the_limit_may_exceed_it_off_the_list():
    world = Registry("eu-ets", registry={"transaction_types": changed_table("transfer", limit_exempt=True)})
    world.at("2023-09-12T11:00")
    world.stock(world.account["operator_holding"], 3_000_000)
    assert asked(world, "transfer", world.other["operator_holding"], 2_000_001) == ""


def test_a_transaction_whose_type_was_abolished_is_terminated_and_not_stuck():
    world = Registry("uk-ets")
    world.at("2023-03-15T11:00")
    transfer(world)
    waiting, _ = world.propose(
        "transfer",
        world.account["trading"],
        world.other["trading"],
        5,
        world.stock(world.account["trading"], 5),
    )
    rows = scheme_body("uk-ets")["body"]["registry"]["transaction_types"]
    table = [row for row in rows if row["name"] != "transfer"]
    later = scheme_body("uk-ets", registry={"transaction_types": table})
    world.market.rulebook.adopt(later)
    world.rules = world.market.rulebook.now()
    assert world.code(f"{world.account['trading']}/b", ApproveTransaction(waiting)) == "CW-3001"
    assert world.code("olga", RejectTransaction(waiting)) == ""
    world.at("2023-03-16T11:00")
    (ended,) = world.tick()
    assert (ended.outcome, ended.reason) == ("terminated", "CW-3001")
    assert world.market.breaches() == []


def test_units_barred_by_a_later_scheme_are_not_delivered():
    world = Registry("uk-ets")
    world.at("2023-03-15T11:00")
    transfer(world)
    source = world.account["trading"]
    waiting, _ = world.propose("transfer", source, world.other["trading"], 5, world.stock(source, 5))
    kinds = scheme_body("uk-ets")["body"]["registry"]["unit_kinds"]
    rows = scheme_body("uk-ets")["body"]["registry"]["transaction_types"]
    table = [{**row, "unit_kinds": ["UKX"]} if row["name"] == "transfer" else row for row in rows]
    changes = {"unit_kinds": [*kinds, {**kinds[0], "code": "UKX"}], "transaction_types": table}
    world.market.rulebook.adopt(scheme_body("uk-ets", registry=changes))
    assert world.code(f"{source}/b", ApproveTransaction(waiting)) == "CW-3004"
    world.at("2023-03-16T11:00")
    assert world.tick()[0].reason == "CW-3004"
