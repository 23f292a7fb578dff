"""What must be done once, asked for by several at once, with the people in PostgreSQL."""

import json
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from tests.web.conftest import free_port
from tests.web.processes import KEY, Process, open_market
from tests.web.test_identity import PASSWORD

SOMEBODY = """
import json, sys
from msgspec.structs import replace
from capwright.host import settings_of
from capwright.web.setup import django_settings
import django
from django.conf import settings
settings.configure(**django_settings(settings_of({}, db=sys.argv[1], secret_key=sys.argv[2])))
django.setup()
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from capwright.web.models import User
user = User(username="holder", email="holder@example.org", person="u-holder")
user.set_password(sys.argv[3])
user.save()
TOTP.activate(user, generate_totp_secret())
print(json.dumps(RecoveryCodes.activate(user).get_unused_codes()))
"""


@pytest.fixture
def web(postgres_url, tmp_path):
    open_market(postgres_url)
    engine = Process(postgres_url, "engine")
    worker = Process(postgres_url, "web", folder=tmp_path, port=free_port())
    try:
        yield worker.up()
    finally:
        worker.close()
        engine.close()


def posted(client, path, **fields):
    page = client.get(path)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]
    return client.post(
        path, data=fields | {"csrfmiddlewaretoken": token}, headers={"Referer": str(client.base_url)}
    )


def at_once(count, act):
    """Carry something out so many times, all beginning together."""
    together = threading.Barrier(count)

    def one(n):
        together.wait(60)
        return act(n)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_a_recovery_code_opens_once_however_many_bring_it(web, postgres_url):
    made = subprocess.run(
        [sys.executable, "-c", SOMEBODY, postgres_url, KEY, PASSWORD],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    code = json.loads(made.stdout)[0]
    clients = [httpx.Client(base_url=web.url, timeout=30) for _ in range(5)]
    try:
        for client in clients:
            sent = posted(client, "/identity/login/", login="holder", password=PASSWORD)
            assert "/2fa/authenticate/" in sent.headers["location"]
        tokens = [
            re.search(
                r'name="csrfmiddlewaretoken" value="([^"]+)"', one.get("/identity/2fa/authenticate/").text
            )[1]
            for one in clients
        ]

        def bring(n):
            fields = {"code": code, "csrfmiddlewaretoken": tokens[n]}
            return clients[n].post(
                "/identity/2fa/authenticate/", data=fields, headers={"Referer": web.url + "/"}
            )

        answers = at_once(len(clients), bring)
        assert sorted(one.status_code for one in answers) == [200, 200, 200, 200, 302]
        inside = [one.get("/desk/security/").status_code for one in clients]
        assert inside.count(200) == 1
    finally:
        for client in clients:
            client.close()


def test_the_last_application_of_a_day_is_one(web, postgres_url):
    row = (
        "INSERT INTO web_application (reference, organisation, account_type, contact, email, second_contact,"
        " second_email, note, language, state, reason, decided_by, made_at) SELECT 'R' || n, 'O',"
        " 'operator_holding', 'C', 'a@example.org', '', '', '', '', 'open', '', '', now()"
        " FROM generate_series(1, 199) AS n"
    )
    with psycopg.connect(postgres_url) as people:
        people.execute(row)
    fields = {
        "organisation": "Last",
        "account_type": "operator_holding",
        "contact": "Li",
        "email": "l@example.org",
    }

    def apply(_n):
        with httpx.Client(base_url=web.url, timeout=30) as client:
            return posted(client, "/apply/", **fields).text

    said = at_once(8, apply)
    with psycopg.connect(postgres_url) as people:
        assert people.execute("SELECT count(*) FROM web_application").fetchone() == (200,)
    assert sum("CW-" not in one and "Too many" not in one and "今日申请过多" not in one for one in said) == 1
