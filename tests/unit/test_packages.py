"""The checks of packages find what they are there for."""

import tomllib
from pathlib import Path

import pytest

from tests.toolbox import tool

ROOT = Path(__file__).parents[2]
packages, audit = tool("packages"), tool("audit")
PROJECT = {
    "project": {
        "dependencies": ["one>=1.2"],
        "optional-dependencies": {
            key: ["two>=2,<3"] for key in ("web", "excel", "pdf", "postgres", "s3", "dev")
        },
    }
}


def texts(one="one==1.3", two="two==2.1", hashes=" \\\n    --hash=sha256:aa\n"):
    return dict.fromkeys(packages.MADE_FROM, one + hashes + two + hashes)


def test_this_project_is_in_step():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    files = {n: (ROOT / "requirements" / n).read_text(encoding="utf-8") for n in packages.MADE_FROM}
    assert packages.pin_faults(project, files) == []
    assert all(len(packages.pins(text)) > 5 for text in files.values())


def test_good_pins_have_no_fault():
    assert packages.pin_faults(PROJECT, texts()) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (texts(one="one==1.1"), "one 1.1 is not >=1.2"),
        (texts(two="other==2.1"), "two is not pinned"),
        (texts(hashes="\n"), "one has no hash"),
        (texts() | {"dev.txt": texts(two="two==2.2")["dev.txt"]}, "two 2.2, elsewhere 2.1"),
        (texts() | {"dev.txt": texts()["dev.txt"] + "--index-url ftp://x"}, "names an address"),
    ],
)
def test_pins_that_are_not_in_step_are_named(given, said):
    assert any(said in fault for fault in packages.pin_faults(PROJECT, given))


@pytest.mark.parametrize(
    ("licence", "good"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("BSD License", True),
        ("MPL-2.0", True),
        ("GPL-2.0-only OR MIT", True),
        ("GNU General Public License v3 (GPLv3)", False),
        ("AGPL-3.0-or-later", False),
        ("GNU Lesser General Public License v3", False),
        ("Proprietary", False),
        ("", False),
    ],
)
def test_licences(licence, good):
    assert (packages.licence_fault("some-package", licence) == "") is good


def answers(*given):
    return [
        {
            "name": name,
            "version": "1",
            **({"vulns": bugs} if bugs is not None else {"skip_reason": "unknown"}),
        }
        for name, bugs in given
    ]


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        (answers(("a", []), ("b", [])), 0, "no known weakness"),
        (answers(("a", []), ("b", None)), 3, "NOT AUDITED: 1 of 2"),
        ([], 3, "NOT AUDITED: 2 of 2"),
        (answers(("a", [{"id": "CVE-1", "fix_versions": []}]), ("b", None)), 1, "a 1: CVE-1"),
    ],
)
def test_an_audit_that_could_not_ask_is_no_clean_bill(found, code, said):
    got, lines = audit.verdict(found, 2)
    assert got == code
    assert any(said in line for line in lines)
