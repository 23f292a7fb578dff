"""What was erased stays erased, whatever backup of the people's database comes back."""

import contextlib
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from capwright.kernel.refusal import Refused
from tests.web.processes import copied
from tests.web.test_identity import PDF, mails  # noqa: F401 - a fixture
from tests.web.test_people import TRACES, arrived, everything
from tests.web.test_uploads import bucket, keys, s3_server  # noqa: F401 - fixtures

APPLICANT = ("ada.a@example.org", "Ada Applicant")


def erased(site, said):
    from capwright.web.models import Erasure

    site.client("operator-1").post("/desk/registry/people/erase/", {"q": said, "reason": "asked"})
    number = Erasure.objects.latest("pk").pk
    done = site.client("operator-2").post(f"/desk/registry/people/erasures/{number}/", {"confirm": "1"})
    assert done.status_code == 302
    return number


def applied(site, content, mail, name):
    """Somebody who only ever applied, and has no id in the journal."""
    fields = {"organisation": "Ada's (synthetic)", "account_type": "operator_holding", "contact": name,
              "email": mail, "second_contact": "Otto Other", "second_email": "otto@example.org"}  # fmt: skip
    answer = site.client().post("/apply/", fields | {"papers": [paper(content)]})
    assert answer.status_code == 200


def paper(content):
    import io

    found = io.BytesIO(content)
    found.name = "card.pdf"
    return found


@pytest.fixture
def restored(site, mails, tmp_path):  # noqa: F811
    """Erna and Ada were erased; then a backup of the people's database from before came back."""
    arrived(site, mails, PDF + b"Erna's", mail=TRACES[0], name=TRACES[2], called=TRACES[1])
    applied(site, PDF + b"Ada's", *APPLICANT)
    live, kept = site.host.settings.people_db, tmp_path / "people.backup"
    copied(live, kept)
    for said in (TRACES[2], APPLICANT[0]):
        erased(site, said)
    assert not [one for one in (*TRACES, *APPLICANT) if one in everything()]
    copied(kept, live)
    assert [one for one in (*TRACES, *APPLICANT) if one in everything()] == [*TRACES, *APPLICANT]
    yield site
    from capwright.web.erased import erase_again

    erase_again()


def check_gone():
    from capwright.web.models import Erasure

    left = everything()
    assert [
        left[max(0, left.find(t) - 150) : left.find(t) + 40] for t in (*TRACES, *APPLICANT) if t in left
    ] == []
    assert "Otto Other" in left, "the second contact is another person"
    assert not Erasure.objects.filter(done_at=None, user=None, email="").exists(), (
        "no request without a subject"
    )
    assert Erasure.objects.filter(asked_by="operator-1", confirmed_by="operator-2").count() >= 2


def test_the_erased_are_erased_again(restored):
    from capwright.web.erased import erase_again
    from capwright.web.models import Erasure

    assert erase_again() >= 4
    check_gone()
    listed = Erasure.objects.count()
    assert erase_again() == 0
    assert Erasure.objects.count() == listed, "and listed once"


def test_a_process_that_starts_erases_them_before_it_opens(restored, tmp_path):
    """On copies of the restored market, as `capwright serve` finds it."""
    settings = restored.host.settings
    journal, documents = tmp_path / "market.sqlite", tmp_path / "market.sqlite.documents"
    copied(settings.db, journal)
    copied(settings.people_db, f"{journal}.people")
    shutil.copytree(settings.documents, documents)
    digest = hashlib.sha256(PDF + b"Ada's").hexdigest()
    (documents / digest[:2]).mkdir(exist_ok=True)
    (documents / digest[:2] / digest).write_bytes(PDF + b"Ada's")  # papers came back with a backup of theirs
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CAPWRIGHT_")}
    from tests.web.conftest import free_port

    asked = [
        sys.executable,
        "-m",
        "capwright",
        "serve",
        "--demo",
        "--db",
        str(journal),
        "--port",
        str(free_port()),
    ]
    with subprocess.Popen(
        asked, stdout=subprocess.PIPE, text=True, env=clean | {"CAPWRIGHT_LANG": "en"}
    ) as market:
        try:
            assert any(line.startswith("Open:") for line in market.stdout)
            with contextlib.closing(sqlite3.connect(f"{journal}.people")) as people:
                said = "\n".join(people.iterdump())
        finally:
            market.terminate()
    assert [one for one in (*TRACES, *APPLICANT) if one in said] == []
    assert not (documents / digest[:2] / digest).exists()


def test_notes_say_of_nobody_who_it_was(restored):
    from capwright.web.storage import storage

    said = b"\n".join(storage().notes()).decode()
    assert said
    for one in (*TRACES, *APPLICANT, "example.org"):
        assert one not in said
        assert hashlib.sha256(one.encode()).hexdigest() not in said, "nor by a hash that can be guessed"


def test_whoever_got_the_number_of_an_erased_person_stays(restored):
    """A database that went back gives out the same numbers again."""
    from django.utils import timezone

    from capwright.web.erased import erase_again
    from capwright.web.models import User

    before = User.objects.get(username=TRACES[2]).pk
    erase_again()
    other = User.objects.create(pk=before, username="somebody-new", date_joined=timezone.now())
    assert erase_again() == 0
    assert User.objects.filter(pk=before, username="somebody-new").exists()
    other.delete()


def test_nobody_is_erased_who_could_come_back(site, mails, tmp_path):  # noqa: F811
    """Where no note can be left, nothing is erased."""
    from msgspec.structs import replace

    from capwright.web.models import User
    from capwright.web.personal import ask, confirm, find

    arrived(site, mails, PDF + b"not noted", mail="not@example.org", name="not-noted")
    request = ask(find("not-noted"), "operator-1", "x")
    before = site.host.settings
    (tmp_path / "taken").write_bytes(b"a file where the folder should be")
    site.host.settings = replace(before, documents=str(tmp_path / "taken"))
    try:
        with pytest.raises(Refused, match="CW-9732"):
            confirm(request, "operator-2")
    finally:
        site.host.settings = before
    assert User.objects.filter(username="not-noted").exists()
    confirm(request, "operator-2")
    assert not User.objects.filter(username="not-noted").exists()


def test_notes_in_a_bucket(site, mails, bucket, tmp_path):  # noqa: F811
    from capwright.web.erased import erase_again

    arrived(site, mails, PDF + b"in a bucket", mail="bucket@example.org", name="who-bucket")
    copied(site.host.settings.people_db, tmp_path / "kept")
    erased(site, "who-bucket")
    copied(tmp_path / "kept", site.host.settings.people_db)
    assert "bucket@example.org" in everything()
    assert erase_again() > 0
    assert "bucket@example.org" not in everything()


def test_a_note_that_was_changed_is_said(restored, caplog):
    from capwright.web.upkeep import _done

    path = next(Path(restored.host.settings.documents, "erased").iterdir())
    content = path.read_bytes()
    path.write_bytes(content + b" ")
    try:
        assert not _done()
    finally:
        path.write_bytes(content)
    assert "CW-9733" in caplog.text
    assert _done()
    check_gone()
