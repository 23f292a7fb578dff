"""From a page to the market: send a command, then say what came of it."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING

from django.contrib import messages
from django.utils.http import url_has_allowed_host_and_scheme

from capwright.kernel.refusal import Refused
from capwright.market.messages import CommandProposed
from capwright.registry.messages import TransactionProposed
from capwright.web.hosting import host
from capwright.web.language import lang_of, told

if TYPE_CHECKING:
    from django.http import HttpRequest

    from capwright.kernel.message import Command, Event, Outcome

__all__ = ["here", "id_of", "new_id", "not_known", "send"]


def new_id() -> str:
    """An id for a command, put into a form when it is shown, so that sending it twice does it once."""
    return f"web/{uuid.uuid4()}"


def id_of(person: str, given: str) -> str:
    """The id in the journal for what a form brings back as its id.

    A form's fields are the sender's to write, so the id is bound to the person: nobody can take an id that is
    somebody else's, or one that a command still to come would have.
    """
    secret = hashlib.sha256(host().settings.secret_key.encode()).digest()
    said = f"{person}\0{given or new_id()}".encode(errors="replace")
    return f"web/{hashlib.blake2b(said, key=secret, digest_size=16).hexdigest()}"


def here(request: HttpRequest, address: str) -> str:
    """An address of this site as it is; the desk instead of any other, so that no link leads away unseen."""
    return address if url_has_allowed_host_and_scheme(address, {request.get_host()}) else "/desk/"


def send(
    request: HttpRequest, command: Command, done_en: str = "Done.", done_zh: str = "已办理。"
) -> Outcome | None:
    """Send as the person signed in and leave a message; None when nothing was acknowledged.

    The form's field `command_id` makes repeats harmless.
    """
    lang = lang_of(request)
    person = getattr(request.user, "person", None) or ""
    command_id = id_of(person, request.POST.get("command_id", ""))
    try:
        outcome = host().send(command, command_id, person)
    except Refused as refused:
        if not_known(refused):
            raise  # the page for it sends the same form again, under the same id
        messages.error(request, told(request, refused.refusal))
        return None
    if outcome.refusal is not None:
        messages.error(request, told(request, outcome.refusal))
    elif any(_waits(event) for event in outcome.events):
        waits = "已提交，等待另一人复核。" if lang == "zh" else "Proposed. It waits for a second person."
        messages.warning(request, waits)
    else:
        row = f"（日志第{outcome.seq:,}行）" if lang == "zh" else f" (row {outcome.seq:,} of the journal)"
        messages.success(request, (done_zh if lang == "zh" else done_en) + row)
    return outcome


def not_known(refused: Refused) -> bool:
    """Whether it is not known if a command was carried out: it must be repeated under its own id only."""
    return refused.refusal.code.startswith("CW-86")


def _waits(event: Event) -> bool:
    """Whether a second person has to decide; a transaction with a time completes by itself."""
    if isinstance(event, TransactionProposed):
        return not event.completes_at_ms
    return isinstance(event, CommandProposed)
