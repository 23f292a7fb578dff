"""Words of the forms made from commands: `{% field_words field.name %}`, `{{ one|choice_words:lang }}`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from django import template

from capwright.filing.wording import EVIDENCE
from capwright.projection import terms
from capwright.web.templatetags.reporting import MRV
from capwright.web.templatetags.trading import AUCTIONS, MEASURES, MODES, SIDES, TRIGGERS, VALIDITIES
from capwright.web.templatetags.words import act_words

if TYPE_CHECKING:
    from django.template.context import Context

    from capwright.kernel.message import Command
    from capwright.kernel.refusal import Refusal

__all__ = ["CHOICES", "FIELDS", "bare_label", "called", "labels", "place_words"]

register = template.Library()
_ROW: Final = re.compile(r"\.(?:\d+|__\d+__)(?=\.|$)")

FIELDS: Final[dict[str, tuple[str, str]]] = {
    "active": ("Active", "在册"),
    "office": ("Office, city", "办公地（市）"),
    "people": ("People who act for it", "经办人员"),
    "country": ("Country, two letters", "国家或地区（两位字母）"),
    "id": ("Id", "编号"),
    "conduct": ("Conduct, 0 to 100", "执业行为（0至100）"),
    "timeliness": ("Timeliness, 0 to 100", "时效性（0至100）"),
    "conformity": ("Conformity with the rules, 0 to 100", "合规性（0至100）"),
    "report_quality": ("Quality of the reports, 0 to 100", "报告质量（0至100）"),
    "abnormal_months": ("Abnormal months", "生产异常月数"),
    "about": ("About the market", "市场说明"),
    "account": ("Account", "账户"),
    "accounts": ("Accounts", "账户"),
    "activity": ("Activity, in the unit of the process", "活动水平（按工序单位）"),
    "alert": ("Alert", "预警"),
    "amount_fen": ("Amount, {currency}", "金额（{currency}）"),
    "approved_t": ("Approved quota, t", "核定配额（吨）"),
    "auction_id": ("Auction", "竞价编号"),
    "basis": ("Basis", "依据"),
    "bid_id": ("Bid", "申报编号"),
    "body": ("Reviewing agency", "评议机构"),
    "buyer": ("Buyer", "买方"),
    "cancel": ("Cancel the orders", "同时撤销申报"),
    "capacity": ("Licensed capacity, a year", "核定产能（年）"),
    "verifier.capacity": ("Most firms of a year, 0: no limit", "每年承接企业上限（0为不限）"),
    "captive_plant": ("Captive power plant", "自备电厂"),
    "case_id": ("Case", "案件编号"),
    "change": ("What changes, and why", "变更内容与理由"),
    "closed": ("Closed for good", "已关停"),
    "closes_ms": ("Closes", "截止时间"),
    "co2_ch4_share": ("Share of CO2 and CH4", "二氧化碳和甲烷减排量占比"),
    "code": ("Code", "代码"),
    "colour": ("Card", "黄牌或红牌"),
    "count": ("How many", "数量"),
    "counterparty": ("Counterparty", "对手方"),
    "covered_from": ("Covered from the year", "纳入年度"),
    "deal_id": ("Deal", "协议编号"),
    "definition": ("Definition", "定义"),
    "differing": ("Why the figures differ", "数值差异说明"),
    "document": ("Document and who issued it", "出处文件与发布机构"),
    "draw_id": ("Draw", "抽查批次编号"),
    "due": ("Due", "期限"),
    "effect_t": ("Effect, t", "影响量（吨）"),
    "emissions_t": ("Emissions, tCO2e", "排放量（吨二氧化碳当量）"),
    "excluded": ("No duty in this year", "当年不履约"),
    "extra_t": ("Extra quota, t", "追加配额（吨）"),
    "finding_id": ("Finding", "核查发现编号"),
    "fine_fen": ("Fine, {currency}", "罚款（{currency}）"),
    "first_year": ("First year of duty", "首个履约年度"),
    "floor_fen_per_t": ("Floor price, {currency}/t", "底价（{currency}/吨）"),
    "free_t": ("Free quota, t", "免费配额（吨）"),
    "heat_gj": ("Heat, GJ", "供热量（吉焦）"),
    "holder": ("Holder", "持有人"),
    "how": ("How it was bought", "购买方式"),
    "inside": ("Inside the area of the scheme", "位于本地区"),
    "inspection_id": ("Inspection", "抽查编号"),
    "kind": ("Kind", "种类"),
    "last_approved_t": ("Last approved quota, t", "上年度核定配额（吨）"),
    "last_before_surrender": ("Last auction before the surrender", "清缴截止前最后一期"),
    "last_year": ("Last year of duty", "最后履约年度"),
    "late": ("Filed late", "逾期提交"),
    "lines": ("Lines", "明细"),
    "measure": ("Measure", "措施"),
    "measure_id": ("Measure", "措施编号"),
    "mode": ("Mode of trading", "交易方式"),
    "name": ("Name", "名称"),
    "normal": ("Normal operation", "正常生产"),
    "number": ("Account number", "账号"),
    "offered_t": ("Offered, t", "竞价数量（吨）"),
    "officers": ("Officers", "工作人员"),
    "on": ("Day", "日期"),
    "open_t": ("Open quantity, t", "剩余数量（吨）"),
    "opened_on": ("Opened on", "开户日期"),
    "opens_ms": ("Opens", "开始时间"),
    "opinion": ("Opinion", "核查意见"),
    "order_id": ("Order", "申报编号"),
    "outcome": ("Outcome", "结果"),
    "parts": ("Parts", "分项"),
    "person": ("Person", "人员"),
    "plan": ("Monitoring plan", "监测计划"),
    "pre_cdm": ("Registered before the CDM", "清洁发展机制注册前项目"),
    "pre_issued_t": ("Pre-issued, t", "预发配额（吨）"),
    "price_fen_per_t": ("Price, {currency}/t", "价格（{currency}/吨）"),
    "process": ("Process", "工序"),
    "product": ("Product", "交易品种"),
    "project": ("Project", "项目"),
    "proposal_id": ("Proposal", "待复核事项编号"),
    "purpose": ("Purpose", "用途"),
    "quantity_t": ("Quantity, t", "数量（吨）"),
    "reason": ("Reason", "理由"),
    "region": ("Region", "地区"),
    "report": ("Report", "排放报告"),
    "representatives": ("Representatives", "账户代表"),
    "reserve_fen_per_t": (
        "Reserve price, {currency}/t",
        "保留价（{currency}/吨）",
    ),
    "reverses": ("Transaction to undo", "拟撤销的交易编号"),
    "rights": ("Rights", "权限"),
    "roles": ("Roles", "角色"),
    "round": ("Round", "期次"),
    "scheme": ("Scheme", "方案"),
    "secondary_fen_per_t": (
        "Secondary price, {currency}/t",
        "二级市场价格（{currency}/吨）",
    ),
    "sector": ("Sector", "行业"),
    "sectors": ("Sectors", "行业"),
    "seed": ("Seed", "随机种子"),
    "seller": ("Seller", "卖方"),
    "series": ("Series", "批次"),
    "share": ("Share", "比例"),
    "short": ("When bids fall short", "申报不足时"),
    "side": ("Side", "买卖方向"),
    "source": ("From account", "转出账户"),
    "stage": ("Stage", "阶段"),
    "status": ("Status", "状态"),
    "stopped_months": ("Months of standstill", "停产月数"),
    "stream": ("Source stream", "排放源"),
    "subject": ("Account or verifier", "账户或核查机构"),
    "target": ("To", "对象"),
    "text": ("Text", "内容"),
    "tier": ("Tier", "档次"),
    "title": ("Title", "标题"),
    "trade_id": ("Trade", "成交编号"),
    "transaction_id": ("Transaction", "交易编号"),
    "trigger": ("Reason for the case", "立案事由"),
    "trusted": ("Trusted account", "信任账户"),
    "type": ("Type", "类型"),
    "units": ("Units of the plant", "机组"),
    "until": ("Until", "截止日期"),
    "until_ms": ("Until", "截止时间"),
    "validity": ("Validity", "有效期"),
    "verified_t": ("Verified, tCO2e", "核查量（吨二氧化碳当量）"),
    "verifier": ("Verifier", "核查机构"),
    "version": ("Version", "版本"),
    "vintage": ("Vintage", "配额年度"),
    "violation": ("Violation", "违规事项"),
    "warning": ("Risk warning", "风险提示"),
    "whole_lot": ("All or nothing", "整体转让"),
    "year": ("Year", "年度"),
    # Parts of commands: rows of a list, groups of a plan or report.
    "about.name": ("What it says", "项目"),
    "accredited": ("Accredited", "有资质"),
    "accuracy": ("Accuracy of the meter, 0.005 for 0.5 %", "仪表精度（0.5 %写作0.005）"),
    "area": ("Area", "地区"),
    "boundary": ("Boundary", "核算边界"),
    "bucket": ("Held as, empty: free", "所处状态（留空为可用）"),
    "component": ("Component", "类别"),
    "data": ("Figures", "参数"),
    "design_capacity": ("Design capacity, a year", "设计产能（年）"),
    "determined": ("How it is found", "获取方式"),
    "differing.emissions": ("Found by the verifier, tCO2e", "核查值（吨二氧化碳当量）"),
    "digest": ("Digest of the file", "文件摘要"),
    "energy_factor": ("Emission factor of the energy, tCO2/tce", "能源排放因子（吨二氧化碳/吨标准煤）"),
    "energy_tce": ("Expected energy use, tce a year", "预计能耗（吨标准煤/年）"),
    "enterprise": ("Enterprise", "企业"),
    "equipment": ("Key equipment", "主要设备"),
    "evidence": ("Evidence", "证据材料"),
    "evidence.number": ("Number", "编号"),
    "facilities": ("Facilities", "设施"),
    "facility": ("Facility", "设施"),
    "form": ("Formula, where not the first one possible", "计算公式（非首选时填写）"),
    "frequency": ("How often", "频次"),
    "gap_procedure": ("When it fails", "缺失处理"),
    "gas": ("Gas-fired", "燃气机组"),
    "item": ("Item", "品种"),
    "laboratory": ("Laboratory", "检测机构"),
    "meter": ("Meter", "仪表"),
    "method": ("Method", "核算方法"),
    "month": ("Month, 0 for the year", "月份（全年填0）"),
    "months": ("By month, twelve numbers", "月度值（12个数）"),
    "note": ("Note", "备注"),
    "obtained": ("Obtained", "获取方式"),
    "organisation": ("Organisation", "单位"),
    "outputs": ("Activity levels", "活动水平"),
    "points": ("Points", "评分"),
    "quality": ("Quality assurance", "质量控制"),
    "quota_t": ("Approved free quota, t", "核定免费配额（吨）"),
    "records": ("Where it is recorded", "记录方式"),
    "report.plan": ("Version of the monitoring plan", "监测计划版本"),
    "reported_on": ("Reported on", "报告日期"),
    "representative": ("Representative", "账户代表"),
    "responsible": ("Who is responsible", "责任人"),
    "sampled_on": ("Sampled on", "采样日期"),
    "sha256": ("SHA-256 of the file", "文件SHA-256"),
    "streams": ("Source streams", "排放源"),
    "symbol": ("Figure", "参数"),
    "tested_on": ("Tested on", "检测日期"),
    "data.tier": ("Tier", "层级"),
    "outputs.tier": ("Tier", "层级"),
    "plan.uncertainty": ("Uncertainty", "不确定性"),
    "uncertainty": ("Uncertainty, 0.025 for 2.5 %", "不确定度（2.5 %写作0.025）"),
    "unit": ("Unit", "单位"),
    "value": ("Value of the year", "全年值"),
}
CHOICES: Final[dict[str, tuple[str, str]]] = {
    **MRV,
    **EVIDENCE,
    **AUCTIONS,
    **MODES,
    **SIDES,
    **VALIDITIES,
    **TRIGGERS,
    **MEASURES,
    "": ("–", "–"),
    "true": ("yes", "是"),
    "false": ("no", "否"),
    "accepted": ("accepted", "已通过"),
    "controlled": ("controlled", "已列为控排企业"),
    "authority": ("Authority", "主管部门"),
    "operator": ("Registry operator", "登记机构"),
    "exchange": ("Exchange", "交易所"),
    "auditor": ("Auditor", "审计"),
    "clock": ("the clock", "系统时钟"),
    "verification": ("verification", "核查"),
    "recheck": ("re-check", "复查"),
    "all_at_floor": ("sell all at the floor price", "全部按底价成交"),
    "cancel": ("cancel", "取消"),
    "consulting": ("consulting", "咨询"),
    "auction": ("at an auction", "竞价购入"),
    "returned": ("sent back", "退回"),
    "open": ("open", "正常"),
    "initiate": ("initiate", "发起"),
    "approve": ("approve", "复核"),
    "read": ("read", "查询"),
    "enterprise": ("enterprise", "企业"),
    "institution": ("institution", "机构"),
    "person": ("person", "个人"),
    "government": ("government", "政府机关"),
    "unspecified": ("not stated", "未说明"),
    "restricted": ("restricted", "受限"),
    "closed": ("closed", "已注销"),
    "suspended": ("suspended", "暂停使用"),
}


def called(name: str) -> str:
    """Under what `FIELDS` has a field: its name without the numbers of rows, or the end of that.

    The longest goes first: `units.code` before `code`.
    """
    key = _ROW.sub("", name)
    while key not in FIELDS and "." in key:
        key = key.partition(".")[2]
    return key


def bare_label(name: str) -> tuple[str, str]:
    """What a field is called, without its unit; its own name where it has no other."""
    key = called(name)
    en, zh = FIELDS.get(key, (key, key))
    return en.partition(", ")[0], zh.partition("（")[0]


def place_words(name: str, lang: str) -> str:
    """Where a field stands, in words: "Lines, row 2, Series"."""
    said, zh, within = [], lang == "zh", ""
    for part in name.split("."):
        within = f"{within}.{part}" if within else part
        row = int(part) + 1 if part.isdecimal() else 0
        said.append((f"第{row}行" if zh else f"row {row}") if row else bare_label(within)[zh])
    return ("·" if zh else ", ").join(said)


def labels(kind: type[Command], lang: str) -> dict[str, str]:
    """What is quoted where a command is described: fields (no units), choices, commands, in words."""
    zh = lang == "zh"
    fields = {name: bare_label(name) for name in kind.__struct_fields__ if name in FIELDS}
    commands = {name: act_words(name, lang) for name in terms.COMMANDS}
    return commands | {name: words[zh] for name, words in (CHOICES | fields).items()}


@register.simple_tag(takes_context=True)
def field_words(context: Context, name: str) -> str:
    """What a field of a command is called; its own name where it has no other."""
    key = called(name)
    words = FIELDS.get(key, (key, key))[context.get("lang") == "zh"]
    return words.replace("{currency}", str(context.get("currency", "")))


@register.filter
def sentence(fault: Refusal, lang: str) -> str:
    """A refusal as a sentence."""
    return fault.message(lang)


@register.filter
def why(fault: Refusal, lang: str) -> str:
    """What is wrong with a field, to be said beside it."""
    said = str(fault.details["why_zh" if lang == "zh" else "why"])
    return f"{said}。" if lang == "zh" else f"{said[:1].upper()}{said[1:]}."


@register.filter
def actor_words(person: str, lang: str) -> str:
    """Who sent a command: an id, as the journal names people; the clock in words."""
    return CHOICES["clock"][lang == "zh"] if person == "clock" else person


@register.filter
def choice_words(value: str, lang: str) -> str:
    """What a choice is called."""
    return CHOICES.get(value, (value, value))[lang == "zh"]
