"""The site's own scripts with their Chinese in traditional characters; the others are plain static files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.contrib.staticfiles import finders
from django.http import Http404, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from capwright.web.language import traditional

if TYPE_CHECKING:
    from django.http import HttpRequest

__all__ = ["urls"]


@require_safe
def script(request: HttpRequest, name: str) -> HttpResponse:
    """A script for pages in traditional Chinese."""
    del request
    answer = HttpResponse(_script(f"web/{name}.js"), content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "max-age=60, public"  # as static files are served
    return answer


@cache
def _script(name: str) -> str:
    found = finders.find(name)
    if not found:
        raise Http404
    return traditional(Path(found).read_text(encoding="utf-8"))


urls: Final[list[URLPattern]] = [path("traditional/web/<slug:name>.js", script, name="traditional_script")]
