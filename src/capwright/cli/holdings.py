"""`capwright holdings` and `capwright serial`: who held what when, and what happened to one unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from capwright.cli.frame import JOURNALS, command, emit_json, out, say, settings, table
from capwright.cli.given import moment_ms, near
from capwright.cli.opened import DbArgument, local, opened, opening_of, rows
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
            "capwright holdings demo.sqlite GD-100-10000001-0-20 --as-of 2024-06-30",
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
    account: Annotated[str, typer.Argument(metavar="[ACCOUNT]", help="Only this account number.")] = "",
    as_of: Annotated[
        str,
        typer.Option(
            "--as-of", metavar="TIME", help="Then; a date is the end of that day, local to the market."
        ),
    ] = "",
) -> None:
    """Show who holds what, now or at any past moment: units and cash by account.

    显示现在或过去任一时点的持有情况：各账户的单位与资金。
    """
    from capwright.history import balances_at

    with opened(db) as store:
        zone = opening_of(store).zone
        until = moment_ms("--as-of", as_of, zone) if as_of else None
        balances = balances_at(rows(store), until)
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
        _print(balances, lines, zone)


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


def _print(balances: Balances, lines: Sequence[dict[str, Any]], zone: tzinfo) -> None:
    console = out()
    if balances.seq:
        when = f"{local(balances.at_ms, zone)} ({zone})"
        title = say(f"After row {balances.seq:,} of {when}", f"第{balances.seq:,}行之后，{when}")
    else:
        title = say("Before the first row", "首行之前")
    made = table(
        title,
        say("Account", "账户"),
        say("Name", "名称"),
        say("Bucket", "状态"),
        say("Series", "系列"),
        say("Quantity, t", "数量（吨）"),
        say("Cash", "资金"),
        right=(4, 5),
    )
    made.columns[0].no_wrap = True
    made.columns[1].min_width, made.columns[2].min_width, made.columns[3].min_width = 12, 11, 10
    before = ""
    for line in lines:
        again = line["account"] == before
        before = line["account"]
        made.add_row(
            "" if again else line["account"],
            "" if again else line["name"],
            line["bucket"] or say("free", "可用"),
            line.get("series", ""),
            f"{line['quantity_t']:,}" if "series" in line else "",
            format_money(line["cash_fen"]) if "cash_fen" in line else "",
        )
    console.print(made)


def serial_command(
    db: DbArgument,
    serial: Annotated[str, typer.Argument(metavar="SERIES-NUMBER", help="One unit, e.g. GDEA-2023-123456.")],
) -> None:
    """Tell the history of one unit: when it came into being, where it went, by whom.

    查询单个序列号的全部历史。
    """
    from capwright.history import parse_serial, serial_history

    series, number = parse_serial(serial)
    with opened(db) as store:
        zone = opening_of(store).zone
        steps = serial_history(rows(store), series, number)
    if settings.json:
        emit_json({"series": series, "number": number, "timezone": str(zone), "steps": steps})
    else:
        _print_steps(f"{series}-{number}", steps, zone)


def _print_steps(title: str, steps: Sequence[Step], zone: tzinfo) -> None:
    made = table(
        title,
        say("Row", "行"),
        say("Time", "时间"),
        say("What", "事项"),
        say("From", "转出"),
        say("To", "转入"),
        say("Block", "区块"),
        say("By", "操作人"),
        right=(0,),
    )
    made.columns[2].no_wrap = True
    made.columns[1].max_width = 10
    made.columns[3].max_width = made.columns[4].max_width = 15  # places may be long: they fold, names do not
    for step in steps:
        what = step.transaction_type or step.event
        made.add_row(
            f"{step.seq:,}",
            local(step.at_ms, zone),
            what,
            step.source or "–",
            step.target,
            f"{step.first}-{step.last}",
            step.actor,
        )
    out().print(made)
