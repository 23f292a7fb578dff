"""Spot checks (抽查) drawn from a published seed, inspections random and regular, violations and their fines.

The draw is its own proof: firms are put in the order of SHA-256 over "seed|account", so whoever knows the
seed and the list of firms draws the same ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from math import ceil

from capwright.kernel.message import Event
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_REASON, check_text
from capwright.ledger.room import Request
from capwright.mrv.bounds import check_share
from capwright.mrv.conduct import Conduct
from capwright.mrv.desk import Desk
from capwright.mrv.oversight_messages import (
    DrawInspections,
    Drawn,
    InspectionReported,
    InspectionsDrawn,
    RecordViolation,
    ReportInspection,
    ViolationRecorded,
)
from capwright.mrv.state import Draw, Inspection, Violation

__all__ = ["Inspections", "draw", "place_of"]

ONE_OF_BOTH = define(
    "CW-5490",
    en="Give either a share of the firms or their count.",
    zh="请填写抽查比例或抽查数量，二者择一。",
    rule="design: one clear message for bad input",
)
TOO_FEW_FIRMS = define(
    "CW-5491",
    en="{count} firms cannot be drawn from {population}.",
    zh="无法从{population}家企业中抽取{count}家。",
    mend_en="Look at the year and the sectors.",
    mend_zh="请核对年度与行业。",
    rule="spot checks 抽查",
)
LEAST_SHARE = define(
    "CW-5492",
    en="{drawn} of {population} firms of '{sector}' are fewer than the scheme's share of {share}.",
    zh="“{sector}”行业{population}家企业抽取{drawn}家，低于方案要求的比例{share}。",
    mend_en="Draw more.",
    mend_zh="请增加抽取数量。",
    rule="scheme: mrv.inspections.random_share",
)
NOT_DRAWN = define(
    "CW-5493",
    en="{account} does not wait for an inspection of the draw {draw}.",
    zh="{account}不在抽查批次{draw}的待查名单中。",
    mend_en="Leave the draw out for a regular inspection.",
    mend_zh="日常检查请勿填写批次。",
    rule="spot checks 抽查",
)
UNKNOWN_VIOLATION = define(
    "CW-5494",
    en="The scheme knows no violation '{violation}' of this kind of subject.",
    zh="方案对该类主体没有违规类型“{violation}”。",
    mend_en="Known: {known}.",
    mend_zh="可用的有：{known}。",
    rule="scheme: mrv.violations",
)
FINE_OUTSIDE = define(
    "CW-5495",
    en="A fine of {fine_fen} fen is outside the legal range of {least_fen} to {most_fen} fen.",
    zh="罚款{fine_fen}分超出法定范围{least_fen}至{most_fen}分。",
    mend_en="Choose a fine inside the range.",
    mend_zh="请在法定范围内确定罚款。",
    rule="DECREE art. 35, 38",
)
NO_INSPECTION = define(
    "CW-5496",
    en="There is no inspection {inspection} of {subject}.",
    zh="没有对{subject}的检查记录{inspection}。",
    mend_en="Report the inspection first, or leave it out.",
    mend_zh="请先登记检查，或不填写该项。",
    rule="violations follow from what was found",
)

PUNISHED = define(
    "CW-5497",
    en="{violation} of {subject} is recorded already from the inspection {inspection}.",
    zh="{subject}的{violation}已依据检查{inspection}登记。",
    mend_en="Nobody is fined twice for what was found once.",
    mend_zh="同一次检查发现的同一违规不得重复处罚。",
    rule="design: nobody is fined twice for one finding",
)


def place_of(seed: str, account: str) -> str:
    """What puts an account in its place in a draw: SHA-256 over "seed|account", in hexadecimal."""
    return hashlib.sha256(f"{seed}|{account}".encode()).hexdigest()


def draw(
    seed: str, strata: dict[str, list[str]], *, share: Decimal | None = None, count: int = 0
) -> tuple[Drawn, ...]:
    """Draw from each stratum (sector) the first firms in the order of their hashes.

    A share is taken of every stratum and rounded up. A count is spread by size, the largest remainders first.
    """
    found: list[Drawn] = []
    sizes = _sizes(strata, share, count)
    for sector, accounts in sorted(strata.items()):
        ordered = sorted((place_of(seed, account), account) for account in accounts)
        found += [Drawn(account, sector, place) for place, account in ordered[: sizes[sector]]]
    return tuple(found)


def _sizes(strata: dict[str, list[str]], share: Decimal | None, count: int) -> dict[str, int]:
    if share is not None:
        return {sector: ceil(Fraction(share) * len(accounts)) for sector, accounts in strata.items()}
    whole = sum(len(accounts) for accounts in strata.values())
    parts = {sector: divmod(count * len(accounts), whole) for sector, accounts in strata.items()}
    sizes = {sector: size for sector, (size, _) in parts.items()}
    by_remainder = sorted(parts, key=lambda sector: (-parts[sector][1], sector))
    for sector in by_remainder[: count - sum(sizes.values())]:
        sizes[sector] += 1
    return sizes


class Inspections:
    """Handlers and appliers of spot checks and violations."""

    def __init__(self, desk: Desk, conduct: Conduct) -> None:
        self._desk = desk
        self._conduct = conduct

    # Draws and inspections.

    def draw(self, request: Request, command: DrawInspections) -> list[Event]:
        """Draw the firms to be inspected."""
        check_text("seed", command.seed, MAX_REASON)
        rules = self._desk.rules(command.year)
        share, count = command.share, command.count
        if (share is None) == (count == 0):
            refuse(ONE_OF_BOTH)
        check_share("share", share)
        strata: dict[str, list[str]] = {}
        for account in self._desk.firms(command.year):
            if not command.sectors or account.sector in command.sectors:
                strata.setdefault(account.sector, []).append(account.number)
        whole = sum(len(accounts) for accounts in strata.values())
        if not whole or not 0 <= count <= whole:
            refuse(TOO_FEW_FIRMS, count=count or str(share), population=whole)
        drawn = draw(command.seed, strata, share=share, count=count)
        if rules.inspections.random_share is not None:
            _check_least(strata, drawn, rules.inspections.random_share)
        return [
            InspectionsDrawn(
                draw_id=request.command_id,
                year=command.year,
                seed=command.seed,
                drawn=drawn,
                population={sector: len(accounts) for sector, accounts in sorted(strata.items())},
                share=share,
                count=count,
            )
        ]

    def report(self, request: Request, command: ReportInspection) -> list[Event]:
        """Report an inspection."""
        self._desk.firm(command.account)
        self._desk.rules(command.year)
        check_text("text", command.text, MAX_REASON)
        if command.draw_id:
            known = self._desk.state.draws.get(command.draw_id)
            if known is None or known.year != command.year or command.account not in known.waiting:
                refuse(NOT_DRAWN, account=command.account, draw=command.draw_id[:60])
        return [
            InspectionReported(
                inspection_id=request.command_id,
                account=command.account,
                year=command.year,
                outcome=command.outcome,
                text=command.text,
                draw_id=command.draw_id,
            )
        ]

    def drawn(self, event: InspectionsDrawn, _at_ms: int) -> None:
        """Fold the event."""
        accounts = tuple(one.account for one in event.drawn)
        self._desk.state.draws[event.draw_id] = Draw(event.year, event.seed, accounts, list(accounts))

    def reported(self, event: InspectionReported, at_ms: int) -> None:
        """Fold the event."""
        self._desk.state.inspections[event.inspection_id] = Inspection(
            event.account, event.year, event.outcome == "faults", self._desk.day(at_ms), event.draw_id
        )
        if event.draw_id:
            self._desk.state.draws[event.draw_id].waiting.remove(event.account)

    # Violations.

    def violate(self, request: Request, command: RecordViolation) -> list[Event]:
        """Establish a violation; for a verifier the scheme's card comes with it."""
        check_text("reason", command.reason, MAX_REASON)
        desk = self._desk
        verifier = desk.state.verifiers.get(command.subject)
        kind = "enterprise" if verifier is None else "verifier"
        if verifier is None:
            desk.firm(command.subject)
        known = [one for one in desk.rules(command.year).violations if one.subject == kind]
        rule = next((one for one in known if one.code == command.violation), None)
        if rule is None:
            listed = ", ".join(one.code for one in known) or "-"
            refuse(UNKNOWN_VIOLATION, violation=command.violation[:60], known=listed)
        least_fen, most_fen = rule.fine_least_fen, rule.fine_most_fen
        fine_fen = least_fen if command.fine_fen is None else command.fine_fen
        if not least_fen <= fine_fen <= most_fen:
            refuse(FINE_OUTSIDE, fine_fen=fine_fen, least_fen=least_fen, most_fen=most_fen)
        if command.inspection_id:
            seen = desk.state.inspections.get(command.inspection_id)
            wrong = seen is None or seen.year != command.year
            if wrong or (verifier is None and seen is not None and seen.account != command.subject):
                refuse(NO_INSPECTION, inspection=command.inspection_id[:60], subject=command.subject)
            key = command.subject, command.violation, command.inspection_id
            if any(
                (one.subject, one.violation, one.inspection_id) == key
                for one in desk.state.violations.values()
            ):
                refuse(
                    PUNISHED, violation=command.violation, subject=command.subject,
                    inspection=command.inspection_id[:60],
                )  # fmt: skip
        events: list[Event] = [
            ViolationRecorded(
                violation_id=request.command_id,
                subject=command.subject,
                year=command.year,
                violation=command.violation,
                fine_fen=fine_fen,
                reason=command.reason,
                inspection_id=command.inspection_id,
            )
        ]
        if verifier is not None:
            reason = f"{rule.en} {rule.zh}"[:MAX_REASON]
            events += self._conduct.cards(verifier, rule.card, reason, desk.day(request.at_ms))
        return events

    def violated(self, event: ViolationRecorded, at_ms: int) -> None:
        """Fold the event."""
        self._desk.state.violations[event.violation_id] = Violation(
            event.subject,
            event.year,
            event.violation,
            event.fine_fen,
            self._desk.day(at_ms),
            event.inspection_id,
        )


def _check_least(strata: dict[str, list[str]], drawn: Iterable[Drawn], share: Decimal) -> None:
    counts = dict.fromkeys(strata, 0)
    for one in drawn:
        counts[one.sector] += 1
    for sector, accounts in strata.items():
        if counts[sector] < ceil(Fraction(share) * len(accounts)):
            refuse(
                LEAST_SHARE,
                drawn=counts[sector],
                population=len(accounts),
                sector=sector or "-",
                share=f"{share:.1%}",
            )
