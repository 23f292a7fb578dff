"""What a PDF report says, in the reader's language, ready for the typesetter: texts, rows and bars."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from capwright.filing.formulas import chemical, pieces, symbol_parts, unit_shown
from capwright.filing.report_json import report_hash
from capwright.filing.wording import CONFIDENCE, EVIDENCE, OBTAINED, SCOPES, gwp_words, result_symbol
from capwright.mrv.calculation import Result, StreamResult
from capwright.mrv.factors import Factor
from capwright.mrv.method import Component, Method
from capwright.mrv.records import MONTHS, Datum, EmissionReport, Evidence, Stream
from capwright.mrv.working import Node, shown
from capwright.report.voice import NONE, Voice

__all__ = ["report_data"]

_MOST_BARS: Final = 15
_MILLE: Final = 1000
_MOST_NAMED: Final = 6
_HASH_SHOWN: Final = 32
_BREAK: Final = "\u200b"
_PIECE: Final = 10  # characters of a word that stay together
_WORDS: Final = {
    "title": ("Greenhouse gas emission report", "温室气体排放报告"),
    "enterprise": ("Enterprise", "企业"),
    "year": ("Year", "年度"),
    "total": ("Total emissions", "排放总量"),
    "unit": ("t CO₂e, rounded half up", "吨二氧化碳当量（四舍五入取整）"),
    "exact": ("Exact", "精确值"),
    "result": ("Result", "核算结果"),
    "scopes": ("By kind", "按类别"),
    "facilities": ("By facility", "按设施"),
    "streams": ("Source streams", "排放源"),
    "by_stream": ("Emissions by source stream", "各排放源排放量"),
    "by_month": ("Emissions by month", "逐月排放量"),
    "stream": ("Stream", "排放源"),
    "component": ("Component", "类别"),
    "facility": ("Facility", "设施"),
    "emissions": ("t CO₂e", "排放量（t CO₂e）"),
    "share": ("Share", "占比"),
    "sum": ("Total", "合计"),
    "activity": ("Activity levels and ratios", "活动水平与强度指标"),
    "name": ("Name", "名称"),
    "value": ("Value", "数值"),
    "measure": ("Unit", "单位"),
    "working": ("Data and working", "数据与计算过程"),
    "reported": ("Reported data", "填报数据"),
    "symbol": ("Symbol", "符号"),
    "meaning": ("Meaning", "含义"),
    "how": ("Obtained", "获取方式"),
    "year_value": ("Year", "全年"),
    "used": ("Values used that were not reported", "采用的缺省值与因子"),
    "source": ("Source", "来源"),
    "confidence": ("Confidence", "可信度"),
    "relied": ("Values from memory or by default", "凭记忆或默认取值的数据"),
    "relied_said": (
        "This result relies on the following values, which are not official figures.",
        "本结果采用了下列非官方数值，使用时请予注意。",
    ),
    "relied_none": ("None: every value used has a source.", "无：所用数值均有来源。"),
    "evidence": ("Evidence", "证据材料"),
    "evidence_none": ("No evidence was named.", "未列明证据材料。"),
    "document": ("Document", "文件"),
    "digest": ("SHA-256", "SHA-256"),
    "hash": ("SHA-256 of the report", "报告SHA-256"),
    "page": ("Page", "第"),
    "not_counted": ("not counted", "不计入"),
    "months": ("Month", "月份"),
}


def report_data(method: Method, report: EmissionReport, result: Result, lang: str) -> dict[str, Any]:
    """Everything that the report prints."""
    return _Teller(method, report, result, Voice(lang)).data()


class _Teller:
    def __init__(self, method: Method, report: EmissionReport, result: Result, voice: Voice) -> None:
        self.method = method
        self.report = report
        self.result = result
        self.voice = voice
        self.say = voice.say
        self.reported = {stream.code: stream for stream in report.streams}

    def data(self) -> dict[str, Any]:
        counted = [one for one in self.result.streams if one.counted]
        return {
            "lang": self.voice.lang,
            "words": {name: self.say(*pair) for name, pair in _WORDS.items()},
            "enterprise": soft(self.report.enterprise),
            "year": str(self.report.year),
            "note": self.report.note,
            "facts": self.facts(),
            "total": f"{self.result.emissions_t:,}",
            "sum": amount(self.result.emissions),
            "exact": f"{trimmed(self.result.emissions)} t CO₂e",
            "scopes": self.parts({self.say(*SCOPES[k]): v for k, v in self.result.scopes.items()}),
            "facilities": self.parts({k or NONE: v for k, v in self.result.facilities.items()}),
            "streams": [self.line(one) for one in self.result.streams],
            "bars": self.bars(counted),
            "months": self.months(counted),
            "activity": list(self.activity()),
            "working": [self.work(one) for one in self.result.streams],
            "relied": [self.factor(one) for one in self.result.provisional],
            "evidence": self.evidence(),
            "hash": report_hash(self.report),
        }

    def facts(self) -> list[list[str]]:
        body = self.method.body
        found = [
            (self.say("Method", "核算方法"), f"{self.say(body.en, body.zh)} ({self.method.id})"),
            (self.say("Standard", "依据标准"), self.say(body.standard_en, body.standard_zh)),
            (self.say("Warming potentials", "全球增温潜势"), gwp_words(self.method)),
            (self.say("Boundary", "核算边界"), self.say(body.boundary_en, body.boundary_zh)),
            (self.say("Area", "地区"), self.report.area),
            (self.say("Monitoring plan", "数据质量控制计划"), self.plan()),
            (self.say("Digest of the method", "方法摘要值"), self.result.digest),
            (self.say("Note", "报告说明"), self.report.note),
        ]
        return [[key, soft(chemical(value))] for key, value in found if value]

    def plan(self) -> str:
        number = self.report.plan
        return self.say(f"version {number}", f"第{number}版") if number else ""

    def parts(self, sums: dict[str, Decimal]) -> list[list[str]]:
        """Name, amount and share of the total."""
        return [[soft(name), amount(value), self.share(value)] for name, value in sums.items()]

    def share(self, value: Decimal) -> str:
        whole = self.result.emissions
        return f"{value * 100 / whole:.1f} %" if whole else NONE

    def component(self, found: StreamResult) -> Component:
        made = self.method.component(found.component)
        assert made is not None
        return made

    def named(self, found: StreamResult) -> str:
        component = self.component(found)
        name = chemical(self.say(component.en, component.zh))
        stream = self.reported.get(found.stream)
        if stream is None or not stream.item or not component.table:
            return name
        item = self.method.tables[component.table].item(stream.item)
        return f"{name} · {chemical(self.say(item.en, item.zh))}"

    def line(self, found: StreamResult) -> dict[str, Any]:
        return {
            "code": soft(found.stream),
            "name": self.named(found),
            "facility": soft(found.facility or NONE),
            "amount": amount(found.emissions),
            "share": self.share(found.emissions) if found.counted else NONE,
            "counted": found.counted,
        }

    # Charts: integers only, in thousandths of the longest bar.

    def bars(self, counted: list[StreamResult]) -> list[dict[str, Any]]:
        ranked = sorted(counted, key=lambda one: -abs(one.emissions))
        rows = [(one.stream, one.emissions) for one in ranked[:_MOST_BARS]]
        rest = sum((one.emissions for one in ranked[_MOST_BARS:]), Decimal(0))
        if len(ranked) > _MOST_BARS:
            rows.append((self.say("all others", "其他"), rest))
        longest = max((abs(value) for _, value in rows), default=Decimal(0))
        return [
            {
                "name": soft(name),
                "amount": amount(value, 0),
                "mille": mille(value, longest),
                "minus": value < 0,
            }
            for name, value in rows
        ]

    def months(self, counted: list[StreamResult]) -> dict[str, Any]:
        """Sums by month of the streams that have months; empty where none has."""
        monthly = [one for one in counted if len(one.months) == MONTHS]
        sums = [sum((one.months[n] for one in monthly), Decimal(0)) for n in range(MONTHS)]
        highest = max((abs(value) for value in sums), default=Decimal(0))
        if not monthly or not highest:
            return {}
        names = soft(self.say(", ", "、").join(one.stream for one in monthly))
        rest = len(counted) - len(monthly)
        if len(monthly) > _MOST_NAMED:
            names = str(len(monthly))
        said = self.say(f"Streams worked out by month: {names}.", f"逐月计算的排放源：{names}。")
        if rest:
            said += self.say(
                f" Others ({rest}) have a figure for the year only.", f"其余{rest}个排放源仅有全年值。"
            )
        bars = [
            {"name": self.say(str(n + 1), f"{n + 1}月"), "amount": amount(value, 0),
             "mille": mille(value, highest), "minus": value < 0}
            for n, value in enumerate(sums)
        ]  # fmt: skip
        return {"bars": bars, "said": said}

    def activity(self) -> Iterator[list[str]]:
        outputs = {one.code: one for one in self.method.body.outputs}
        indicators = {one.code: one for one in self.method.body.indicators}
        for known, values in ((outputs, self.result.outputs), (indicators, self.result.indicators)):
            for name, value in values.items():
                code, _, place = name.partition("@")
                one = known.get(code)
                if one is not None:
                    words = chemical(self.say(one.en, one.zh)) + (f" @ {place}" if place else "")
                    yield [soft(words), shown(value), unit_shown(one.unit)]

    # One stream.

    def work(self, found: StreamResult) -> dict[str, Any]:
        component = self.component(found)
        stream = self.reported.get(found.stream)
        forms = [form for form in component.forms if form.code in found.form.split("+")]
        left = ["symbol", *symbol_parts(result_symbol(component))]
        return {
            "code": soft(found.stream),
            "name": self.named(found),
            "facility": soft(found.facility),
            "counted": found.counted,
            "amount": f"{amount(found.emissions)} t CO₂e",
            "forms": [
                {
                    "name": chemical(self.say(form.en, form.zh)),
                    "pieces": [left, ["operator", "="], *pieces(form.formula)],
                }
                for form in forms
            ],
            "numbers": self.numbers(found),
            "data": [self.datum(component, stream, datum) for datum in stream.data] if stream else [],
            "derived": self.derived(found),
            "used": self.used(found.node),
        }

    def numbers(self, found: StreamResult) -> str:
        """The formula with numbers; a monthly stream has one for each month, of which the sum is told."""
        node = found.node
        if found.months:
            parts = " + ".join(amount(value) for value in found.months)
            return f"{parts} = {amount(found.emissions)} t CO₂e"
        gas = f"{trimmed(found.gas_t)} t {chemical(found.gas)}"
        equivalent = "" if found.gas in {"CO2", "CO2e"} else f" → {amount(found.emissions)} t CO₂e"
        minus = self.say(" (taken off)", "（予以扣除）") if found.emissions < 0 else ""
        numbers = node.numbers.replace(" - ", " − ")
        return f"{numbers} = {gas}{equivalent}{minus}" if numbers else f"{gas}{equivalent}{minus}"

    def derived(self, found: StreamResult) -> list[dict[str, Any]]:
        """Symbols that were worked out from others, each once; with numbers if there is one set."""
        made: dict[str, dict[str, Any]] = {}

        def walk(one: Node) -> None:
            if one.symbol and one.numbers and one.obtained == "calculated" and one.symbol not in made:
                left = ["symbol", *symbol_parts(one.symbol)]
                numbers = f"{one.numbers} = {shown(one.value)} {unit_shown(one.unit)}"
                made[one.symbol] = {
                    "pieces": [left, ["operator", "="], *pieces(one.formula)],
                    "numbers": "" if found.months else numbers.replace(" - ", " − "),
                }
            for child in one.children:
                walk(child)

        for child in found.node.children:
            walk(child)
        return list(made.values())

    def datum(self, component: Component, stream: Stream, datum: Datum) -> dict[str, Any]:
        symbol = component.symbol(datum.symbol)
        assert symbol is not None, stream.code
        said = [f"{self.say('tier', '层级')} {datum.tier}"] if datum.tier else []
        if datum.uncertainty is not None:
            said.append(f"± {shown((datum.uncertainty * 100).normalize())} %")
        if datum.note:
            said.append(datum.note)
        return {
            "symbol": list(symbol_parts(datum.symbol)),
            "name": chemical(self.say(symbol.en, symbol.zh)),
            "unit": unit_shown(datum.unit),
            "how": self.say(*OBTAINED[datum.obtained]),
            "value": "" if datum.value is None else shown(datum.value),
            "months": [NONE if value is None else shown(value) for value in datum.months],
            "said": soft(self.say("; ", "；").join(said)),
        }

    def used(self, node: Node) -> list[list[Any]]:
        """The numbers out of tables below a node, each once."""
        found: dict[str, list[Any]] = {}

        def walk(one: Node) -> None:
            if one.factor is not None:
                name = one.symbol
                parts = symbol_parts(name) if name.isidentifier() else (chemical(name), "")
                found.setdefault(one.factor.name, [list(parts), *self.factor(one.factor)])
            for child in one.children:
                walk(child)

        walk(node)
        return list(found.values())

    def factor(self, factor: Factor) -> list[str]:
        """Name, value with unit, confidence and source of a number."""
        cited = factor.citation
        source = cited.source + (f" ({cited.note})" if cited.note else "")
        value = (
            f"{shown(factor.value)} {unit_shown(factor.unit)}" if factor.unit != "1" else shown(factor.value)
        )
        return [soft(factor.name), value, self.say(*CONFIDENCE[cited.confidence]), soft(chemical(source))]

    def evidence(self) -> list[list[str]]:
        rows = []
        for stream in self.report.streams:
            rows += [
                self.proof(f"{stream.code} / {d.symbol}", one) for d in stream.data for one in d.evidence
            ]
        return rows + [self.proof(d.symbol, one) for d in self.report.outputs for one in d.evidence]

    def proof(self, where: str, one: Evidence) -> list[str]:
        month = self.say(f"month {one.month}", f"{one.month}月") if one.month else ""
        dates = (one.reported_on or one.tested_on or one.sampled_on, one.laboratory)
        parts = (self.say(*EVIDENCE[one.kind]), one.title, one.number, month, *dates)
        digest = one.sha256
        halves = [digest[:_HASH_SHOWN], digest[_HASH_SHOWN:]]
        return [
            where,
            soft(self.say(", ", "，").join(part for part in parts if part)),
            "\n".join(h for h in halves if h),
        ]


def amount(value: Decimal, places: int = 2) -> str:
    """Tonnes for the eye, with a true minus."""
    return f"{value:,.{places}f}".replace("-", "−")


def trimmed(value: Decimal) -> str:
    """Up to six decimals, without zeros at the end."""
    text = amount(value, 6)
    return text.rstrip("0").rstrip(".")


def soft(text: str) -> str:
    """A text whose long words may break anywhere, so that no name leaves its column."""
    words = text.split(" ")
    return " ".join(_BREAK.join(word[n : n + _PIECE] for n in range(0, len(word), _PIECE)) for word in words)


def mille(value: Decimal, longest: Decimal) -> int:
    """A bar's length in thousandths of the longest."""
    return int(abs(value) * _MILLE / longest) if longest else 0
