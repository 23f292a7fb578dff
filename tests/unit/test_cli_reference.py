"""The pages in docs/reference are made from the code, and the committed ones are up to date."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from capwright.cli.codes import whole_catalogue
from capwright.cli.frame import EXAMPLES
from capwright.kernel.refusal import CATALOGUE

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pages() -> Iterator[dict[str, str]]:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    toy = CATALOGUE.pop("CW-8999", None)  # declared by the crash tests, which may have run here before
    yield module.pages()
    if toy is not None:
        CATALOGUE[toy.code] = toy


@pytest.mark.parametrize("name", ["commands.md", "refusals.md", "scheme-keys.md", "scenario-keys.md"])
def test_the_committed_page_is_up_to_date(pages, name):
    committed = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert committed == pages[name], f"{name} is out of date. Run: .venv/bin/python tools/reference.py"


def test_every_page_is_committed(pages):
    assert {path.name for path in (ROOT / "docs" / "reference").glob("*.md")} >= set(pages)


def test_every_command_and_code_is_there(pages):
    for path in EXAMPLES:
        assert f"\n## `{path}`\n" in pages["commands.md"]
    for code in whole_catalogue():
        assert f"| `{code}` |" in pages["refusals.md"]


def test_keys_come_with_type_default_and_words(pages):
    row = next(line for line in pages["scheme-keys.md"].splitlines() if line.startswith("| `tie_rule`"))
    assert "`time`, `random`, `pro_rata_random`" in row
    assert "**required**" in row
    assert "同价申报排序" in row
    assert "## `[[coverage.sectors]]`" in pages["scheme-keys.md"]
    assert "| `quantity_t` | whole tonnes, at least 1 | **required** |" in pages["scenario-keys.md"]


def test_no_table_is_torn_by_a_stray_bar(pages):
    for text in pages.values():
        width = 0
        for line in text.splitlines():
            bars = line.replace("\\|", "").count("|") if line.startswith("|") else 0
            assert not (bars and width) or bars == width, line
            width = bars
