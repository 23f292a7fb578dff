"""What is wrong with a scheme file is said with file, line, path and remedy, in both languages."""

import contextlib
import random
import re
from importlib import resources
from pathlib import Path

import pytest

from capwright.kernel.refusal import CATALOGUE, BadInput, Refused
from capwright.scheme.check import check_family
from capwright.scheme.loader import check_scheme, load_scheme, load_text
from tests.worlds import MINI

GOOD = """name = "x"
en = "X"
zh = "某"
jurisdiction = "XX"
[cap]
source = "LAW"
confidence = "official"
controlled_t = 100
reserve_t = 5
"""

REGISTRY = """[registry]
source = "LAW"
confidence = "official"
country = "XX"
unit_kinds = [{ code = "U", en = "U", zh = "单位", family = "allowance" }]
account_types = [
  { code = "a", number = 1, en = "A", zh = "甲", purpose = "holding" },
]
[[registry.transaction_types]]
source = "LAW"
confidence = "official"
code = "1-0"
name = "move"
en = "Move"
zh = "移"
proposed_by = "operator"
from_types = ["a"]
to_types = ["b"]
"""

AUCTION = """[auction]
source = "LAW"
confidence = "official"
price_rule = "floor"
tie_rule = "time"
under_subscription = "cancel"
unsold = "cancel"
rounds = [
  { round = "1", offered_t = 5 },
  { round = "1", offered_t = 6 },
]
"""

ONE_ROUND = AUCTION.replace('"1", offered_t = 6', '"2", offered_t = 6')

COVERAGE = """[coverage]
source = "LAW"
confidence = "official"
threshold_t = 1
sectors = [{ code = "iron", en = "I", zh = "铁", free_share = 1 }]
[allocation]
source = "LAW"
confidence = "official"
base_years = [2020]
pre_issue = "none"
processes = [
  { code = "p", sector = "irn", en = "P", zh = "工", method = "benchmark", decline = 1 },
]
"""

PERIOD = 'period_start = { value = 2023-12-31, source = "S", confidence = "official" }\n'
PERIOD += 'period_end = { value = 2023-01-01, source = "S", confidence = "official" }\n'

COMPLIANCE = """[compliance]
source = "S"
confidence = "official"
surrender_due_on = 2024-06-20
status = "yearly"
[compliance.offsets]
source = "S"
confidence = "official"
limit_share = 0.1
basis = "obligation"
request_by = 2024-07-01
"""

# text, code, line, words that the English sentence must contain
CASES = {
    "syntax": (GOOD + "x = \n", "CW-8002", 10, "TOML"),
    "control character": (GOOD + 'x = "\x01"\n', "CW-8002", 10, "TOML"),
    "unknown key": (GOOD + "reserv_t = 5\n", "CW-8003", 10, "cap.reserv_t"),
    "unknown table": (GOOD + "[capp]\nx = 1\n", "CW-8003", 10, "capp"),
    "fraction of a tonne": (GOOD.replace("= 100", "= 100.5"), "CW-8004", 8, "cap.controlled_t"),
    "text for a number": (GOOD.replace("= 100", '= "100"'), "CW-8004", 8, "whole number"),
    "truth for a number": (GOOD.replace("= 100", "= true"), "CW-8004", 8, "whole number"),
    "table for a number": (GOOD.replace("= 100", "= { x = 1 }"), "CW-8004", 8, "cap.controlled_t"),
    "number for a table": ("cap = 3\n" + GOOD.split("[cap]", maxsplit=1)[0], "CW-8004", 1, "cap"),
    "not a number": (GOOD + "market_adjustment_share = nan\n", "CW-8004", 10, "finite"),
    "date in quotes": (
        GOOD.replace("[cap]", 'period_start = "2023-01-01"\n[cap]'), "CW-8004", 5, "quotation"),
    "unknown choice": (GOOD + ONE_ROUND.replace("floor", "celling"), "CW-8004", 13, "pay_as_bid"),
    "missing key": (GOOD.replace("reserve_t = 5\n", ""), "CW-8005", 5, "cap.reserve_t"),
    "no source": (
        GOOD.replace('source = "LAW"\nconfidence = "official"\n', ""), "CW-8006", 6, "controlled_t"),
    "no confidence": (GOOD.replace('confidence = "official"\n', ""), "CW-8007", 5, "confidence"),
    "unknown confidence": (GOOD.replace("official", "certain"), "CW-8007", 7, "certain"),
    "empty source": (GOOD.replace('"LAW"', '" "'), "CW-8007", 6, "source"),
    "new source without confidence": (
        GOOD.replace("= 100", '= { value = 1, source = "X" }'), "CW-8007", 8, "confidence"),
    "missing parent": (GOOD.replace("[cap]", 'extends = ["nowhere"]\n[cap]'), "CW-8008", 5, "nowhere"),
    "extends itself": (GOOD.replace("[cap]", 'extends = ["x"]\n[cap]'), "CW-8009", 5, "x → x"),
    "inverted period": (GOOD.replace("[cap]", PERIOD + "[cap]"), "CW-8010", 6, "2023-12-31"),
    "request after the deadline": (GOOD + COMPLIANCE, "CW-8010", 20, "2024-07-01"),
    "round twice": (GOOD + AUCTION, "CW-8012", 19, "auction.rounds.1"),
    "dangling account type": (GOOD + REGISTRY, "CW-8013", 27, "`b`"),
    "dangling sector": (GOOD + COVERAGE, "CW-8013", 21, "`irn`"),
    "share above one": (GOOD + "market_adjustment_share = 5\n", "CW-8014", 10, "0 … 1"),
    "negative tonnes": (GOOD.replace("= 100", "= -100"), "CW-8014", 8, "-100"),
    "units that nothing issues": (
        GOOD + REGISTRY.replace('["b"]', '["a"]'), "CW-8019", 10, "named `issuance`"),
    "abstract": (GOOD.replace("[cap]", "abstract = true\n[cap]"), "CW-8015", 0, "pack"),
    "nothing to remove": (GOOD + "[auction]\nremove = true\n", "CW-8016", 10, "auction"),
    "nothing to remove, key": (GOOD + 'remove = ["x"]\n', "CW-8016", 5, "cap.x"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_refused(case):
    text, code, line, words = CASES[case]
    with pytest.raises(BadInput) as caught:
        load_text(text, file="x.toml")
    error = caught.value
    assert (error.refusal.code, error.file, error.line) == (code, "x.toml", line)
    assert words in str(error)
    said = error.refusal.message("zh")
    assert re.search(r"[一-鿿]", said)
    # Nothing may be left unfilled in either language.
    assert not re.search(r"\{[a-z_]+\}", said + error.refusal.message("en"))


def test_the_sound_file_is_sound():
    assert load_text(GOOD).body.cap.total_t == 105


def test_every_scheme_code_that_a_file_can_cause_is_tested():
    tested = {code for _, code, _, _ in CASES.values()}
    elsewhere = {"CW-8001", "CW-8011", "CW-8017", "CW-8018"}
    assert tested | elsewhere == {code for code in CATALOGUE if code.startswith("CW-80")}


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("transaction_types", "issuance"),
        ("transaction_types", "credit_issuance"),
        ("transaction_types", "surrender"),
        ("transaction_types", "reversal_of_surrender"),
        ("account_types", "surrender"),
    ],
)
def test_what_the_rooms_know_by_name_must_be_there(table, name):
    text = MINI.read_text(encoding="utf-8")
    head, *tables = re.split(r"(?=^\[\[registry\.)", text, flags=re.MULTILINE)
    key = "name" if table == "transaction_types" else "code"
    kept = [
        item.replace(f'{key} = "{name}"', f'{key} = "other"')
        if item.startswith(f"[[registry.{table}")
        else item
        for item in tables
    ]
    text = head + "".join(kept)
    if table == "account_types":
        text = text.replace('["surrender"]', '["other"]')
    else:
        text = text.replace(f'reverses = "{name}"', "")
    with pytest.raises(BadInput) as caught:
        load_text(text)
    said = caught.value.refusal
    assert (said.code, said.details["path"], said.details["name"]) == ("CW-8019", f"registry.{table}", name)


def test_a_circle_through_others():
    one = 'name = "one"\nabstract = true\nen = "1"\nzh = "一"\nextends = ["two"]\n'
    two = 'name = "two"\nabstract = true\nen = "2"\nzh = "二"\nextends = ["one"]\n'
    with pytest.raises(BadInput) as caught:
        load_text(GOOD.replace("[cap]", 'extends = ["one"]\n[cap]'), parents={"one": one, "two": two})
    assert caught.value.refusal.code == "CW-8009"
    assert (caught.value.file, caught.value.line) == ("two.toml", 5)


def test_a_fault_in_a_parent_names_the_parents_file():
    parent = 'name = "p"\nabstract = true\nen = "P"\nzh = "父"\n[cap]\nmarket_adjustment_share = 0.5\n'
    with pytest.raises(BadInput) as caught:
        load_text(GOOD.replace("[cap]", 'extends = ["p"]\n[cap]'), parents={"p": parent})
    assert (caught.value.place, caught.value.refusal.code) == ("p.toml:6:1", "CW-8006")


def test_unknown_name_suggests_near_ones():
    with pytest.raises(Refused) as caught:
        load_scheme("guangdong-2032")
    assert caught.value.refusal.code == "CW-8001"
    assert "guangdong-20" in str(caught.value.refusal.details["near"])
    assert [problem.refusal.code for problem in check_scheme("guangdong-2032")] == ["CW-8001"]


def test_a_pack_names_schemes_to_use_instead():
    with pytest.raises(BadInput) as caught:
        load_scheme("guangdong-common")
    assert "guangdong-2013" in caught.value.refusal.message()


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00name"])
def test_unreadable_files(tmp_path: Path, content):
    path = tmp_path / "bad.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        load_scheme(path)
    assert caught.value.refusal.code == "CW-8017"
    assert [problem.refusal.code for problem in check_scheme(path)] == ["CW-8017"]


def test_check_reports_all_problems(tmp_path: Path):
    path = tmp_path / "x.toml"
    path.write_text(
        GOOD.replace("= 100", "= 1.5") + "reserv_t = 3\nmarket_adjustment_share = { value = 0.5, a = 1 }\n"
    )
    assert [(problem.refusal.code, problem.line) for problem in check_scheme(path)] == [
        ("CW-8004", 11),
        ("CW-8004", 8),
        ("CW-8003", 10),
    ]


def test_overlapping_vintages_of_one_jurisdiction():
    def scheme(name: str, first: str, last: str, jurisdiction: str = "XX"):
        period = f'period_start = {{ value = {first}, source = "S", confidence = "official" }}\n'
        period += f'period_end = {{ value = {last}, source = "S", confidence = "official" }}\n[cap]'
        text = GOOD.replace('name = "x"', f'name = "{name}"').replace("[cap]", period)
        return load_text(text.replace('"XX"', f'"{jurisdiction}"'))

    one, two = scheme("one", "2023-01-01", "2023-12-31"), scheme("two", "2024-01-01", "2024-12-31")
    late = scheme("late", "2024-12-31", "2025-12-31")
    elsewhere = scheme("elsewhere", "2023-06-01", "2023-12-31", "YY")
    assert check_family([one, two, elsewhere]) == []
    (problem,) = check_family([late, one, two])
    assert problem.refusal.code == "CW-8011"
    assert problem.refusal.details["first"] == "2024-12-31"
    # Reaching over a whole other scheme is an overlap too.
    long = scheme("long", "2022-01-01", "2025-12-31")
    assert len(check_family([long, one, two])) == 2


SPLINTERS = (
    *("[", "]", "{", "=", '"', "\n", "1", "0.5", "true", "nan", "\x00", "12:00:00", "9" * 30),
    *("[[cap]]\n", "value = ", "remove = true\n", 'remove = ["cap"]\n', "source = 3\n", "a.b.c = 1\n"),
    *('extends = ["guangdong-2013"]\n', "extends = 3\n", "name = 3\n", "abstract = 1\n", 'code = "a b"\n'),
    *("{ value = { value = 1 } }", "[ { x = 1 }, 2 ]"),
)


@pytest.mark.parametrize("seed", range(120))
def test_a_damaged_file_is_refused_or_loaded_and_never_crashes(seed):
    draw = random.Random(seed)
    data = resources.files("capwright.scheme") / "data"
    name = draw.choice(["guangdong-2013.toml", "guangdong-2024.toml", "guangdong-auction-2015.toml"])
    lines = (data / name).read_text(encoding="utf-8").splitlines(keepends=True)
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(lines))
        cut = draw.randrange(len(lines[at]) + 1)
        lines[at] = draw.choice(
            [
                "",
                lines[at].split("=")[0] + "= " + draw.choice(SPLINTERS) + "\n",
                lines[at][:cut] + draw.choice(SPLINTERS) + lines[at][cut:],
                lines[draw.randrange(len(lines))],
            ]
        )
    with contextlib.suppress(BadInput):  # anything else is a crash
        load_text("".join(lines), file="damaged.toml")
