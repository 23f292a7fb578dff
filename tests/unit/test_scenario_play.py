"""Playing a scenario: times, order, ids, people, and a small story whose outcome is worked out by hand."""

from __future__ import annotations

from datetime import datetime

import pytest

from capwright.kernel.refusal import Refused
from capwright.ledger.place import frozen
from capwright.market import ApproveProposal
from capwright.registry.messages import ApproveTransaction, OpenAccount
from capwright.scenario.load import load_scenario
from capwright.scenario.play import Player
from capwright.scenario.run import run_scenario
from capwright.settlement.messages import SettleTrade
from tests.scenario_stories import STEP, TABLES, TOML, write


@pytest.fixture
def run(tmp_path):
    return run_scenario(write(tmp_path), "memory:")


@pytest.fixture
def actions(tmp_path):
    return Player(load_scenario(write(tmp_path))).actions()


def numbers(market):
    return {a.holder: a.number for a in market.book.state.accounts.values() if not a.government}


def local_ms(text: str) -> int:
    return round(datetime.fromisoformat(text + "+08:00").timestamp() * 1000)


def test_the_small_story_ends_as_worked_out_by_hand(run):
    assert run.refused == ()
    assert run.market.breaches() == []
    book, who = run.market.book, numbers(run.market)
    # 96 % of the 101,000 t decided on, 4,000 banked, 1,000 credits, 1,540 bought: the 103,500 t owed.
    quota = run.market.rooms["allocation"].quota(who["mill"], 2023)
    assert (quota.pre_issued_t, quota.approved_t, quota.free_t) == (90_000, 101_000, 96_960)
    duty = run.market.rooms["compliance"].duty(who["mill"], 2023)
    assert duty.surrendered_t == duty.owed_t == 103_500
    assert duty.used == {"PHCER-2022-p1": 1_000, "GDEA-2022": 4_000 + 1_540, "GDEA-2023": 96_960}
    assert duty.judgement.status == "COMPLIED"
    assert book.at(who["mill"]) == book.at(frozen(who["mill"], "2023")) == {}
    # The project was designed for 50,000 t: 3,000 bought, 47,000 free, half of them frozen.
    assert book.at(who["kiln"]) == {"GDEA-2022": 3_000, "GDEA-2023": 23_500}
    assert book.at(frozen(who["kiln"], "2023")) == {"GDEA-2023": 23_500}
    assert book.at(frozen(who["broker"], "review")) == {"GDEA-2022": 20_000 - 3_000 - 1_540}
    # 300,000 - 1,000 × 60 - 1,540 × 48; 1,000,000 - 3,000 × 65; both to the broker; 1,000 × 60.
    cash = {name: book.cash_fen(number) for name, number in who.items()}
    assert cash == {"mill": 166_080_00, "kiln": 805_000_00, "broker": 268_920_00, "forest": 60_000_00}


def test_actions_come_in_the_order_of_time_under_ids_of_their_own(actions):
    times = [action.at_ms for action in actions]
    assert times == sorted(times)
    assert len({action.command_id for action in actions}) == len(actions)
    assert times[0] == local_ms("2024-01-02T08:00:00")  # local to the scheme, whatever this machine says


def test_an_action_has_the_same_id_in_every_run(tmp_path, actions):
    assert Player(load_scenario(tmp_path)).actions() == actions


def test_trades_of_a_day_come_before_its_surrenders_and_after_its_credits(actions):
    trade = next(a for a in actions if type(a.command) is SettleTrade)
    assert trade.at_ms == local_ms("2024-02-01T09:10:00")
    labels = [action.label for action in actions]
    assert labels.index("issuing credits") < labels.index("trading") < labels.index("surrendering")


def test_four_eyes_are_two_people_and_so_are_operator_and_checker(actions):
    by_id = {action.command_id: action for action in actions}
    approvals = [a for a in actions if type(a.command) is ApproveProposal]
    assert approvals
    assert all(by_id[a.command.proposal_id].actor != a.actor for a in approvals)
    checks = [a for a in actions if type(a.command) is ApproveTransaction]
    assert checks
    assert all(by_id[a.command.transaction_id].actor != a.actor for a in checks)


def test_an_account_may_open_later_than_the_market(tmp_path):
    enterprises = TABLES["enterprises.csv"].splitlines()
    text = "\n".join([enterprises[0] + ",opened_on", *(row + ",2024-01-12" for row in enterprises[1:])])
    folder = write(tmp_path, tables=TABLES | {"enterprises.csv": text + "\n", "holdings.csv": ""})
    (folder / "holdings.csv").unlink()
    opened = [
        a
        for a in Player(load_scenario(folder)).actions()
        if type(a.command) is OpenAccount and a.command.holder != "government"
    ]
    assert {a.at_ms for a in opened} == {local_ms("2024-01-12T08:30:00")}
    assert {str(a.command.opened_on) for a in opened} == {"2024-01-12"}


def test_a_restricted_account_may_not_sell_and_a_suspended_one_not_surrender(tmp_path):
    for status, refused in (
        ("restricted", ["SettleTrade"]),
        ("suspended", ["SettleTrade", "SurrenderUnits"]),
    ):
        step = f'do = "set_status"\nenterprises = ["mill", "broker"]\nstatus = "{status}"\nreason = "test"'
        early = STEP.format(step=step).replace("2024-09-02", "2024-06-28")
        folder = tmp_path / status
        folder.mkdir()
        run = run_scenario(write(folder, TOML + early), "memory:")
        found = [row.command for row in run.refused if row.command != "ApproveTransaction"]
        assert [name for name in found if name in ("SettleTrade", "SurrenderUnits")] == refused


def test_a_sanction_reaches_next_years_quota(tmp_path):
    tables = TABLES | {"surrenders.csv": "date,enterprise,vintage,quantity_t\n2024-07-10,mill,2023,103000\n"}
    sanction = STEP.format(step='do = "sanction"\nvintage = 2023\nenterprises = ["mill"]')
    run = run_scenario(write(tmp_path, TOML + sanction, tables), "memory:")
    assert run.refused == ()
    mill = numbers(run.market)["mill"]
    duty = run.market.rooms["compliance"].duty(mill, 2023)
    # 500 t short: twice that, and 50,000 CNY (DECREE art. 36).
    assert (duty.judgement.status, duty.deduct_t, duty.fine_fen) == ("SHORT", 1_000, 50_000_00)
    assert run.market.rooms["allocation"].state.sanctions == {mill: {2023: 1_000}}


def test_a_refused_command_is_told_and_the_rest_goes_on(tmp_path):
    trades = TABLES["transfers.csv"] + "2024-03-01,broker,kiln,GDEA,2023,999999,60.00,negotiated\n"
    run = run_scenario(write(tmp_path, tables=TABLES | {"transfers.csv": trades}), "memory:")
    (refused,) = run.refused
    assert (refused.command, refused.refusal.code) == ("SettleTrade", "CW-3103")
    assert (
        run.market.rooms["compliance"].duty(numbers(run.market)["mill"], 2023).judgement.status == "COMPLIED"
    )


def test_progress_is_told_from_none_to_all(tmp_path):
    seen = []
    run = run_scenario(
        write(tmp_path), "memory:", progress=lambda done, total, label: seen.append((done, total, label))
    )
    assert seen[0] == (0, run.commands, "opening the market")
    assert seen[-1] == (run.commands, run.commands, "")


def test_a_journal_is_never_overwritten(tmp_path):
    folder, db = write(tmp_path), str(tmp_path / "one.sqlite")
    first = run_scenario(folder, db)
    with pytest.raises(Refused) as caught:
        run_scenario(folder, db)
    assert caught.value.refusal.code == "CW-9310"
    assert first.commands > 0
