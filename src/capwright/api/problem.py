"""Refusals as `application/problem+json` (RFC 9457), in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException
from msgspec import Struct

from capwright.host.bulk import TOO_MUCH
from capwright.kernel.refusal import Refusal, Refused
from capwright.web.language import ENGLISH, chosen
from capwright.web.refusals import PEOPLE_AWAY

if TYPE_CHECKING:
    from litestar import Request

__all__ = ["Problem", "handlers", "status_of"]

_TYPE: Final = "application/problem+json"
_NOT_KNOWN: Final = "CW-86"  # the journal is away: the command may be sent again under its key


class Problem(Struct, omit_defaults=True):
    """Why a request was not done. `code` never changes its meaning; `seq` is the row with the refusal.

    `title` and `detail` of a refusal are in the language of `Accept-Language`: English, simplified or
    traditional Chinese; English where none is asked for. In batches and streams the two messages stand alone.
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
            title="Refused",
            status=status,
            code=refusal.code,
            message_en=refusal.message("en"),
            message_zh=refusal.message("zh"),
            details=refusal.details,
            seq=seq,
            type=f"/reference/refusals/#{refusal.code}",
        )

    def spoken(self, accepted: str) -> tuple[Self, dict[str, str]]:
        """The problem in the language that is asked for, and the headers which say so."""
        if not self.code:  # of HTTP, in English only
            return self, {"Content-Language": ENGLISH.tag}
        language = chosen(accepted, default=ENGLISH)
        title, detail = (
            ("未获受理", self.message_zh) if language.text == "zh" else (self.title, self.message_en)
        )
        said = msgspec.structs.replace(self, title=language.spelt(title), detail=language.spelt(detail))
        return said, {"Content-Language": language.tag, "Vary": "Accept-Language"}


def status_of(refusal: Refusal) -> int:
    """The status for what never reached the market: 503 where it is away, 429 for too much, else 422."""
    if refusal.code == TOO_MUCH.code:
        return 429
    return 503 if refusal.code.startswith((_NOT_KNOWN, PEOPLE_AWAY.code)) else 422


def _refused(request: Request[Any, Any, Any], error: Refused) -> Response[bytes]:
    status = status_of(error.refusal)
    problem, headers = Problem.of(error.refusal, status).spoken(request.headers.get("accept-language", ""))
    return Response(msgspec.json.encode(problem), status_code=status, media_type=_TYPE, headers=headers)


def _http(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    said = Problem(title=error.detail or "Error", status=error.status_code)
    return Response(
        msgspec.json.encode(said), status_code=error.status_code, media_type=_TYPE, headers=error.headers
    )


handlers: Final[dict[Any, Any]] = {Refused: _refused, HTTPException: _http}
