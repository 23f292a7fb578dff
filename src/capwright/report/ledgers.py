"""The sections of the page that are tables: units, cap, published figures, values, refusals, method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capwright.report.groups import status_words
from capwright.report.markup import Column, details, esc, note, table, tag
from capwright.report.published import origin_words, tally
from capwright.scheme.source_words import source_in
from capwright.scheme.sources import legend

if TYPE_CHECKING:
    from capwright.report.figures import Page
    from capwright.report.shapes import ProvisionalLine

__all__ = ["cap", "method", "provisional", "published", "refusals", "sources", "units"]

_MANY = 60


def units(page: Page) -> str:
    """Units by series, accounts by type."""
    summary, voice = page.summary, page.voice
    if not summary.series:
        return note(voice.say("No unit was issued in this run.", "本次运行没有签发任何单位。"), "empty")
    columns = page.numbers(
        voice.say("Issued, t", "签发（吨）"),
        voice.say("Held by holders, t", "持有人持有（吨）"),
        voice.say("In government accounts, t", "政府账户（吨）"),
        voice.say("Surrendered, t", "已清缴（吨）"),
        voice.say("Cancelled, t", "已注销（吨）"),
        voice.say("Exported, t", "已转出（吨）"),
        first=voice.say("Series", "系列"),
    )

    def row(head: str, line: object) -> list[str]:
        fields = ("issued_t", "held_t", "government_t", "surrendered_t", "cancelled_t", "exported_t")
        return [head, *(voice.whole(getattr(line, field)) for field in fields)]

    kinds = [row(f"{line.kind}\n{voice.of(line.words)}", line) for line in summary.kinds]
    series = [row(line.series, line) for line in summary.series[:_MANY]]
    parts = [table(voice.say("Units by kind", "按品种"), columns, kinds, quiet=True)]
    more = len(summary.series) - len(series)
    inner = table(voice.say("Units by series", "按系列"), columns, series, quiet=True)
    if more > 0:
        inner += note(
            voice.say(
                f"And {more} more series; the JSON summary has all.", f"另有{more}个系列，见 JSON 摘要。"
            )
        )
    parts.append(
        details(
            voice.say(f"Every series ({len(summary.series)})", f"各系列（{len(summary.series)}）"),
            inner,
            opened=more <= 0,
        )
    )
    parts.append(details(voice.say("Accounts by type", "按类型统计的账户"), _accounts(page), opened=True))
    return "".join(parts)


def _accounts(page: Page) -> str:
    voice, lines = page.voice, page.summary.accounts
    statuses = [
        (voice.say("Open", "正常"), [line.open for line in lines]),
        (voice.say("Restricted", "受限"), [line.restricted for line in lines]),
        (voice.say("Suspended", "暂停"), [line.suspended for line in lines]),
        (voice.say("Closed", "已关闭"), [line.closed for line in lines]),
    ]
    shown = [statuses[0], *(status for status in statuses[1:] if any(status[1]))]
    columns = [
        Column(voice.say("Account type", "账户类型")),
        Column(voice.say("Whose", "归属")),
        *(Column(heading, number=True) for heading, _ in shown),
    ]
    rows = [
        [
            voice.of(line.words),
            voice.say("government", "政府") if line.government else voice.say("holder", "持有人"),
            *(voice.whole(counts[n]) for _, counts in shown),
        ]
        for n, line in enumerate(lines)
    ]
    return table(voice.say("Accounts", "账户"), columns, rows, quiet=True)


def cap(page: Page) -> str:
    """The cap account of each vintage."""
    voice = page.voice
    if not page.summary.caps:
        return note(
            voice.say(
                "This run worked out no free quota, so there is no cap account to draw up.",
                "本次运行没有核定免费配额，因此不编制总量账。",
            ),
            "empty",
        )
    columns = page.numbers(
        voice.say("Planned, t", "计划（吨）"),
        voice.say("Actual, t", "实际（吨）"),
        voice.say("Difference, t", "差额（吨）"),
        first=voice.say("Item", "项目"),
    )
    parts = []
    for account in page.summary.caps:
        rows = [
            [
                voice.of(line.words),
                voice.whole(line.planned_t),
                voice.whole(line.actual_t),
                voice.signed(line.difference_t),
            ]
            for line in account.lines
        ]
        title = voice.say(f"Cap account, vintage {account.vintage}", f"{account.vintage}年度总量账")
        parts.append(table(title, columns, rows))
        parts.extend(note(voice.of(flag), "flag") for flag in account.flags)
    return "".join(parts)


def published(page: Page) -> str:
    """Published figures beside ours."""
    voice, lines = page.voice, page.summary.published
    if not lines:
        return note(
            voice.say(
                "The scenario names no published figures to compare with.", "情景未给出可供比较的公布数据。"
            ),
            "empty",
        )
    columns = [
        Column(voice.say("Figure", "指标")),
        Column(voice.say("Published", "公布值"), number=True),
        Column(voice.say("This run", "本次运行"), number=True),
        Column(voice.say("Unit", "单位")),
        Column(voice.say("Equal", "一致")),
        Column(voice.say("Origin", "性质")),
        Column(voice.say("Source", "来源")),
    ]
    rows = [
        [
            voice.of(line.words),
            line.published,
            line.ours or voice.say("not computed", "未计算"),
            voice.of(line.unit),
            line.off if line.off and line.equal else voice.yes(line.equal),
            voice.of(origin_words(line)),
            source_in(voice.lang, line.source),
        ]
        for line in lines
    ]
    meaning = voice.say(
        "Put in: read from the scheme or the tables. Calibrated: the made-up or reconstructed "
        "rows were fitted to it. Came out: the market's own rules gave it, from rows chosen with the "
        "published result in view.",
        "读入：取自方案或数据表，此处为回读。校准：虚构或重构的数据行按其拟合。"
        "得出：由市场规则运算得出，所用数据行参照公布结果设定。",
    )
    title = voice.say("Published figures and ours", "公布数据与本次运行")
    made = table(title, columns, rows, quiet=True)
    return note(voice.of(tally(lines)), "lead") + made + note(meaning)


def provisional(page: Page) -> str:
    """Every value from memory or by default, by section of the scheme."""
    voice, lines = page.voice, page.summary.provisional
    if not lines:
        return note(
            voice.say(
                "Every value that the run relied on has a published source.",
                "本次运行所依据的数值均有公布来源。",
            ),
            "empty",
        )
    memory = sum(1 for line in lines if line.confidence == "memory")
    default = len(lines) - memory
    said = voice.say(
        f"The run relied on {len(lines)} values without a published source at hand: {default} defaults, "
        f"{memory} from memory. Results that depend on them are only as good as they are.",
        f"本次运行依据的数值中有{len(lines)}项没有可核对的公布来源：默认值{default}项，凭记忆{memory}项。"
        f"依赖这些数值的结果以其为限。",
    )
    sections: dict[str, list[ProvisionalLine]] = {}
    for line in lines:
        sections.setdefault(line.section, []).append(line)
    parts = [note(said, "lead")]
    for found in sections.values():
        title = f"{voice.of(found[0].section_words)} ({len(found)})"
        parts.append(details(title, _values(page, found)))
    return "".join(parts)


def _values(page: Page, lines: list[ProvisionalLine]) -> str:
    voice = page.voice
    several = len(page.summary.about.schemes) > 1
    columns = [
        Column(voice.say("Rule", "规则")),
        Column(voice.say("Value", "取值")),
        Column(voice.say("Basis", "依据")),
        Column(voice.say("Source", "来源")),
    ]
    if several:
        columns.append(Column(voice.say("Schemes", "方案")))
    rows = []
    for line in lines:
        value = " ".join(part for part in (voice.of(line.value), voice.of(line.unit)) if part)
        source = "\n".join(filter(None, (source_in(voice.lang, line.source), voice.of(line.note))))
        row = [voice.of(line.label), value, voice.of(status_words(line.confidence)), source]
        rows.append([*row, ", ".join(line.schemes)] if several else row)
    title = voice.say("Provisional values: ", "暂定取值：") + voice.of(lines[0].section_words)
    return table(title, columns, rows, quiet=True)


def sources(page: Page) -> str:
    """What the short names of the sources stand for that this page cites."""
    voice, summary = page.voice, page.summary
    cited = [*(line.source for line in summary.published), *(line.source for line in summary.provisional)]
    cited += [line.note.en for line in summary.provisional]
    found = legend(cited)
    if not found:
        return note(voice.say("No source is cited by a short name.", "没有以简称引用的来源。"), "empty")
    columns = [Column(voice.say("Short name", "简称")), Column(voice.say("What it is", "全称与说明"))]
    rows = [[short, voice.say(en, zh)] for short, en, zh in found]
    return table(voice.say("Sources by short name", "来源简称"), columns, rows, quiet=True)


def refusals(page: Page) -> str:
    """What the market refused on the way."""
    voice, lines = page.voice, page.summary.refusals
    if not lines:
        return note(
            voice.say(
                f"None of the {voice.whole(page.summary.about.commands)} commands was refused.",
                f"{voice.whole(page.summary.about.commands)}条指令均未被拒绝。",
            ),
            "empty",
        )
    columns = [
        Column(voice.say("Code", "代码")),
        Column(voice.say("Times", "次数"), number=True),
        Column(voice.say("Command", "指令")),
        Column(voice.say("The first one", "首例")),
        Column(voice.say("What the market said", "系统答复")),
    ]
    rows = [
        [
            line.code,
            voice.whole(line.count),
            line.command,
            f"{line.command_id}\n{line.actor} · {voice.day(line.on)}",
            voice.of(line.words),
        ]
        for line in lines[:_MANY]
    ]
    return table(voice.say("Refused commands by code", "按代码统计的拒绝"), columns, rows, quiet=True)


def method(page: Page) -> str:
    """How the figures were made."""
    voice = page.voice
    notes = [
        voice.say(
            "Every figure is a view of the journal, an append-only, hash-chained record of commands and "
            "events. `capwright verify` lets an auditor that shares no code with the market check it.",
            "所有数据均由日志得出。日志只追加、以哈希相链，记录全部指令与事件；"
            "可用 `capwright verify` 由不与市场共用代码的审计程序复核。",
        ),
        voice.say(
            "Units are conserved, series by series: issued = held + in government accounts + surrendered + "
            "cancelled + exported. Tonnes are whole tCO2e, money whole hundredths; no figure was computed in "
            "floating point.",
            "单位守恒：每个系列均满足 签发 = 持有 + 政府账户 + 已清缴 + 已注销 + 已转出。"
            "吨为整数吨二氧化碳当量，金额精确到分，不使用浮点数。",
        ),
        voice.say(
            "Free allocation is what the government handed out for a vintage less what it took back; "
            "units bought at auction are not in it.",
            "免费配额净发放为政府就该年度发放的配额减去收回的配额，不含竞价购得的配额。",
        ),
        voice.say(
            "Mean prices are weighted by volume and rounded half up to two decimals. The cost to buy a "
            "shortfall uses the exact mean of the month before the deadline: a yardstick, not an offer.",
            "均价按成交量加权，四舍五入到分。补购成本按截止日前一个月的精确均价计算，仅供参考。",
        ),
        voice.say(
            "Sanctions are what the scheme of the vintage asks of a firm that does not make its shortfall "
            "good; what was imposed is what the authority decided in the journal.",
            "“若未改正”的处罚按该年度方案就截止时的欠缴量计算；已作处罚为日志中主管部门的决定。",
        ),
        voice.say(
            "Flows between groups are netted, and circular flows are taken out; "
            "trade between groups passes through one node.",
            "各组之间的流量取净额并消去循环；组间交易汇于一个节点。",
        ),
    ]
    items = "".join(tag("li", _code(text)) for text in notes)
    schemes = ", ".join(f"{line.name} ({line.digest[:12]})" for line in page.summary.about.schemes)
    basis = voice.say("Schemes and their digests: ", "方案及其摘要值：")
    return f"<ul>{items}</ul>" + note(f"{basis}{schemes}", "small")


def _code(text: str) -> str:
    """Text with `code` marked."""
    pieces = text.split("`")
    return "".join(tag("code", esc(p)) if n % 2 else esc(p) for n, p in enumerate(pieces))
