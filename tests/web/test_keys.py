"""A new secret key: what the old one signed and sealed is still read, and sealed anew."""

import subprocess
import sys

import pytest

from capwright.host import settings_of
from capwright.host.signed_note import Signer, read_note
from capwright.journal.chain import Head
from capwright.kernel.refusal import Refused

STORY = """
import sys
from django.conf import settings
from capwright.host import settings_of
from capwright.web.setup import django_settings
what, db, *keys = sys.argv[1:]
key, *old = (one * 40 for one in keys)
read = settings_of({}, db=db, demo=True, secret_key=key, old_secret_keys=tuple(old))
settings.configure(**django_settings(read))
import django; django.setup()
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import decrypt
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from capwright.web.hosting import set_host
from capwright.web.models import User, Webhook
from capwright.web.people import holder_of_session
from capwright.web.resealing import reseal
class Host: settings = read
set_host(Host)
if what == "make":
    call_command("migrate", verbosity=0)
    user = User.objects.create(username="u", person="u")
    Webhook.objects.create(user=user, url="https://example.org/", secret="of the hook")
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(user)
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = user.pk, user.get_session_auth_hash()
    session.create()
elif what == "reseal":
    print("lost", reseal())
else:
    found, codes = [], lambda: RecoveryCodes(Authenticator.objects.get(type="recovery_codes"))
    for read in (lambda: Webhook.objects.get().secret,
                 lambda: decrypt(Authenticator.objects.get(type="totp").data["secret"]),
                 lambda: len(codes().get_unused_codes()),
                 lambda: getattr(holder_of_session(Session.objects.get().session_key), "person", "nobody")):
        try:
            found.append(str(read()))
        except Exception as error:
            found.append(type(error).__name__)
    print(",".join(found))
"""
ALL = "of the hook,JBSWY3DPEHPK3PXP,10,u"


def test_what_was_sealed_is_read_with_the_old_key_and_then_without(tmp_path):
    def run(what, *keys):
        ran = subprocess.run(
            [sys.executable, "-c", STORY, what, str(tmp_path / "market.sqlite"), *keys],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.strip()

    run("make", "a")
    assert run("read", "a") == ALL
    assert run("read", "b") == "Unopened,Unopened,Unopened,nobody"
    assert run("read", "b", "x", "a") == ALL
    assert run("reseal", "b", "x") == "lost 3", "and they stay as they are"
    assert run("reseal", "b", "a") == "lost 0"
    assert run("read", "b") == "of the hook,JBSWY3DPEHPK3PXP,10,nobody"


def test_heads_signed_before_hold_by_the_old_key():
    old, new = Signer("m.example/journal", "o" * 48), Signer("m.example/journal", "n" * 48)
    note = old.note(Head(7, 1, bytes(32)), "2024-07-19")
    assert read_note(note, f"{new.key}\n{old.key}\n").seq == 7
    assert read_note(new.note(Head(8, 1, bytes(32)), "2024-07-20"), f"{new.key}\n{old.key}\n").seq == 8
    with pytest.raises(Refused, match="CW-9716"):
        read_note(note, f"{new.key}\n{Signer('m.example/journal', 'x' * 48).key}")


def test_the_keys_before_are_published(site, visitor, monkeypatch):
    from msgspec.structs import replace

    monkeypatch.setattr(site.host, "settings", replace(site.host.settings, old_secret_keys=("o" * 48,)))
    lines = visitor.get("/transparency/key.txt").content.decode().splitlines()
    origin = lines[0].partition("+")[0]
    assert lines == [Signer(origin, site.host.settings.secret_key).key, Signer(origin, "o" * 48).key]


def test_old_keys_are_as_long_and_are_not_shown():
    given = {"CAPWRIGHT_SECRET_KEY": "k" * 40, "CAPWRIGHT_OLD_SECRET_KEYS": f"{'o' * 40}, {'p' * 40}"}
    assert settings_of(given, db="x.sqlite").old_secret_keys == ("o" * 40, "p" * 40)
    with pytest.raises(Refused, match="CW-9710") as no:
        settings_of({**given, "CAPWRIGHT_OLD_SECRET_KEYS": "short-secret"}, db="x.sqlite")
    assert "short-secret" not in no.value.refusal.message()
