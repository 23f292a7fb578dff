"""What pages refuse before the market is asked. Kept apart from Django, so that the catalogue can list it."""

from __future__ import annotations

from typing import NoReturn

from capwright.kernel.outside import in_chinese
from capwright.kernel.refusal import Refusal, define, refuse

__all__ = [
    "ALTERED", "AWAY", "BAD_HOOK", "BAD_INVITATION", "BAD_KIND", "INFECTED", "NEEDS_MFA", "NOBODY_KNOWN",
    "NOTHING", "NOT_MAILED", "NOT_NUMBER", "NOT_SCANNED", "PEOPLE_AWAY", "SEAL_BROKEN", "TOO_LARGE",
    "TWO_PEOPLE", "UNREADABLE", "YEAR_OR_MONTHS",
    "unread", "unreadable",
]  # fmt: skip

UNREADABLE = define(
    "CW-9720",
    en="{field} cannot be read: {why}.",
    zh="“{field_zh}”无法读取：{why_zh}。",
    mend_en="Correct the field.",
    mend_zh="请更正该项。",
    rule="design: bound everything",
)
TOO_LARGE = define(
    "CW-9721",
    en="The file '{name}' is larger than {most}.",
    zh="文件“{name}”超过{most}。",
    mend_en="Make it smaller, or send it in parts.",
    mend_zh="请压缩或分开上传。",
    rule="design: bound everything",
)
BAD_KIND = define(
    "CW-9722",
    en="The file '{name}' is of no kind that is taken.",
    zh="文件“{name}”的格式不受支持。",
    mend_en="Taken are {known}; the content decides, not the name.",
    mend_zh="可上传{known}；以文件内容而非名称为准。",
    rule="OWASP ASVS 12.2: check the type of uploads by their content",
)
INFECTED = define(
    "CW-9723",
    en="The scanner refuses the file '{name}'.",
    zh="安全扫描未通过：“{name}”。",
    mend_en="Check it on your own machine first.",
    mend_zh="请先在本机查杀。",
    rule="OWASP ASVS 12.4: scan uploads",
)
BAD_INVITATION = define(
    "CW-9724",
    en="This invitation is not valid: it was used, it has expired, or the link is incomplete.",
    zh="邀请无效：可能已使用、已过期或链接不完整。",
    mend_en="Ask whoever invited you for a new one.",
    mend_zh="请联系邀请人重新发送。",
    rule="design: identity by invitation",
)
NEEDS_MFA = define(
    "CW-9725",
    en="Your rights move units or money: a second factor is needed before you go on.",
    zh="您的权限涉及配额或资金，须先启用双重验证。",
    mend_en="Set up an authenticator app or a passkey on the page for sign-in and security.",
    mend_zh="请在“登录与安全”页面绑定验证器或通行密钥。",
    rule="design: money-moving roles need a second factor",
)
BAD_HOOK = define(
    "CW-9726",
    en="Nothing can be posted to '{url}': {why}.",
    zh="无法向“{url}”推送：{why_zh}。",
    mend_en="Give an https address that the open network reaches.",
    mend_zh="请填写公网可访问的 https 地址。",
    rule="OWASP ASVS 12.6: no requests into the own network",
)
NOT_NUMBER = define(
    "CW-9727",
    en="{place}: '{text}' is not a number.",
    zh="{place}：“{text}”不是有效数值。",
    mend_en="Write a plain number; the unit stands beside it.",
    mend_zh="请只填数字，单位在旁边选择。",
    rule="design: bound everything",
)
NOTHING = define(
    "CW-9728",
    en="The form holds no figure.",
    zh="表单中没有任何数值。",
    mend_en="Fill in at least one stream.",
    mend_zh="请至少填写一个排放源。",
    rule="design: one clear message for bad input",
)
YEAR_OR_MONTHS = define(
    "CW-9729",
    en="{place}: give either the year, or months.",
    zh="{place}：全年值与月度值只能填一种。",
    mend_en="Leave the year empty when the months are filled in.",
    mend_zh="填写月度值时请将全年值留空。",
    rule="GD-2021: monthly records",
)
SEAL_BROKEN = define(
    "CW-9730",
    en="What was shown can no longer be filed: an hour has passed, or it was shown to somebody else.",
    zh="所显示的报告已不能提交：已过一小时，或并非向您显示。",
    mend_en="Read the file again.",
    mend_zh="请重新读取文件。",
    rule="design: nobody files what he has not seen",
)
NOT_SCANNED = define(
    "CW-9731",
    en="The file '{name}' could not be scanned, and was not taken.",
    zh="文件“{name}”未能完成安全扫描，因此未予接收。",
    mend_en="The scanner of this site is out of order; try again later, or tell its operator.",
    mend_zh="本站扫描服务异常，请稍后重试或联系管理员。",
    rule="OWASP ASVS 12.4: scan uploads",
)
AWAY = define(
    "CW-9732",
    en="The store of documents does not answer ({why}).",
    zh="文件存储暂时无法访问（{why}）。",
    mend_en="Nothing was kept. Try again in a moment.",
    mend_zh="文件未保存，请稍后重试。",
    rule="design: one clear message for bad input",
)
ALTERED = define(
    "CW-9733",
    en="The document {name}… is not what it was when it was kept.",
    zh="文件{name}…与存入时不一致。",
    mend_en="Tell the operator of this site, who can restore it from a backup.",
    mend_zh="请联系管理员从备份恢复。",
    rule="design: documents are named by their hash",
)
PEOPLE_AWAY = define(
    "CW-9790",
    en="The database that knows who you are does not answer. Nothing was done.",
    zh="用户数据库没有响应，无法确认您的身份。本次请求未执行任何操作。",
    mend_en="Try again in a moment; a command under the same key.",
    mend_zh="请稍后重试；指令请使用同一幂等键。",
    rule="design: what is away is said to be away",
)
NOT_MAILED = define(
    "CW-9738",
    en="The mail to {to} could not be sent; nothing was changed.",
    zh="发往{to}的邮件未能发出，操作未生效。",
    mend_en="Try again later, or tell the operator of this site.",
    mend_zh="请稍后重试或联系管理员。",
    rule="design: nobody waits for a mail that never comes",
)
NOBODY_KNOWN = define(
    "CW-9734",
    en="Nothing is kept of '{said}'.",
    zh="未保存“{said}”的任何个人信息。",
    mend_en="Give a user's name, a mail address or an id of the journal.",
    mend_zh="请输入用户名、邮箱或日志编号。",
    rule="PIPL 2021 art. 45-47: access and deletion",
)
TWO_PEOPLE = define(
    "CW-9735",
    en="Another operator has to confirm: neither who asked nor who is to be erased.",
    zh="须由另一名操作员确认，申请人和被删除人本人均不得确认。",
    mend_en="Ask a colleague to open this page.",
    mend_zh="请由同事打开本页面确认。",
    rule="design: two people where one may not decide",
)


def unread(field: str, why: str, why_zh: str = "", field_zh: str = "") -> Refusal:
    """A field that cannot be read (CW-9720). What a library says of a value is told in Chinese too."""
    details = {"field": field, "field_zh": field_zh or field, "why": why, "why_zh": why_zh or in_chinese(why)}
    return Refusal(UNREADABLE.code, dict(details))


def unreadable(field: str, why: str, why_zh: str = "", field_zh: str = "") -> NoReturn:
    """Refuse a field, as `unread` puts it."""
    refuse(UNREADABLE, **unread(field, why, why_zh, field_zh).details)
