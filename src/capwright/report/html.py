"""The run as one self-contained page: no network, no other file, in Chinese and English with a switch."""

from __future__ import annotations

import base64
from hashlib import sha256
from importlib import metadata, resources
from pathlib import Path
from typing import Final, Literal

import msgspec

from capwright.filing.files import write_bytes
from capwright.report import compliance, figures, ledgers
from capwright.report.figures import Page
from capwright.report.markup import esc, is_empty, note, tag
from capwright.report.shapes import Summary
from capwright.report.summary import summarise, summarise_db
from capwright.report.voice import LANGUAGES, NONE, Voice
from capwright.scenario.run import RunResult

__all__ = ["Lang", "page_html", "write_report"]

Lang = Literal["zh", "en", "both"]
_NAMED: Final = 6
_IN_A_ROW: Final = 4  # cards
_CHINESE: Final = 0x2E80
_FILES: Final = resources.files("capwright.report")


def write_report(
    source: RunResult | Summary | str | Path,
    path: str | Path,
    lang: Lang = "both",
    first: Literal["zh", "en"] = "zh",
) -> Path:
    """Write the report of a run, a summary or a journal (address or file) to `path` and return it.

    `lang` both: the page opens in `first`, the other language is behind a switch. Raises
    `OSError` when the file cannot be written, and what reading the journal raises.
    """
    if isinstance(source, RunResult):
        source = summarise(source)
    elif not isinstance(source, Summary):
        source = summarise_db(str(source))
    target = Path(path)
    write_bytes(target, page_html(source, lang, first).encode())
    return target


def page_html(summary: Summary, lang: Lang = "both", first: Literal["zh", "en"] = "zh") -> str:
    """The page; the same summary gives the same bytes."""
    langs = sorted(LANGUAGES, key=lambda one: one != first) if lang == "both" else [lang]
    bodies: list[str] = []
    charts: dict[str, object] = {}
    for n, one in enumerate(langs):
        page = Page(summary, Voice(one, summary.about.currency))
        bodies.append(_body(page, hidden=n > 0, switch=len(langs) > 1))
        charts |= page.charts
    title = summary.about.title.said(langs[0])
    scripts = [_text("vendor/echarts/echarts.min.js"), _text("report.js")] if charts else [_text("report.js")]
    # JSON inside a script element: `<` is the only character that could end it.
    data = msgspec.json.encode(charts).decode().replace("<", "\\u003c")
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src {hashes}; img-src data:"
    head = (
        '<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
        f'<meta name="generator" content="Capwright {esc(_version())}">'
        f"<title>{esc(title)} · Capwright</title>"
        f'<link rel="icon" href="data:,"><style>{_text("report.css")}</style>'
        "<noscript><style>.body[hidden]{display:block}.switch{display:none}</style></noscript>"
    )
    tail = f'<script type="application/json" id="charts">{data}</script>'
    tail += "".join(f"<script>{script}</script>" for script in scripts)
    root = "zh-CN" if langs[0] == "zh" else "en"
    return (
        f'<!doctype html>\n<html lang="{root}"><head>{head}</head>\n<body>{"".join(bodies)}'
        f'<div class="paper" hidden></div>{tail}</body></html>\n'
    )


def _text(name: str) -> str:
    """A file of this folder. None may hold `</script` or `</style`, which would end its element."""
    text = _FILES.joinpath(*name.split("/")).read_text(encoding="utf-8").strip()
    assert "</script" not in text.lower()
    assert "</style" not in text.lower()
    return text


def _digest(script: str) -> str:
    return base64.b64encode(sha256(script.encode()).digest()).decode()


def _version() -> str:
    try:
        return metadata.version("capwright")
    except metadata.PackageNotFoundError:  # pragma: no cover - run from a bare source tree
        return ""


# One language's body.


def _body(page: Page, *, hidden: bool, switch: bool) -> str:
    voice = page.voice
    sections = [
        ("compliance", voice.say("Compliance", "履约"), compliance.compliance),
        ("allocation", voice.say("Allocation and emissions", "配额与排放"), figures.allocation),
        ("market", voice.say("Price and volume", "价格与成交量"), figures.market),
        ("auctions", voice.say("Auctions", "有偿竞价"), figures.auctions),
        ("flows", voice.say("Where the units went", "单位流向"), figures.flows),
        ("units", voice.say("Units and accounts", "单位与账户"), ledgers.units),
        ("cap", voice.say("Cap account", "总量账"), ledgers.cap),
        ("published", voice.say("Published figures", "公布数据对照"), ledgers.published),
        ("values", voice.say("Provisional values", "暂定取值"), ledgers.provisional),
        ("sources", voice.say("Sources", "来源"), ledgers.sources),
        ("refusals", voice.say("Refused commands", "被拒绝的指令"), ledgers.refusals),
        ("method", voice.say("Method and provenance", "方法与出处"), ledgers.method),
    ]
    every = [(f"{name}-{voice.lang}", title, make(page)) for name, title, make in sections]
    made = [one for one in every if not is_empty(one[2])]
    absent = [(title, html) for _, title, html in every if is_empty(html)]
    if absent:
        listed = "".join(f"<dt>{esc(title)}</dt><dd>{html}</dd>" for title, html in absent)
        title = voice.say("Not part of this run", "本次运行未涉及")
        made.insert(-1, (f"absent-{voice.lang}", title, f'<dl class="absent">{listed}</dl>'))
    links = "".join(f'<a href="#{key}">{esc(title)}</a>' for key, title, _ in made)
    contents = tag("nav", links, class_="contents", aria_label=voice.say("Sections", "目录"))
    inner = "".join(
        f'<section id="{key}" aria-labelledby="{key}-h"><h2 id="{key}-h">{esc(title)}</h2>{html}</section>'
        for key, title, html in made
    )
    main = f"<main>{_cards(page)}{contents}{inner}</main>"
    language = "zh-CN" if voice.zh else "en"
    return (
        f'<div class="body" lang="{language}" data-lang="{voice.lang}"'
        f"{' hidden' if hidden else ''}>{_header(page, switch=switch)}{main}{_footer(page)}</div>"
    )


def _header(page: Page, *, switch: bool) -> str:
    about, voice = page.summary.about, page.voice
    nature = {
        "real": voice.say("Real data", "真实数据"),
        "synthetic": voice.say("Synthetic data", "合成数据"),
        "reconstructed": voice.say("Reconstructed data", "重构数据"),
    }.get(about.nature, voice.say("Nature of the data not stated", "未注明数据性质"))
    buttons = ""
    if switch:
        buttons = (
            '<div class="switch" role="group" aria-label="Language 语言">'
            + "".join(
                f'<button type="button" data-switch="{lang}" lang="{code}" '
                f'aria-pressed="{str(lang == voice.lang).lower()}">'
                f"{name}</button>"
                for lang, code, name in (("zh", "zh-CN", "中文"), ("en", "en", "English"))
            )
            + "</div>"
        )
    brand = tag("p", f"Capwright · {esc(voice.say('Run report', '运行报告'))}", class_="brand")
    text = f" {esc(voice.of(about.text))}" if about.text.en or about.text.zh else ""
    banner = f'<p class="nature {esc(about.nature or "unknown")}"><strong>{esc(nature)}</strong>{text}</p>'
    span = NONE
    if about.begins_on and about.ends_on:
        span = f"{voice.day(about.begins_on)} – {voice.day(about.ends_on)}"
    named = [voice.of(line.words) for line in about.schemes]
    if len(named) > _NAMED:
        named = [named[0], "…", named[-1]]
    schemes = voice.say("; ", "；").join(named)
    facts = [(voice.say("Scheme", "方案"), schemes), (voice.say("Period", "期间"), span)]
    took = ""
    if about.milliseconds is not None:
        took = voice.say(f" in {about.milliseconds / 1000:.1f} s", f"，用时{about.milliseconds / 1000:.1f}秒")
    commands = voice.say(
        f"{voice.many(about.commands, 'command', 'commands')}, {voice.whole(about.refused)} refused{took}",
        f"{voice.whole(about.commands)}条指令，拒绝{voice.whole(about.refused)}条{took}",
    )
    facts.append((voice.say("Journal", "日志"), commands))
    listed = "".join(f"<div><dt>{esc(k)}</dt><dd>{esc(v)}</dd></div>" for k, v in facts)
    title = tag("h1", esc(voice.of(about.title)))
    top = f'<div class="top">{brand}{buttons}</div>'
    return f'<header>{top}{title}{banner}<dl class="facts">{listed}</dl></header>'


def _cards(page: Page) -> str:
    summary, voice = page.summary, page.voice
    cards = [*_unit_cards(page), *_duty_cards(page)]
    if summary.auctions:
        sold_t = sum(line.sold_t for line in summary.auctions)
        rounds = len(summary.auctions)
        cards.append(
            (
                voice.say("Auction revenue", "竞价收入"),
                voice.money(summary.revenue_fen),
                voice.say(
                    f"{voice.tonnes(sold_t)} in {voice.many(rounds, 'round', 'rounds')}",
                    f"{rounds}次竞价成交{voice.tonnes(sold_t)}",
                ),
            )
        )
    if summary.days:
        volume_t = sum(day.volume_t for day in summary.days)
        turnover_fen = sum(day.turnover_fen for day in summary.days)
        cards.append(
            (
                voice.say("Traded", "成交量"),
                voice.tonnes(volume_t),
                voice.say(f"for {voice.money(turnover_fen)}", f"成交额{voice.money(turnover_fen)}"),
            )
        )
    broken = summary.about.breaches
    cards.append(
        (
            voice.say("Conservation laws", "守恒定律"),
            voice.say("broken", "被破坏") if broken else voice.say("all hold", "全部成立"),
            "; ".join(broken[:2])
            if broken
            else voice.say(
                f"{voice.many(len(summary.accounts), 'account type', 'account types')}, "
                f"{len(summary.series)} series",
                f"{len(summary.accounts)}类账户，{len(summary.series)}个系列",
            ),
        )
    )
    inner = "".join(
        f'<div class="card"><p class="label">{esc(label)}</p>'
        f'<p class="value" style="--ems:{_ems(value)}">{esc(value)}</p>'
        f'<p class="more">{esc(more)}</p></div>'
        for label, value, more in cards
    )
    rows = -(-len(cards) // _IN_A_ROW)
    columns = -(-len(cards) // rows)
    return f'<div class="cards" style="--columns:{columns}">{inner}</div>'


def _ems(text: str) -> str:
    """How wide a bold text is at most, in ems: Chinese one to the character, figures and letters less."""
    return f"{sum(100 if ord(each) >= _CHINESE else 62 for each in text) / 100:.2f}"


def _unit_cards(page: Page) -> list[tuple[str, str, str]]:
    voice = page.voice
    allowances = [line for line in page.summary.kinds if line.family != "credit"] or list(page.summary.kinds)
    if not allowances:
        return []
    kinds = {line.kind for line in allowances}
    before = page.summary.about.first_vintage
    carried_t = sum(s.issued_t for s in page.summary.series if s.kind in kinds and s.vintage < before)
    issued_t = sum(line.issued_t for line in allowances) - carried_t
    held_t = sum(line.held_t for line in allowances)
    more = voice.say(
        f"{voice.tonnes(held_t)} with holders at the end", f"期末持有人持有{voice.tonnes(held_t)}"
    )
    if carried_t:
        more = voice.say(
            f"and {voice.tonnes(carried_t)} carried over", f"另有以前年度结转{voice.tonnes(carried_t)}"
        )
    return [(voice.say("Allowances issued", "签发配额"), voice.tonnes(issued_t), more)]


def _duty_cards(page: Page) -> list[tuple[str, str, str]]:
    summary, voice = page.summary, page.voice
    if not summary.vintages:
        return []
    last = summary.vintages[-1]
    firms = voice.say(
        f"{voice.whole(last.on_time)} of {voice.many(last.due, 'firm', 'firms')}",
        f"{voice.whole(last.due)}家中的{voice.whole(last.on_time)}家",
    )
    rate = voice.say("Compliance rate", "累计足额清缴率" if last.cumulative else "按期履约率")
    cards = [
        (
            voice.say(f"Surrendered, {last.vintage}", f"{last.vintage}年度清缴"),
            voice.tonnes(last.surrendered_t),
            voice.say(f"of {voice.tonnes(last.owed_t)} owed", f"应清缴{voice.tonnes(last.owed_t)}"),
        ),
        (rate, voice.percent(last.on_time, last.due, 2), firms),
    ]
    lacking = [line for line in summary.shorts if line.vintage == last.vintage]
    if lacking:
        costs = [line.cost_fen for line in lacking if line.cost_fen is not None]
        more = voice.tonnes(last.short_at_due_t)
        if costs:
            cost = voice.money(sum(costs))
            more += voice.say(f"; {cost} to buy", f"，补购需{cost}")
        count = voice.whole(len(lacking))
        firms = voice.say(voice.many(len(lacking), "firm", "firms"), f"{count}家")
        cards.append((voice.say("Short at deadline", "截止时欠缴"), firms, more))
    return cards


def _footer(page: Page) -> str:
    about, voice = page.summary.about, page.voice
    name = about.db.rpartition("/")[2] or about.db
    head = voice.say(
        f"Journal {name}, {voice.many(about.head_seq, 'record', 'records')}; hash of the last one:",
        f"日志{name}，共{voice.whole(about.head_seq)}行；末行哈希：",
    )
    made = voice.say(f"Made by Capwright {_version()}.", f"由 Capwright {_version()} 生成。")
    licence = voice.say(
        "Charts: Apache ECharts, Apache License 2.0.", "图表：Apache ECharts，Apache License 2.0。"
    )
    code = tag("code", esc(about.head_hash), class_="hash")
    return f"<footer>{tag('p', esc(head) + ' ' + code)}{note(f'{made} {licence}')}</footer>"
