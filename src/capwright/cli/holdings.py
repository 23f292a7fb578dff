"""`capwright holdings` and `capwright serial`: who held what when, and what happened to one unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from capwright.cli.frame import JOURNALS, columns, command, emit_json, out, say, settings
from capwright.cli.given import moment_ms, near
from capwright.cli.names import Names, bucket_in_words, event_name, place_words
from capwright.cli.opened import DbArgument, local, opened, opening_of
from capwright.cli.problem import UNKNOWN_ACCOUNT, bad_argument
from capwright.kernel.quantity import format_money

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from capwright.history import Balances, Step

__all__ = ["declare"]


def declare(app: typer.Typer) -> None:
    """Add both commands to the root."""
    command(
        app,
        "holdings",
        panel=JOURNALS,
        examples=[
            "capwright holdings demo.sqlite",
            "capwright holdings demo.sqlite GD-100-10000001-0-94 --as-of 2024-06-30",
            "capwright holdings demo.sqlite --as-of 2024-06-30T15:30+08:00 --json",
        ],
    )(holdings_command)
    command(
        app,
        "serial",
        panel=JOURNALS,
        examples=["capwright serial demo.sqlite GDEA-2023-123456"],
    )(serial_command)


def holdings_command(
    db: DbArgument,
    account: Annotated[
        str, typer.Argument(metavar="[ACCOUNT]", help="Only this account number. 仅此账户。")
    ] = "",
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="TIME",
            help="Then; a date is the end of that day, local to the market. 截至此时；日期指当日终了。",
        ),
    ] = None,
) -> None:
    """Show who holds what, now or at any past moment: units and cash by account.

    显示现在或过去任一时点的持有情况：各账户的单位与资金。
    """
    from capwright.history import balances_at
    from capwright.journal.replay import chained

    with opened(db) as store:
        zone = opening_of(store).zone
        until = moment_ms("--as-of", as_of, zone) if as_of is not None else None
        names = Names()
        balances = balances_at(names.heeding(chained(store)), until)
    if account and account not in balances.accounts:
        close = near(account, list(balances.accounts))
        raise bad_argument("ACCOUNT", UNKNOWN_ACCOUNT, account=account[:60], near=close)
    lines = _lines(balances, account)
    if settings.json:
        emit_json(
            {
                "seq": balances.seq,
                "at_ms": balances.at_ms,
                "at": local(balances.at_ms, zone) if balances.seq else None,
                "timezone": str(zone),
                "holdings": lines,
            }
        )
    else:
        _print(balances, lines, zone, names)


def _lines(balances: Balances, account: str) -> list[dict[str, Any]]:
    """One line for each account, bucket and asset, accounts in the order of opening."""
    order = {number: n for n, number in enumerate(balances.accounts)}
    found = []
    for where in [
        *balances.units_t,
        *(place for place in balances.cash_fen if place not in balances.units_t),
    ]:
        number, _, bucket = where.partition("#")
        if account and number != account:
            continue
        holder = balances.accounts.get(number)
        base = {
            "account": number,
            "name": holder.name or holder.holder if holder else "",
            "type": holder.type if holder else "",
            "bucket": bucket,
        }
        for series, quantity_t in balances.units_t.get(where, {}).items():
            found.append(base | {"series": series, "quantity_t": quantity_t})
        if where in balances.cash_fen:
            found.append(base | {"cash_fen": balances.cash_fen[where]})
    return sorted(found, key=lambda line: (order.get(line["account"], len(order)), line["bucket"]))


def _print(balances: Balances, lines: Sequence[dict[str, Any]], zone: tzinfo, names: Names) -> None:
    console = out()
    if balances.seq:
        when = f"{local(balances.at_ms, zone)} ({zone})"
        title = say(f"After row {balances.seq:,} of {when}", f"第{balances.seq:,}行之后，{when}")
    else:
        title = say("Before the first row", "首行之前")
    console.print(title, style="bold")
    shown = [_shown(line) for line in lines]
    widths = [max((columns(each[n]) for each in shown), default=0) for n in range(2)]
    before = ""
    for line, (amount, asset, bucket) in zip(lines, shown, strict=True):
        if line["account"] != before:
            before = line["account"]
            name = names.account(line["type"], line["name"])
            console.print(f"\n{before}  {name}", style="bold", soft_wrap=True)
        said = f"  {_padded(amount, -widths[0])}  {_padded(asset, widths[1])}  {bucket}"
        console.print(said, soft_wrap=True)
    if not lines:
        console.print(say("Nothing is held.", "没有持有。"))


def _shown(line: dict[str, Any]) -> tuple[str, str, str]:
    """Amount, asset and bucket in words."""
    bucket = bucket_in_words(line["bucket"])
    if "series" in line:
        return f"{line['quantity_t']:,} {say('t', '吨')}", line["series"], bucket
    return format_money(line["cash_fen"]), say("cash", "资金"), bucket


def _padded(text: str, width: int) -> str:
    """Text filled up to a width in columns, from the left when it is negative; Chinese takes two a letter."""
    fill = " " * (abs(width) - columns(text))
    return fill + text if width < 0 else text + fill


def serial_command(
    db: DbArgument,
    serial: Annotated[
        str, typer.Argument(metavar="SERIES-NUMBER", help="One unit, e.g. GDEA-2023-123456. 序列号。")
    ],
) -> None:
    """Tell the history of one unit: when it came into being, where it went, by whom.

    查询单个序列号的全部历史。
    """
    from capwright.history import parse_serial, serial_history
    from capwright.journal.replay import chained

    series, number = parse_serial(serial)
    with opened(db) as store:
        zone = opening_of(store).zone
        names = Names()
        steps = serial_history(names.heeding(chained(store)), series, number)
    if settings.json:
        emit_json({"series": series, "number": number, "timezone": str(zone), "steps": steps})
    else:
        _print_steps(f"{series}-{number}", steps, zone, names)


def _print_steps(title: str, steps: Sequence[Step], zone: tzinfo, names: Names) -> None:
    console = out()
    console.print(title, style="bold")
    for step in steps:
        kind = step.transaction_type
        what = names.transaction(kind) if kind else event_name(step.event)
        who = say(f"by {step.actor}", f"操作人 {step.actor}")
        row = say(f"row {step.seq:,}", f"第{step.seq:,}行")
        console.print(f"\n{local(step.at_ms, zone)}  {what}  {who}  {row}", soft_wrap=True)
        block = f"{say('block', '区块')} {step.first}-{step.last}"
        path = f"{place_words(step.source)} → {place_words(step.target)}".lstrip()
        console.print(f"  {path}  {block}", soft_wrap=True)
