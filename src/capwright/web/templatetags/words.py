"""Words and numbers in templates: `{% say "Accounts" "账户" %}`, `{{ n|tonnes }}`, `{{ fen|money }}`."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from capwright.kernel.quantity import format_money
from capwright.projection import terms
from capwright.web.clock import local

if TYPE_CHECKING:
    from django.template.context import Context
    from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: Context, en: str, zh: str, **given: Any) -> str:
    """One of two texts, by the language of the page; `{name}` in it is filled in."""
    text = zh if context.get("lang") == "zh" else en
    return text.format(**given) if given else text


@register.filter
def tonnes(value: int | None) -> str:
    """A whole number with separators; a dash for nothing known."""
    return "–" if value is None else f"{value:,}"


@register.filter
def money(value: int | None) -> str:
    """Fen as currency units with two decimals."""
    return "–" if value is None else format_money(value)


@register.filter
def percent(value: float | None) -> str:
    """A share of 1 with one decimal."""
    return "–" if value is None else f"{value:.1%}"


@register.filter
def moment(at_ms: int | None) -> str:
    """A time of the journal by the market's clock."""
    return "–" if not at_ms else local(at_ms).strftime("%Y-%m-%d %H:%M:%S")


@register.filter
def minute(at_ms: int | None) -> str:
    """A time to the minute."""
    return "–" if not at_ms else local(at_ms).strftime("%Y-%m-%d %H:%M")


@register.filter
def day(value: date | None) -> str:
    """A date."""
    return "–" if value is None else value.isoformat()


@register.filter
def short(digest: bytes | str) -> str:
    """The beginning of a hash."""
    return (digest.hex() if isinstance(digest, bytes) else digest)[:12]


@register.filter
def hexadecimal(digest: bytes) -> str:
    """A hash in full."""
    return digest.hex()


@register.filter
def act_words(name: str, lang: str = "zh") -> str:
    """A command or event in words: its Chinese term, or the English name with spaces."""
    if lang == "zh":
        return terms.COMMANDS.get(name) or terms.EVENTS.get(name) or name
    return "".join(f" {c.lower()}" if c.isupper() and n else c for n, c in enumerate(name))


@register.simple_tag
def data(name: str, value: Any) -> SafeString:
    """A value for scripts, as JSON in an element that no browser runs."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return format_html('<script type="application/json" id="{}">{}</script>', name, mark_safe(safe))  # noqa: S308
