"""Why codes differ and how they can be counted, in words: English, Chinese."""

from __future__ import annotations

from typing import Final

from capwright.importers import eutl_compare as why

__all__ = ["REASONS", "RULES"]

REASONS: Final[dict[str, tuple[str, str]]] = {
    why.CORRECTED: (
        "the administrator corrected the year (D, E); the rule knows A, B and C only",
        "管理机构已更正该年度（D、E），规则仅有A、B、C",
    ),
    why.UNJUDGED: ("the log keeps no code for the year", "日志未给出该年度代码"),
    why.OUTSIDE: (
        "the log judges a year outside the installation's first and last",
        "日志评定了设施首末年份以外的年度",
    ),
    why.NOT_ASKED: (
        "no verified figure, yet the log asks for none: excluded, or without activity",
        "无核查排放量，而日志并不要求：已豁免或无活动",
    ),
    why.EARLIER_GAP: (
        "an earlier year of the period has no verified figure, yet the log asks for none",
        "本交易期较早年度无核查排放量，而日志并不要求",
    ),
    why.FIGURE_LATER: (
        "the log missed a verified figure on 30 April; it was entered later",
        "4月30日时日志缺核查排放量，其后补录",
    ),
    why.GAP_IN_LOG: (
        "the log misses a verified figure where the rule asks for none",
        "日志认为缺核查排放量，而规则并不要求",
    ),
    why.NO_SURRENDER: (
        "the extract has no surrender for the year and no total",
        "数据中没有该年度的清缴量及累计值",
    ),
    why.AVIATION_LATER: (
        "aircraft operators' emissions of 2013 were due in April 2015, with those of 2014",
        "航空器运营者2013年排放量与2014年一并于2015年4月清缴",
    ),
    why.TOTALS_COVER: (
        "the log's totals cover the emissions, the yearly figures do not: corrected since",
        "日志累计值足额，逐年数值不足额：其后有更正",
    ),
    why.TOTALS_SHORT: (
        "the log's own totals contradict its code A: corrected after 30 April",
        "日志累计值与其代码A不符：4月30日后有更正",
    ),
    why.MADE_GOOD: (
        "the totals cover by now, the code stayed B: surrendered or corrected after 30 April",
        "累计值现已足额而代码仍为B：4月30日后补缴或更正",
    ),
    why.YEARS_COVER: (
        "the yearly figures cover the emissions, the log's totals do not",
        "逐年数值足额，日志累计值不足额",
    ),
}
RULES: Final[dict[str, tuple[str, str]]] = {
    "period": ("since the trading period began (the market's rule)", "自本交易期起累计（本系统规则）"),
    "life": ("since the installation's first year", "自设施首年起累计"),
    "year": ("each year alone", "逐年单独评定"),
    "period_as_asked": (
        "since the period began, no figure where the log asks for none",
        "自本交易期起累计，日志不要求处视为无排放",
    ),
    "log_totals": ("the log's own running totals", "日志自身的累计值"),
}
