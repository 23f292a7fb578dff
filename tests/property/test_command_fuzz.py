"""Hostile commands: whatever is sent, the market answers with events or a refusal, and the laws hold."""

from __future__ import annotations

import os
from functools import cache, partial
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.busy_worlds import busy_exchange, busy_guangdong, busy_registry, busy_testland, scheme_body
from tests.command_fuzz import Attack
from tests.worlds import MINI

WORLDS = {
    "guangdong": busy_guangdong,
    "testland": busy_testland,
    "exchange": busy_exchange,
    "uk-ets": partial(busy_registry, "uk-ets"),
    "eu-ets-2018": partial(busy_registry, "eu-ets-2018"),
    "china-national-2023": partial(busy_registry, "china-national-2023"),
}
SOAK = int(os.environ.get("CAPWRIGHT_FUZZ_SEEDS", "300"))


@cache
def start(name: str) -> tuple[bytes, int]:
    world = WORLDS[name]()
    return world.market.snapshot(), world.at_ms


@cache
def schemes() -> list[dict[str, Any]]:
    return [scheme_body(name) for name in ("guangdong-2023", "guangdong-2024", "uk-ets", "auction-eu", MINI)]


def attack(name: str, seed: int, count: int):
    snapshot, at_ms = start(name)
    return Attack(snapshot, at_ms, Random(seed), schemes()).run(count)


@pytest.mark.parametrize("name", WORLDS)
@given(seed=st.integers(0, 2**32))
def test_commands_at_random_are_carried_out_or_refused(name, seed):
    attack(name, seed, 100)


@pytest.mark.parametrize("name", WORLDS)
def test_the_fuzzer_gets_past_the_outer_checks(name):
    """Were every command refused at the door, the test above would say nothing."""
    answers = sum((attack(name, seed, 100) for seed in range(15)), start=attack(name, 15, 100))
    carried_out = {answer.split()[0] for answer in answers if answer.endswith(" done")}
    assert len(carried_out) > 15
    assert len({answer.split()[1] for answer in answers}) > 40


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("seed", range(SOAK))
def test_many_commands_at_random_are_carried_out_or_refused(name, seed):
    attack(name, 10_000 + seed, 1000)
