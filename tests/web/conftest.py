"""The platform on the Guangdong year, stopped in mid-July: one for each test process, on its own port."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.web.crawling import enter

# A browser test leaves its event loop in the main thread, where later tests use Django's models.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
STOPPED_AT = datetime(2024, 7, 22, 2, tzinfo=UTC)  # 10:00 in Guangzhou: trading, and nine days to surrender


class Site:
    """A host with its pages and API answering at `url`."""

    def __init__(self, host, url):
        self.host = host
        self.url = url
        self._clients = []

    def client(self, person=""):
        """Django's test client, signed in as a person of the journal."""
        from django.test import Client

        client = Client(headers={"accept-language": "en"}, SERVER_NAME="127.0.0.1")
        if person:
            client.force_login(self.user(person), backend="django.contrib.auth.backends.ModelBackend")
        return client

    def user(self, person):
        """The user behind a person of the journal."""
        from capwright.web.models import User

        return User.objects.get_or_create(person=person, defaults={"username": person.replace(":", "-")})[0]

    def token(self, person, scope="read trade write"):
        """An access token of a program that acts for a person."""
        import httpx
        from oauth2_provider.models import Application

        secret = f"secret-of-{person}"
        client, _ = Application.objects.get_or_create(
            name=f"test {person}",
            user=self.user(person),
            client_type=Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
            defaults={"client_secret": secret},
        )
        form = {"grant_type": "client_credentials", "scope": scope}
        answer = httpx.post(self.url + "/oauth/token/", data=form, auth=(client.client_id, secret))
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def api(self, person="", scope="read trade write"):
        """An HTTP client of the API, for a person or for the public."""
        import httpx

        headers = {"Authorization": f"Bearer {self.token(person, scope)}"} if person else {}
        client = httpx.Client(base_url=self.url + "/api/v1", headers=headers)
        self._clients.append(client)
        return client

    def settle(self):
        """Wait until the pages contain all that was answered; return the last row."""
        self.host.follower.wait_for(self.host.written.seq)
        return self.host.head.seq

    def close(self):
        for client in self._clients:
            client.close()

    def account(self, person):
        """The first account that a person represents."""
        from capwright.projection.viewer import viewer_of

        with self.host.look() as market:
            return next(iter(viewer_of(market, person).accounts))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def desk_journal(tmp_path_factory) -> Path:
    """The Guangdong year up to 2024-07-22 10:00."""
    from capwright.scenario.run import run_scenario

    path = tmp_path_factory.mktemp("desk") / "desk.sqlite"
    run_scenario("guangdong-2023", str(path), until=lambda _zone: round(STOPPED_AT.timestamp() * 1000))
    return path


@pytest.fixture(scope="session")
def site(desk_journal) -> Iterator[Site]:
    """The platform, open. Tests share it: act for a firm that no other test acts for."""
    import uvicorn
    from httpx._config import DEFAULT_TIMEOUT_CONFIG

    from capwright.api.site import site as application
    from capwright.host import Host, settings_of
    from capwright.host.serving import configured

    DEFAULT_TIMEOUT_CONFIG.read = 60  # where much else runs an answer may take longer than five seconds
    port = free_port()
    settings = settings_of({}, db=str(desk_journal), demo=True, port=port, rate_limit=0, page_limit=0)
    with Host(settings) as host:
        server = uvicorn.Server(configured(application(host), settings))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.started
        opened = Site(host, settings.url)
        yield opened
        opened.close()
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session", autouse=True)
def django(site):
    """Django is set up by the first site of a process; no test may hang on another having made it."""


@pytest.fixture
def visitor(site):
    """A client that is not signed in."""
    return site.client()


@pytest.fixture
def signed_in(site) -> Callable:
    """A client signed in as a person: `signed_in("authority-1")`."""
    return site.client


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, driven by playwright."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("needs a Chromium: apt install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def surf(browser, site):
    """Opens pages as a person: `surf("authority-1")` gives a function of a path."""
    contexts = []

    def start(person="", language="zh-CN", width=1280):
        context = browser.new_context(locale=language, viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("console", lambda m: page.faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        if person:
            enter(page, site.url, person)
        return page

    yield start
    for context in contexts:
        context.close()
