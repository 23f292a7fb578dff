"""What can be wrong with a call of the command line: the refusals CW-90xx."""

from __future__ import annotations

from typing import Final

from capwright.kernel.refusal import BadInput, Refusal, RefusalCode, define

__all__ = ["bad_argument"]

_RULE: Final = "design: one clear message for bad input"

USAGE = define(
    "CW-9001",
    en="{reason}",
    zh="命令行有误：{reason}",
    mend_en="See `{command} --help`.",
    mend_zh="参见 {command} --help。",
    rule=_RULE,
)
UNKNOWN_COMMAND = define(
    "CW-9002",
    en="There is no command '{name}'.",
    zh="没有命令“{name}”。",
    mend_en="See `{command} --help`.{near}",
    mend_zh="参见 {command} --help。{near_zh}",
    rule=_RULE,
)
UNKNOWN_OPTION = define(
    "CW-9003",
    en="There is no option '{name}' here.",
    zh="此处没有选项“{name}”。",
    mend_en="See `{command} --help`.{near}",
    mend_zh="参见 {command} --help。{near_zh}",
    rule=_RULE,
)
MISSING = define(
    "CW-9004",
    en="{name} is missing.",
    zh="缺少 {name}。",
    mend_en="See `{command} --help`.",
    mend_zh="参见 {command} --help。",
    rule=_RULE,
)
BAD_VALUE = define(
    "CW-9005",
    en="The value of {name} does not fit: {reason}",
    zh="{name} 的取值不合要求：{reason}",
    mend_en="See `{command} --help`.",
    mend_zh="参见 {command} --help。",
    rule=_RULE,
)
UNKNOWN_LANGUAGE = define(
    "CW-9006",
    en="'{text}' is not a language Capwright speaks.",
    zh="Capwright 不支持语言“{text}”。",
    mend_en="Choose en or zh.",
    mend_zh="请选择 en 或 zh。",
    rule=_RULE,
)
UNWRITABLE = define(
    "CW-9007",
    en="The file cannot be written: {why}.",
    zh="无法写入文件：{why}。",
    mend_en="Check the path, the access rights and the space left.",
    mend_zh="请检查路径、权限和剩余空间。",
    rule=_RULE,
)
FILE_THERE = define(
    "CW-9008",
    en="The file exists already; nothing was written.",
    zh="文件已存在，未写入任何内容。",
    mend_en="Name another file, or remove this one yourself.",
    mend_zh="请更换文件名，或自行删除该文件。",
    rule="design: nothing is overwritten unasked",
)
NOT_A_CHOICE = define(
    "CW-9009",
    en="'{text}' is not one of {choices}.",
    zh="“{text}”不在可选值之中：{choices}。",
    rule=_RULE,
)
NOT_A_MOMENT = define(
    "CW-9010",
    en="'{text}' is not a date or a time.",
    zh="“{text}”不是日期或时间。",
    mend_en="Write 2024-07-31, 2024-07-31T15:30 or 2024-07-31T15:30+08:00; a date means the end of that day.",
    mend_zh="请写成 2024-07-31、2024-07-31T15:30 或 2024-07-31T15:30+08:00；仅写日期表示当日终了。",
    rule="ISO 8601",
)
NOT_A_DAY = define(
    "CW-9011",
    en="'{text}' is not a date.",
    zh="“{text}”不是日期。",
    mend_en="Write it like 2024-07-31.",
    mend_zh="请写成 2024-07-31 的形式。",
    rule="ISO 8601",
)
LACKS_SECTION = define(
    "CW-9012",
    en="The scheme {scheme} has no section '{section}'.",
    zh="方案{scheme}没有“{section}”部分。",
    mend_en="It has: {known}.",
    mend_zh="该方案包含：{known}。",
    rule="scheme sections",
)
UNKNOWN_ACCOUNT = define(
    "CW-9013",
    en="The journal knows no account {account} at that time.",
    zh="日志中当时没有账户{account}。",
    mend_en="Near it: {near}.",
    mend_zh="相近的账户：{near}。",
    rule=_RULE,
)
NO_SUCH_CODE = define(
    "CW-9014",
    en="No refusal code begins with '{text}'.",
    zh="没有以“{text}”开头的拒绝代码。",
    mend_en="`capwright codes` lists all.",
    mend_zh="用 capwright codes 查看全部。",
    rule=_RULE,
)
STORE_FAILED = define(
    "CW-9015",
    en="The journal cannot be read: {reason}.",
    zh="日志无法读取：{reason}。",
    mend_en="Check that the database is there and answers.",
    mend_zh="请检查数据库是否存在并有响应。",
    rule=_RULE,
)
NOT_A_HASH = define(
    "CW-9016",
    en="'{text}' is not a hash.",
    zh="“{text}”不是散列值。",
    mend_en="Give the 64 hexadecimal digits that `capwright verify` printed earlier.",
    mend_zh="请给出此前 capwright verify 输出的64位十六进制数。",
    rule="design: hash chain",
)
NOTE_AND_KEY = define(
    "CW-9029",
    en="A signed head is checked with a key: --note and --key go together.",
    zh="核对签名末行需要公钥：--note 与 --key 须同时给出。",
    mend_en="Both are on the site's page on transparency.",
    mend_zh="二者均见公开核验页面。",
    rule="C2SP signed-note",
)
NOTE_DIFFERS = define(
    "CW-9030",
    en="{origin} signed row {row} as {signed}; here it is {found}.",
    zh="{origin}签名的第{row}行散列值为{signed}，此处为{found}。",
    rule="C2SP signed-note",
)
NO_COMMAND = define(
    "CW-9017",
    en="Which command?",
    zh="请指明命令。",
    mend_en="See `{command} --help`.",
    mend_zh="参见 {command} --help。",
    rule=_RULE,
)
LAW_BROKEN = define(
    "CW-9018",
    en="A conservation law does not hold in the market's own state: {law}.",
    zh="市场自身状态不满足守恒定律：{law}。",
    rule="design: conservation laws",
)
DATABASE_DAMAGED = define(
    "CW-9019",
    en="The database says of itself: {text}.",
    zh="数据库自检结果：{text}。",
    mend_en="Restore it from a backup, or from an export.",
    mend_zh="请从备份或导出文件恢复。",
    rule="design: a torn or altered byte is found",
)
NOT_REPLAYED = define(
    "CW-9020",
    en="The market cannot replay the journal: {reason}",
    zh="市场无法重放日志：{reason}",
    rule="design: state = fold(events)",
)
NOT_A_NAME = define(
    "CW-9021",
    en="There is no command or event '{text}'.",
    zh="没有名为“{text}”的指令或事件。",
    mend_en="Nearest: {known}. The glossary (docs/glossary.md) lists all.",
    mend_zh="最接近的名称：{known}。术语表（docs/glossary.md）列有全部名称。",
    rule=_RULE,
)


def bad_argument(name: str, spec: RefusalCode, /, **details: str | int) -> BadInput:
    """The refusal of an argument, placed at its name (`--offer`)."""
    return BadInput(Refusal(spec.code, details), name)
