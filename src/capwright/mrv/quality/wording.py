"""Findings put into words, with the place they are at."""

from __future__ import annotations

from capwright.mrv.quality.facts import Facts, StreamFacts
from capwright.mrv.quality.finding import Finding, Severity

__all__ = ["finding"]


def finding(
    rule: str,
    severity: Severity,
    facts: Facts,
    stream: StreamFacts | None = None,
    month: int = 0,
    *,
    observed: str,
    limit: str,
    en: str,
    zh: str,
    facility: str = "",
    evidence: tuple[str, ...] = (),
) -> Finding:
    """A finding; `{observed}` and `{limit}` are filled into both sentences, all other text stays as it is."""

    def filled(text: str) -> str:
        return text.replace("{observed}", observed).replace("{limit}", limit)

    return Finding(
        rule=rule,
        severity=severity,
        enterprise=facts.report.enterprise,
        year=facts.report.year,
        observed=observed,
        limit=limit,
        en=filled(en),
        zh=filled(zh),
        stream=stream.code if stream is not None else "",
        facility=facility or (stream.stream.facility if stream is not None else ""),
        month=month,
        evidence=evidence,
    )
