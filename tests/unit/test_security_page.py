"""What docs/security.md claims exists: every test, file and setting; and no requirement is left out."""

import re
from pathlib import Path

import pytest

from capwright.host.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if re.match(r"\| \d+\.\d+\.\d+ \|", line)
]
# How many requirements of level 1 and 2 each chapter of ASVS 4.0.3 has, without those that were deleted.
LEVEL_2 = {1: 38, 2: 53, 3: 18, 4: 9, 5: 30, 6: 13, 7: 12, 8: 15, 9: 7, 10: 5, 11: 8, 12: 15, 13: 13, 14: 23}
LEVEL_3 = {"8.1.5"}  # listed all the same


def test_every_requirement_has_one_line_in_order():
    numbers = [tuple(map(int, row[0].split("."))) for row in ROWS]
    assert numbers == sorted(set(numbers))
    found = {}
    for row in ROWS:
        if row[0] not in LEVEL_3:
            chapter = int(row[0].partition(".")[0])
            found[chapter] = found.get(chapter, 0) + 1
    assert found == LEVEL_2


def test_every_line_has_evidence_or_says_why_not():
    for number, asked, evidence in ROWS:
        assert asked, number
        assert evidence, number


def test_tests_that_are_named_exist():
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(
            r"^\s*(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 60
    assert named - there == set()


def test_files_that_are_named_exist():
    named = [one for one in re.findall(r"`([\w./@-]+/[\w./@-]*)`", PAGE) if not one.startswith("/")]
    assert len(named) > 40
    for one in named:
        assert (ROOT / one).exists() or (ROOT / "src" / "capwright" / one).exists(), one


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(CAPWRIGHT_[A-Z_]+)`", PAGE))))
def test_settings_that_are_named_exist(name):
    assert name.removeprefix("CAPWRIGHT_").lower() in Settings.__struct_fields__
