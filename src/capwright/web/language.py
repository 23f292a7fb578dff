"""Languages of the site: Chinese, simplified and traditional, and English.

Texts are written in English and in simplified Chinese. Traditional Chinese, as Hong Kong and Macau write it,
is made from the simplified text on its way out, by OpenCC: pages say `lang == "zh"` for both.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from django.utils.translation.trans_real import parse_accept_lang_header
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from opencc import OpenCC

    from capwright.kernel.refusal import Refusal

__all__ = [
    "DJANGO",
    "ENGLISH",
    "LANGUAGES",
    "SIMPLIFIED",
    "TRADITIONAL",
    "Language",
    "chosen",
    "lang_of",
    "page",
    "respelling",
    "told",
    "traditional",
]

_HAN: Final = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
# What no reader sees as text, or what a form sends back, is left as it is; `translate="no"` is HTML's mark.
_KEPT: Final = (
    r"<!--.*?-->|<(?P<unread>script|style|textarea|code|pre)\b.*?</(?P=unread)\s*>|<option>[^<]*"
    r'|<(?P<marked>\w+)\b[^>]*\stranslate="no"[^>]*>.*?</(?P=marked)\s*>'
)
_PARTS: Final = re.compile(rf"(?P<kept>{_KEPT})|(?P<tag><[^>]*>)|(?P<text>[^<]+|<)", re.DOTALL)
_DATA: Final = '<script type="application/json"'  # what a page's scripts show
_READ_OUT: Final = re.compile(
    r"(\s(?:title|aria-label|alt|placeholder|label|data-(?:currency|(?:price|volume)(?:-unit)?))=)"
    r'("[^"]*")'
)
_SCRIPT: Final = re.compile(r'src="/static/(web/\w+\.js)"')
# OpenCC follows the list of glyphs for Hong Kong's schools; its government, banks and exchange write 賬戶.
_AS_WRITTEN: Final = {"户": "戶"}
_TRADITIONAL_AREAS: Final = {"hant", "hk", "mo", "tw"}


class Language(Struct, frozen=True):
    """A language: its code in addresses and cookies, which of the two texts it takes, its tag and name."""

    code: str
    text: str
    tag: str
    name: str

    @property
    def spelt(self) -> Callable[[str], str]:
        """What brings a text in English or simplified Chinese into this language's characters."""
        return traditional if self.code == "zh-Hant" else str


SIMPLIFIED: Final = Language("zh", "zh", "zh-Hans", "简体")
TRADITIONAL: Final = Language("zh-Hant", "zh", "zh-Hant-HK", "繁體")
ENGLISH: Final = Language("en", "en", "en", "English")
DJANGO: Final = {"zh": "zh-hans", "en": "en"}  # what Django calls the two texts
LANGUAGES: Final = {one.code: one for one in (SIMPLIFIED, TRADITIONAL, ENGLISH)}


def chosen(accepted: str, *codes: str, default: Language | None = None) -> Language:
    """The first code that is a language; then what is accepted (`zh-HK, en;q=0.5`); simplified Chinese."""
    for code in codes:
        if code in LANGUAGES:
            return LANGUAGES[code]
    for tag, _quality in parse_accept_lang_header(accepted):
        first, *others = tag.split("-")
        if first == "en":
            return ENGLISH
        if first in {"zh", "yue"}:
            traditional_area = _TRADITIONAL_AREAS.intersection(others) or (
                first == "yue" and "cn" not in others
            )
            return TRADITIONAL if traditional_area and "hans" not in others else SIMPLIFIED
    return default or SIMPLIFIED


def lang_of(request: HttpRequest) -> str:
    """Which of the two texts the reader takes: zh or en."""
    lang: str = getattr(request, "lang", "zh")  # faults come before the middleware that sets it
    return lang


def told(request: HttpRequest, refusal: Refusal) -> str:
    """A refusal as a message: its code and the sentence in the reader's language."""
    return f"{refusal.code} {refusal.message(lang_of(request))}"


def traditional(text: str) -> str:
    """A text with its simplified Chinese in traditional characters, in the words of Hong Kong."""
    return _HAN.sub(lambda run: _respelt(run[0]), text)


def respelling(request: HttpRequest) -> Callable[[str], str] | None:
    """What brings a paper's text into the reader's characters; None when it stays as it is."""
    return traditional if getattr(request, "language", None) == TRADITIONAL else None


def page(html: str) -> str:
    """A page in traditional characters: what is read, not what a form sends back."""
    return _PARTS.sub(_part, html)


def _part(found: re.Match[str]) -> str:
    text = found[0]
    if found["text"] or text.startswith(_DATA):
        return traditional(text)
    if found["tag"]:
        text = _READ_OUT.sub(lambda one: one[1] + traditional(one[2]), text)
    return _SCRIPT.sub(r'src="/traditional/\1"', text)


@lru_cache(maxsize=20_000)
def _respelt(run: str) -> str:
    """A run of Chinese characters. One with a traditional character is so already: names stay as they are."""
    if _converter("t2s").convert(run) != run:
        return run
    made = _converter("s2hk").convert(run)
    return "".join(_AS_WRITTEN.get(one, one) for one in made)


@cache
def _converter(config: str) -> OpenCC:
    from opencc import OpenCC  # noqa: PLC0415 - 60 ms that only readers of traditional Chinese need

    return OpenCC(config)
