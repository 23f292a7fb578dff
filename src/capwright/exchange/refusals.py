"""Refusals that every kind of trade can meet."""

from __future__ import annotations

from capwright.kernel.refusal import define

__all__ = [
    "ACCOUNT",
    "HALTED",
    "NO_CASH",
    "NO_MEMBER",
    "NO_MODE",
    "NO_PRODUCT",
    "NO_TRADING_RIGHT",
    "NO_UNITS",
    "OUT_OF_HOURS",
    "POSITION",
    "PRICE_BAND",
    "PRICE_STEP",
    "SHUT",
    "SIZE",
    "TOO_LARGE",
]

SHUT = define(
    "CW-6200",
    en="The exchange is not open.",
    zh="交易所未开市。",
    mend_en="Trading is possible on trading days in the hours of the scheme's exchange section.",
    mend_zh="请在方案规定的交易日和交易时段内办理。",
    rule="trading rules: sessions",
)
NO_PRODUCT = define(
    "CW-6201",
    en="'{product}' is not traded today.",
    zh="今日不交易“{product}”。",
    mend_en="Traded today: {known}.",
    mend_zh="今日交易品种：{known}。",
    rule="trading rules: products",
)
NO_MODE = define(
    "CW-6202",
    en="{product} is not traded by {mode} today.",
    zh="今日{product}不能以“{mode}”方式交易。",
    mend_en="Modes today: {known}.",
    mend_zh="今日可用的交易方式：{known}。",
    rule="trading rules: modes",
)
OUT_OF_HOURS = define(
    "CW-6203",
    en="It is outside the trading hours of {mode}.",
    zh="当前不在“{mode}”的交易时段内。",
    mend_en="Come back when the session is open.",
    mend_zh="请在交易时段内申报。",
    rule="trading rules: sessions",
)
HALTED = define(
    "CW-6204",
    en="Trading of '{target}' is halted: {reason}",
    zh="“{target}”已停止交易：{reason}",
    mend_en="Wait until the exchange lifts the halt; orders can be cancelled meanwhile.",
    mend_zh="请等待交易所恢复交易；停牌期间可以撤单。",
    rule="risk rule of 2015-11-12: emergencies",
)
NO_MEMBER = define(
    "CW-6205",
    en="The account {account} is no member of the exchange on {on}.",
    zh="账户{account}在{on}不具备会员资格。",
    mend_en="The exchange admits members of the kinds that the scheme lists.",
    mend_zh="请按方案所列会员类别向交易所申请。",
    rule="membership rules",
)
NO_TRADING_RIGHT = define(
    "CW-6206",
    en="Members of the kind {kind} may not {side} {product} by {mode}.",
    zh="“{kind}”类会员不得以“{mode}”方式{side_zh}{product}。",
    mend_en="The scheme's exchange section lists what each kind may trade.",
    mend_zh="各类会员的交易权限见方案 exchange 部分。",
    rule="membership rules",
)
PRICE_STEP = define(
    "CW-6210",
    en="{price_fen_per_t} fen is no price of {product}: it moves in steps of {tick_fen} fen above zero.",
    zh="{price_fen_per_t}分不是{product}的有效价格：价格须为正，最小变动单位{tick_fen}分。",
    rule="trading rules: price step",
)
PRICE_BAND = define(
    "CW-6211",
    en="The price {price_fen_per_t} fen is outside today's band of {product}, {lower} to {upper} fen.",
    zh="价格{price_fen_per_t}分超出{product}今日涨跌幅范围（{lower}—{upper}分）。",
    mend_en="Enter a price inside the band.",
    mend_zh="请在涨跌幅范围内申报。",
    rule="risk rule of 2015-11-12, art. 6",
)
SIZE = define(
    "CW-6212",
    en="{quantity_t} t is no size for {mode} of {product}: {least} to {most} t in lots of {lot_t} t.",
    zh="{quantity_t}吨不符合{product}“{mode}”的申报数量：{least}—{most}吨，以{lot_t}吨为单位。",
    rule="trading rules: order sizes",
)
POSITION = define(
    "CW-6217",
    en="{account} would hold {would_t} t of {product} with its open orders; the limit is {limit_t} t.",
    zh="{account}连同未成交申报将持有{product}{would_t}吨，超过持仓上限{limit_t}吨。",
    mend_en="Sell, or cancel buy orders first.",
    mend_zh="请先卖出或撤销买入申报。",
    rule="GZETS 2016-11-14: position limit of investors",
)
NO_CASH = define(
    "CW-6218",
    en="The order needs {needed_fen} fen with fees; {account} has {available_fen} fen at its disposal.",
    zh="本笔申报连同手续费需{needed_fen}分，{account}可用资金为{available_fen}分。",
    mend_en="Deposit cash, or cancel other orders.",
    mend_zh="请先入金，或撤销其他申报。",
    rule="trading rules: cash is frozen at the order",
)
NO_UNITS = define(
    "CW-6219",
    en="{account} has {available_t} t of {product} to sell, the order is for {quantity_t} t.",
    zh="{account}可卖{product}为{available_t}吨，不足申报的{quantity_t}吨。",
    mend_en="Units frozen, promised or bought today cannot be sold.",
    mend_zh="已冻结、已占用或当日买入的数量不可卖出。",
    rule="trading rules: units are frozen at the order; T+1",
)
ACCOUNT = define(
    "CW-6220",
    en="The account {account} cannot trade: there is none, or it is {status}.",
    zh="账户{account}不能交易：不存在或状态为“{status}”。",
    mend_en="The registry operator can restore a suspended or restricted account.",
    mend_zh="可由注册登记机构恢复账户状态。",
    rule="UK registry: account statuses",
)
TOO_LARGE = define(
    "CW-6221",
    en="{quantity_t} t at {price_fen_per_t} fen is worth more than can be settled.",
    zh="{quantity_t}吨、每吨{price_fen_per_t}分，金额超出可结算范围。",
    rule="design: bound everything",
)
