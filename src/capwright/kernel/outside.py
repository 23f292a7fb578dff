"""Reasons that come from libraries and the operating system, which speak English, for readers of Chinese."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

__all__ = ["OUTSIDE", "in_chinese"]

OUTSIDE: Final = ("reason", "why", "fault")  # details of a refusal that say what a library said
_LONGEST: Final = 300  # characters; a library says no more in one sentence

_KINDS: Final = {
    "int": "整数", "float": "数值", "str": "文本", "bool": "true或false", "array": "数组", "object": "对象",
    "null": "空值", "date": "日期", "datetime": "时间", "decimal": "小数", "bytes": "字节串",
}  # fmt: skip
_TEXTS: Final = {
    # The operating system.
    "No such file or directory": "文件或目录不存在",
    "Permission denied": "没有权限",
    "Is a directory": "这是一个目录",
    "Not a directory": "路径中有一段不是目录",
    "No space left on device": "磁盘空间不足",
    "Input/output error": "输入输出错误",
    "File name too long": "文件名过长",
    "Too many levels of symbolic links": "符号链接层数过多",
    "Read-only file system": "文件系统只读",
    "Address already in use": "端口已被占用",
    "Connection refused": "连接被拒绝",
    # Python's files and TOML.
    "Not a gzipped file": "不是 gzip 文件",
    "File is not a zip file": "不是 zip 文件",
    "Invalid statement": "语句无效",
    "Expected newline or end of document after a statement": "语句之后应换行",
    "There is no nest behind this key": "该键之下没有子项",
    "Cannot overwrite a value": "不能重复赋值",
    "Expected ']' at the end of a table declaration": "表头缺少“]”",
    "Expected ']]' at the end of an array declaration": "数组表头缺少“]]”",
    "Expected '=' after a key in a key/value pair": "键之后缺少“=”",
    "Invalid initial character for a key part": "键的首字符无效",
    "Unclosed array": "数组没有结束",
    "Unclosed inline table": "行内表没有结束",
    r"Unescaped '\' in a string": "字符串中的“\\”未转义",
    "Invalid hex value": "十六进制值无效",
    "Unterminated string": "字符串没有结束",
    "Invalid date or datetime": "日期或时间无效",
    "Invalid value": "值无效",
    # JSON.
    "Input data was truncated": "内容不完整",
    "Escaped character is not a Unicode scalar value": "转义字符无效",
    "Expecting value": "此处应有值",
    "expecting value": "此处应有值",
    "expecting ',' delimiter": "缺少逗号",
    "expecting ':' delimiter": "缺少冒号",
    "expecting property name enclosed in double quotes": "键须用双引号括起",
    "extra data": "结尾之后还有内容",
    "illegal trailing comma before end of object": "最后一项之后多了逗号",
    "illegal trailing comma before end of array": "最后一项之后多了逗号",
    "unterminated string starting at": "字符串没有结束",
    "invalid control character at": "含有控制字符",
    "not UTF-8": "编码不是 UTF-8",
    "nested too deeply": "嵌套过深",
    "Invalid decimal string": "不是十进制数",
    "Invalid RFC3339 encoded date": "不是有效日期",
    "Invalid RFC3339 encoded datetime": "不是有效时间",
    "Integer value out of range": "整数超出范围",
    "Number out of range": "数值超出范围",
    # Ours, where a refusal has one sentence for many reasons.
    "another program's database": "这是其他程序的数据库",
    "a column has the wrong type": "列的类型不符",
    "it is a file of another kind": "不是日志文件",
    "it is a folder": "这是一个目录",
    "it is empty": "内容为空",
    "it is no ordinary file": "不是普通文件",
    "it is taken or not ours": "端口已被占用或无权使用",
    "its checksum is wrong": "校验和不符",
    "its folder does not exist": "所在目录不存在",
    "its hash is not that of the record": "其哈希值与记录不一致",
    "its state is not what the records make": "其状态与记录重放的结果不一致",
    "its table meta is of another kind": "表 meta 的结构不符",
    "its text is not UTF-8": "文本编码不是 UTF-8",
    "no xl/workbook.xml inside": "其中没有 xl/workbook.xml",
    "no zip archive; is it protected by a password, or an .xls?": "不是 zip 压缩格式，可能设有密码或为 .xls",
    "the database's encoding is not UTF8": "数据库编码不是 UTF8",
    "there is no such file": "文件不存在",
    "unknown": "品种不存在",
}
_PATTERNS: Final = tuple(
    (re.compile(pattern, re.DOTALL), zh)
    for pattern, zh in (
        (r"Expected `(?P<kinds>[^`]+)`, got `(?P<got>[^`]+)`", "应为{kinds}，实为{got}"),
        (r"Expected `(?P<kinds>[^`]+)` (?P<bound>[<>]=?) (?P<n>\S+)", "应为{bound} {n}的{kinds}"),
        (r"Expected `array` of length (?P<bound>[<>]?=?) ?(?P<n>\d+)", "项数应{bound} {n}"),
        (r"Expected `(?P<kinds>[^`]+)` of length (?P<bound>[<>]=) (?P<n>\d+)", "{kinds}的长度应{bound} {n}"),
        (r"Expected `(?P<kinds>[^`]+)`", "应为{kinds}"),
        (r"Expected '(?P<n>.+)'", "此处应为“{n}”"),
        (r"Object contains unknown field `(?P<n>[^`]+)`", "含有未知的键 {n}"),
        (r"Object missing required field `(?P<n>[^`]+)`", "缺少必填的键 {n}"),
        (r"Invalid enum value (?P<n>.+)", "{n} 不在可选值之中"),
        (r"Invalid value (?P<n>.+)", "{n} 不在可选值之中"),
        (r"JSON is malformed: .+ \(byte (?P<n>\d+)\)", "JSON格式有误（第{n}字节）"),
        (r"Cannot declare (?P<n>.+) twice", "{n} 重复声明"),
        (r"Cannot mutate immutable namespace (?P<n>.+)", "不能更改 {n}"),
        (r"Duplicate inline table key (?P<n>.+)", "行内表中键 {n} 重复"),
        (r"Found invalid character (?P<n>.+)|Illegal character (?P<m>.+)", "含有无效字符"),
        (r"the folder (?P<n>.+) does not exist", "目录 {n} 不存在"),
        (r"the folder (?P<n>.+) cannot be written", "目录 {n} 没有写入权限"),
        (r"it has a table (?P<n>.+) of another kind", "已有结构不同的表 {n}"),
        (r"(?P<n>.+) declares entities", "{n} 含有实体声明"),
        (r"(?P<n>.+) is not UTF-8", "{n} 的编码不是 UTF-8"),
        (r"(?P<n>.+) has cells without a place", "{n} 中有单元格缺少位置"),
        (r"no column '(?P<n>.+)'", "没有列“{n}”"),
        (r"Invalid isoformat string: (?P<n>.+)", "{n} 不是有效日期"),
        (r"invalid literal for int\(\) with base 10: (?P<n>.+)", "{n} 不是整数"),
        (r"\[<class 'decimal\..*", "不是有效数值"),
        (r"float (?P<n>.+)", "{n} 为浮点数，应以文本填写"),
        (r".*codec can't decode.*", "编码不是 UTF-8"),
        (r"maximum recursion depth exceeded.*", "嵌套过深"),
    )
)
_BOUNDS: Final = {">=": "不小于", "<=": "不大于", ">": "大于", "<": "小于", "": "等于"}
_AT: Final = re.compile(
    r"(?P<text>.+?)"
    r"(?: - at `(?P<at>.+)`| \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\))",
    re.DOTALL,
)


@lru_cache(maxsize=1_000)
def in_chinese(reason: str) -> str:
    """What a library said, in Chinese where it is known; else as it is."""
    if len(reason) > _LONGEST:
        return reason
    found = _AT.fullmatch(reason)
    said = _said(found["text"] if found else reason.rstrip("."))
    if said is None:
        return reason
    if found and found["at"]:
        return f"{found['at']}处：{said}"
    return f"{said}（第{found['line']}行第{found['column']}列）" if found and found["line"] else said


def _said(text: str) -> str | None:
    known = _TEXTS.get(text)
    if known is not None:
        return known
    for pattern, zh in _PATTERNS:
        match = pattern.fullmatch(text)
        if match:
            return zh.format(**{name: _part(name, value or "") for name, value in match.groupdict().items()})
    return None


def _part(name: str, value: str) -> str:
    if name == "bound":
        return _BOUNDS[value]
    if name in {"kinds", "got"}:
        return "或".join(_KINDS.get(one.strip(), one.strip()) for one in value.split("|"))
    return value
