"""Words and numbers in templates: `{% say "Accounts" "账户" %}`, `{{ n|tonnes }}`, `{{ fen|money }}`."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django import template
from django.utils import dateformat
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from capwright.kernel.quantity import format_money
from capwright.projection import terms
from capwright.projection.bucket_words import bucket_words
from capwright.web.clock import local, zone

if TYPE_CHECKING:
    from django.template.context import Context
    from django.utils.safestring import SafeString

register = template.Library()
register.filter(bucket_words)
_MONTH: Final = re.compile(r"\d{4}-\d\d")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


@register.simple_tag(takes_context=True)
def say(context: Context, en: str, zh: str, **given: Any) -> str:
    """One of two texts, by the language of the page; `{name}` in it is filled in, as is `{currency}`."""
    text = zh if context.get("lang") == "zh" else en
    if "{currency}" in text:
        given["currency"] = context.get("currency", "")
    return text.format(**given) if given else text


@register.filter
def tonnes(value: int | None) -> str:
    """A whole number with separators; a dash for nothing known."""
    return "–" if value is None else f"{value:,}"


@register.filter
def amount(value: Decimal | None) -> str:
    """A quantity in a unit of its own, with separators; a dash for nothing known."""
    return "–" if value is None else f"{value:,f}"


@register.filter
def money(value: int | None) -> str:
    """Fen as currency units with two decimals."""
    return "–" if value is None else format_money(value)


@register.filter
def percent(value: float | None) -> str:
    """A share of 1 with one decimal."""
    return "–" if value is None else f"{value:.1%}"


@register.filter
def thousandth(value: Decimal) -> int:
    """A share of 1 in whole thousandths, as drawings count."""
    return round(value * 1000)


@register.filter
def moment(at_ms: int | None) -> str:
    """A time of the journal by the market's clock: 22 Jul 2024 10:00:05, 2024年7月22日 10:00:05."""
    return "–" if not at_ms else _dated(local(at_ms), " H:i:s")


@register.filter
def minute(at: int | datetime | None) -> str:
    """A time to the minute: of the journal in ms, or one of the site's own."""
    if isinstance(at, datetime):
        return _dated(at.astimezone(zone()), " H:i")
    return "–" if not at else _dated(local(at), " H:i")


@register.filter
def on_day(at_ms: int | None) -> str:
    """The day of a time by the market's clock."""
    return "–" if not at_ms else _dated(local(at_ms))


@register.filter
def day(value: date | str | None) -> str:
    """A day as people write it: 22 Jul 2024, 2024年7月22日. Also from tables."""
    if isinstance(value, str):
        if _MONTH.fullmatch(value):
            return month(date.fromisoformat(f"{value}-01"))
        return _dated(date.fromisoformat(value)) if _DAY.fullmatch(value) else value or "–"
    return "–" if value is None else _dated(value)


@register.filter
def month(value: date) -> str:
    """A month: Jul 2024, 2024年7月."""
    return dateformat.format(value, "Y年n月" if _chinese() else "M Y")


@register.filter
def iso(value: date | None) -> str:
    """A day as forms and addresses have it: 2024-07-22."""
    return "" if value is None else value.isoformat()


def _dated(value: date, more: str = "") -> str:
    return dateformat.format(value, ("Y年n月j日" if _chinese() else "j M Y") + more)


def _chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


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
    return terms.in_words(name)


@register.simple_tag
def data(name: str, value: Any) -> SafeString:
    """A value for scripts, as JSON in an element that no browser runs."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return format_html('<script type="application/json" id="{}">{}</script>', name, mark_safe(safe))  # noqa: S308
