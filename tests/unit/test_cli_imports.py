"""`capwright import eutl`: what the report on the terminal leaves out, it says."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from capwright.cli import imports
from capwright.cli.frame import settings
from capwright.importers.eutl_words import REASONS


def printed(monkeypatch, count, lang="en"):
    monkeypatch.setattr(settings, "lang", lang)
    reason = next(iter(REASONS))
    one = SimpleNamespace(log="B", market="A", count=1, reason=reason)
    rate = SimpleNamespace(agree=0, of=count, percent="0.00")
    agreement = SimpleNamespace(overall=rate, differences=[one] * count, rules={})
    stream = io.StringIO()
    imports._print_agreement(Console(file=stream, width=100), SimpleNamespace(agreement=agreement))
    return stream.getvalue()


@pytest.mark.parametrize(("count", "more"), [(8, ""), (9, "and 1 more; --json lists all")])
def test_reasons_that_are_left_out_are_counted(monkeypatch, count, more):
    said = printed(monkeypatch, count)
    assert (more in said) if more else ("more" not in said)


def test_in_chinese_too(monkeypatch):
    assert "另有4项" in printed(monkeypatch, 12, "zh")
