"""What the short names stand for that schemes, scenarios, methods and factor tables cite, in both languages.

A citation reads "GZETS 2024-01-12; KJCYD": short names, mostly followed by the date or the article. The table
explains the names; it does not say how sure a value is, which the citation itself does (`Confidence`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from capwright.scheme.words import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SOURCES", "legend"]

# The order is that of the legend: law, plans and notices of Guangdong, the national market, then abroad.
SOURCES: Final[dict[str, Text]] = {
    # Guangdong.
    "POLICY-2023": Text(
        "Guangdong's plan of August 2023 for carbon trading in support of carbon peaking, 2023-2030",
        "《广东省碳交易支持碳达峰碳中和实施方案（2023—2030年）》",
    ),
    "DECREE": Text(
        "Trial measures on carbon emission management of Guangdong: provincial decree 197 (2014), amended by "
        "decree 275 (2020)",
        "《广东省碳排放管理试行办法》（省政府令第197号，2020年省政府令第275号修订）",
    ),
    "RULE-2015-MGMT": Text(
        "Guangdong's detailed rules of 2015 on managing allowances (document 80)",
        "2015年配额管理的实施细则（粤发改气候〔2015〕80号）",
    ),
    "RULE-2014-MRV": Text(
        "Guangdong's trial rules of 2014 on reporting and verification",
        "2014年企业碳排放信息报告与核查实施细则（试行）",
    ),
    "PHCER-2022": Text(
        "Guangdong's measures of 2022 on trading carbon-inclusion credits (document 4)",
        "《广东省碳普惠交易管理办法》（粤环发〔2022〕4号）",
    ),
    "RISK-2015": Text(
        "Risk-control rules of the China Emissions Exchange Guangzhou of 2015-11-12",
        "广州碳排放权交易所风险控制管理细则（2015年11月12日）",
    ),
    "GZETS": Text(
        "Notices of the Guangzhou exchange (cnemission.com): trading, provincial policy, news; "
        "the date is that of the notice",
        "广州碳排放权交易中心网站（cnemission.com）公告与转发的省级政策文件；所列日期为公告日期",
    ),
    "ICAP": Text(
        "International Carbon Action Partnership, pages and news on the market named (icapcarbonaction.com)",
        "国际碳行动伙伴组织（ICAP）关于相应市场的页面与消息（icapcarbonaction.com）",
    ),
    "NFNEWS-2025": Text(
        "Press report of nfnews.com on Guangdong's allocation plan of vintage 2025",
        "南方+（nfnews.com）关于广东2025年度配额分配方案的报道",
    ),
    "JC68": Text(
        "jc68.com, trade site: post of 2026-03-05 on Guangdong's plan of vintage 2025",
        "jc68.com（行业网站）2026-03-05关于广东2025年度方案的文章",
    ),
    "LMH-2024": Text(
        "lianmenhu.com: text of Guangdong's plan of vintage 2024 (document 50 of 2025), part on methods",
        "lianmenhu.com 转载的广东2024年度分配方案（粤环函〔2025〕50号）方法部分",
    ),
    "KJCYD": Text(
        "kjcyd.cn, trade site: the part on data centres of Guangdong's plan of vintage 2023",
        "kjcyd.cn（行业网站）转载的广东2023年度分配方案数据中心部分",
    ),
    "west3.cn": Text(
        "west3.cn, trade site on paper making: Guangdong's plan of vintage 2023",
        "west3.cn（行业网站）关于广东2023年度分配方案的内容",
    ),
    "xdg7.com": Text(
        "xdg7.com: Guangdong's allocation plan of vintage 2018",
        "xdg7.com 关于广东2018年度分配方案的内容",
    ),
    "CCXNN": Text(
        "ccxnn.com, with the cement network's article of 2021-12-31 on Guangdong's plan of vintage 2021",
        "ccxnn.com 及水泥网2021-12-31关于广东2021年度方案的文章",
    ),
    "TJY": Text(
        "tanjiaoyi.com, carbon-market site: texts of Guangdong's plans; the number is that of the article",
        "易碳家（tanjiaoyi.com）转载的广东分配方案；所列数字为文章编号",
    ),
    "BOOK118": Text(
        "max.book118.com: another copy of the annex that TJY carries",
        "max.book118.com 上同一附件的另一份副本",
    ),
    # Accounting of emissions in China.
    "GD-2021": Text(
        "Guangdong's guideline for reporting emissions, revision of 2021; only its contents page was read",
        "广东省企业（单位）二氧化碳排放信息报告指南（2021年修订）；仅见目录",
    ),
    "NDRC-24": Text(
        "Guidelines for accounting and reporting of 24 sectors, National Development and Reform Commission, "
        "2013 to 2015",
        "国家发展改革委24个行业企业温室气体排放核算方法与报告指南（2013—2015年）",
    ),
    "MEE-2025 forms": Text(
        "Open re-implementation of the environment ministry's reporting forms of 24 sectors "
        "(github.com/felix0220170/ghg-accounting, 2026-02)",
        "生态环境部24个行业填报表的开源实现（github.com/felix0220170/ghg-accounting，2026年2月）",
    ),
    "grid announcements": Text(
        "Announcements of CO2 factors of electricity by the environment ministry and the statistics bureau: "
        "2021 (2024-04), 2022 (2024-12), 2023 (2025 no. 47)",
        "生态环境部、国家统计局关于电力二氧化碳排放因子的公告：2021年（2024年4月）、2022年（2024年12月）、"
        "2023年（2025年第47号）",
    ),
    # The national market of China.
    "MEASURES-2021": Text(
        "China's national measures of 2021 on carbon emission trading (trial)",
        "《碳排放权交易管理办法（试行）》（2021年）",
    ),
    "REG-775": Text(
        "China, State Council regulation 775 on carbon emission trading, in force 2024-05-01",
        "《碳排放权交易管理暂行条例》（国务院令第775号，2024-05-01起施行）",
    ),
    "PLAN": Text(
        "China's national market: allocation plan of the power sector for the years named",
        "全国碳市场发电行业相应年度的配额分配方案",
    ),
    # Abroad.
    "Directive 2003/87/EC": Text(
        "Directive that set up the EU emissions trading system", "欧盟排放交易体系指令"
    ),
    "Delegated Reg. 2019/1122": Text(
        "EU regulation on the Union Registry, 2019", "欧盟联合登记系统条例（2019年）"
    ),
    "Reg. 389/2013": Text("EU regulation on the Union Registry, 2013", "欧盟联合登记系统条例（2013年）"),
    "EUTL": Text("European Union Transaction Log, its public data", "欧盟交易日志（EUTL）公开数据"),
    "ESMA": Text(
        "European Securities and Markets Authority, questions and answers",
        "欧洲证券和市场管理局（ESMA）问答",
    ),
    "EEX": Text("European Energy Exchange, which holds auctions of EU allowances", "欧洲能源交易所（EEX）"),
    "SK": Text("Slovak administrator of the Union Registry", "斯洛伐克的联合登记系统管理机构"),
    "SEA": Text(
        "Swedish Energy Agency, administrator of the Union Registry", "瑞典能源署（联合登记系统管理机构）"
    ),
    "UK registry": Text(
        "Open source code of the UK emissions trading registry, release 6.0.0",
        "英国排放交易登记系统开源代码，6.0.0版",
    ),
    "SI 2020/1265": Text(
        "Greenhouse Gas Emissions Trading Scheme Order 2020 of the UK", "英国2020年温室气体排放交易体系令"
    ),
    "SI 2021/484": Text("UK regulations of 2021 on auctioning allowances", "英国2021年配额拍卖条例"),
    "ICE": Text("ICE Futures Europe, which holds the UK auctions", "洲际交易所欧洲期货（英国配额拍卖平台）"),
    "17 CCR": Text(
        "California Code of Regulations, title 17: cap and trade", "加利福尼亚州法规第17编（总量控制与交易）"
    ),
    "CARB": Text("California Air Resources Board", "加利福尼亚州空气资源委员会（CARB）"),
    "RGGI": Text(
        "Regional Greenhouse Gas Initiative (north-eastern United States): model rule and auction notices",
        "美国区域温室气体倡议（RGGI）：示范规则与拍卖公告",
    ),
}
# A short name stands alone: not inside a longer name, a number or an address.
_AT: Final = {name: re.compile(rf"(?<![A-Za-z0-9.-]){re.escape(name)}(?![A-Za-z0-9-])") for name in SOURCES}


def legend(texts: Iterable[str]) -> list[tuple[str, str, str]]:
    """Short name, English and Chinese of every known source that a text cites, in the order of the table."""
    said = "\n".join(dict.fromkeys(texts))
    return [(name, *words) for name, words in SOURCES.items() if _AT[name].search(said)]
