"""The cumulative status against the UK registry's own sequences, and further ones derived by hand.

Facts retyped from the tests of the compliance calculation service in UKGovernmentBEIS/ukets-registry, release
6.0.0 (Apache-2.0): the five sheets, the regulator's scenarios and the service's own. A sequence reads

    2021..2022@2021   first year .. last year (empty: open) @ current year
    e2021=100         verified emissions of 2021 become 100 t; `-` takes them back
    s100  r50         surrender, reversal of surrender
    x2021  u2021      exclude a year, take the exclusion back
    y2022             the year becomes 2022
    first2020  last2025  last-
    =A                dynamic status (`-` not applicable, `X` excluded)
    staticA           status over the past years alone
    !step             the step is refused and changes nothing

Three sequences differ: what the service drops without an answer (emissions of an open operator in the current
year) is kept here and counts once the year has ended; a reversal of more than was surrendered is refused; the
regulator's 15th, switched off there since exclusions no longer roll over, is written here as it now runs.
"""

import re

import pytest

from capwright.compliance.status import CumulativeStatus, DutyRecord, cumulative_status, past_years_status
from capwright.kernel.refusal import Refused

STATUS = {"-": CumulativeStatus.NOT_APPLICABLE, "X": CumulativeStatus.EXCLUDED}

REGISTRY = [
    ("one year, current 1", "2021..2021@2021 e2021=100 s100 =A"),
    ("one year, current 2", "2021..2021@2021 e2021=100 s200 =A"),
    ("one year, current 3", "2021..2021@2021 e2021=100 =B"),
    ("one year, current 4", "2021..2021@2021 e2021=100 s50 =B"),
    ("one year, current 5", "2021..2021@2021 s100 =C"),
    ("one year, current 6", "2021..2021@2021 s100 r100 =C"),
    ("one year, current 7", "2021..2021@2021 e2021=- s100 x2021 =X"),
    ("one year, current 8", "2021..2021@2021 =C e2021=100 =B s50 =B s100 =A r50 =A"),
    ("one year, current 9", "2021..2021@2021 =C s100 =C e2021=0 =A x2021 =X"),
    ("one year, current 10", "2021..2021@2021 =C s100 =C e2021=- =C x2021 =X u2021 =C"),
    ("one year, current 11", "2021..2021@2021 =C e2021=100 =B last2025 =- s100 =- y2022 =A"),
    ("one year, current 12", "2021..2021@2021 =C s200 =C r100 =C e2021=100 =A e2021=150 =B"),
    ("open end, first year current 1", "2021..@2021 =- e2021=100 =- s100 =- last2021 =A"),
    ("open end, first year current 2", "2021..@2021 =- e2021=100 =- s100 =- y2022 =A r50 =B"),
    ("open end, first year current 3", "2021..@2021 =- e2021=100 =- s100 =- last2025 =- y2022 =A"),
    (
        "open end, first year current 4",
        "2021..@2021 =- e2021=100 =- s100 =- last2025 =- y2022 =A y2023 =C e2022=100 =B s100 =A",
    ),
    ("open end, several years 1", "2021..@2024 e2021=100 e2022=100 e2023=100 s300 =A"),
    ("open end, several years 2", "2021..@2024 e2021=100 e2022=100 e2023=100 s500 =A"),
    ("open end, several years 3", "2021..@2024 x2022 e2021=100 e2023=100 s200 =A"),
    ("open end, several years 4", "2021..@2024 x2022 e2021=100 e2023=100 s100 =B"),
    ("open end, several years 5", "2021..@2024 x2022 x2023 e2021=100 s50 =B"),
    ("open end, several years 6", "2021..@2024 e2021=100 e2022=100 e2023=100 =B"),
    ("open end, several years 7", "2021..@2024 e2021=100 x2022 x2023 s100 =A"),
    ("open end, several years 8", "2021..@2024 x2021 x2022 x2023 s100 r100 =X"),
    ("open end, several years 9", "2021..@2024 e2021=- e2022=100 x2023 !r100 =C"),
    ("open end, several years 10", "2021..@2024 e2021=100 e2022=100 e2023=100 e2024=100 s300 =A"),
    ("open end, several years 11", "2021..@2024 e2021=100 e2022=100 e2023=100 e2024=0 x2024 s300 =A"),
    (
        "open end, several years 12",
        (
            "2021..@2021 =- y2022 =C e2021=100 =B s200 =A last2022 =C e2022=100 =A s200 =A y2023 =A "
            "last2023 =C e2023=0 =A x2023 =A"
        ),
    ),
    ("one year, past 1", "2021..2021@2022 e2021=100 =B s100 =A y2022 =A"),
    ("one year, past 2", "2021..2021@2022 s100 =C e2021=100 =A y2022 =A"),
    ("one year, past 3", "2021..2021@2022 e2021=100 =B s100 =A y2022 =A s50 =A"),
    ("one year, past 4", "2021..2021@2022 e2021=- =C x2021 =X u2021 =C e2021=100 =B y2022 s100 =A"),
    ("two years, first current 1", "2021..2022@2021 =- e2021=100 =- s100 =-"),
    ("two years, first current 2", "2021..2022@2021 =- e2021=100 =- y2022 =C e2022=100 =B s200 =A"),
    ("regulator 1", "2021..@2021 =- y2022 =C e2021=100 =B s100 =A"),
    ("regulator 2", "2021..@2021 =- y2022 =C e2021=100 =B s100 =A y2023 =C e2022=150 =B s150 =A"),
    ("regulator 3", "2021..@2021 =- y2022 =C e2021=100 =B s50 =B"),
    ("regulator 4", "2021..@2021 =- y2022 =C e2021=100 =B s150 =A"),
    ("regulator 5", "2021..@2021 =- y2022 =C s100 =C"),
    ("regulator 6", "2021..@2021 =- y2022 =C e2021=100 =B s100 =A e2021=101 =B s1 =A"),
    ("regulator 7", "2021..@2021 =- y2022 =C e2021=100 =B s50 =B e2021=50 =A"),
    (
        "regulator 8",
        (
            "2021..@2021 =- y2022 =C e2021=100 =B s100 =A y2023 =C e2022=150 =B s150 =A y2024 =C "
            "e2023=200 =B s200 =A e2022=155 =B s5 =A"
        ),
    ),
    ("regulator 9", "2021..@2021 =- y2022 =C e2021=100 =B s50 =B y2023 =C e2022=150 =B s200 =A"),
    (
        "regulator 10",
        (
            "2021..@2021 =- y2022 =C e2021=100 =B s100 =A staticA y2023 =C x2022 =A staticA y2024 =C "
            "e2023=200 =B s200 =A staticA"
        ),
    ),
    (
        "regulator 11",
        (
            "2021..@2021 =- y2022 =C e2021=500 =B s500 =A y2023 =C e2022=500 =B s450 =B y2024 =C "
            "e2023=500 =B s500 =B"
        ),
    ),
    (
        "regulator 12",
        "2021..@2022 =C e2021=500 =B s500 =A last2022 =C e2022=450 =B staticA s450 =A y2023 =A staticA",
    ),
    ("regulator 13", "2021..@2021 =- y2022 =C e2021=75 =B s100 =A r100 =B s75 =A"),
    (
        "regulator 14",
        "2021..@2021 =- y2022 =C e2021=100 =B s50 =B y2023 =C x2022 =B y2024 =C e2023=200 =B s200 =B",
    ),
    (
        "regulator 15",
        (
            "2021..@2021 =- y2022 =C e2021=100 =B s100 =A y2023 =C e2022=150 =B s150 =A x2023 =A y2024 =A "
            "y2025 =C u2025 =C y2026 =C"
        ),
    ),
    (
        "regulator 16",
        (
            "2021..@2021 =- y2022 =C e2021=100 =B s100 =A staticA y2023 =C e2022=150 =B s150 =A staticA "
            "y2024 =C last2024 =C e2023=200 e2024=50 =B s200 =B staticA s50 =A y2025 =A staticA"
        ),
    ),
    (
        "regulator 17",
        (
            "2022..@2023 =C e2022=150 =B s150 =A staticA y2024 =C e2023=175 =B s175 =A first2021 =C "
            "e2021=30 =B s30 =A staticA"
        ),
    ),
    ("regulator 18", "2023..@2023 =- last2023 =C e2023=150 =B s150 =A y2024 =A staticA"),
    (
        "regulator 19",
        (
            "2021..@2021 =- y2022 =C e2021=100 =B s100 =A y2023 =C e2022=100 =B s100 =A y2024 =C last2024 "
            "=C e2023=200 e2024=50 =B s200 =B y2025 =B"
        ),
    ),
    (
        "regulator 20",
        (
            "2021..@2021 =- y2022 =C e2021=100 =B s100 =A y2023 =C e2022=100 =B s100 =A y2024 =C last2024 "
            "=C e2023=200 e2024=50 =B s200 =B s50 =A y2025 =A"
        ),
    ),
    ("regulator 21", "2023..2023@2023 =C e2023=150 =B s150 =A y2024 =A staticA"),
    ("regulator 22", "2023..2023@2023 =C e2023=150 =B s150 =A y2024 =A staticA"),
    ("regulator 23", "2023..@2023 =- last2023 =C e2023=150 =B s150 =A y2024 =A staticA"),
    (
        "regulator 24",
        (
            "2021..@2021 =- y2022 =C e2021=100 =B s100 =A staticA y2023 =C e2022=150 =B s150 =A staticA "
            "y2024 =C last2024 =C e2023=200 e2024=50 =B s200 =B e2024=- =C last2025 =A staticA y2025 =C "
            "staticC"
        ),
    ),
    (
        "regulator 25",
        (
            "2021..@2021 =- y2022 =C e2021=100 =B s100 =A staticA y2023 =C e2022=150 =B s150 =A staticA "
            "y2024 =C last2024 =C e2023=200 e2024=50 =B s200 =B staticA e2024=- =C last2025 =A y2025 =C "
            "staticC"
        ),
    ),
    (
        "regulator 26",
        (
            "2021..@2021 =- y2022 =C e2021=500 =B s500 staticA =A last2022 =C e2022=100 =B s100 =A y2023 "
            "=A staticA"
        ),
    ),
    (
        "regulator 27",
        "2021..@2021 =- y2022 =C last2022 =C e2021=500 =C e2022=50 =B s550 =A staticA y2023 =A staticA",
    ),
    (
        "regulator 28",
        (
            "2021..@2021 =- y2022 =C last2022 =C e2021=500 =C s500 =C e2022=50 =B staticA s50 =A y2023 =A "
            "staticA"
        ),
    ),
    ("regulator 29", "2021..2021@2021 =C e2021=0 =A y2022 =A"),
    ("regulator 30", "2021..@2021 =- first2021 =- s13 =- last2021 =C e2021=8 =A y2022 =A last- =A"),
    ("service 1", "2023..@2021 =-"),
    ("service 2", "2020..@2021 =C"),
    ("service 3", "2020..2020@2020 =C y2021 =C"),
    ("service 4", "2020..2021@2021 =C"),
    ("service 5", "2020..2021@2021 =C"),
    ("service 6", "2023..2023@2021 y2022 y2023 =C"),
    ("service 7", "2021..@2019 first2018 =C"),
    (
        "service 8",
        (
            "2011..@2011 y2012 e2011=200 last2015 y2013 y2014 y2015 y2016 e2012=200 e2013=200 x2014 x2015 "
            "u2014 e2014=200 s2000 =A"
        ),
    ),
    ("service 9", "2018..@2019 e2018=200 s200 r20 =B"),
    ("service 10", "2018..@2019 x2018 =X"),
    ("service 11", "2018..@2019 e2018=200 =B e2018=- =C"),
    ("service 12", "2021..@2021 e2021=200 last2021 s2000 =A"),
    ("service 13", "2021..@2021 first2020 e2020=2 s2 x2021 =A"),
    ("service 14", "2021..2025@2021 last- =-"),
    ("service 15", "2011..@2011 y2012 x2011 x2012 y2013 =X"),
    ("service 16", "2021..@2021 e2021=100 s100 y2022 =A x2022 =A"),
    ("service 17", "2021..@2021 e2021=100 s50 y2022 =B x2022 =B"),
    ("service 18", "2021..@2021 e2021=100 y2022 =B x2022 y2022 s100 =A"),
    ("service 19", "2021..2023@2021 e2021=100 y2022 =B x2022 y2022 x2023 =B"),
    ("service 20", "2021..@2024 e2021=100 e2022=100 e2023=100 s300 e2024=100 =A"),
    ("service 21", "2021..@2024 !e2025=100"),
]

BY_HAND = [
    ("before the first year", "2023..@2021 e2023=0 s5 =-"),
    (
        "an open operator owes nothing for the year that runs",
        "2021..@2022 e2021=10 s10 e2022=99 =A y2023 =B s99 =A",
    ),
    ("closing makes the running year due", "2021..@2022 e2021=10 s10 =A last2022 =C e2022=5 =B s5 =A"),
    ("closing later again frees the running year", "2021..2022@2022 e2021=10 e2022=5 s10 =B last2023 =A"),
    ("re-opening an ended operator makes the missed years due", "2021..2021@2024 e2021=10 s10 =A last- =C"),
    ("years after the last one are never due", "2021..2022@2030 e2021=10 e2022=10 s20 =A"),
    ("a missing year outweighs any surplus", "2021..@2024 e2021=1 e2023=1 s1000 =C e2022=998 =A"),
    ("one missing year outweighs a shortfall", "2021..@2023 e2021=100 =C e2022=100 =B"),
    ("all past years excluded, the running one open", "2021..@2023 x2021 =C x2022 =X y2024 =C"),
    ("excluded with units surrendered", "2021..@2022 x2021 s10 =X"),
    ("un-excluding shows the gap, emissions fill it", "2021..@2022 x2021 =X u2021 =C e2021=7 =B s7 =A"),
    ("emissions in an excluded year", "2021..@2022 x2021 !e2021=1 =X e2021=0 =X"),
    ("excluding a year with emissions", "2021..@2022 e2021=1 !x2021 =B e2021=- x2021 =X"),
    ("zero emissions do not stand against exclusion", "2021..@2022 e2021=0 x2021 =X"),
    ("excluding the last year alone", "2021..2022@2022 e2021=10 s10 =C x2022 =A"),
    ("the last year is due although the earlier ones are excluded", "2021..2022@2022 x2021 =C x2022 =X"),
    ("emissions before the first year", "2021..@2022 !e2020=1 e2020=0 =C"),
    ("emissions after the last year", "2021..2021@2023 e2021=5 !e2022=1 s5 =A"),
    ("moving the last year before reported emissions", "2021..2023@2024 e2023=5 !last2022 =C"),
    ("moving the first year past reported emissions", "2021..@2024 e2021=5 !first2022 =C"),
    ("last year before the first", "2021..@2022 !last2020 =C"),
    ("negative emissions", "2021..@2022 !e2021=-1 =C"),
    ("a later first year forgives the earlier gap", "2021..@2023 e2022=5 s5 =C first2022 =A"),
    ("an earlier first year opens a gap", "2022..@2023 e2022=5 s5 =A first2021 =C e2021=0 =A"),
    (
        "a correction after full surrender",
        "2021..@2022 e2021=100 s100 =A e2021=101 =B s1 =A e2021=50 =A r51 =A !r51 =A",
    ),
    ("reversal to nothing", "2021..@2022 e2021=100 s100 r100 =B !r1 =B"),
    (
        "a surplus carries into the next year",
        "2021..@2022 e2021=100 s150 =A y2023 e2022=50 =A y2024 e2023=1 =B",
    ),
    (
        "a shortfall is never forgotten",
        "2021..@2022 e2021=100 s99 =B y2023 e2022=0 =B y2024 e2023=0 =B s1 =A",
    ),
    ("equality is enough", "2021..@2022 e2021=1000000000000 s999999999999 =B s1 =A"),
    (
        "static looks at the ended years alone",
        "2021..2022@2022 e2021=10 s10 =C staticA e2022=5 =B staticA y2023 =B staticB",
    ),
    ("static of a single running year", "2021..2021@2021 =C staticA e2021=5 =B staticA"),
    ("static before anything is due", "2021..@2021 static-"),
]


def run(sequence: str) -> None:
    start, *steps = sequence.split()
    years, _, current = start.partition("@")
    first, _, last = years.partition("..")
    record, year = DutyRecord(int(first), int(last) if last else None), int(current)
    for at, step in enumerate(steps):
        done = " ".join([start, *steps[: at + 1]])
        if step.startswith("="):
            assert cumulative_status(record, year) == STATUS.get(step[1:], step[1:]), done
        elif step.startswith("static"):
            assert past_years_status(record, year) == STATUS.get(step[6:], step[6:]), done
        elif step.startswith("y"):
            year = int(step[1:])
        elif step.startswith("!"):
            with pytest.raises(Refused):
                change(record, step[1:], year)
        else:
            record = change(record, step, year)


def change(record: DutyRecord, step: str, year: int) -> DutyRecord:
    kind, number, value = re.fullmatch(r"(first|last|[esrxu])(\d*)=?(.*)", step).groups()
    if kind == "e":
        return record.with_emissions(int(number), None if value == "-" else int(value), current_year=year)
    if kind == "first":
        return record.with_years(int(number), record.last_year)
    if kind == "last":
        return record.with_years(record.first_year, int(number) if number else None)
    does = {
        "s": record.with_surrender,
        "r": record.with_reversal,
        "x": record.with_exclusion,
        "u": record.without_exclusion,
    }
    return does[kind](int(number))


@pytest.mark.parametrize("sequence", [s for _, s in REGISTRY], ids=[name for name, _ in REGISTRY])
def test_the_registrys_own_sequences(sequence):
    run(sequence)


@pytest.mark.parametrize("sequence", [s for _, s in BY_HAND], ids=[name for name, _ in BY_HAND])
def test_sequences_derived_by_hand(sequence):
    run(sequence)


def test_every_sequence_asserts_something():
    for name, sequence in REGISTRY + BY_HAND:
        assert re.search(r"=[ABCX-]( |$)|static[A-C-]|!", sequence), name
