"""`python -m benchmarks.served DB PORT PERSON,PERSON…`: our server in a process of its own.

Prints, once it listens, a line of JSON: for each person a session cookie, an access token and the accounts.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path


@contextmanager
def served(db: Path, port: int, people: list[str]) -> Iterator[dict[str, dict]]:
    """Serve a journal while the block lasts; yields what the server said of each person."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.served", str(db), str(port), ",".join(people)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
            process.wait(60)


def main(db: str, port: int, people: list[str]) -> None:
    from capwright.api.site import site
    from capwright.host import Host, settings_of
    from capwright.host.serving import serve

    settings = settings_of({}, db=db, demo=True, port=port, rate_limit=0, page_limit=0)
    with Host(settings) as host:
        app = site(host)
        made = {person: _known(host, person) for person in people}
        serve(app, settings, lambda: print(json.dumps(made), flush=True))


def _known(host, person: str) -> dict:
    from django.test import Client
    from django.utils import timezone
    from oauth2_provider.models import AccessToken

    from capwright.web.models import User

    user, _ = User.objects.get_or_create(person=person, defaults={"username": person.replace(":", "-")})
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    expires = timezone.now() + timedelta(hours=1)
    AccessToken.objects.get_or_create(
        token=f"token-{person}", defaults={"user": user, "scope": "read trade", "expires": expires}
    )
    with host.look() as market:
        listed = market.registry.state.representatives.items()
        accounts = [number for number, acting in listed if person in acting]
    return {
        "cookie": client.cookies["sessionid"].value, "token": f"token-{person}", "accounts": accounts,
    }  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3].split(","))
