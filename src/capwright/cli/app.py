"""The tree of commands, and running it: usage errors become refusals like all others."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import typer

from capwright.cli import (
    audit,
    codes,
    doctor,
    frame,
    holdings,
    imports,
    init,
    journal_import,
    scenario,
    serve,
    tables,
)
from capwright.cli.auction import auction
from capwright.cli.exchange import exchange
from capwright.cli.frame import BAD_INPUT, JsonOption, LangOption, fail, guarded, set_language, settings
from capwright.cli.given import alike
from capwright.cli.journal import journal
from capwright.cli.mrv import mrv
from capwright.cli.problem import BAD_VALUE, MISSING, NO_COMMAND, UNKNOWN_COMMAND, UNKNOWN_OPTION, USAGE
from capwright.cli.scheme import scheme
from capwright.kernel.refusal import Refusal, RefusalCode, Refused

__all__ = ["app", "run"]

PROGRAM: Final = "capwright"

app = typer.Typer(
    name=PROGRAM,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from capwright import __version__

        print(f"{PROGRAM} {__version__}")
        raise typer.Exit


@app.callback(
    help="A carbon market as a scheme file and a state machine: rules, registry, auctions, audit.\n\n"
    "碳市场：规则、登记、有偿发放、履约与审计。",
    epilog="Exit codes: 0 done, 1 findings (verify, scheme check), 2 bad input.",
)
def _root(
    as_json: JsonOption = False,
    lang: LangOption = "",
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version. 显示版本。"
    ),
) -> None:
    del as_json, lang, version  # read by `_settle` before anything is parsed


scenario.declare(app)
init.declare(app)
serve.declare(app)
doctor.declare(app)
audit.declare(app)
holdings.declare(app)
journal_import.declare(journal)
app.add_typer(journal, rich_help_panel=frame.JOURNALS)
app.add_typer(imports.imports, rich_help_panel=frame.JOURNALS)
app.add_typer(auction, rich_help_panel=frame.FILES)
app.add_typer(exchange, rich_help_panel=frame.FILES)
app.add_typer(mrv, rich_help_panel=frame.FILES)
tables.declare(app)
app.add_typer(tables.compliance, rich_help_panel=frame.FILES)
app.add_typer(scheme, rich_help_panel=frame.RULES)
app.add_typer(scenario.scenario, rich_help_panel=frame.RULES)
codes.declare(app)


def run(argv: Sequence[str]) -> int:
    """Run the command line with these arguments and return the exit code."""
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - closed by the caller
    sys.stderr = sys.stderr or sys.stdout
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    return guarded(lambda: _run(argv))


def _run(argv: Sequence[str]) -> int:
    _settle(argv)
    try:
        code = app(args=list(argv), prog_name=PROGRAM, standalone_mode=False)
    except typer.Abort:
        return frame.INTERRUPTED
    except Exception as fault:  # the parser's own; typer hides its classes, and they moved between versions
        if not hasattr(fault, "format_message") or not hasattr(fault, "exit_code"):
            raise
        return _usage(fault)
    return code if isinstance(code, int) else 0


def _settle(argv: Sequence[str]) -> None:
    """Find language and `--json` wherever they stand, so that even a wrong command line is answered right."""
    settings.json, settings.lang, settings.asked = False, "en", False
    words = list(argv[: argv.index("--")]) if "--" in argv else list(argv)
    settings.json = "--json" in words
    asked = os.environ.get("CAPWRIGHT_LANG", "")
    for at, word in enumerate(words):
        if word.startswith("--lang="):
            asked = word.removeprefix("--lang=")
        elif word == "--lang" and at + 1 < len(words):
            asked = words[at + 1]
    if asked:
        set_language(asked)


def _usage(fault: Any) -> int:
    """Answer a command line that does not parse."""
    kind = type(fault).__name__
    if kind == "NoArgsIsHelpError":
        fault.show()
        return BAD_INPUT
    context = getattr(fault, "ctx", None)
    details: dict[str, str | int] = {"command": getattr(context, "command_path", PROGRAM)}
    reason = fault.format_message()
    unknown = re.match(r"No such command '(.*?)'", reason, re.DOTALL)
    spec: RefusalCode = USAGE
    if reason.startswith("Missing command"):
        spec = NO_COMMAND
    elif unknown:
        spec = UNKNOWN_COMMAND
        names = list(getattr(getattr(context, "command", None), "commands", {}))
        details |= {"name": unknown[1], **_near(unknown[1], names)}
    elif kind == "NoSuchOption":
        spec = UNKNOWN_OPTION
        details |= {"name": fault.option_name, **_near("", fault.possibilities or ())}
    elif kind == "MissingParameter":
        spec = MISSING
        details["name"] = _parameter_name(fault)
    elif kind == "BadParameter":
        spec = BAD_VALUE
        details |= {"name": _parameter_name(fault), "reason": str(fault.message)}
    details["reason"] = details.get("reason", reason)
    return fail(Refused(Refusal(spec.code, details)))


def _near(name: str, known: Sequence[str]) -> dict[str, str]:
    close = alike(name, known) if name else list(known)[:3]
    said = ", ".join(close)
    return {"near": f" Did you mean: {said}?" if said else "", "near_zh": f"是否指：{said}？" if said else ""}


def _parameter_name(fault: Any) -> str:
    parameter = getattr(fault, "param", None)
    if parameter is None:
        return str(getattr(fault, "param_hint", None) or "?")
    options = [option for option in parameter.opts if option.startswith("-")]
    return options[0] if options else str(parameter.metavar or parameter.name.upper())
