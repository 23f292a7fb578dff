"""Results from plain files name the memory and default values behind them, and no others."""

from __future__ import annotations

import json

from capwright.auction.report import clearing_paths
from capwright.compliance.report import status_paths
from capwright.scheme.loader import load_scheme
from capwright.scheme.reliance import relied_on
from tests.cli_calls import call


def paths(scheme: str, used) -> list[str]:
    loaded = load_scheme(scheme)
    return [value.path for value in relied_on(loaded, used(loaded))]


def test_an_official_rule_book_relies_on_nothing_for_a_clearing():
    """Guangdong 2016: deposit and term of payment are defaults, but a file of bids is not paid."""
    assert paths("guangdong-2016", lambda s: clearing_paths(s.body.auction)) == []


def test_a_tier_is_named_only_where_it_is_sold():
    assert "auction.tiers.APCR-1.trigger_fen_per_t" not in paths(
        "auction-wci-2025", lambda s: clearing_paths(s.body.auction)
    )
    used = paths("auction-wci-2025", lambda s: clearing_paths(s.body.auction, "APCR-1"))
    assert "auction.tiers.APCR-1.trigger_fen_per_t" in used
    assert not [path for path in used if "APCR-2" in path]


def test_a_deadline_that_was_not_found_stands_behind_a_yearly_status():
    """Vintage 2024: 2025-07-31 is a default; vintage 2023's is published."""
    assert paths("guangdong-2024", status_paths) == ["compliance.surrender_due_on"]
    assert paths("guangdong-2023", status_paths) == []
    assert paths("uk-ets", status_paths) == []  # cumulative: no deadline counts


def test_the_command_line_says_so_beside_the_result(tmp_path, capsys):
    files = {
        "a": "account,first_year,last_year\nX,2020,\n",
        "e": "account,year,emissions_t\nX,2024,100\n",
        "s": "account,date,quantity_t\nX,2025-03-01,100\n",
    }
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    tables = [part for name in files for part in (f"--{_OPTION[name]}", str(tmp_path / f"{name}.csv"))]
    words = ["compliance", "status", "--scheme", "guangdong-2024", "--as-of", "2025-09-01", *tables]
    said = call(capsys, *words)
    assert said.out == "account,status\nX,COMPLIED\n"
    assert "compliance.surrender_due_on = 2025-07-31 [default]" in said.err
    (value,) = json.loads(call(capsys, *words, "--json").out)["relied_on"]
    assert (value["value"], value["confidence"]) == ("2025-07-31", "default")


_OPTION = {"a": "accounts", "e": "emissions", "s": "surrenders"}
