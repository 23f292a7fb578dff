"""What a source says beside names of documents, for readers of Chinese: `not found`, `carried over`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

__all__ = ["source_in_chinese"]

_PHRASES: Final = {
    "decline factor not found": "未找到下降系数",
    "assignment not found": "未找到方法归属",
    "no published figure found": "未找到公布数值",
    "no published Guangdong table found": "未找到广东公布的表格",
    "no published table found": "未找到公布的表格",
    "no figures found": "未找到数值",
    "no rule found says how electricity counts": "未找到电力如何计入的规定",
    "the trading rules were not found": "未找到交易规则",
    "not in the plan as found": "所见方案文本中没有",
    "not found": "未找到",
    "synthetic": "合成值",
    "chosen": "自行选定",
    "default": "默认值",
    "from memory": "凭记忆",
    "not re-checked against the annex": "未对照附件核实",
    "not re-checked": "未核实",
    "last figure found carried over": "沿用已找到的最近数值",
    "last figure found carried over from memory": "凭记忆沿用最近数值",
    "last rule found carried over": "沿用已找到的最近规定",
    "three methods again": "恢复三种方法",
    "the first day has its own": "首日另有规定",
    "taken for all years": "各年均按此处理",
    "modelled on the UK registry": "参照英国登记系统",
    "modelled on the data exchange standard's conversion": "参照数据交换标准的换算",
    "as the cement sector": "同水泥行业",
    "as cash in": "同入金",
    "daily figures of the exchange": "交易所每日数据",
    "modes by year": "各年交易方式",
    "rulebook": "规则汇编",
    "press": "新闻报道",
    "end of 2014": "2014年底",
    "RISK-2015 names no figures": "RISK-2015 未给出数值",
}
_PATTERNS: Final = tuple(
    (re.compile(pattern), zh)
    for pattern, zh in (
        (r"assignment as in vintages (\S+)", r"方法归属同\1年度"),
        (r"as in vintage (\d+)", r"同\1年度"),
        (r"as (GDEA|Guangdong)", r"同\1"),
        (r"confirmed for (\d+)", r"\1年度已证实"),
        (r"carried back from (\d+)", r"由\1年度前推"),
        (r"press on the (\d+) plan", r"关于\1年度方案的报道"),
        (r"press ([\d-]+(?:, [\d-]+)*)", r"新闻报道 \1"),
        (r"GZETS reporting notices (\S+)", r"GZETS \1年报告通知"),
        (r"GZETS (compliance|offset|auction) notices of vintages? (\S+)", r"GZETS \2年度{\1}"),
        (r"GZETS offset notices from vintage (\d+)", r"GZETS \1年度起的抵消通知"),
        (r"GZETS (compliance|trading) notices (\d.*)", r"GZETS \2 {\1}"),
        (r"GZETS offset notices", "GZETS 抵消通知"),
        (r"GZETS auction results", "GZETS 竞价结果"),
        (r"GZETS notices on CCER", "GZETS 关于CCER的通知"),
        (r"GZETS notices on negotiated transfer", "GZETS 关于协议转让的通知"),
        (r"GZETS notices of the extra weekend sessions", "GZETS 周末加开交易的通知"),
        (r"GZETS notices (?:of )?(\d+)(?: and |-)(\d+)", r"GZETS \1、\2年通知"),
        (r"GZETS (\S+) notice", r"GZETS \1 通知"),
    )
)
_NOTICES: Final = {
    "compliance": "履约通知",
    "offset": "抵消通知",
    "auction": "竞价公告",
    "trading": "交易公告",
}
_BETWEEN: Final = re.compile(r"(; |: |, (?=[a-z]))")
_MARKS: Final = {"; ": "；", ": ": "：", ", ": "，"}
_ARTICLE: Final = re.compile(r"\bart\. ([\d-]+(?:, [\d-]+)*)")


@lru_cache(maxsize=5_000)
def source_in_chinese(source: str) -> str:
    """A source with its remarks in Chinese; names of documents and what is not known stay as they are."""
    return "".join(_MARKS.get(part) or _said(part) for part in _BETWEEN.split(source))


def _said(part: str) -> str:
    if part in _PHRASES:
        return _PHRASES[part]
    for pattern, zh in _PATTERNS:
        found = pattern.fullmatch(part)
        if found:
            return found.expand(zh).format_map(_NOTICES)
    return _ARTICLE.sub(r"第\1条", part)
