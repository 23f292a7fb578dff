"""`capwright verify`: the independent auditor against the market's own replay."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from capwright.cli.frame import FINDINGS, JOURNALS, columns, command, emit_json, out, say, settings, table
from capwright.cli.given import input_path
from capwright.cli.opened import DbArgument, opened, rows
from capwright.cli.problem import (
    DATABASE_DAMAGED,
    LAW_BROKEN,
    NOT_A_HASH,
    NOT_REPLAYED,
    NOTE_AND_KEY,
    NOTE_DIFFERS,
    bad_argument,
)
from capwright.kernel.refusal import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from capwright.audit.findings import Finding
    from capwright.audit.report import AuditReport
    from capwright.host.signed_note import SignedHead
    from capwright.journal.chain import Row
    from capwright.journal.store import Store
    from capwright.kernel.refusal import RefusalCode

__all__ = ["declare"]

_HASH: Final = re.compile(r"[0-9a-fA-F]{64}")
MOST_SHOWN: Final = 200
_LONGEST_NOTE: Final = 100_000


def declare(app: typer.Typer) -> None:
    """Add the command to the root."""
    command(
        app,
        "verify",
        panel=JOURNALS,
        examples=[
            "capwright verify demo.sqlite",
            "capwright verify postgresql://localhost/market --head 9f2c…",
            "capwright verify demo.sqlite --json",
            "capwright verify mine.sqlite --note head-2024-07-21.txt --key 127.0.0.1:8000/journal+…",
        ],
    )(verify_command)


def verify_command(
    db: DbArgument,
    head: Annotated[
        str | None,
        typer.Option(
            "--head",
            metavar="HASH",
            help="Hash that the last row must have, noted down earlier. 事先记下的末行散列值。",
        ),
    ] = None,
    note: Annotated[
        Path | None,
        typer.Option("--note", metavar="FILE", help="Signed head of a day. 某日的末行签名文件。"),
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="KEY", help="Key of the signed head. 签名公钥。")
    ] = None,
) -> int:
    """Audit a journal independently and say exactly where it is wrong.

    Exit code 1 if it is. The auditor shares no code with the market: it checks the hash chain, replays every
    posting with its own book and must arrive at the same holdings and cash as the market's replay, serial by
    serial. Only a head hash noted down elsewhere, or a signed head, can show that rows are missing at the end
    or that all of them were written anew.

    独立审计：检查散列链，重放全部记账，与市场状态逐号核对。
    """
    from capwright.audit.auditor import audit

    if head is not None and not _HASH.fullmatch(head):
        raise bad_argument("--head", NOT_A_HASH, text=head[:80])
    signed = _signed(note, key)
    with opened(db) as store, _patience():
        reader = _Reader(store, signed.seq if signed else 0)
        report = audit(reader.rows(), expected_head=head, limit=MOST_SHOWN)
        found = [*report.findings, *reader.torn, *_database(store)]
        compared = _market(store, report, reader.seq)
        found += compared
        found += _promise(signed, reader)
    total = report.findings_total + len(found) - len(report.findings)
    if settings.json:
        said = report.as_dict(settings.lang)
        said |= {
            "ok": not total,
            "db": store.url,
            "findings_total": total,
            "findings": [_finding_json(one) for one in found],
            "market_agrees": not compared,
        }
        if signed:
            kept = not _promise(signed, reader)
            said["signed"] = {"origin": signed.origin, "seq": signed.seq, "kept": kept}
        emit_json(said)
    else:
        _print(store.url, report, found, total)
        if signed and not _promise(signed, reader):
            en = f"{signed.origin} signed row {signed.seq:,}: it stands here unchanged."
            zh = f"{signed.origin}签名的第{signed.seq:,}行与此处一致。"
            out().print(say(en, zh), soft_wrap=True)
    return FINDINGS if total else 0


@contextlib.contextmanager
def _patience() -> Iterator[None]:
    """A sign of life on the terminal while a long journal is read."""
    import sys

    from rich.console import Console

    if settings.json or not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(say("Auditing …", "审计中……")):
        yield


class _Reader:
    """Hands out the rows as far as the database does, and notes what stops it and which row was the last."""

    def __init__(self, store: Store, watched: int = 0) -> None:
        self._store = store
        self._watched = watched
        self.met = ""  # the hash of the row that is watched for, once it was read
        self.torn: list[Finding] = []
        self.seq = 0

    def rows(self) -> Iterator[Row]:
        from capwright.journal.fault import StoreFailed

        try:
            for row in rows(self._store):
                self.seq = row[0]
                if self.seq == self._watched:
                    self.met = row[6].hex()
                yield row
        except Refused as fault:
            seq = fault.refusal.details.get("seq", 0)
            self.torn.append(_finding(fault.refusal, seq if isinstance(seq, int) else 0))
        except StoreFailed as fault:
            self.torn.append(_note(DATABASE_DAMAGED, text=str(fault)))


def _signed(note: Path | None, key: str | None) -> SignedHead | None:
    """What a signed head promises, if one is given."""
    if note is None and key is None:
        return None
    if note is None or key is None:
        raise bad_argument("--note", NOTE_AND_KEY)
    from capwright.filing.extras import need
    from capwright.filing.files import read_bytes
    from capwright.host.signed_note import read_note

    need("cryptography", "web")
    return read_note(read_bytes(input_path(note), _LONGEST_NOTE).decode(errors="replace"), key)


def _promise(signed: SignedHead | None, reader: _Reader) -> list[Finding]:
    """Whether the row that was signed is in the journal as it was."""
    if signed is None or reader.met == signed.hash:
        return []
    found = reader.met or say("not there", "不存在")
    details: dict[str, str | int] = {
        "origin": signed.origin,
        "row": signed.seq,
        "signed": signed.hash,
        "found": found,
    }
    return [_finding(Refusal(NOTE_DIFFERS.code, details), signed.seq)]


def _database(store: Store) -> list[Finding]:
    """What the database finds wrong with its own pages and indexes, and which snapshots are damaged."""
    from capwright.journal.fault import StoreFailed
    from capwright.journal.replay import snapshot_faults

    try:
        pages = [_note(DATABASE_DAMAGED, text=text.rstrip(".")) for text in store.check()]
        return pages + [_finding(one.refusal, one.seq) for one in snapshot_faults(store)]
    except (StoreFailed, Refused) as fault:
        return [_note(DATABASE_DAMAGED, text=str(fault).rstrip("."))]


def _market(store: Store, report: AuditReport, until_seq: int) -> list[Finding]:
    """Replay with the market's code, compare serial by serial and fen by fen, run the market's laws.

    An engine may be writing meanwhile: rows that the auditor has not seen do not count.
    """
    from capwright.audit.report import compare_holdings
    from capwright.journal.fault import StoreFailed
    from capwright.journal.replay import replay_past_snapshots
    from capwright.market import Market

    try:
        market, strange = replay_past_snapshots(store, Market, until_seq)
    except (Refused, StoreFailed) as fault:
        said = fault.refusal.message(settings.lang) if isinstance(fault, Refused) else str(fault)
        return [_note(NOT_REPLAYED, reason=said)]
    book = market.book.state
    laws = (
        [_note(LAW_BROKEN, law=law.rstrip(".")) for law in market.breaches()] if report.counts["rows"] else []
    )
    snapshots = [_finding(one.refusal, one.seq) for one in strange]
    return [*compare_holdings(report, book.units, book.cash), *laws, *snapshots]


def _note(spec: RefusalCode, **details: str | int) -> Finding:
    return _finding(Refusal(spec.code, details), 0)


def _finding(refusal: Refusal, seq: int) -> Finding:
    from capwright.audit.findings import Finding

    return Finding(refusal.code, seq, 0, refusal.details)


def _finding_json(one: Finding) -> dict[str, Any]:
    return {
        "code": one.code,
        "seq": one.seq,
        "event": one.event,
        "where": one.where(settings.lang),
        "message": one.message(settings.lang),
        "details": one.details,
    }


def _print(db: str, report: AuditReport, found: list[Finding], total: int) -> None:
    console = out()
    counts = report.counts
    console.print(f"{say('Journal', '日志')} {db}", style="bold", soft_wrap=True)
    words = [f"{counts[key]:,}{say(f' {en}', zh)}" for key, (en, zh) in _COUNTED.items()]
    console.print(say(", ", "，").join(words))
    console.print(f"{say('head hash', '末行散列值')} {report.head}", soft_wrap=True)
    if report.series:
        console.print()
        _print_series(report)
    console.print()
    for one in found[:MOST_SHOWN]:
        console.print(one.text(settings.lang), style="red", soft_wrap=True)
    if total:
        more = (
            ""
            if total <= len(found)
            else say(f" (the first {len(found)} are shown)", f"（仅显示前{len(found)}项）")
        )
        console.print(say(f"{total:,} finding(s){more}.", f"共发现{total:,}处问题{more}。"), style="bold red")
        return
    verdict = say(
        "Sound: the chain is whole, the laws hold, and auditor and market hold the same units and cash.",
        "完好：散列链完整，守恒定律成立，审计账与市场账的单位和资金一致。",
    )
    console.print(verdict, style="bold green")


def _whereabouts(report: AuditReport) -> list[dict[str, int | str]]:
    """Where each series lies, in tonnes; what is held is told apart as in the report of a run."""
    lines = report.conservation()
    for line in lines:
        with_holders = report.series[str(line["series"])].get("holding", 0)
        line |= {"holders": with_holders, "government": int(line["held"]) - with_holders}
    return lines


def _print_series(report: AuditReport) -> None:
    """The conservation law of each series, as a table, or line by line where the terminal is too narrow."""
    console, lines = out(), _whereabouts(report)
    headings = [say(*words).capitalize() for words in _COLUMNS.values()]
    widths = [max(len(str(line["series"])) for line in lines)]
    for heading, key in zip(headings, _COLUMNS, strict=True):
        widths.append(max(columns(heading), *(len(f"{line[key]:,}") for line in lines)))
    if sum(widths) + GAP * len(_COLUMNS) > console.width:
        for line in lines:
            where = " + ".join(f"{say(*_COLUMNS[key])} {line[key]:,}" for key in list(_COLUMNS)[1:])
            console.print(str(line["series"]), style="bold", soft_wrap=True)
            console.print(f"  {say('issued', '签发')} {line['issued']:,} = {where}", soft_wrap=True)
        return
    made = table("", say("Units, t", "单位（吨）"), *headings, right=range(1, 1 + len(_COLUMNS)))
    for line in lines:
        made.add_row(str(line["series"]), *(f"{line[key]:,}" for key in _COLUMNS))
    console.print(made)


GAP: Final = 3  # columns between two figures
_COUNTED: Final = {
    "rows": ("rows", "行"),
    "refused": ("refused", "行被拒绝"),
    "events": ("events", "个事件"),
    "accounts": ("accounts", "个账户"),
    "series": ("series", "个系列"),
    "transactions": ("transactions", "笔交易"),
    "blocks": ("blocks", "个区块"),
}
_COLUMNS: Final = {
    "issued": ("issued", "签发"),
    "holders": ("with holders", "持有人持有"),
    "government": ("with government", "政府账户"),
    "surrendered": ("surrendered", "清缴"),
    "cancelled": ("cancelled", "注销"),
    "exported": ("exported", "转出"),
}
