"""Identity: applications and the invitations that they lead to."""

from __future__ import annotations

import hashlib
import io
import secrets
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST
from msgspec import Struct

from capwright.kernel.refusal import Refused, refuse
from capwright.web.context import viewer
from capwright.web.counts import one_after_another
from capwright.web.documents import KINDS, keep
from capwright.web.hosting import host
from capwright.web.language import SIMPLIFIED, lang_of, told
from capwright.web.mails import mail
from capwright.web.models import Application, Invitation, Paper, User
from capwright.web.refusals import BAD_INVITATION
from capwright.web.storage import storage

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from capwright.web.language import Language

__all__ = ["Invited", "invited", "said", "text_of", "urls"]

BACKEND: Final = "django.contrib.auth.backends.ModelBackend"
VALID_DAYS: Final = 7
MOST_PAPERS: Final = 5
MOST_A_DAY: Final = 200  # applications from everybody together


def said(request: HttpRequest, en: str, zh: str) -> str:
    """A sentence in the reader's language."""
    return zh if lang_of(request) == "zh" else en


def _language(request: HttpRequest) -> Language:
    return getattr(request, "language", SIMPLIFIED)


def text_of(request: HttpRequest, name: str, most: int) -> str:
    """A field of a form, bounded; without NUL, which PostgreSQL takes in no text."""
    return request.POST.get(name, "").replace("\0", "").strip()[:most]


# Applications.


class ApplicationForm(forms.ModelForm):  # type: ignore[type-arg]
    """What an applicant says."""

    class Meta:
        """The fields of the form."""

        model = Application
        fields = (
            "organisation",
            "account_type",
            "contact",
            "email",
            "second_contact",
            "second_email",
            "note",
        )

    def clean_second_email(self) -> str:
        """Another person's address: whoever had both names could approve what they proposed themselves."""
        second: str = self.cleaned_data["second_email"]
        if second and second.casefold() == self.cleaned_data.get("email", "").casefold():
            zh = (get_language() or "zh").startswith("zh")
            raise ValidationError(
                "第二名代表须为另一人，邮箱不得相同。"
                if zh
                else "The second representative must be another person, with an address of their own."
            )
        return second

    def clean(self) -> dict[str, Any]:
        """Names as they look: marks of direction or of no width show the operator other words."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("organisation", "contact", "second_contact"):
            if not str(given.get(name, "")).isprintable():
                zh = (get_language() or "zh").startswith("zh")
                self.add_error(
                    name, "请去掉不可见字符。" if zh else "Leave out characters that cannot be seen."
                )
        return given


def apply(request: HttpRequest) -> HttpResponse:
    """Apply for an account, with papers."""
    form = ApplicationForm(request.POST or None)
    with host().look() as market:
        types = [t for t in market.rulebook.now().registry.account_types if not t.government]
    if request.method == "POST" and form.is_valid():
        papers = request.FILES.getlist("papers")
        if form.cleaned_data["account_type"] not in {t.code for t in types}:
            form.add_error("account_type", said(request, "Choose one of the list.", "请从列表中选择。"))
        elif len(papers) > MOST_PAPERS:
            form.add_error(None, said(request, "Five files are the most.", "最多上传5个文件。"))
        elif not _room_for_one():
            form.add_error(None, _too_many(request))
        else:
            try:
                kept = keep((one.name or "paper", one.chunks()) for one in papers)
            except Refused as no:
                form.add_error(None, told(request, no.refusal))
            else:
                names = [_as_it_looks(one.name or "") or "paper" for one in papers]
                if answer := _applied(request, form, list(zip(names, kept, strict=True))):
                    return answer
                form.add_error(None, _too_many(request))  # its papers are swept
    return render(request, "identity/apply.html", {"form": form, "types": types})


def _room_for_one() -> bool:
    """Whether today's limit leaves room for one more application."""
    since = timezone.now() - timedelta(days=1)
    return Application.objects.filter(made_at__gt=since).count() < MOST_A_DAY


def _too_many(request: HttpRequest) -> str:
    return said(request, "Too many applications today.", "今日申请过多，请明日再试。")


def _as_it_looks(name: str) -> str:
    """A file's name without marks that turn it around: `licence<RLO>fdp.exe` looks like a PDF."""
    return "".join(one for one in name if one.isprintable())


def _applied(request: HttpRequest, form: ApplicationForm, kept: list[Any]) -> HttpResponse | None:
    """Take an application, unless others took the last room of the day meanwhile."""
    made: Application = form.save(commit=False)
    made.reference, made.language = secrets.token_hex(4).upper(), _language(request).code
    with transaction.atomic():
        one_after_another("applications")
        if not _room_for_one():
            return None
        made.save()
        for name, paper in kept:
            Paper.objects.create(application=made, name=name[:200], sha256=paper.sha256, size=paper.size)
    with suppress(Refused):  # the page says the same
        mail(made.email, "application_received", {"reference": made.reference}, _language(request))
    shown = {
        "eyebrow": made.reference,
        "heading": said(request, "Your application is in", "申请已提交"),
        "text": said(
            request,
            "The registry operator will look at it and write to you. Keep the reference above.",
            "登记机构审核后将以邮件通知。请保存上方的受理编号。",
        ),
    }
    return render(request, "message.html", shown)


@login_required
def applications(request: HttpRequest) -> HttpResponse:
    """The registry operator's list of applications."""
    if not viewer(request).has("operator"):
        raise PermissionDenied
    listed = Application.objects.prefetch_related("papers").order_by("-made_at")[:200]
    with host().look() as market:
        names = market.rulebook.now().account_types
    return render(request, "identity/applications.html", {"applications": listed, "names": names})


@login_required
@require_POST
def decide(request: HttpRequest, reference: str) -> HttpResponse:
    """Accept an application and invite its people, or reject it with a reason."""
    who = viewer(request)
    if not who.has("operator"):
        raise PermissionDenied
    one = get_object_or_404(Application, reference=reference, state="open")
    accepted = "accept" in request.POST
    reason, links = text_of(request, "reason", 500), dict[str, Invited]()
    stem, addresses = f"u-{one.reference.lower()}", [one.email, one.second_email]
    with transaction.atomic():
        found = Application.objects.filter(pk=one.pk, state="open")  # of two who decide only one does
        state = "accepted" if accepted else "rejected"
        if not found.update(state=state, reason=reason, decided_by=who.person):
            raise Http404
        for n, address in enumerate(filter(None, addresses), 1) if accepted else ():
            links[f"{stem}-{n}"] = invited(f"{stem}-{n}", address, who.person)
    try:
        if not accepted:
            mail(one.email, "application_rejected", {"reference": one.reference, "reason": reason})
        for invitation in links.values():
            invitation.send()
    except Refused:
        _undecided(one, list(links.values()))
        raise
    if not accepted:
        return redirect("applications")
    text = said(request, f"Accepted; invited: {', '.join(links)}.", f"已通过，已邀请{'、'.join(links)}。")
    messages.success(request, text)
    filled = {
        "open": one.account_type,
        "name": one.organisation,  # the applicant's own words: they must not become fields of the form
        "holder": one.reference,
        "people": " ".join(links),
    }
    return redirect(f"/desk/registry/accounts/?{urlencode(filled)}#open")


def _undecided(one: Application, links: list[Invited]) -> None:
    """Open an application again whose mail did not go out; links that did are void, unless one was used."""
    with transaction.atomic():
        made = Invitation.objects.filter(pk__in=[link.row.pk for link in links])
        made.filter(used_at=None).delete()
        if not made.exists():
            Application.objects.filter(pk=one.pk).update(state="open", reason="", decided_by="")


@login_required
def paper(request: HttpRequest, sha256: str) -> HttpResponse | FileResponse:
    """A paper, for the registry operator; always as a download."""
    if not viewer(request).has("operator"):
        raise PermissionDenied
    one = Paper.objects.filter(sha256=sha256).first()
    content = storage().get(one.sha256) if one is not None else None
    if one is None or content is None:
        raise Http404
    media = next(
        (kind[1] for magic, kind in KINDS.items() if content.startswith(magic)), "application/octet-stream"
    )
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=one.name, content_type=media)


# Invitations.


class Invited(Struct, frozen=True):
    """An invitation, and its link, which is known only now."""

    row: Invitation
    link: str

    def send(self) -> None:
        """Mail the link. Not before the row is committed: a mail cannot be taken back."""
        said = {"person": self.row.person, "link": self.link, "until": self.row.expires_at}
        mail(self.row.email, "invitation", said)


def invited(person: str, email: str, by: str) -> Invited:
    """Ask a person to make a sign-in by a link that is good once and for a week."""
    secret = secrets.token_urlsafe(32)
    made = Invitation.objects.create(
        secret_hash=_hash(secret),
        person=person,
        email=email,
        invited_by=by,
        expires_at=timezone.now() + timedelta(days=VALID_DAYS),
    )
    return Invited(made, f"{host().settings.url}/invitation/{secret}/")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@sensitive_post_parameters("password")
def accept(request: HttpRequest, secret: str) -> HttpResponse:
    """Make a sign-in from an invitation."""
    found = Invitation.objects.filter(
        secret_hash=_hash(secret), used_at=None, expires_at__gt=timezone.now()
    ).first()
    if found is None:
        refuse(BAD_INVITATION)
    error = ""
    if request.method == "POST":
        name, password = request.POST.get("username", "").strip(), request.POST.get("password", "")
        user = User(username=name, email=found.email, person=found.person, language=_language(request).code)
        try:
            user.full_clean(exclude=["password"])
            validate_password(password, user)
            user.set_password(password)
            with transaction.atomic():
                if not Invitation.objects.filter(pk=found.pk, used_at=None).update(used_at=timezone.now()):
                    refuse(BAD_INVITATION)
                user.save()
        except ValidationError as bad:
            error = " ".join(bad.messages)
        except IntegrityError:
            error = said(request, "The name is taken.", "用户名已被使用。")
        else:
            login(request, user, backend=BACKEND)
            UserSession.objects.create_from_request(request)  # so that it can be seen and ended
            return redirect("security")
    return render(request, "identity/invitation.html", {"found": found, "error": error})


urls = [
    path("apply/", apply, name="apply"),
    path("invitation/<str:secret>/", accept, name="invitation"),
    path("desk/registry/applications/", applications, name="applications"),
    path("desk/registry/applications/<slug:reference>/", decide, name="decide_application"),
    path("desk/registry/papers/<slug:sha256>/", paper, name="paper"),
]
