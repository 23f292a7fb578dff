"""Refusals as `application/problem+json` (RFC 9457), in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from litestar import Response
from litestar.exceptions import HTTPException
from msgspec import Struct

from capwright.kernel.refusal import Refusal, Refused

if TYPE_CHECKING:
    from litestar import Request

__all__ = ["Problem", "handlers", "problem_of"]

_TYPE: Final = "application/problem+json"
_NOT_KNOWN: Final = "CW-86"  # the journal is away: the command may be sent again under its key


class Problem(Struct, omit_defaults=True):
    """Why a request was not done. `code` never changes its meaning; `seq` is the row with the refusal."""

    title: str
    status: int
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


def problem_of(refusal: Refusal, status: int = 422, seq: int = 0) -> Response[bytes]:
    """The answer that a refusal makes."""
    body = msgspec.json.encode(Problem.of(refusal, status, seq))
    return Response(body, status_code=status, media_type=_TYPE)


def _refused(_request: Request[Any, Any, Any], error: Refused) -> Response[bytes]:
    unavailable = error.refusal.code.startswith(_NOT_KNOWN)
    return problem_of(error.refusal, 503 if unavailable else 422)


def _http(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    said = Problem(title=error.detail or "Error", status=error.status_code)
    return Response(
        msgspec.json.encode(said), status_code=error.status_code, media_type=_TYPE, headers=error.headers
    )


handlers: Final[dict[Any, Any]] = {Refused: _refused, HTTPException: _http}
