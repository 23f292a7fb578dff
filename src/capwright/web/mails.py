"""Mails: a template each under `templates/mail`, in Chinese and English, the reader's language first."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import TYPE_CHECKING, Any, Final

from django.core.mail import EmailMessage
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation

from capwright.kernel.refusal import refuse
from capwright.web.context import market_title
from capwright.web.hosting import host
from capwright.web.language import DJANGO, ENGLISH, LANGUAGES, SIMPLIFIED
from capwright.web.models import Application, User
from capwright.web.refusals import NOT_MAILED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from capwright.web.language import Language

__all__ = ["mail", "mail_of"]

_log = logging.getLogger("capwright.mails")
_RULE: Final = "\n" + "-" * 60 + "\n\n"


def mail(to: str, name: str, given: Mapping[str, Any], language: Language | None = None) -> None:
    """Send the mail `name`; refuses (CW-9738) when the mail server does not take it."""
    try:
        mail_of(to, name, given, language).send()
    except (OSError, SMTPException):
        _log.exception("the mail %s could not be sent", name)
        refuse(NOT_MAILED, to=to)


def mail_of(to: str, name: str, given: Mapping[str, Any], language: Language | None = None) -> EmailMessage:
    """The mail `name`, filled in, in Chinese and English.

    First comes the language that the reader has chosen or applied in, else `language`, else Chinese. A value
    that is a pair is English and Chinese.
    """
    first = LANGUAGES.get(_chosen(to)) or language or SIMPLIFIED
    texts = [_text(name, given, one) for one in (first, SIMPLIFIED if first is ENGLISH else ENGLISH)]
    subject = " · ".join(text.partition("\n")[0] for text in texts)
    return EmailMessage(subject, _RULE.join(text.partition("\n")[2] for text in texts), None, [to])


def _chosen(to: str) -> str:
    """The code of the language that somebody with this address reads; empty when nothing is known."""
    users = User.objects.filter(email__iexact=to).exclude(language="")
    applied = Application.objects.filter(Q(email__iexact=to) | Q(second_email__iexact=to))
    for known in (users, applied.exclude(language="").order_by("-made_at")):
        code: str = known.values_list("language", flat=True).first() or ""
        if code:
            return code
    return ""


def _text(name: str, given: Mapping[str, Any], language: Language) -> str:
    """The subject in the first line, then the body."""
    lang = language.text
    own = {"lang": lang, "site": host().settings.url, "market": market_title(lang)}
    spoken = {key: one[lang == "zh"] if isinstance(one, tuple) else one for key, one in given.items()}
    with translation.override(DJANGO[lang]):
        return language.spelt(render_to_string(f"mail/{name}.txt", spoken | own)).strip() + "\n"
