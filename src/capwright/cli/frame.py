"""What every command shares: the language, `--json`, tables, errors and the way a command is declared.

A command is a function declared with `command`; it gets the options `--json` and `--lang` by that, prints
through this module and returns its exit code (None: 0). Whatever it refuses becomes one message.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import IO, TYPE_CHECKING, Annotated, Any, Final, cast

import msgspec
import typer

from capwright.cli.problem import STORE_FAILED, UNKNOWN_LANGUAGE, UNWRITABLE, bad_argument
from capwright.kernel.refusal import CATALOGUE, BadInput, Refusal, Refused

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = [
    "BAD_INPUT",
    "EXAMPLES",
    "FILES",
    "FINDINGS",
    "INTERRUPTED",
    "JOURNALS",
    "READER_GONE",
    "RULES",
    "JsonOption",
    "LangOption",
    "Settings",
    "columns",
    "command",
    "emit_json",
    "fail",
    "guarded",
    "make_group",
    "note",
    "out",
    "say",
    "settings",
    "table",
    "write",
]

FINDINGS: Final = 1
BAD_INPUT: Final = 2
INTERRUPTED: Final = 130
READER_GONE: Final = 141
_MOST_FAULTS: Final = 40  # cells told on a terminal
_FILL: Final = re.compile(r" +\n")
PIPE_WIDTH: Final = 100  # of tables that do not go to a terminal

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON; errors too. 以 JSON 输出。")]
LangOption = Annotated[
    str,
    typer.Option("--lang", metavar="en|zh", help="Language, or $CAPWRIGHT_LANG. 语言。", show_default=False),
]


class Settings:
    """What the options that every command has were set to."""

    def __init__(self) -> None:
        self.lang = "en"
        self.asked = False  # for a language, by option or environment
        self.json = False


settings: Final = Settings()
# Headings in the help of the root.
JOURNALS: Final = "Markets and their journals 市场与日志"
FILES: Final = "From plain files 由数据表计算"
RULES: Final = "Rules and stories 规则与情景"
# Examples by command path, for help and for the reference pages.
EXAMPLES: Final[dict[str, tuple[str, ...]]] = {}


def set_language(text: str) -> None:
    """Choose the language: `en` or `zh`, also as `zh-CN` or `zh_CN.UTF-8`; refuse others."""
    bare = text.strip().lower().replace("_", "-").partition(".")[0].partition("-")[0]
    if bare not in {"en", "zh"}:
        raise bad_argument("--lang", UNKNOWN_LANGUAGE, text=text[:40])
    settings.lang, settings.asked = bare, True


def say(en: str, zh: str) -> str:
    """The words in the language asked for."""
    return zh if settings.lang == "zh" else en


def make_group(name: str, text: str) -> typer.Typer:
    """A group of commands, which takes the options that every command has too."""
    made = typer.Typer(name=name, help=text, no_args_is_help=True, rich_markup_mode="rich")

    @made.callback(help=text)
    def _callback(as_json: JsonOption = False, lang: LangOption = "") -> None:
        del as_json, lang  # `run` has read them before anything was parsed

    return made


def command(
    group: typer.Typer, name: str, *, path: str = "", panel: str | None = None, examples: Sequence[str] = ()
) -> Callable[[Callable[..., int | None]], Callable[..., int | None]]:
    """Declare a command of `group`; `path` is its full name, `examples` stand in its help."""
    full = path or name
    EXAMPLES[full] = tuple(examples)
    said = "\n\n".join(["[bold]Examples[/bold]", *(f"[dim]$[/dim] {_escaped(line)}" for line in examples)])

    def register(function: Callable[..., int | None]) -> Callable[..., int | None]:
        @functools.wraps(function)
        def call(*, as_json: bool = False, lang: str = "", **values: Any) -> None:
            settings.json = settings.json or as_json
            code = guarded(functools.partial(_with_language, lang, function, values))
            if code:
                raise typer.Exit(code)

        shared = (
            inspect.Parameter(
                "as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=JsonOption
            ),
            inspect.Parameter("lang", inspect.Parameter.KEYWORD_ONLY, default="", annotation=LangOption),
        )
        signature = inspect.signature(function, eval_str=True)
        own = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in signature.parameters.values()]
        call.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
        call.__annotations__ = {p.name: p.annotation for p in (*own, *shared)}
        del call.__wrapped__
        epilog = said if examples else None
        group.command(name, help=_help(function), epilog=epilog, rich_help_panel=panel)(call)
        return function

    return register


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")


def _help(function: Callable[..., Any]) -> str:
    """The docstring, each paragraph as one line: the terminal decides where to break."""
    paragraphs = inspect.cleandoc(function.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs)


def _with_language(lang: str, function: Callable[..., int | None], values: dict[str, Any]) -> int | None:
    if lang:
        set_language(lang)
    return function(**values)


def guarded(work: Callable[[], int | None]) -> int:
    """Run a command and turn whatever it refuses into one message and an exit code."""
    try:
        code = work() or 0
        sys.stdout.flush()
    except Refused as no:
        return fail(no)
    except BrokenPipeError:
        hush()
        return READER_GONE
    except KeyboardInterrupt:
        note(say("Interrupted.", "已中断。"))
        return INTERRUPTED
    except OSError as fault:
        why = Refusal(UNWRITABLE.code, {"why": fault.strerror or str(fault)})
        return fail(BadInput(why, str(fault.filename)) if fault.filename else Refused(why))
    except Exception as fault:
        if type(fault).__name__ != "StoreFailed":
            raise
        return fail(Refused(Refusal(STORE_FAILED.code, {"reason": str(fault).rstrip(".")})))
    return code


def hush() -> None:
    """Nobody reads the output any more: send the rest nowhere, so that the interpreter ends in peace."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def fail(no: Refused) -> int:
    """Say what was refused, on stderr or with `--json` on stdout, and return the exit code for bad input."""
    as_json = settings.json
    try:
        if as_json:
            emit_json({"error": error_object(no)})
        sys.stdout.flush()
    except OSError:  # closed, or its disk is full
        hush()
        as_json = False
    if not as_json:
        note(_coloured(no))
    return BAD_INPUT


def error_object(no: Refused) -> dict[str, Any]:
    """A refusal as the JSON object of the error."""
    file, line, column = (no.file, no.line, no.column) if isinstance(no, BadInput) else ("", 0, 0)
    made: dict[str, Any] = {
        "code": no.refusal.code,
        "message_en": no.refusal.message("en"),
        "message_zh": no.refusal.message("zh"),
        "file": file or None,
        "line": line or None,
        "column": column or None,
        "details": no.refusal.details,
    }
    faults = _faults(no)
    if faults:
        made["faults"] = [_fault_object(*fault) for fault in faults]
    return made


def _faults(no: Refused) -> list[tuple[str, Refusal]]:
    """Place and refusal of each fault, where a file (a workbook) was refused for several at once."""
    return [(_printable(one.place), one.refusal) for one in getattr(no, "faults", ())]


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _fault_object(place: str, refusal: Refusal) -> dict[str, Any]:
    sheet, _, cell = place.rpartition("!")
    return {
        "sheet": sheet,
        "cell": cell,
        "code": refusal.code,
        "message_en": refusal.message("en"),
        "message_zh": refusal.message("zh"),
        "details": refusal.details,
    }


def error_text(no: Refused) -> str:
    """A refusal as text: place, code and sentence, then the hint on its own line."""
    zh = settings.lang == "zh"
    place = f"{no.place}: " if isinstance(no, BadInput) and no.place else ""
    spec = CATALOGUE[no.refusal.code]
    whole = no.refusal.message(settings.lang)
    mend = spec.mend_zh if zh else spec.mend_en
    hint = ""
    if mend:
        hint = mend.format_map(_Details(no.refusal.details)).strip()
        whole = whole.removesuffix(hint).rstrip()
    said = f"{place}错误[{no.refusal.code}]：{whole}" if zh else f"{place}error[{no.refusal.code}]: {whole}"
    faults = _faults(no)
    for at, refusal in faults[:_MOST_FAULTS]:
        text = refusal.message(settings.lang)
        said += f"\n  {at} [{refusal.code}] {text}"
    if len(faults) > _MOST_FAULTS:
        more = len(faults) - _MOST_FAULTS
        said += say(f"\n  … and {more} more; --json lists all", f"\n  ……另有{more}处，用 --json 查看全部")
    return f"{said}\n  {say('hint: ', '提示：')}{hint}" if hint else said


class _Details(dict[str, str | int]):
    """Details that show a missing field instead of failing while an error is being reported."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def _coloured(no: Refused) -> str:
    text = error_text(no)
    if not sys.stderr.isatty() or os.environ.get("NO_COLOR"):
        return text
    mark = say(f"error[{no.refusal.code}]:", f"错误[{no.refusal.code}]：")
    return text.replace(mark, f"\x1b[1;31m{mark}\x1b[0m", 1)


def note(text: str) -> None:
    """Say something beside the result, on stderr."""
    with contextlib.suppress(BrokenPipeError):
        print(text, file=sys.stderr, flush=True)


def write(text: str) -> None:
    """Write text to stdout as it is."""
    sys.stdout.write(text)


def emit_json(value: Any) -> None:
    """Write a value to stdout as indented JSON; decimals become exact numbers."""
    try:
        raw = msgspec.json.Encoder(decimal_format="number").encode(value)
    except UnicodeEncodeError:  # a file name or a cell of bytes that are no text
        raw = msgspec.json.encode(_legible(msgspec.to_builtins(value)))
    write(msgspec.json.format(raw, indent=2).decode() + "\n")


def out() -> Console:
    """The console for tables: as wide as the terminal, `COLUMNS`, or 100 columns in a pipe."""
    from rich.console import Console

    class Frank(Console):
        """Leaves it to `guarded` what happens when nobody reads any more; Console would exit with 1."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH
    file = sys.stdout if sys.stdout.isatty() else cast("IO[str]", _Trimmed(sys.stdout))
    return Frank(width=width, highlight=False, markup=False, emoji=False, file=file)


class _Trimmed:
    """A stream that leaves out the blanks with which tables fill up their lines."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(_FILL.sub("\n", text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _legible(value: Any) -> Any:
    """Plain values with bytes that are no text written out."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_legible(key): _legible(inner) for key, inner in value.items()}
    return [_legible(inner) for inner in value] if isinstance(value, list | tuple) else value


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: a Chinese letter takes two."""
    from rich.cells import cell_len

    return cell_len(text)


def table(title: str, *columns: str, right: Iterable[int] = ()) -> Table:
    """A plain table; the columns with a number in `right` are set flush right and never wrap."""
    from rich import box
    from rich.table import Table

    made = Table(
        title=title or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
    )
    flush = set(right)
    for n, heading in enumerate(columns):
        made.add_column(
            heading, justify="right" if n in flush else "left", no_wrap=n in flush, overflow="fold"
        )
    return made
