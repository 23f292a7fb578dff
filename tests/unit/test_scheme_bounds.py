"""Schemes with wild values are refused, whether they come as a file or inside a command."""

from __future__ import annotations

import json
import time

import pytest

from capwright.kernel.refusal import BadInput, Refused
from capwright.ledger.rulebook import Rulebook
from capwright.scheme.codec import _canonical, _digest, scheme_to_json
from capwright.scheme.loader import load_scheme, load_text
from tests.worlds import MINI

TEXT = MINI.read_text(encoding="utf-8")
ZONE = 'timezone = "Asia/Shanghai"'
FILTER = {"kind": "X", "provincial": True}

# What stands in the file, what is put there instead, the path that the refusal names.
WILD = [
    (ZONE, 'timezone = "Nowhere/City"', "calendar.timezone"),
    (ZONE, 'timezone = "../../etc/passwd"', "calendar.timezone"),
    (ZONE, 'timezone = ""', "calendar.timezone"),
    (ZONE, ZONE + '\nopen = "25:00"', "calendar.open"),
    (ZONE, ZONE + '\nopen = "16:00"', "calendar.close"),
    (ZONE, ZONE + "\nholidays = [0001-01-01]", "calendar.holidays"),
    ("vintage = 2023", "vintage = 1_000_000_000", "vintage"),
    ("controlled_t = 1_000_000", "controlled_t = 10_000_000_000_000_000_000_000_000", "cap.controlled_t"),
    ("deposit_share = 0.05", "deposit_share = 1e999999", "auction.deposit_share"),
    ("deposit_share = 0.05", "deposit_share = 1e-999999", "auction.deposit_share"),
    ("deduction_multiple = 2", "deduction_multiple = 1e300", "compliance.sanctions.deduction_multiple"),
    ("payment_working_days = 5", "payment_working_days = 1_000_000_000", "auction.payment_working_days"),
    ("trusted_list_days = 4", "trusted_list_days = 1_000_000_000", "registry.delay.trusted_list_days"),
    ("delay_hours = 24", "delay_hours = 1_000_000_000", "registry.delay.delay_hours"),
    ("surrender_due_on = 2024-06-20", "surrender_due_on = 0001-01-01", "compliance.surrender_due_on"),
    ('country = "TL"', 'country = "tl"', "registry.country"),
    ("number = 100\n", "number = 7\n", "registry.account_types.total_quantity.number"),
    ('en = "Testland credit"', f'en = "{"x" * 501}"', "registry.unit_kinds.TLC.en"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path"), WILD)
def test_a_wild_value_in_a_file_is_refused_with_its_place(old, new, path):
    assert old in TEXT
    begin = time.monotonic()
    with pytest.raises(BadInput) as refused:
        load_text(TEXT.replace(old, new, 1), file="x.toml")
    assert time.monotonic() - begin < 5
    assert refused.value.refusal.code == "CW-8014"
    assert refused.value.refusal.details["path"] == path
    assert refused.value.line


def embedded(path: str, value: object) -> dict:
    """The small scheme as JSON with one value changed and a digest that fits."""
    content = json.loads(scheme_to_json(load_scheme(MINI)))
    del content["digest"]
    *above, last = path.split(".")
    node = content["body"]
    for key in above:
        node = node[key]
    node[last] = value
    content["digest"] = _digest(content)
    json.loads(_canonical(content))
    return content


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("calendar.timezone", "Nowhere/City"),
        ("calendar.holidays", [f"2023-{month:02}-{day:02}" for month in (1, 2, 3) for day in range(1, 29)]
         + ["2023-01-29", "2023-01-30", "2023-01-31"]),
        ("auction.deposit_share", "1E+999999"),
        ("auction.lot_t", 0),
        ("registry.country", "T\n"),
        ("registry.unit_kinds", [{"code": "TLA", "en": "x", "zh": "y", "family": "credit"}] * 2),
        ("compliance.offsets", {"limit_share": "0.1", "basis": "obligation", "credits": [FILTER]}),
    ],
)  # fmt: skip
def test_an_embedded_scheme_is_held_against_the_same_bounds(path, value):
    with pytest.raises(Refused) as refused:
        Rulebook.checked(embedded(path, value))
    assert refused.value.refusal.code in {"CW-8012", "CW-8013", "CW-8014"}


@pytest.mark.parametrize("section", ["registry", "calendar"])
def test_a_scheme_without_registry_or_calendar_cannot_be_adopted(section):
    content = json.loads(scheme_to_json(load_scheme(MINI)))
    del content["digest"]
    del content["body"][section]
    content["digest"] = _digest(content)
    with pytest.raises(Refused) as refused:
        Rulebook.checked(content)
    assert refused.value.refusal.code == "CW-8202"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"digest": "x"},
        {"digest": "x", "body": [], "citations": {}},
        {"digest": 1, "body": {}, "citations": None},
        {"x": 10**30},
        {"x": float("nan")},
        {"x": object()},
        {1: {2: 3}},
        {"x": "\ud800"},
    ],
)
def test_what_is_no_scheme_is_refused(body):
    with pytest.raises(Refused) as refused:
        Rulebook.checked(body)
    assert refused.value.refusal.code == "CW-8018"


def test_a_scheme_nested_without_end_is_refused():
    body: dict = {"digest": "x"}
    inner = body
    for _ in range(100_000):
        inner["body"] = inner = {}
    with pytest.raises(Refused) as refused:
        Rulebook.checked(body)
    assert refused.value.refusal.code == "CW-8018"


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a = " + "[" * 5_000 + "]" * 5_000,
        "[" + ".".join("a" * 3_000) + "]\nx = 1",
        TEXT.replace("controlled_t = 1_000_000", "controlled_t = " + "9" * 5_000),
        TEXT.replace("deposit_share = 0.05", "deposit_share = 1e" + "9" * 30),
    ],
    ids=["open", "deep list", "deep table", "long number", "long exponent"],
)
def test_absurd_toml_is_refused(text):
    with pytest.raises(BadInput) as refused:
        load_text(text, file="x.toml")
    assert refused.value.file == "x.toml"


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "..\\x", "a\nb", ""])
def test_a_parent_lies_in_the_same_folder(tmp_path, name):
    (tmp_path / "secret.toml").write_text("not TOML at all")
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "s.toml").write_text(f"extends = [{json.dumps(name)}]\n" + TEXT)
    with pytest.raises(BadInput) as refused:
        load_scheme(folder / "s.toml")
    assert refused.value.refusal.code == "CW-8008"


def test_a_byte_that_is_not_utf8_is_placed(tmp_path):
    file = tmp_path / "s.toml"
    file.write_bytes(b'name = "x"\nen = "caf\xe9"\n')
    with pytest.raises(BadInput) as refused:
        load_scheme(file)
    found = refused.value
    assert (found.refusal.code, found.line, found.column) == ("CW-8017", 2, 10)
    assert "0xe9" in found.refusal.message("zh")
