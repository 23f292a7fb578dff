"""The reference page of the data-quality rules, from the catalogue."""

from __future__ import annotations

from capwright.mrv.quality.rules import RULES
from capwright.mrv.quality.thresholds import DEFAULTS, limits

__all__ = ["rules_page"]

_ABOUT = """\
Rules look at what is reported and say what wants an explanation. A finding never changes a figure by itself.

- `fail` 不通过: figures contradict each other, or a rule that leaves no room.
- `warn` 预警: unusual; the firm explains it.
- `review` 复核: worth a look when the report is read.

A rule that lacks its data does not speak: stocks, weights, power readings, analyses, the year before and the
verifier stand in the companion beside the report (附报), never in the calculation. Peers 同行 are reports
with the same method and main product. R18 to R21 are rules of this project beside the usual catalogue.
"""
_ABOUT_LIMITS = """\
A value at the threshold passes. Shares are fractions. All can be set otherwise, in TOML (`--thresholds FILE`)
or by name; a name that is not in this table is refused (CW-5300). Those marked `default` are engineering
proposals, not law.
"""


def rules_page() -> str:
    """Markdown: what every rule says, and every threshold with its default, source and confidence."""
    rules = [
        f"| {r.code} | {r.en} | {r.zh} | {r.severity} | {r.needs_en or 'the report'} "
        f"| {r.needs_zh or '报告'} |"
        for r in RULES.values()
    ]
    rows = [
        f"| {limit.rule} | `{name}` | {getattr(DEFAULTS, name)} | {limit.unit} | {limit.en} | {limit.zh} "
        f"| {limit.citation.source} | {limit.citation.confidence} |"
        for name, limit in limits().items()
    ]
    return "\n".join(
        [
            "# Data-quality rules 数据质量规则",
            "",
            _ABOUT,
            "## Rules 规则",
            "",
            "| Code | What holds | 规则 | Severity | Needs | 所需数据 |",
            "| --- | --- | --- | --- | --- | --- |",
            *rules,
            "",
            "## Thresholds 阈值",
            "",
            _ABOUT_LIMITS,
            "| Rule | Name | Default | Unit | Meaning | 含义 | Source | Confidence |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )
