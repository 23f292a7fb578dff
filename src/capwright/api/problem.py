"""Refusals as `application/problem+json` (RFC 9457), in both languages."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException
from msgspec import Struct

from capwright.api.fault import TITLES, Fault
from capwright.host.bulk import TOO_MUCH
from capwright.kernel.refusal import Refusal, Refused
from capwright.web.language import ENGLISH, chosen
from capwright.web.refusals import PEOPLE_AWAY

if TYPE_CHECKING:
    from litestar import Request

__all__ = ["Problem", "handlers"]

_LOG: Final = logging.getLogger("capwright.api")
_TYPE: Final = "application/problem+json"
_NOT_KNOWN: Final = "CW-86"  # the journal is away: the command may be sent again under its key


class Problem(Struct, omit_defaults=True):
    """Why a request was not done. `code` never changes its meaning; `seq` is the row with the refusal.

    `title` and `detail` are in the language of `Accept-Language`: English, simplified or traditional
    Chinese; English where none is asked for. In batches and streams the two messages stand alone.
    """

    title: str
    status: int
    detail: str = ""
    code: str = ""
    message_en: str = ""
    message_zh: str = ""
    details: dict[str, str | int] = {}
    seq: int = 0
    type: str = "about:blank"

    @classmethod
    def of(cls, refusal: Refusal, status: int = 422, seq: int = 0) -> Self:
        """A refusal as a problem."""
        return cls(
            title=TITLES[422][0],
            status=status,
            code=refusal.code,
            message_en=refusal.message("en"),
            message_zh=refusal.message("zh"),
            details=refusal.details,
            seq=seq,
            type=f"/reference/refusals/#{refusal.code}",
        )

    @classmethod
    def of_error(cls, error: BaseException) -> Self:
        """A request without an answer of the market; the framework's own words are English only.

        What nobody foresaw is logged: the caller hears no more than that it is so.
        """
        if isinstance(error, Refused):
            return cls.of(error.refusal, _status_of(error.refusal))
        if not isinstance(error, HTTPException):
            _LOG.error("unforeseen", exc_info=error)
            error = Fault(500, *TITLES[500])
        title, title_zh = _title(error.status_code)
        zh = error.zh if isinstance(error, Fault) else title_zh
        return cls(title, error.status_code, message_en=error.detail or title, message_zh=zh)

    def spoken(self, accepted: str) -> tuple[Self, dict[str, str]]:
        """The problem in the language that is asked for, and the headers which say so."""
        language = chosen(accepted, default=ENGLISH)
        zh = language.text == "zh"
        title = _title(422 if self.code else self.status)[zh]
        detail = self.message_zh if zh else self.message_en
        said = msgspec.structs.replace(self, title=language.spelt(title), detail=language.spelt(detail))
        return said, {"Content-Language": language.tag, "Vary": "Accept-Language"}


def _title(status: int) -> tuple[str, str]:
    return TITLES.get(status, ("Error", "出错"))


def _status_of(refusal: Refusal) -> int:
    """The status for what never reached the market: 503 where it is away, 429 for too much, else 422."""
    if refusal.code == TOO_MUCH.code:
        return 429
    return 503 if refusal.code.startswith((_NOT_KNOWN, PEOPLE_AWAY.code)) else 422


def _answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    problem, headers = Problem.of_error(error).spoken(request.headers.get("accept-language", ""))
    more = (error.headers or {}) if isinstance(error, HTTPException) else {}
    return Response(
        msgspec.json.encode(problem),
        status_code=problem.status,
        media_type=_TYPE,
        headers={**more, **headers},
    )


handlers: Final[dict[Any, Any]] = {Exception: _answer}
