"""The catalogue of data-quality rules: codes that never get another meaning, in both languages."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

__all__ = ["RULES", "Rule"]


class Rule(Struct, frozen=True):
    """One rule. `needs` says what it looks at besides the report."""

    code: str
    en: str
    zh: str
    severity: str
    needs_en: str = ""
    needs_zh: str = ""


_ALL: Final = (
    Rule("R00", "The report can be worked out with its method", "报告可按其方法计算", "fail"),
    Rule(
        "R01",
        "Carbon per unit of heat of coal lies in its range",
        "燃煤单位热值含碳量在合理范围内",
        "fail, warn",
    ),
    Rule(
        "R02",
        "Net calorific value of coal and gas lies in its range",
        "煤、天然气低位发热量在合理范围内",
        "fail",
    ),
    Rule("R03", "A fuel holds no more carbon than it can", "燃料含碳量不超过可能的上限", "fail"),
    Rule(
        "R04",
        "Heating value fits the elements of the coal (Dulong's kind of formula)",
        "热值与元素分析一致（杜隆类公式）",
        "fail, warn",
        "companion: lab",
        "附报：化验数据",
    ),
    Rule(
        "R05",
        "Opening stock + bought - closing stock - sold = burned",
        "期初库存+购入-期末库存-外销=消耗",
        "fail, warn",
        "companion: stocks",
        "附报：库存",
    ),
    Rule(
        "R06",
        "Belt weigher, feeder and invoices agree with what is reported",
        "皮带秤、给煤机、发票与填报量一致",
        "fail, warn",
        "companion: weights",
        "附报：计量数据",
    ),
    Rule(
        "R07",
        "Energy balance of power plants; fuel used per product against the year before",
        "电厂能量平衡；单位产品能耗与上年相比",
        "fail, warn",
        "the report; companion: prior",
        "报告；附报：上年数据",
    ),
    Rule(
        "R08",
        "Change of intensity on the year before is like that of peers",
        "强度同比变化与同行业相当",
        "warn",
        "peers; companion: prior",
        "同行数据；附报：上年数据",
    ),
    Rule(
        "R09",
        "Intensity is not below the best of the peers",
        "强度不低于同行最优水平",
        "review",
        "peers",
        "同行数据",
    ),
    Rule(
        "R10",
        "Laboratory reports: dates in order, numbers unique, accredited, sealed",
        "检测报告：日期顺序、编号唯一、资质、印章及二维码",
        "fail, review",
        "evidence; companion: lab",
        "凭证；附报：化验数据",
    ),
    Rule(
        "R11",
        "Carbon differs from month to month and from plant to plant",
        "碳含量逐月、逐厂不相同",
        "fail, review",
        "the report; peers",
        "报告；同行数据",
    ),
    Rule(
        "R12",
        "Monthly series are complete and measured, not filled in afterwards",
        "月度数据完整、为实测而非补填",
        "fail, warn, review",
    ),
    Rule(
        "R13",
        "Moisture is possible and agrees with the laboratory",
        "水分合理且与化验一致",
        "fail",
        "the report; companion: lab",
        "报告；附报：化验数据",
    ),
    Rule(
        "R14",
        "Power by meter, settlement and statistics agree",
        "电量的表计、结算与统计数一致",
        "fail, warn",
        "companion: power",
        "附报：电量数据",
    ),
    Rule(
        "R15",
        "No figure is a thousand or ten thousand times off",
        "数值无千倍、万倍的单位差错",
        "fail, review",
        "the report; peers",
        "报告；同行数据",
    ),
    Rule(
        "R16",
        "Digits are spread as those of measurements are",
        "数字分布符合实测数据的规律",
        "warn, review",
        "the report; population",
        "报告；全体数据",
    ),
    Rule(
        "R17",
        "A verifier corrects, and looks, as much as others do",
        "核查机构的核减核增及现场投入与同行相当",
        "review",
        "population; companion: verified, verifier",
        "全体数据；附报：核查数据",
    ),
    Rule(
        "R18",
        "One document proves one thing: no evidence twice",
        "同一凭证不得重复使用",
        "fail, review",
        "evidence, population",
        "凭证；全体数据",
    ),
    Rule(
        "R19",
        "Emissions fit the product as they do among peers",
        "排放量与产量的关系与同行一致",
        "warn",
        "peers",
        "同行数据",
    ),
    Rule("R20", "Monthly carbon keeps its level over the year", "月度碳含量全年无突变", "review"),
    Rule(
        "R21",
        "Ratios are not far out among peers",
        "主要比值在同行中不离群",
        "warn, review",
        "peers",
        "同行数据",
    ),
)

RULES: Final[dict[str, Rule]] = {rule.code: rule for rule in _ALL}
