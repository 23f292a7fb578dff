"""Showing a scheme and comparing two in plain words."""

from typing import Literal, get_args, get_origin

import pytest

from capwright.scheme.diff import diff_schemes, group_changes
from capwright.scheme.loader import list_schemes, load_scheme, load_text
from capwright.scheme.schema import SchemeBody
from capwright.scheme.section import Section
from capwright.scheme.shape import field_types, item_type, section_type, strip_optional
from capwright.scheme.show import provisional_rows, show_scheme
from capwright.scheme.words import CHOICES, FIELDS


def changes(old: str, new: str, **options):
    return {change.path: change for change in diff_schemes(load_scheme(old), load_scheme(new), **options)}


class TestGuangdong2023To2024:
    found = staticmethod(lambda: changes("guangdong-2023", "guangdong-2024"))

    def test_the_cap_falls_to_a_third(self):
        cap = self.found()["cap.total_t"]
        assert (cap.old.en, cap.new.en, cap.unit.en) == ("297,000,000", "94,000,000", "t")
        assert cap.percent == "-68.4 %"
        assert (cap.old_citation.source, cap.new_citation.source) == ("GZETS 2024-01-12", "GZETS 2025-05-12")

    def test_steel_and_cement_leave(self):
        found = self.found()
        assert found["coverage.sectors.steel"].kind == "removed"
        assert found["coverage.sectors.steel"].new.en == "–"
        assert found["coverage.sectors.cement"].label.zh == "行业：水泥"
        assert "coverage.sectors.cement.free_share" not in found

    def test_shares_read_as_percent(self):
        share = self.found()["coverage.sectors.aviation.free_share"]
        assert (share.old.en, share.new.en, share.percent) == ("100 %", "95 %", "")
        assert share.label.en == "Sector: Civil aviation › Free share"

    def test_benchmark_has_its_unit(self):
        benchmark = self.found()["allocation.processes.data_centre.benchmark"]
        assert (benchmark.old.en, benchmark.new.en) == ("0.9441", "0.893")
        assert benchmark.unit.en == "tCO2/MWh"
        assert benchmark.new_citation.confidence == "derived"

    def test_new_rules_appear(self):
        found = self.found()
        assert found["allocation.new_project_auction_share"].kind == "added"
        assert found["allocation.new_project_auction_share"].new.en == "50 %"
        assert "S-GDEA" in found["compliance.offsets.basket"].new.en

    def test_what_stayed_is_not_there(self):
        assert not [path for path in self.found() if path.startswith("compliance.sanctions")]
        assert "name" not in self.found()

    def test_the_same_change_of_many_items_is_told_once(self):
        ordered = diff_schemes(load_scheme("guangdong-2023"), load_scheme("guangdong-2024"))
        grouped = {change.path: change for change in group_changes(ordered)}
        decline = grouped["allocation.processes.*.decline"]
        assert decline.label.en.startswith("Process (20): Petrochemical installations, ")
        assert decline.label.en.endswith(" › Yearly decline factor")
        assert decline.label.zh.startswith("工序（20）：石化装置、")
        assert (decline.old.en, decline.new.en) == ("1", "0.98")

    def test_backwards_is_the_mirror_image(self):
        there, back = self.found(), changes("guangdong-2024", "guangdong-2023")
        assert set(there) == set(back)
        assert {path: (c.old, c.new) for path, c in there.items()} == {
            path: (c.new, c.old) for path, c in back.items()
        }


def test_a_scheme_does_not_differ_from_itself():
    for summary in list_schemes():
        scheme = load_scheme(summary.name)
        assert diff_schemes(scheme, scheme, sources=True) == []


def test_a_changed_source_alone_is_told_on_request():
    text = (
        'name = "{}"\nen = "X"\nzh = "某"\njurisdiction = "XX"\n'
        '[cap]\nsource = "{}"\nconfidence = "official"\n'
        "controlled_t = 7\nreserve_t = 1\n"
    )
    old, new = load_text(text.format("a", "DRAFT")), load_text(text.format("b", "LAW"))
    assert diff_schemes(old, new) == []
    told = {change.path: change for change in diff_schemes(old, new, sources=True)}
    assert told["cap.reserve_t"].kind == "resourced"
    assert told["cap.reserve_t"].old_citation.source == "DRAFT"


def test_amounts_of_two_currencies_carry_their_own():
    text = (
        'name = "{}"\nen = "X"\nzh = "某"\njurisdiction = "XX"\ncurrency = "{}"\n'
        '[compliance]\nsource = "S"\nconfidence = "official"\nsurrender_due_on = 2024-06-20\n'
        'status = "yearly"\n'
        "[compliance.sanctions]\nfine_fen = 5_000_000\n"
    ).replace("fine_fen", 'source = "S"\nconfidence = "official"\nfine_fen')
    (change,) = diff_schemes(load_text(text.format("a", "CNY")), load_text(text.format("b", "EUR")))
    assert (change.old.en, change.new.en, change.unit.en) == ("50,000.00 CNY", "50,000.00 EUR", "")
    assert change.old.zh == "50,000.00元"


def test_show_tells_value_unit_and_source():
    rows = {row.path: row for row in show_scheme(load_scheme("guangdong-2013"))}
    floor = rows["auction.reserve_fen_per_t"]
    assert (floor.value.en, floor.unit.en, floor.unit.zh) == ("60.00", "CNY/t", "元/吨")
    assert (floor.source, floor.confidence) == ("GZETS 2013-12-09", "official")
    assert rows["auction.under_subscription"].value.zh == "全部按底价成交"
    assert rows["compliance.sanctions.fine_fen"].value.en == "50,000.00"
    assert rows["cap.total_t"].value.en == "388,000,000"
    assert rows["allocation.base_years"].value.en == "2010, 2011, 2012"
    assert rows["registry.transaction_types.10-2.to_types"].value.zh == "清缴账户"
    assert rows["auction.rounds.2013-5.offered_t"].label.en == "Round: 2013-5 › Offered"


def test_show_can_be_limited_to_sections():
    rows = show_scheme(load_scheme("guangdong-2023"), ["cap", "coverage"])
    assert list(dict.fromkeys(row.section for row in rows)) == ["coverage", "cap"]


@pytest.mark.parametrize("name", [summary.name for summary in list_schemes()])
def test_every_shown_value_has_a_source(name):
    rows = show_scheme(load_scheme(name))
    assert rows
    assert [row.path for row in rows if not row.source and not row.path.endswith(NAMES_ONLY)] == []


def test_provisional_rows_name_what_a_report_relied_on():
    scheme = load_scheme("guangdong-2023")
    used = ["allocation.processes.steel_iron", "allocation.processes.data_centre", "cap.controlled_t"]
    (row,) = provisional_rows(scheme, ["allocation", "cap"], used)
    assert row.label.en == "Process: Iron making › Benchmark"
    assert (row.value.en, row.unit.en, row.confidence) == ("1.35", "tCO2/t", "default")
    assert len(provisional_rows(scheme, ["cap"])) == 0


NAMES_ONLY = ("number", "purpose", "code_official", "family", "country")


def sections(section: type[Section] = SchemeBody):
    yield section
    for annotation in field_types(section).values():
        inner = section_type(annotation) or item_type(annotation)
        if inner:
            yield from sections(inner)


def test_every_key_of_the_schema_has_words():
    """A new key needs a line in `capwright.scheme.words.FIELDS`."""
    silent = [
        f"{section.__name__}.{field}"
        for section in sections()
        for field in field_types(section)
        if field not in FIELDS and f"{section.__name__}.{field}" not in FIELDS
    ]
    assert sorted(set(silent)) == []


def test_every_choice_of_the_schema_has_words():
    """A new choice needs a line in `capwright.scheme.words.CHOICES`."""
    silent = set()
    for section in sections():
        for field, annotation in field_types(section).items():
            bare = strip_optional(annotation)
            for kind in (bare, *get_args(bare)):
                if get_origin(kind) is Literal:
                    keys = {choice: f"{section.__name__}.{field}.{choice}" for choice in get_args(kind)}
                    silent |= {
                        key for choice, key in keys.items() if choice not in CHOICES and key not in CHOICES
                    }
    assert sorted(silent) == []
