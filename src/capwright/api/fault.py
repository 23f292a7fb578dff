"""What the API says to a request before the market is asked, in both languages, with HTTP's own statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from litestar.exceptions import HTTPException

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NO_ACCOUNT", "SIGN_IN", "TITLES", "Fault"]

# What a status is called.
TITLES: Final = {
    400: ("Bad request", "请求有误"),
    401: ("Not signed in", "未登录"),
    403: ("Not allowed", "没有权限"),
    404: ("Not found", "不存在"),
    405: ("Method not allowed", "不支持的请求方法"),
    408: ("Too slow", "请求超时"),
    413: ("Too long", "内容过长"),
    415: ("Unsupported media type", "不支持的内容类型"),
    422: ("Refused", "未获受理"),
    429: ("Too many requests", "请求过于频繁"),
    500: ("Internal error", "内部错误"),
    503: ("Not available", "暂不可用"),
}
SIGN_IN: Final = ("Sign in, or send an access token", "请登录，或提供访问令牌")
NO_ACCOUNT: Final = ("No such account, or none of yours", "没有该账户，或不是您的账户")


class Fault(HTTPException):
    """A request that is not answered: `en` and `zh` say why."""

    def __init__(self, status: int, en: str, zh: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail=en, status_code=status, headers=dict(headers) if headers else None)
        self.zh = zh
