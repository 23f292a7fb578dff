"""What a page says when the fault is not its own: the people's database is away."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from django.db import Error
from django.http import HttpResponse
from django.views.defaults import server_error

from capwright.kernel.refusal import Refusal
from capwright.web.language import lang_of
from capwright.web.refusals import PEOPLE_AWAY

if TYPE_CHECKING:
    from django.http import HttpRequest

__all__ = ["unforeseen"]

_AGAIN_S: Final = 5
_PAGE: Final = (
    '<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>{code}</title>'
    '<p lang="zh">{zh}</p><p lang="en">{en}</p><p>{code}</p></html>'
)


def unforeseen(request: HttpRequest) -> HttpResponse:
    """503 (CW-9790) while the database is away; 500 for all else that nobody foresaw.

    Templates look at who is signed in, so this page is made without them.
    """
    if not isinstance(sys.exc_info()[1], Error):
        return server_error(request)
    refusal = Refusal(PEOPLE_AWAY.code)
    said = {"zh": refusal.message("zh"), "en": refusal.message("en"), "code": refusal.code}
    page = _PAGE.format(lang=lang_of(request), **said)
    return HttpResponse(page, status=503, headers={"Retry-After": str(_AGAIN_S)})
