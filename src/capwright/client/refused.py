"""A no of the market or of the API, as the client raises it."""

from __future__ import annotations

__all__ = ["MarketRefused"]


class MarketRefused(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """The market or the API said no. `code` is stable (CW-…); nothing has changed."""

    def __init__(self, status: int, code: str, message_en: str, message_zh: str) -> None:
        super().__init__(f"{code or status} {message_en}")
        self.status = status
        self.code = code
        self.message_en = message_en
        self.message_zh = message_zh
