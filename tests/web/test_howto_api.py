"""The page on trading by program, run on a platform of the tests: what it shows is what comes."""

import os
import subprocess
import sys
from itertools import pairwise

import httpx
import pytest

from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs" / "howto" / "use-the-api.md"
PERSON = "investor-07:operator"


@pytest.fixture(scope="module")
def environment(site):
    """What the page takes for given: the platform, a program, and a token of it."""
    from oauth2_provider.models import Application

    with site.host.look() as market:
        day = market.rooms["exchange"].state.day
    if not any(begin <= site.host.clock() < end for begin, end in day.windows_ms):
        pytest.skip("the story's trading session is over")
    token = site.token(PERSON, "read trade")
    program = Application.objects.get(name=f"test {PERSON}")
    given = {"CLIENT_ID": program.client_id, "CLIENT_SECRET": f"secret-of-{PERSON}", "TOKEN": token}
    return {**os.environ, "MARKET": site.url, **given}


def told(code, environment):
    done = subprocess.run(code, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_script_prints_what_the_page_says(environment):
    found = blocks(PAGE.read_text(encoding="utf-8"))
    scripts = [(one, next_one) for one, next_one in pairwise(found) if one.kind == "python"]
    assert len(scripts) == 4
    for script, printed in scripts:
        assert printed.kind == "text"
        said = told([sys.executable, "-c", "\n".join(script.lines)], environment)
        assert said == "\n".join(printed.lines), "\n".join(script.lines)


def test_the_commands_of_the_shell_get_a_token_and_read(environment, site):
    (shell,) = [one for one in blocks(PAGE.read_text(encoding="utf-8")) if one.kind == "bash"]
    said = told(["bash", "-ec", "\n".join(shell.lines)], environment)
    assert httpx.Response(200, text=said).json()["scheme"] == "guangdong-2023"


def test_a_refusal_of_the_table_is_what_comes(site):
    """401 without a token, 403 beyond its scopes, 404 for another's account, 415 for what is no JSON."""
    api = site.api(PERSON, "read")
    path = "/commands/PublishAnnouncement"
    assert site.api().post(path, json={}).status_code == 401
    assert api.post(path, json={"title": "x", "text": "y"}).status_code == 403
    assert api.get(f"/accounts/{site.account('paper-07:operator')}").status_code == 404
    plain = {"Content-Type": "text/plain"}
    assert site.api(PERSON).post(path, content="x", headers=plain).status_code == 415
