"""`capwright mrv …`: methods, templates, emission reports worked out, checked and ranked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from capwright.cli import mrv_coverage, mrv_recalculate
from capwright.cli.frame import FINDINGS, command, emit_json, make_group, note, say, settings, write
from capwright.cli.given import input_path, near, new_file
from capwright.cli.problem import bad_argument
from capwright.kernel.refusal import BadInput, Refused, define

if TYPE_CHECKING:
    from capwright.mrv.method import Method
    from capwright.mrv.quality.companion import Companion
    from capwright.mrv.quality.thresholds import Thresholds
    from capwright.mrv.records import EmissionReport

__all__ = ["mrv"]

NO_SECTOR = define(
    "CW-9581",
    en="No shipped method is called '{name}' or made for a sector of that name.",
    zh="没有名为“{name}”或适用于该行业的核算方法。",
    mend_en="Perhaps: {near}. `capwright mrv methods` shows all.",
    mend_zh="是否指：{near}？用 capwright mrv methods 查看全部。",
    rule="design: a report names its method with the version",
)
MANY_METHODS = define(
    "CW-9582",
    en="Several methods are made for '{name}': {known}.",
    zh="适用于“{name}”的方法不止一个：{known}。",
    mend_en="Name one of them.",
    mend_zh="请指定其中一个。",
    rule="design: a report names its method with the version",
)
NO_SWITCH = define(
    "CW-9584",
    en="{method} has nothing that '{name}' would allow.",
    zh="{method}没有可由“{name}”开放的规则。",
    mend_en="It knows: {known}.",
    mend_zh="可用的有：{known}。",
    rule="scheme: mrv.switches",
)

mrv = make_group("mrv", "Emission reports: methods, templates, results, data quality. 碳排放核算与报告。")
mrv_coverage.declare(mrv)
mrv_recalculate.declare(mrv)

MethodArgument = Annotated[
    str,
    typer.Argument(
        metavar="METHOD",
        help="Method such as cement@2015.1, a sector, or a .toml file. 方法、行业或 .toml 文件。",
    ),
]
ReportArgument = Annotated[
    Path,
    typer.Argument(
        metavar="report",
        readable=False,  # an unreadable file is refused with its own code when it is opened
        help="Report as .json, .csv or .xlsx. 报告文件。",
    ),
]
MethodOption = Annotated[
    str | None,
    typer.Option(
        "--method",
        metavar="FILE",
        help="A method file instead of the shipped one. 以方法文件代替内置方法。",
    ),
]
CompanionOption = Annotated[
    Path | None,
    typer.Option(
        "--companion",
        metavar="FILE",
        readable=False,
        help="Stocks, meters, analyses, the year before, as .json. 附报（库存、计量、化验、上年数据）。",
    ),
]
ThresholdsOption = Annotated[
    Path | None,
    typer.Option(
        "--thresholds",
        metavar="FILE",
        readable=False,
        help="Thresholds of the rules, as .toml. 规则阈值文件。",
    ),
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        metavar="RULE",
        help="Allow what a scheme may allow, e.g. green_power. 启用方案可开放的规则。",
    ),
]


def method_named(name: str) -> Method:
    """A method by its full name, its code, the only one of a sector, or its file."""
    from capwright.mrv import library

    if name.endswith(".toml") or "/" in name:
        from capwright.filing.files import read_bytes

        path = input_path(Path(name))
        text = read_bytes(path).decode("utf-8", errors="replace")
        return library.load_method_text(text, file=str(path))
    if "@" in name:
        return library.method(name)
    known = library.methods()
    of_code = [full for full in known if full.partition("@")[0] == name]
    found = of_code or [full for full in known if name in library.method(full).body.sectors]
    if not found:
        sectors = {sector for full in known for sector in library.method(full).body.sectors}
        words = {full.partition("@")[0] for full in known} | sectors
        raise bad_argument("METHOD", NO_SECTOR, name=name[:60], near=near(name, sorted(words)))
    if len(found) > 1:
        raise bad_argument("METHOD", MANY_METHODS, name=name[:60], known=", ".join(found))
    return library.method(found[0])


@command(
    mrv, "methods", path="mrv methods", examples=["capwright mrv methods", "capwright mrv methods --json"]
)
def methods_command() -> None:
    """List the methods that come with Capwright.

    列出内置核算方法。
    """
    from capwright.cli.mrv_tables import print_methods
    from capwright.mrv import library

    print_methods(library.method(name) for name in library.methods())


@command(
    mrv,
    "show",
    path="mrv show",
    examples=[
        "capwright mrv show cement@2015.1",
        "capwright mrv show cement@2015.1 --html cement.html --lang zh",
    ],
)
def show_command(
    name: MethodArgument,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page with formulas. 写出含公式的网页。"),
    ] = None,
) -> None:
    """Show a method: boundary, symbols with units, formulas, defaults, sources.

    显示方法：边界、符号与单位、公式、缺省值与来源。
    """
    from capwright.filing.files import write_bytes
    from capwright.filing.text import method_text

    found = method_named(name)
    if html is not None:
        path = new_file(html)
        write_bytes(path, _page(found).encode())
        note(say(f"Written: {path}", f"已写出：{path}"))
    if settings.json:
        import msgspec

        emit_json({"id": found.id, "digest": found.digest, **msgspec.to_builtins(found.body)})
    elif html is None:
        write(method_text(found, settings.lang))


def _page(found: Method) -> str:
    from capwright.filing.page import method_page

    return method_page(found, settings.lang)


@command(
    mrv,
    "template",
    path="mrv template",
    examples=["capwright mrv template cement@2015.1 --out cement.xlsx --lang zh"],
)
def template_command(
    name: MethodArgument,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The workbook. 工作簿。")],
) -> None:
    """Write an Excel workbook to fill in: units, choices and help come from the method.

    生成填报用的 Excel 模板：单位、选项与说明均取自方法。
    """
    from capwright.filing.excel import write_template

    found = method_named(name)
    path = new_file(out, pages=False)
    write_template(found, path, lang=settings.lang)
    note(say(f"Written: {path}", f"已写出：{path}"))


@command(
    mrv,
    "compute",
    path="mrv compute",
    examples=[
        "capwright mrv compute report.json --explain",
        "capwright mrv compute report.xlsx --pdf report.pdf",
    ],
)
def compute_command(
    report: ReportArgument,
    method: MethodOption = None,
    allow: AllowOption = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Every number down to the reading. 逐层列出计算过程。")
    ] = False,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", metavar="FILE", help="Write the report as PDF. 写出 PDF 报告。")
    ] = None,
) -> None:
    """Work an emission report out, exactly.

    核算一份排放报告。
    """
    from capwright.cli.mrv_tables import print_result, result_json
    from capwright.mrv.calculation import compute

    path = None if pdf is None else new_file(pdf, pages=False)
    given, chosen = _opened(report, method)
    with _placed(report):
        result = compute(chosen, given, switches=_switches(chosen, allow))
    if path is not None:
        from capwright.filing.pdf import write_pdf

        write_pdf(chosen, given, result, path, settings.lang)
        note(say(f"Written: {path}", f"已写出：{path}"))
    if settings.json:
        emit_json(result_json(result, explain=explain))
        return
    print_result(result, chosen, explain=explain)


@contextlib.contextmanager
def _placed(path: Path) -> Iterator[None]:
    """Name the file in a refusal of what it says."""
    try:
        yield
    except BadInput:
        raise
    except Refused as no:
        raise BadInput(no.refusal, str(path)) from None


def _switches(method: Method, allow: list[str] | None) -> frozenset[str]:
    known = {component.switch for component in method.body.components if component.switch}
    for name in allow or ():
        if name not in known:
            listed = ", ".join(sorted(known)) or "-"
            raise bad_argument("--allow", NO_SWITCH, method=method.id, name=name[:60], known=listed)
    return frozenset(allow or ())


def _opened(path: Path, method: str | None) -> tuple[EmissionReport, Method]:
    """A report and the method that it is worked out with: the one it names, or the file given."""
    from capwright.filing.reports import read_report
    from capwright.mrv import library

    own = None if method is None else method_named(method)
    given = read_report(input_path(path), (lambda _name: own) if own else library.method)
    with _placed(path):
        return given, own or library.method(given.method)


@command(
    mrv,
    "check",
    path="mrv check",
    examples=[
        "capwright mrv check report.json",
        "capwright mrv check report.xlsx --companion beside.json --json",
    ],
)
def check_command(
    report: ReportArgument,
    method: MethodOption = None,
    allow: AllowOption = None,
    companion: CompanionOption = None,
    thresholds: ThresholdsOption = None,
) -> int:
    """Look for what is odd in a report: ranges, balances, dates, digits. Exit code 1 with findings.

    检查报告的数据质量；有发现时退出码为 1。
    """
    from capwright.cli.mrv_tables import print_findings
    from capwright.mrv.calculation import compute
    from capwright.mrv.quality.checking import check

    given, chosen = _opened(report, method)
    switches = _switches(chosen, allow)
    with _placed(report):
        compute(chosen, given, switches=switches)  # a report that cannot be worked out is refused here
    (own,), limits = _companions([given], companion), _thresholds(thresholds)
    with _placed(companion or report):
        found = check(chosen, given, own, thresholds=limits, switches=switches)
    print_findings(found)
    return FINDINGS if found else 0


def _thresholds(path: Path | None) -> Thresholds:
    """The thresholds of a file, where one is given, instead of the defaults."""
    from capwright.filing.files import read_bytes
    from capwright.mrv.quality.thresholds import DEFAULTS, load_thresholds_text

    if path is None:
        return DEFAULTS
    with _placed(path):
        return load_thresholds_text(read_bytes(input_path(path)).decode("utf-8", errors="replace"))


def _companions(reports: list[EmissionReport], path: Path | None) -> list[Companion]:
    """What stands beside each report; nothing where no file is given."""
    from capwright.filing.companions import beside, read_companions

    return beside(reports, read_companions(input_path(path)) if path is not None else (), str(path))


@command(
    mrv,
    "rank",
    path="mrv rank",
    examples=[
        "capwright mrv rank reports/*.json",
        "capwright mrv rank year.csv --companion beside.json --json",
    ],
)
def rank_command(
    reports: Annotated[
        list[Path],
        typer.Argument(metavar="report…", readable=False, help="Reports, two or more. 两份以上报告。"),
    ],
    companion: CompanionOption = None,
    thresholds: ThresholdsOption = None,
) -> None:
    """Rank reports for inspection, with the reasons in words.

    对报告排序，供抽查参考，并说明理由。
    """
    from capwright.cli.mrv_tables import print_ranking
    from capwright.filing.reports import read_reports
    from capwright.mrv import library
    from capwright.mrv.quality.facts import Filing
    from capwright.mrv.quality.ranking import rank

    methods, given = [], []
    for path in reports:
        for one in read_reports(input_path(path)):
            with _placed(path):
                methods.append(library.method(one.method))
            given.append(one)
    found, limits = map(Filing, methods, given, _companions(given, companion)), _thresholds(thresholds)
    with _placed(companion) if companion is not None else contextlib.nullcontext():
        print_ranking(rank(list(found), limits))
