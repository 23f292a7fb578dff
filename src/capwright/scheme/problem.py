"""What can be wrong with a scheme file: the refusals CW-80xx and where in the file the fault is."""

from __future__ import annotations

from typing import NamedTuple

from capwright.kernel.refusal import BadInput, Refusal, RefusalCode, define

__all__ = ["Origin", "Problems", "problem"]

_RULE = "Every number of a scheme has a source and a confidence; a scheme that is not sound is not loaded"

UNKNOWN_SCHEME = define(
    "CW-8001",
    en="There is no scheme `{name}`.",
    zh="没有名为“{name}”的方案。",
    mend_en="{near}`capwright scheme list` shows all; a file is given by its path ending in .toml.",
    mend_zh="{near_zh}用 capwright scheme list 查看全部；方案文件请写以 .toml 结尾的路径。",
    rule=_RULE,
)
SYNTAX = define(
    "CW-8002",
    en="The scheme file is not valid TOML: {reason}.",
    zh="方案文件不是有效的 TOML：{reason}。",
    mend_en="Correct the text at this place.",
    mend_zh="请改正此处文本。",
    rule="TOML 1.0",
)
UNKNOWN_KEY = define(
    "CW-8003",
    en="`{path}` is not a key of a scheme.",
    zh="“{path}”不是方案的键。",
    mend_en="Keys known here: {known}.",
    mend_zh="此处可用的键：{known}。",
    rule=_RULE,
)
WRONG_VALUE = define(
    "CW-8004",
    en="`{path}` = {value} does not fit.",
    zh="“{path}” = {value} 不合要求。",
    mend_en="Give {expected}.",
    mend_zh="应为：{expected_zh}。",
    rule=_RULE,
)
MISSING_KEY = define(
    "CW-8005",
    en="`{path}` is missing.",
    zh="缺少“{path}”。",
    mend_en="Add it here or in a scheme that this one extends.",
    mend_zh="请在本文件或所继承的方案中补上。",
    rule=_RULE,
)
UNCITED = define(
    "CW-8006",
    en="`{path}` has no source.",
    zh="“{path}”没有注明来源。",
    mend_en="Write `source` and `confidence` in its table, or "
    '{{ value = …, source = "…", confidence = "…" }}; '
    "a value that overrides an inherited one needs its own.",
    mend_zh='请在所在表中写 source 与 confidence，或写成 {{ value = …, source = "…", confidence = "…" }}；'
    "覆盖继承值时须另注来源。",
    rule=_RULE,
)
BAD_CITATION = define(
    "CW-8007",
    en="The citation at `{path}` is not complete: `{key}` = {value}.",
    zh="“{path}”处的来源注记不完整：{key} = {value}。",
    mend_en="`source` is a text, `confidence` one of official, secondary, derived, memory, default; both.",
    mend_zh="source 为文本，confidence 为 official、secondary、derived、memory、default 之一；须同时给出。",
    rule=_RULE,
)
MISSING_PARENT = define(
    "CW-8008",
    en="`{name}` extends `{parent}`, which does not exist.",
    zh="“{name}”继承的“{parent}”不存在。",
    mend_en="Put `{parent}.toml` beside the file or correct `extends`.",
    mend_zh="请把 {parent}.toml 放在同一目录，或改正 extends。",
    rule="Inheritance is explicit",
)
CYCLE = define(
    "CW-8009",
    en="Schemes extend each other in a circle: {chain}.",
    zh="方案循环继承：{chain}。",
    mend_en="Remove one `extends`.",
    mend_zh="请去掉其中一处 extends。",
    rule="Inheritance is explicit",
)
INVERTED = define(
    "CW-8010",
    en="{what}: {first} lies after {last}.",
    zh="{what}：{first} 晚于 {last}。",
    mend_en="Correct one of the dates.",
    mend_zh="请改正其中一个日期。",
    rule=_RULE,
)
OVERLAP = define(
    "CW-8011",
    en="`{name}` and `{other}` of {jurisdiction} cover overlapping periods ({first} to {last}).",
    zh="{jurisdiction} 的“{name}”与“{other}”适用期间重叠（{first} 至 {last}）。",
    mend_en="One vintage has one scheme: correct a period.",
    mend_zh="一个年度只能有一个方案：请改正期间。",
    rule=_RULE,
)
DUPLICATE = define(
    "CW-8012",
    en="`{path}` appears twice.",
    zh="“{path}”重复出现。",
    mend_en="Keep one, or give the other its own identifier.",
    mend_zh="请只保留一个，或另取标识。",
    rule=_RULE,
)
DANGLING = define(
    "CW-8013",
    en="`{path}` names `{name}`, which the scheme does not define.",
    zh="“{path}”引用了方案中没有定义的“{name}”。",
    mend_en="Known here: {known}.",
    mend_zh="已定义的有：{known}。",
    rule=_RULE,
)
OUT_OF_RANGE = define(
    "CW-8014",
    en="`{path}` = {value} is out of range.",
    zh="“{path}” = {value} 超出范围。",
    mend_en="It must be {expected}.",
    mend_zh="应为：{expected}。",
    rule=_RULE,
)
ABSTRACT = define(
    "CW-8015",
    en="`{name}` is a pack of shared rules and not a scheme of its own.",
    zh="“{name}”是供继承的规则包，不能单独使用。",
    mend_en="Use a scheme that extends it, such as {near}.",
    mend_zh="请使用继承它的方案，例如 {near}。",
    rule="Inheritance is explicit",
)
NOTHING_TO_REMOVE = define(
    "CW-8016",
    en="`{path}` is to be removed but is not inherited.",
    zh="要删除的“{path}”并未被继承。",
    mend_en="Drop the `remove`, or correct the name.",
    mend_zh="请去掉 remove 或改正名称。",
    rule="Inheritance is explicit",
)
UNREADABLE = define(
    "CW-8017",
    en="The scheme file cannot be read: {reason}.",
    zh="无法读取方案文件：{reason}。",
    mend_en="Check the path, the permissions, and that the text is UTF-8.",
    mend_zh="请检查路径、权限，并确认文本为 UTF-8 编码。",
    rule="Schemes are UTF-8 TOML files",
)
ALTERED = define(
    "CW-8018",
    en="The embedded scheme does not match its digest: {reason}.",
    zh="内嵌方案与其摘要不符：{reason}。",
    mend_en="The journal or file was altered or torn; use an intact copy.",
    mend_zh="日志或文件已被改动或损坏，请使用完好的副本。",
    rule="A journal carries the scheme it was run under",
)
NEEDED = define(
    "CW-8019",
    en="`{path}` must have one named `{name}`: {why}.",
    zh="“{path}”中必须有名为“{name}”的一项：{why_zh}。",
    mend_en="Add it, or extend a pack that has it, such as guangdong-common or eu-uk-registry.",
    mend_zh="请补充该项，或继承含有该项的规则包，如 guangdong-common、eu-uk-registry。",
    rule="A few transaction types are known by name: issuance, allocation, surrender and its reversal",
)


class Origin(NamedTuple):
    """Where something stands in a file; lines and columns count from 1, 0 means unknown."""

    file: str
    line: int = 0
    column: int = 0


Problems = list[BadInput]


def problem(spec: RefusalCode, origin: Origin, **details: str | int) -> BadInput:
    """Return (not raise) the refusal `spec` at `origin`."""
    return BadInput(Refusal(spec.code, details), origin.file, origin.line, origin.column)
