"""Refusals of the steps of a case."""

from __future__ import annotations

from typing import Final

from capwright.kernel.refusal import define

__all__ = [
    "BAD_CHOICE",
    "BAD_DAY",
    "CLOSED",
    "END_OR_NOT",
    "NO_CASE",
    "NO_INTERVIEW",
    "NO_MEASURE",
    "NO_PARTY",
    "NO_PRODUCT",
    "NO_REPORT",
    "NO_RULES",
    "PENDING",
    "SHORT_NOTICE",
    "STANDS",
]

_RISK_RULE: Final = "risk rule of 2015-11-12"

NO_RULES = define(
    "CW-6280",
    en="The scheme says nothing about surveillance.",
    zh="方案未规定交易监控。",
    mend_en="Give its exchange section a surveillance table.",
    mend_zh="请在方案 exchange 部分加入 surveillance 表。",
    rule=_RISK_RULE,
)
NO_CASE = define("CW-6281", en="There is no case '{case}'.", zh="没有案件“{case}”。", rule=_RISK_RULE)
CLOSED = define("CW-6282", en="Case {case} is closed.", zh="案件{case}已结案。", rule=_RISK_RULE)
SHORT_NOTICE = define(
    "CW-6283",
    en="An interview on {on} is not {days} days after today's notice.",
    zh="约谈日期{on}距今日书面通知不足{days}天。",
    mend_en="Take {first} or a later day, at most a year ahead.",
    mend_zh="请选择{first}或之后一年内的日期。",
    rule=_RISK_RULE + ": written notice of interviews",
)
NO_INTERVIEW = define(
    "CW-6284",
    en="No interview of case {case} can be recorded on {today}: its day is {on}.",
    zh="案件{case}在{today}不能记录约谈：约谈日期为{on}。",
    mend_en="Summon the party first, and record the interview on its day or later.",
    mend_zh="请先发出约谈通知，并在约谈当日或之后记录。",
    rule=_RISK_RULE + ": interviews",
)
NO_REPORT = define(
    "CW-6285",
    en="No report is awaited in case {case}.",
    zh="案件{case}没有待提交的报告。",
    rule=_RISK_RULE + ": reports",
)
BAD_DAY = define(
    "CW-6286",
    en="The day {day} does not lie between {first} and {last}.",
    zh="日期{day}不在{first}至{last}之间。",
    rule="design: bound everything",
)
BAD_CHOICE = define(
    "CW-6287", en="'{choice}' is none of {known}.", zh="“{choice}”不在可选范围内：{known}。", rule=_RISK_RULE
)
NO_PARTY = define(
    "CW-6288",
    en="'{account}' is no account; this step needs one.",
    zh="“{account}”不是账户，此步骤须有当事账户。",
    mend_en="Open the case with the account that it concerns.",
    mend_zh="请以当事账户立案。",
    rule=_RISK_RULE,
)
STANDS = define(
    "CW-6289",
    en="Account {account} may not trade until {until}, by a measure in case {case}.",
    zh="账户{account}因案件{case}的处理措施，在{until}之前不得交易。",
    mend_en="Two people can set the measure aside: LiftMeasure.",
    mend_zh="可由两人办理“解除监管措施”（LiftMeasure）。",
    rule=_RISK_RULE + ": suspension and end of membership",
)
PENDING = define(
    "CW-6290",
    en="Case {case} still awaits an interview or a report.",
    zh="案件{case}尚有约谈或报告未完成。",
    mend_en="Record the interview or report, or that there was none, and then close the case.",
    mend_zh="请先记录约谈或报告（或其未发生），再结案。",
    rule=_RISK_RULE,
)
NO_MEASURE = define(
    "CW-6291",
    en="Case {case} has no standing measure '{measure}'.",
    zh="案件{case}没有正在执行的措施“{measure}”。",
    rule=_RISK_RULE,
)
END_OR_NOT = define(
    "CW-6292",
    en="The measure {measure} cannot have {until} as its last day.",
    zh="措施“{measure}”的最后一日不能为{until}。",
    mend_en="A suspension needs a last day; other measures have none.",
    mend_zh="暂停须注明最后一日，其他措施不得注明。",
    rule=_RISK_RULE,
)
NO_PRODUCT = define(
    "CW-6293", en="'{product}' is no listed product.", zh="“{product}”不是上市品种。", rule=_RISK_RULE
)
