"""What the registry refuses about transactions: their units, their reversal, their approval."""

from __future__ import annotations

from capwright.kernel.refusal import define

__all__ = [
    "CANNOT_REVERSE",
    "FROZEN",
    "NOT_PENDING",
    "NO_LINES",
    "NO_REVERSAL",
    "OFF_LIST",
    "OVER_LIMIT",
    "OWN_PROPOSAL",
    "REVERSAL_DIFFERS",
    "UNITS_GONE",
    "WINDOW_PASSED",
]

FROZEN = define(
    "CW-3007",
    en="Units in the bucket '{bucket}' may only be surrendered.",
    zh="“{bucket}”中的配额仅可用于清缴。",
    rule="GZETS 2015-12-17, 2016-02-04: half of the current year's free quota is frozen",
)
NO_LINES = define(
    "CW-3008",
    en="The transaction names no units, or one series twice.",
    zh="交易未指明数量，或同一系列重复。",
    rule="UK registry",
)
OVER_LIMIT = define(
    "CW-3018",
    en="{quantity_t} t exceed the limit of {limit_t} t for a transaction to an account off the trusted list.",
    zh="向非信任账户单笔划转{quantity_t}吨，超过{limit_t}吨的上限。",
    mend_en="Put the account on the trusted list, or send several transactions.",
    mend_zh="请将对方加入信任账户名单，或分笔办理。",
    rule="Union Registry since 2023-09-10",
)
OFF_LIST = define(
    "CW-2507",
    en="{target} is not on the trusted list of {source}, and the scheme allows nothing else.",
    zh="{target}不在{source}的信任账户名单中，方案不允许向其划转。",
    rule="UK registry check 2507",
)
CANNOT_REVERSE = define(
    "CW-3019",
    en="{transaction} is no transaction of type '{type}', or it was reversed before.",
    zh="{transaction}不是“{type}”类交易，或已被撤销。",
    mend_en="A transaction can be reversed once only.",
    mend_zh="每笔交易只能撤销一次。",
    rule="UK registry check 3019",
)
WINDOW_PASSED = define(
    "CW-3020",
    en="{transaction} can no longer be reversed: the window of {window_days} days has passed.",
    zh="{transaction}已超过{window_days}日的撤销期限。",
    rule="UK registry check 3020",
)
UNITS_GONE = define(
    "CW-3021",
    en="The units of {transaction} no longer lie in the account {account}.",
    zh="{transaction}所涉配额已不在账户{account}中。",
    rule="UK registry: reversal of surrender",
)
NOT_PENDING = define(
    "CW-4201",
    en="No transaction {transaction} waits for this.",
    zh="没有处于该状态的交易{transaction}。",
    mend_en="It may have been completed, rejected or cancelled before.",
    mend_zh="该交易可能已完成、被拒绝或取消。",
    rule="UK registry: transaction status",
)
NO_REVERSAL = define(
    "CW-3022",
    en="A transaction of type '{type}' undoes nothing, but names {transaction} as the one to undo.",
    zh="“{type}”类交易不是撤销交易，却指明撤销{transaction}。",
    mend_en="Leave the field 'reverses' empty, or propose the type that reverses it.",
    mend_zh="请将“拟撤销的交易编号”（reverses）留空，或改用相应的撤销类型。",
    rule="UK registry: typed reversals",
)
REVERSAL_DIFFERS = define(
    "CW-3023",
    en="A reversal gives back exactly what {transaction} moved; what is asked for differs.",
    zh="撤销须与{transaction}所划转的完全一致，所请求的内容不符。",
    mend_en="Name only the transaction to undo; accounts and units follow from it.",
    mend_zh="只需指明待撤销的交易，账户与数量由其确定。",
    rule="UK registry: typed reversals",
)
OWN_PROPOSAL = define(
    "CW-4202",
    en="{person} proposed this and may not approve it too.",
    zh="{person}是提出人，不得由本人审批。",
    mend_en="A different person must approve.",
    mend_zh="须由另一人审批。",
    rule="four eyes",
)
