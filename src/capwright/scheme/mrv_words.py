"""Plain words, English and Chinese, for the MRV section of a scheme."""

from __future__ import annotations

from typing import Final

__all__ = ["MRV_CHOICES", "MRV_FIELDS"]

MRV_FIELDS: Final[dict[str, tuple[str, str]]] = {
    "mrv": ("Monitoring, reporting, verification", "监测、报告与核查"),
    "MrvRules.methods": ("Methods by sector", "各行业核算方法"),
    "switches": ("Deductions allowed", "允许的扣减"),
    "plan_required": ("Monitoring plan needed", "须备案监测计划"),
    "plan_due_on": ("Monitoring plan due", "监测计划提交截止日"),
    "report_due_on": ("Emission report due", "排放报告提交截止日"),
    "statement_due_on": ("Verification report due", "核查报告提交截止日"),
    "city_due_on": ("Verified report due at the city", "经核查报告报送地市截止日"),
    "province_due_on": ("Report of the city due at the province", "地市报送省级截止日"),
    "late_reports": ("Late reports", "逾期报告"),
    "review_required": ("Review of the verification needed", "须经核查评议"),
    "contest_days": ("Days to contest an approved figure", "核定后提出异议的天数"),
    "materiality_share": ("Materiality", "重要性水平"),
    "large_materiality_share": ("Materiality of large emitters", "大型排放单位重要性水平"),
    "large_from_t": ("Large emitters, above", "大型排放单位门槛"),
    "recheck": ("Re-check", "复查"),
    "difference_share": ("Difference as a share", "差异比例"),
    "difference_t": ("Difference in tonnes", "差异吨数"),
    "RecheckRules.basis": ("The share is of the figure", "差异比例的基数"),
    "verifiers": ("Verifiers", "核查机构"),
    "rotation_years": ("Most years running for one firm", "同一企业最长连续核查年数"),
    "consulting_bar_years": ("Years barred after consulting for the firm", "咨询后不得核查的年数"),
    "never_consulting_sectors": ("Sectors whose consultants never verify", "咨询机构不得核查的行业"),
    "most_assignments": ("Most firms for one verifier in a year", "每家机构每年最多核查企业数"),
    "yellow_cards_for_red": ("Yellow cards that make a red one", "累计几张黄牌转红牌"),
    "red_card_years": ("Years that a red card bars", "红牌禁入年数"),
    "rating": ("Rating of verifiers", "核查机构评级"),
    "report_quality_share": ("Weight of report quality", "报告质量权重"),
    "conformity_share": ("Weight of conformity", "程序符合性权重"),
    "timeliness_share": ("Weight of timeliness", "及时性权重"),
    "conduct_share": ("Weight of conduct", "从业行为权重"),
    "excellent_from": ("Excellent from", "优秀分数线"),
    "good_from": ("Good from", "良好分数线"),
    "pass_from": ("Pass from", "合格分数线"),
    "fail_card": ("Card for failing", "不合格对应的牌"),
    "fails_for_red": ("Failures that make a red card", "几次不合格转红牌"),
    "inspections": ("Spot checks", "抽查"),
    "random_share": ("Least share drawn", "最低抽查比例"),
    "violations": ("Violations", "违规行为"),
    "subject": ("Who violates", "违规主体"),
    "card": ("Card", "牌"),
}
MRV_CHOICES: Final[dict[str, tuple[str, str]]] = {
    "marked": ("taken, marked as late", "受理并注明逾期"),
    "RecheckRules.basis.reported": ("reported", "报告值"),
    "RecheckRules.basis.verified": ("verified", "核查值"),
    "yellow": ("yellow card", "黄牌"),
    "red": ("red card", "红牌"),
    "enterprise": ("enterprise", "企业"),
    "verifier": ("verifier", "核查机构"),
}
