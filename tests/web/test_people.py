"""Personal data: what is kept is shown to whom it concerns, and two operators can erase it."""

import hashlib
import io
import json
import re

import pytest

from tests.web.test_identity import PASSWORD, PDF, mails  # noqa: F401 - a fixture

TRACES = ("erna.e@example.org", "Erna Example", "erna-e")


def paper(content):
    found = io.BytesIO(content)
    found.name = "identity-card.pdf"
    return found


def arrived(site, mails, content, *, mail, name, called="Somebody"):  # noqa: F811
    """Somebody who applied with a paper, was invited, signed in, and has a program and a webhook."""
    fields = {
        "organisation": "Example (synthetic)", "account_type": "operator_holding", "contact": called,
        "email": mail, "second_contact": "Otto Other", "second_email": "otto@example.org",
        "note": f"call {called}", "papers": [paper(content)],
    }  # fmt: skip
    sent = site.client().post("/apply/", fields).content.decode()
    reference = re.search(r"[0-9A-F]{8}", sent)[0]
    site.client("operator-1").post(f"/desk/registry/applications/{reference}/", {"accept": "1"})
    link = re.search(
        r"/invitation/\S+/",
        next(one.body for one in mails if one.to == [mail] and "/invitation/" in one.body),
    )[0]
    client = site.client()
    assert client.post(link, {"username": name, "password": PASSWORD}).status_code == 302
    client.post("/desk/security/clients/", {"name": f"robot of {called}", "networks": ""})
    client.post("/desk/security/webhooks/", {"url": f"http://127.0.0.1:9/{name}"})
    return client, f"u-{reference.lower()}-1"


def everything():
    """The people's database, as text."""
    from django.apps import apps

    kinds = [kind for kind in apps.get_models() if kind._meta.managed]
    return json.dumps([list(kind.objects.values()) for kind in kinds], default=str, ensure_ascii=False)


def test_one_gets_ones_own_data_as_a_file(site, mails):  # noqa: F811
    content = PDF + b"own data"
    client, person = arrived(site, mails, content, mail="own@example.org", name="own-data")
    answer = client.get("/desk/security/my-data.json")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer.headers["Cache-Control"]
    said = answer.json()
    assert said["person"] == person
    assert said["user"]["username"] == "own-data"
    assert said["clients"][0]["name"] == "robot of Somebody"
    assert said["webhooks"][0]["url"].endswith("/own-data")
    assert said["sessions"]
    (application,) = said["applications"]
    assert application["papers"][0]["sha256"] == hashlib.sha256(content).hexdigest()
    assert "otto@example.org" not in answer.content.decode(), "another's data are not one's own"
    for secret in ("password", "pbkdf2", "seal", "secret"):
        assert secret not in answer.content.decode()
    assert site.client().get("/desk/security/my-data.json").status_code == 302


def test_anothers_name_or_address_does_not_bring_anothers_data(site, mails):  # noqa: F811
    from capwright.web.models import User

    _, person = arrived(site, mails, PDF + b"victim", mail="victim@example.org", name="the-victim")
    thief = User.objects.create(username=person, email="victim@example.org", person="u-thief")
    client = site.client("u-thief")
    said = client.get("/desk/security/my-data.json").content.decode()
    assert "the-victim" not in said
    assert json.loads(said)["applications"] == []
    thief.delete()


def test_two_operators_erase_a_person(site, mails):  # noqa: F811
    from capwright.web.models import Erasure
    from capwright.web.storage import storage

    content = PDF + b"identity card of Erna"
    client, person = arrived(
        site, mails, content, mail="erna.e@example.org", name="erna-e", called="Erna Example"
    )
    token_of = site.user(person)
    name = hashlib.sha256(content).hexdigest()
    first, second = site.client("operator-1"), site.client("operator-2")
    page = first.get("/desk/registry/people/", {"q": "erna-e"}).content.decode()
    assert person in page
    assert "identity-card.pdf" in page
    assert first.post("/desk/registry/people/erase/", {"q": "erna-e", "reason": "asked"}).status_code == 302
    again = first.post("/desk/registry/people/erase/", {"q": person, "reason": "asked twice"})
    assert again.status_code == 302
    (request,) = Erasure.objects.filter(user=token_of)
    decide = f"/desk/registry/people/erasures/{request.pk}/"
    alone = first.post(decide, {"confirm": "1"})
    assert (alone.status_code, "CW-9735" in alone.content.decode()) == (422, True)
    assert client.get("/desk/").status_code == 200, "nothing has happened yet"
    head = site.settle()
    assert second.post(decide, {"confirm": "1"}).status_code == 302
    left = everything()
    assert [left[max(0, left.find(t) - 150) : left.find(t) + 40] for t in TRACES if t in left] == []
    assert "Otto Other" in left, "the second contact is another person"
    assert storage().get(name) is None
    assert client.get("/desk/").status_code == 302, "signed out"
    assert second.post(decide, {"confirm": "1"}).status_code == 404, "once"
    assert site.settle() == head, "the journal has not heard of it"
    shown = first.get("/desk/registry/people/").content.decode()
    assert person in shown
    assert "operator-2" in shown
    gone = first.get("/desk/registry/people/", {"q": "erna.e@example.org"}).content.decode()
    assert "CW-9734" in gone


def test_a_paper_that_somebody_else_sent_too_stays(site, mails):  # noqa: F811
    from capwright.web.models import Erasure
    from capwright.web.storage import storage

    content = PDF + b"the same licence"
    arrived(site, mails, content, mail="one@example.org", name="one-of-two")
    fields = {"organisation": "Two", "account_type": "operator_holding", "contact": "Two",
              "email": "two@example.org", "papers": [paper(content)]}  # fmt: skip
    site.client().post("/apply/", fields)
    site.client("operator-1").post("/desk/registry/people/erase/", {"q": "one-of-two", "reason": "x"})
    number = Erasure.objects.latest("pk").pk
    site.client("operator-2").post(f"/desk/registry/people/erasures/{number}/", {"confirm": "1"})
    assert storage().get(hashlib.sha256(content).hexdigest()) == content
    site.client("operator-2").post("/desk/registry/people/erase/", {"q": "two@example.org", "reason": "x"})
    number = Erasure.objects.latest("pk").pk
    site.client("operator-1").post(f"/desk/registry/people/erasures/{number}/", {"confirm": "1"})
    assert storage().get(hashlib.sha256(content).hexdigest()) is None
    assert "two@example.org" not in everything()


def test_an_erasure_can_be_withdrawn(site, mails):  # noqa: F811
    from capwright.web.models import Erasure, User

    arrived(site, mails, PDF + b"stays", mail="stays@example.org", name="who-stays")
    operator = site.client("operator-1")
    operator.post("/desk/registry/people/erase/", {"q": "who-stays", "reason": "by mistake"})
    number = Erasure.objects.latest("pk").pk
    operator.post(f"/desk/registry/people/erasures/{number}/", {"withdraw": "1"})
    assert not Erasure.objects.filter(pk=number).exists()
    assert User.objects.filter(username="who-stays").exists()


def test_nobody_confirms_ones_own_erasure(site):
    from capwright.kernel.refusal import Refused
    from capwright.web.models import User
    from capwright.web.personal import ask, confirm, find

    User.objects.create(username="operator-9", person="operator-9")
    request = ask(find("operator-9"), "operator-1", "x")
    for by in ("operator-9", "operator-1", ""):
        with pytest.raises(Refused, match="CW-9735"):
            confirm(request, by)
    assert User.objects.filter(username="operator-9").exists()


@pytest.mark.parametrize("said", ["", " ", "nobody@example.org", "' OR 1=1 --", "%", "\0", "x" * 400])
def test_nobody_is_found_by_what_is_no_name(site, said):
    page = site.client("operator-1").get("/desk/registry/people/", {"q": said})
    assert page.status_code == 200
    assert "Ask for erasure" not in page.content.decode()
    assert site.client("operator-1").post("/desk/registry/people/erase/", {"q": said}).status_code == 422
