"""Planted fabrications among clean plant-years: how many are found, and how many clean ones are suspected.

One plant-year in six or so is fabricated, after the cases of 2021 and 2022. Measured for each seed: at the
cut `fail`, precision and recall; in the order of inspection, the share of fabricated ones among as many at
the head as were planted. A firm whose papers another copied is counted against precision: papers do not tell
who copied. `pytest -s` prints the table.
"""

from __future__ import annotations

from collections import Counter

import pytest

from capwright.mrv.quality.checking import screen
from capwright.mrv.quality.ranking import rank_screening
from tests.mrv_quality_worlds import FABRICATIONS, population

SEEDS = (11, 23, 37, 58, 71)
PLANTS, PLANTED = 150, 24


def measured(seed: int) -> dict:
    members, planted, lenders = population(seed, PLANTS, PLANTED)
    found = screen(members)
    flagged = {f.enterprise for f in found.findings if f.severity == "fail" and f.enterprise}
    head = [one.enterprise for one in rank_screening(found)[: len(planted)]]
    hits = flagged & planted.keys()
    return {
        "precision": len(hits) / len(flagged),
        "without copied": len(hits) / len(flagged - lenders),
        "recall": len(hits) / len(planted),
        "head": len(planted.keys() & set(head)) / len(planted),
        "by kind": Counter(planted[name] for name in hits),
        "kinds": Counter(planted.values()),
        "planted": planted,
        "findings": found.findings,
    }


@pytest.fixture(scope="module")
def runs() -> dict[int, dict]:
    return {seed: measured(seed) for seed in SEEDS}


def test_precision_and_recall(runs):
    print(f"\n{PLANTS} plant-years, {PLANTED} fabricated")
    print("seed  precision  without copied  recall  head")
    for seed, run in runs.items():
        print(
            f"{seed:4}  {run['precision']:9.2f}  {run['without copied']:14.2f}  {run['recall']:6.2f}  "
            f"{run['head']:4.2f}"
        )
        assert run["precision"] >= 0.80
        assert run["without copied"] >= 0.90
        assert run["recall"] >= 0.70
        assert run["head"] >= 0.80
    for name, least in (("precision", 0.84), ("without copied", 0.95), ("recall", 0.82), ("head", 0.88)):
        mean = sum(run[name] for run in runs.values()) / len(runs)
        print(f"mean {name}: {mean:.3f}")
        assert mean >= least, name


def test_every_kind_of_fabrication_is_found_at_least_sometimes(runs):
    all_kinds: Counter[str] = sum((run["kinds"] for run in runs.values()), Counter())
    hits: Counter[str] = sum((run["by kind"] for run in runs.values()), Counter())
    print()
    for kind in FABRICATIONS:
        print(f"{kind:18} {hits[kind]:3} of {all_kinds[kind]:3} at the cut fail")
    assert set(all_kinds) == set(FABRICATIONS)
    for kind in ("copied carbon", "edited dates", "unit slip", "batch samples", "shared reports"):
        assert hits[kind] >= 0.9 * all_kinds[kind], kind
    # what is consistent with itself leaves less behind: books made to fit, invented moisture, rounding
    for kind in ("less coal", "invented moisture", "round numbers"):
        assert hits[kind] >= 0.2 * all_kinds[kind], kind


def test_the_reason_fits_the_fabrication(runs):
    expected = {
        "copied carbon": {"R11"},
        "edited dates": {"R10"},
        "invented moisture": {"R13", "R16"},
        "less coal": {"R05", "R06", "R07"},
        "unit slip": {"R00", "R07", "R15"},
        "round numbers": {"R11", "R16"},
        "batch samples": {"R10"},
        "shared reports": {"R11", "R18"},
    }
    for seed, run in runs.items():
        spoken: dict[str, set[str]] = {}
        for one in run["findings"]:
            spoken.setdefault(one.enterprise, set()).add(one.rule)
        silent = [n for n, kind in run["planted"].items() if not spoken.get(n, set()) & expected[kind]]
        assert len(silent) <= 4, (seed, silent)


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_clean_plants_are_left_in_peace(seed):
    members, _, _ = population(seed, PLANTS, 0)
    failed = {f.enterprise for f in screen(members).findings if f.severity == "fail"}
    assert len(failed) <= 2
