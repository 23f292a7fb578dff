"""What sign-ins remember for a short time, all processes together; how often programs may ask for tokens."""

import subprocess
import sys
import threading

import httpx
import pytest
from msgspec.structs import replace

ANOTHER = """
import sys
from django.conf import settings
from capwright.host import settings_of
from capwright.web.setup import django_settings
settings.configure(**django_settings(settings_of({}, db=sys.argv[1], demo=True)))
import django; django.setup()
from allauth.core import ratelimit
from django.core.cache import cache
from django.test import RequestFactory
request = RequestFactory().post("/identity/login/")
for _ in range(5):
    assert ratelimit.consume(request, action="login_failed", key="counted")
cache.set("code-used", "y", 60)
"""


@pytest.fixture
def cache(site):
    from django.core.cache import cache

    cache.clear()
    yield cache
    cache.clear()


def test_wrong_passwords_at_another_process_count_here(site, cache):
    from allauth.core import ratelimit
    from django.test import RequestFactory

    request = RequestFactory().post("/identity/login/")
    assert ratelimit.consume(request, action="login_failed", key="counted", dry_run=True)
    subprocess.run([sys.executable, "-c", ANOTHER, site.host.settings.db], check=True)
    assert not ratelimit.consume(request, action="login_failed", key="counted")
    assert cache.get("code-used") == "y"


def test_of_many_at_once_one_is_first(cache):
    won = []
    gate = threading.Barrier(8)

    def run():
        from django.db import connection

        gate.wait()
        won.append(cache.add("lock", True, 10))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]


def test_it_is_forgotten_in_time(cache, monkeypatch):
    from capwright.web import counts
    from capwright.web.models import Count

    now = 1_000.0
    monkeypatch.setattr(counts.time, "time", lambda: now)
    cache.set("a", [1.5, 2.5], 60)
    assert not cache.add("a", 1, 60)
    now = 1_061.0
    assert cache.get("a", "nothing") == "nothing"
    assert cache.add("a", 7, 60)
    assert cache.get("a") == 7
    cache.set("b", 1, 10)
    now = 1_200.0
    cache.set("c", 1, 10)
    assert list(Count.objects.values_list("value", flat=True)) == ["1"]
    assert cache.touch("c", 100)
    now = 1_250.0
    assert cache.get("c") == 1
    assert cache.delete("c")
    assert not cache.delete("c")


def test_tokens_are_not_made_without_end(site, cache):
    form = {"grant_type": "client_credentials"}
    before = site.host.settings
    site.host.settings = replace(before, rate_limit=50)
    try:
        answers = [httpx.post(f"{site.url}/oauth/token/", data=form).status_code for _ in range(31)]
    finally:
        site.host.settings = before
    assert set(answers[:30]) == {401}
    assert answers[30] == 429
    assert httpx.post(f"{site.url}/oauth/token/", data=form).status_code == 401


@pytest.mark.parametrize(("length", "taken"), [(128, True), (129, False)])
def test_a_password_has_an_end(site, length, taken):
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    password = ("abc def-" * 20)[:length]
    if taken:
        validate_password(password)
    else:
        with pytest.raises(ValidationError, match="128"):
            validate_password(password)
