"""One scheme for each vintage of the history, laid over the pack `eu-ets-history`."""

from __future__ import annotations

import json
from typing import Any, Final

from capwright.importers.eutl_plan import PERIODS, YearPlan, period_of
from capwright.scheme.codec import scheme_to_json
from capwright.scheme.loader import load_text
from capwright.scheme.schema import Scheme

__all__ = ["scheme_body", "vintage_scheme"]

_TEXT: Final = """\
name = "eu-ets-history-{year}"
extends = ["eu-ets-history"]
en = "EU emissions trading system, vintage {year} from the transaction log"
zh = "欧盟碳排放交易体系{year}年度（交易日志历史）"
vintage = {year}

[cap]
source = "EUTL"
confidence = "derived"
note = "free units of the extract, and what its surrenders ask for beyond them; not the cap of the law"
controlled_t = {total_t}
reserve_t = 0

[compliance]
surrender_due_on = {{ value = {due}-04-30, source = "Directive 2003/87/EC", confidence = "memory" }}
status_since = {{ value = {since}, source = "EUTL", confidence = "derived", note = "the trading period" }}
"""
_LAST_OF_PERIOD: Final = """\
[compliance.borrowing]
value = false
source = "Directive 2003/87/EC"
confidence = "memory"
note = "the next period's units do not serve the last year of this one"
"""
# The penalty of the first period; later ones are in `eu-ets`.
_FIRST_PERIOD: Final = """\
[compliance.sanctions.penalty_fen_per_t]
value = 40_00
source = "Directive 2003/87/EC art. 16"
confidence = "memory"
"""


def vintage_scheme(plan: YearPlan) -> Scheme:
    """Return the scheme of a vintage. Its cap bounds all kinds of allowances together."""
    year, since = plan.year, period_of(plan.year)
    total_t = plan.free_t + plan.bridge_t + plan.free_aviation_t
    text = _TEXT.format(year=year, due=year + 1, since=since, total_t=total_t)
    if period_of(year + 1) != since:
        text += _LAST_OF_PERIOD
    if since == PERIODS[0]:
        text += _FIRST_PERIOD
    return load_text(text, file=f"eu-ets-history-{year}.toml")


def scheme_body(scheme: Scheme) -> dict[str, Any]:
    """The scheme as the JSON object that the journal keeps."""
    body: dict[str, Any] = json.loads(scheme_to_json(scheme))
    return body
