"""Whether a scenario's trading can be played: its product, its months, its agents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from capwright.kernel.refusal import BadInput, Refusal, define

if TYPE_CHECKING:
    from capwright.scenario.load import Scenario
    from capwright.scheme.schema import Scheme

__all__ = ["check_trading"]

_DOCS: Final = "docs: writing a scenario"
_MONTH: Final = re.compile(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])")

NO_EXCHANGE = define(
    "CW-9370",
    en="'{product}' cannot be traded: no scheme of the scenario lists it on an exchange.",
    zh="“{product}”不能交易：本情景的方案均未在交易所列出该品种。",
    mend_en="Name a product of the scheme's section [exchange].",
    mend_zh="请填写方案 [exchange] 部分所列的品种。",
    rule=_DOCS,
)
NO_TRADING = define(
    "CW-9371",
    en="Agents need a section [trading] in scenario.toml.",
    zh="有 agents.csv 时，scenario.toml 须有 [trading] 部分。",
    mend_en="Say which product is traded, and until when.",
    mend_zh="请写明交易品种与截止日期。",
    rule=_DOCS,
)
BAD_MONTH = define(
    "CW-9372",
    en="'{text}' is no month.",
    zh="“{text}”不是月份。",
    mend_en="Write it like 2023-07.",
    mend_zh="请写成 2023-07 的形式。",
    rule=_DOCS,
)
BAD_RANGE = define(
    "CW-9373",
    en="The prices of {month} do not lie in their range: least ≤ first, last ≤ most.",
    zh="{month}的价格不在其区间内：须 least ≤ first、last ≤ most。",
    rule=_DOCS,
)
BAD_BLOCK = define(
    "CW-9377",
    en="Large lots cannot be agreed at {block} hundredths of the price: {least} to {most}.",
    zh="大宗协议价格不能为价格的百分之{block}：须在{least}至{most}之间。",
    rule=_DOCS,
)
BAD_AGENT = define(
    "CW-9374",
    en="The agent {enterprise} cannot act: {why}.",
    zh="参与者{enterprise}无法交易：{why_zh}。",
    mend_en="A buyer needs a quantity, a first and a last day; a seller a quantity; cash needs a day.",
    mend_zh="买方须有数量与起止日期，卖方须有数量，资金须有到账日。",
    rule=_DOCS,
)
BAD_UNTIL = define(
    "CW-9375",
    en="Trading cannot go on until {until}: the story begins on {begins_at}, and plays {most} years at most.",
    zh="交易不能持续到{until}：情景始于{begins_at}，最长{most}年。",
    mend_en="Write the last day on which the exchange opens.",
    mend_zh="请填写交易所最后一个开市日。",
    rule=_DOCS,
)
BAD_DEAL = define(
    "CW-9376",
    en="A trade of the mode '{mode}' cannot be made on the exchange from here.",
    zh="方式为“{mode}”的交易不能在此通过交易所达成。",
    mend_en="Only negotiated ones can, and scenario.toml needs a section [trading].",
    mend_zh="仅限协议转让（negotiated），且 scenario.toml 须有 [trading] 部分。",
    rule=_DOCS,
)
_BLOCKS: Final = range(50, 151)
_MOST_YEARS: Final = 30


def check_trading(scenario: Scenario, schemes: list[Scheme]) -> None:
    """Raise `BadInput` for the first thing that does not fit."""
    trading = scenario.file.trading
    for line, deal in scenario.transfers.numbered():
        if deal.on_exchange and (trading is None or deal.mode != "negotiated"):
            scenario.transfers.refuse(line, "on_exchange", BAD_DEAL, mode=deal.mode)
    if trading is None:
        if scenario.agents or scenario.opinions:
            raise BadInput(Refusal(NO_TRADING.code), str(scenario.folder / "scenario.toml"))
        return
    listed = {p.code for s in schemes if s.body.exchange for p in s.body.exchange.products}
    if trading.product not in listed:
        details: dict[str, str | int] = {"product": trading.product[:40]}
        raise BadInput(Refusal(NO_EXCHANGE.code, details), str(scenario.folder / "scenario.toml"))
    begins_on = scenario.file.begins_at.date()
    if not 0 <= trading.until.year - begins_on.year <= _MOST_YEARS or trading.until < begins_on:
        details = {"until": str(trading.until), "begins_at": str(begins_on), "most": _MOST_YEARS}
        raise BadInput(Refusal(BAD_UNTIL.code, details), str(scenario.folder / "scenario.toml"))
    for line, row in scenario.opinions.numbered():
        if not _MONTH.fullmatch(row.month):
            scenario.opinions.refuse(line, "month", BAD_MONTH, text=row.month[:40])
        if not row.least <= min(row.first, row.last) <= max(row.first, row.last) <= row.most:
            scenario.opinions.refuse(line, "least", BAD_RANGE, month=row.month)
        if row.block not in _BLOCKS:
            said: dict[str, str | int] = {"least": _BLOCKS[0], "most": _BLOCKS[-1]}
            scenario.opinions.refuse(line, "block", BAD_BLOCK, block=row.block, **said)
    _check_agents(scenario)


def _check_agents(scenario: Scenario) -> None:
    for line, agent in scenario.agents.numbered():
        why = ("", "")
        dated = agent.since is not None and agent.until is not None and agent.since <= agent.until
        if agent.style == "buyer" and not dated:
            why = ("its days are missing or end before they begin", "起止日期缺失或颠倒")
        elif agent.style in ("buyer", "seller") and not agent.quantity_t:
            why = ("it has no quantity", "缺少数量")
        elif agent.cash and agent.cash_on is None:
            why = ("its cash has no day", "资金缺少到账日")
        if why[0]:
            said = {"enterprise": agent.enterprise, "why": why[0], "why_zh": why[1]}
            scenario.agents.refuse(line, "style", BAD_AGENT, **said)
