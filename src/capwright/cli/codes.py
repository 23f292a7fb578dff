"""`capwright codes`: the catalogue of refusals."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Annotated, Final

import typer

from capwright.cli.frame import RULES, command, emit_json, out, say, settings, table
from capwright.cli.problem import NO_SUCH_CODE, bad_argument
from capwright.kernel.refusal import CATALOGUE

if TYPE_CHECKING:
    from capwright.kernel.refusal import RefusalCode

__all__ = ["FAMILIES", "declare", "whole_catalogue"]

# The beginnings of a family's codes, and what the family is about. Each code belongs to one family.
FAMILIES: Final = {
    ("CW-1",): ("Giving account", "转出账户"),
    ("CW-2",): ("Receiving account", "转入账户"),
    ("CW-3",): ("Units and transactions", "单位与交易"),
    ("CW-4",): ("People, approvals, delays", "人员、审批与延时"),
    ("CW-50", "CW-51"): ("Allocation", "配额分配"),
    ("CW-52", "CW-53", "CW-54", "CW-55"): ("MRV: reports and verification", "碳排放核算、报告与核查"),
    ("CW-6",): ("Auctions", "有偿发放"),
    ("CW-7",): ("Compliance", "履约"),
    ("CW-8",): ("Journal, audit and scheme", "日志、审计与方案"),
    ("CW-9",): ("Files and command line", "文件与命令行"),
}


_NEED_DJANGO = (
    "capwright.web.",
    "capwright.api.",
)  # set up for a market; what they refuse is in web.refusals


def declare(app: typer.Typer) -> None:
    """Add the command to the root."""
    command(
        app,
        "codes",
        panel=RULES,
        examples=["capwright codes", "capwright codes CW-6", "capwright codes CW-9205 --lang zh"],
    )(codes_command)


def whole_catalogue() -> dict[str, RefusalCode]:
    """Every refusal of every room, by code: each module is imported once to declare its own."""
    import capwright

    for module in pkgutil.walk_packages(capwright.__path__, "capwright."):
        if module.name != "capwright.__main__" and not module.name.startswith(_NEED_DJANGO):
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as missing:
                if (missing.name or "").startswith("capwright"):
                    raise  # ours; psycopg is the user's choice
    importlib.import_module("capwright.web.refusals")
    return dict(sorted(CATALOGUE.items()))


def codes_command(
    code: Annotated[
        str, typer.Argument(metavar="[CODE]", help="A code, or its beginning: CW-6, 92. 代码或其开头。")
    ] = "",
) -> None:
    """List the refusal codes: what each says, what to do about it, and the rule behind it.

    列出全部拒绝代码、含义、对策和依据。
    """
    wanted = code.upper() if code.upper().startswith("CW-") else f"CW-{code}"
    found = [spec for name, spec in whole_catalogue().items() if name.startswith(wanted)]
    if not found:
        raise bad_argument("CODE", NO_SUCH_CODE, text=code[:40])
    if settings.json:
        emit_json(found)
        return
    from rich.text import Text

    made = table("", say("Code", "代码"), say("Refusal", "拒绝内容"))
    made.columns[0].no_wrap = True
    heading = None
    for spec in found:
        names = next(names for beginnings, names in FAMILIES.items() if spec.code.startswith(beginnings))
        if names != heading:
            heading = names
            made.add_row("", say(*names), style="bold")
        said = say(f"{spec.en} {spec.mend_en}".rstrip(), f"{spec.zh}{spec.mend_zh}")
        rule = "" if spec.rule.startswith("design") else spec.rule
        made.add_row(spec.code, Text.assemble(said, (f" ({rule})" if rule else "", "dim")))
    out().print(made)
