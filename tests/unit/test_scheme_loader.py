"""Loading: inheritance, citations, round trip."""

import hashlib
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from capwright.kernel.refusal import BadInput, Refused
from capwright.scheme.check import walk
from capwright.scheme.loader import (
    check_scheme,
    check_shipped,
    list_schemes,
    load_scheme,
    load_text,
    provisional,
    scheme_from_json,
    scheme_json_schema,
    scheme_to_json,
    shipped_names,
)
from capwright.scheme.section import Citation, Confidence, Section
from capwright.scheme.shape import EXEMPT, items_of, keyed_items

PACK = """
name = "pack"
abstract = true
en = "Pack"
zh = "包"
jurisdiction = "XX"
[cap]
source = "LAW"
confidence = "official"
controlled_t = 100
reserve_t = 5
[coverage]
source = "PLAN"
confidence = "official"
threshold_t = 20
gases = ["CO2"]
sectors = [
  { code = "iron", en = "Iron", zh = "铁", free_share = 0.97 },
  { code = "wood", en = "Wood", zh = "木", source = "LETTER", confidence = "memory", free_share = 1 },
]
"""

CHILD = """
name = "child"
extends = ["pack"]
en = "Child"
zh = "子"
"""


def load(child: str = "", pack: str = PACK, **more: str):
    return load_text(CHILD + child, file="child.toml", parents={"pack": pack, **more})


class TestInheritance:
    def test_values_and_citations_come_from_the_pack(self):
        scheme = load()
        assert scheme.body.cap.controlled_t == 100
        assert scheme.body.cap.total_t == 105
        assert scheme.citations["cap.controlled_t"] == Citation("LAW", Confidence.OFFICIAL)

    def test_names_are_the_childs_own(self):
        assert (load().name, load().body.en, load().body.abstract) == ("child", "Child", False)

    def test_inline_citation_goes_before_the_tables(self):
        scheme = load()
        assert scheme.citations["coverage.sectors.iron.free_share"].source == "PLAN"
        assert scheme.citations["coverage.sectors.wood.free_share"] == Citation("LETTER", Confidence.MEMORY)

    def test_decimals_stay_exact(self):
        assert str(load().body.coverage.sectors[0].free_share) == "0.97"

    def test_list_items_merge_by_code_and_new_ones_follow(self):
        scheme = load(
            '[[coverage.sectors]]\nsource = "NEW"\nconfidence = "derived"\ncode = "iron"\nfree_share = 0.5\n'
            '[[coverage.sectors]]\nsource = "NEW"\nconfidence = "derived"\ncode = "air"'
            '\nen = "Air"\nzh = "气"'
            "\nfree_share = 1\n"
        )
        assert [(s.code, s.free_share) for s in scheme.body.coverage.sectors] == [
            ("iron", Decimal("0.5")),
            ("wood", Decimal(1)),
            ("air", Decimal(1)),
        ]
        assert scheme.body.coverage.sectors[0].en == "Iron"
        assert scheme.citations["coverage.sectors.iron.free_share"] == Citation("NEW", Confidence.DERIVED)

    def test_plain_lists_are_replaced(self):
        child = '[coverage]\ngases = { value = ["CO2", "CH4"], source = "N", confidence = "official" }\n'
        assert load(child).body.coverage.gases == ("CO2", "CH4")

    def test_an_item_and_a_table_can_be_removed(self):
        scheme = load('[cap]\nremove = true\n[[coverage.sectors]]\ncode = "wood"\nremove = true\n')
        assert scheme.body.cap is None
        assert [s.code for s in scheme.body.coverage.sectors] == ["iron"]
        assert not [path for path in scheme.citations if "wood" in path or path.startswith("cap")]

    def test_a_key_can_be_removed(self):
        pack = PACK.replace("threshold_t = 20", "threshold_t = 20\nthreshold_tce = 7")
        assert load(pack=pack).body.coverage.threshold_tce == 7
        assert load('[coverage]\nremove = ["threshold_tce"]\n', pack=pack).body.coverage.threshold_tce is None

    def test_confidence_alone_keeps_the_source(self):
        child = '[cap]\nsource = "S"\nconfidence = "official"\n'
        child += 'reserve_t = { value = 9, confidence = "derived" }\n'
        assert load(child).citations["cap.reserve_t"] == Citation("S", Confidence.DERIVED)

    def test_a_shared_ancestor_counts_once_and_before_both(self):
        base = PACK.replace('"pack"', '"base"')
        left = (
            'name = "left"\nabstract = true\nextends = ["base"]\nen = "L"\nzh = "左"\n[cap]\nsource = "L"\n'
        )
        left += 'confidence = "official"\nreserve_t = 77\n'
        right = 'name = "right"\nabstract = true\nextends = ["base"]\nen = "R"\nzh = "右"\n'
        text = 'name = "c"\nextends = ["left", "right"]\nen = "C"\nzh = "中"\n'
        scheme = load_text(text, parents={"base": base, "left": left, "right": right})
        # `right` also extends `base`, but must not bring back the value that `left` changed.
        assert scheme.body.cap.reserve_t == 77

    def test_later_parents_win(self):
        one = PACK.replace('"pack"', '"one"')
        two = 'name = "two"\nabstract = true\nen = "2"\nzh = "二"\n'
        two += '[cap]\nsource = "2"\nconfidence = "official"\nreserve_t = 8\n'
        text = 'name = "c"\nextends = ["one", "two"]\nen = "C"\nzh = "中"\n'
        assert load_text(text, parents={"one": one, "two": two}).body.cap.reserve_t == 8

    def test_a_file_extends_its_neighbour(self, tmp_path: Path):
        (tmp_path / "pack.toml").write_text(PACK, encoding="utf-8")
        (tmp_path / "child.toml").write_text(CHILD, encoding="utf-8")
        assert load_scheme(tmp_path / "child.toml").body.cap.reserve_t == 5
        assert load_scheme(str(tmp_path / "child.toml")) == load()


class TestCitations:
    def test_an_override_needs_its_own(self):
        with pytest.raises(BadInput) as caught:
            load("[cap]\nreserve_t = 6\n")
        assert (caught.value.refusal.code, caught.value.line) == ("CW-8006", 7)

    def test_schema_defaults_are_cited_as_such(self):
        child = (
            '[auction]\nsource = "A"\nconfidence = "official"\nprice_rule = "floor"\ntie_rule = "time"\n'
            'under_subscription = "cancel"\nunsold = "cancel"\n'
        )
        scheme = load(child)
        assert scheme.body.auction.lot_t == 1
        assert scheme.citations["auction.lot_t"].confidence is Confidence.DEFAULT
        assert scheme.citations["auction.price_rule"].confidence is Confidence.OFFICIAL

    def test_provisional_lists_memory_and_default_of_the_asked_sections(self):
        assert [(path, value) for path, value, _ in provisional(load())] == [
            ("coverage.sectors.wood.free_share", Decimal(1))
        ]
        assert provisional(load(), ["cap"]) == []


class TestRoundTrip:
    def test_bytes_are_stable_and_complete(self):
        scheme = load()
        data = scheme_to_json(scheme)
        assert scheme_from_json(data) == scheme
        assert scheme_to_json(scheme_from_json(data)) == data

    def test_schema_defaults_are_written_out(self):
        # What was in force must not depend on the defaults of a later version.
        body = msgspec.json.decode(scheme_to_json(load_scheme("guangdong-2023")))["body"]
        assert body["auction"]["tick_fen"] == 1
        assert body["compliance"]["gas_units_owe_at_most_quota"] is False

    def test_digest_covers_values_and_citations(self):
        digests = {
            load().digest,
            load('[cap]\nreserve_t = { value = 5, source = "OTHER", confidence = "official" }\n').digest,
            load('[cap]\nreserve_t = { value = 6, source = "LAW", confidence = "official" }\n').digest,
        }
        assert len(digests) == 3

    @given(st.data())
    def test_any_altered_byte_is_found(self, data):
        raw = bytearray(scheme_to_json(load()))
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] ^= data.draw(st.integers(1, 255))
        with pytest.raises(Refused) as caught:
            scheme_from_json(bytes(raw))
        assert caught.value.refusal.code == "CW-8018"

    def test_what_an_earlier_schema_wrote_keeps_its_digest(self):
        # A journal may hold a scheme from before a field with a default existed.
        content = msgspec.json.decode(scheme_to_json(load_scheme("guangdong-2023")))
        del content["digest"], content["body"]["auction"]["equal_is_short"]
        canonical = msgspec.json.encode(content, order="sorted")
        content["digest"] = hashlib.sha256(canonical).hexdigest()
        old = scheme_from_json(msgspec.json.encode(content))
        assert old.body == load_scheme("guangdong-2023").body
        assert msgspec.json.decode(scheme_to_json(old)) == content
        assert scheme_from_json(scheme_to_json(old)) == old

    def test_json_of_another_order_is_the_same_scheme(self):
        data = msgspec.json.decode(scheme_to_json(load()))
        shuffled = msgspec.json.encode(dict(reversed(data.items())))
        assert scheme_from_json(shuffled) == load()


@pytest.mark.parametrize("name", [summary.name for summary in list_schemes()])
class TestShipped:
    def test_loads_and_is_named_like_its_file(self, name):
        assert load_scheme(name).name == name

    def test_survives_the_journal(self, name):
        scheme = load_scheme(name)
        assert scheme_from_json(scheme_to_json(scheme)) == scheme

    def test_every_number_date_and_given_choice_is_cited(self, name):
        scheme = load_scheme(name)
        exempt = set(exempt_paths(scheme.body, ""))
        uncited = [
            path
            for path, value in walk(scheme.body)
            if path not in scheme.citations and path not in exempt
            and (isinstance(value, (Decimal, date)) or (isinstance(value, int) and value != 0))
        ]  # fmt: skip
        assert uncited == []

    def test_no_citation_hangs_in_the_air(self, name):
        scheme = load_scheme(name)
        known = {path for path, _ in walk(scheme.body)}
        assert set(scheme.citations) <= known
        assert all(citation.source.strip() for citation in scheme.citations.values())


def exempt_paths(section: Section, path: str):
    for name, value in items_of(section):
        below = f"{path}.{name}".lstrip(".")
        if name in EXEMPT.get(type(section), ()):
            yield below
        elif isinstance(value, Section):
            yield from exempt_paths(value, below)
        elif isinstance(value, tuple) and value and isinstance(value[0], Section):
            for key, item in keyed_items(value):
                yield from exempt_paths(item, f"{below}.{key}")


def test_all_shipped_files_are_sound_together():
    assert [str(problem) for problem in check_shipped()] == []


def test_packs_are_sound_but_not_schemes():
    assert "guangdong-common" in shipped_names()
    assert check_scheme("guangdong-common") == []
    assert "guangdong-common" not in [summary.name for summary in list_schemes()]
    summaries = {summary.name: summary for summary in list_schemes(packs=True)}
    assert summaries["guangdong-common"].abstract
    assert summaries["guangdong-2016"].jurisdiction == "CN-GD"
    assert summaries["guangdong-2016"].vintage == 2016


def test_the_json_schema_accepts_the_shipped_files_and_refuses_an_unknown_key():
    import tomllib
    from importlib import resources

    import jsonschema

    schema = scheme_json_schema()
    validator = jsonschema.Draft202012Validator(schema)
    data = resources.files("capwright.scheme") / "data"

    def plain(value):
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value.isoformat() if isinstance(value, date) else value

    for name in ("guangdong-2013", "guangdong-2024", "guangdong-common"):
        document = plain(tomllib.loads((data / f"{name}.toml").read_text(encoding="utf-8")))
        assert [error.message for error in validator.iter_errors(document)] == []
    document["cap"]["reserv_t"] = 1
    assert list(validator.iter_errors(document))
