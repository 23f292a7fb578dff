"""Where programs get their access tokens, no more often than programs need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.core import ratelimit
from django.http import JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.views import TokenView

from capwright.web.clearing import clear_sometimes
from capwright.web.hosting import host

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

__all__ = ["PacedTokenView"]


@method_decorator(csrf_exempt, name="dispatch")
class PacedTokenView(TokenView):  # type: ignore[misc]
    """The OAuth server's page, which answers an address thirty times a minute.

    A token is good for an hour, and looking whether a secret is right takes a third of a processor's second:
    asked without end, it would leave none to others. `CAPWRIGHT_RATE_LIMIT=0` lifts this limit too.
    """

    def dispatch(self, request: HttpRequest, *given: Any, **named: Any) -> HttpResponse:
        """Answer, or say that it is too often (429)."""
        if host().settings.rate_limit and not ratelimit.consume(request, action="token"):
            said = {"error": "slow_down", "error_description": "Too many requests; a token lasts an hour"}
            return JsonResponse(said, status=429, headers={"Retry-After": "60"})
        clear_sometimes()
        answer: HttpResponse = super().dispatch(request, *given, **named)
        return answer
