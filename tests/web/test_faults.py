"""Workers killed and lines cut under load: nothing answered is lost, nothing doubled, everybody comes back.

A cut drops packets without a word, for longer than either side of a session waits, and is mended again.
"""

import time
from urllib.parse import urlsplit

import httpx
import pytest

from tests.postgres import NoPostgresError, running_postgres
from tests.web.conftest import free_port
from tests.web.networks import Machine
from tests.web.processes import Process, Senders, cookie_of, open_market

SILENCE_S = 5.0  # as `journal.wire` has it
CUT_S = 15.0
TAKE_OVER_S = 10.0


@pytest.fixture
def started():
    """Starts processes, and ends them all."""
    running = []

    def start(*words, **more):
        running.append(Process(*words, **more))
        return running[-1]

    yield start
    for one in running:
        one.close()


def test_a_web_worker_dies_under_load(postgres_url, tmp_path, started):
    open_market(postgres_url)
    assert started(postgres_url, "engine").says() == "Active."

    def worker():
        return started(postgres_url, "web", folder=tmp_path, port=free_port())

    workers = [worker().up(), worker().up()]
    senders = Senders(workers, cookie_of(workers[0]))
    for which in (0, 1):
        senders.wait_for(50)
        workers[which].kill()
        senders.wait_for(50)  # by the other one
        workers[which] = worker().up()
    senders.wait_for(50)
    senders.stop()
    senders.check(postgres_url)
    assert len({by for _, by, *_ in senders.done}) >= 3  # both that were killed, and one started anew
    assert max(took for *_, took in senders.done) < TAKE_OVER_S
    assert any(status == 0 for *_, status in senders.refused)  # some were cut off in the middle


def test_the_database_crashes_under_load(postgres_server, postgres_url, tmp_path, started):
    """What had no row yet is forgotten by the crash, and put in again by the workers, not by the senders."""
    if not postgres_server.can_restart:
        pytest.skip("the database is not ours to crash")
    open_market(postgres_url)
    assert started(postgres_url, "engine").says() == "Active."
    web = started(postgres_url, "web", folder=tmp_path, port=free_port()).up()
    senders = Senders([web], cookie_of(web), timeout_s=25)
    for _ in range(3):
        senders.wait_for(50)
        postgres_server.restart("immediate")
    senders.wait_for(50)
    senders.stop()
    senders.check(postgres_url)
    assert max(took for *_, took in senders.done) < TAKE_OVER_S


@pytest.fixture(scope="module")
def machine():
    one = Machine()
    yield one
    one.close()


@pytest.fixture(scope="module")
def server(machine):
    """A database that is reached over the line too."""
    try:
        with running_postgres(settings={"listen_addresses": machine.database}) as server:
            if not server.can_restart:
                pytest.skip("the database is not ours to make reachable")
            server.allow(f"{machine.database}/30")
            yield server
    except NoPostgresError as error:
        pytest.skip(str(error))


@pytest.fixture
def urls(machine, server):
    """A new market: its address here, and over the line."""
    with server.database() as url:
        open_market(url)
        yield url, f"postgresql://capwright@{machine.database}{urlsplit(url).path}"


@pytest.mark.slow
def test_the_line_of_the_active_engine_is_cut(machine, urls, tmp_path, started):
    """The engine that is cut off acknowledges nothing once another has taken over, and learns that it has."""
    here, over_the_line = urls
    port = free_port()
    where = {"folder": tmp_path, "host": machine.address, "port": port, "inside": machine.name}
    old = started(over_the_line, "all", **where).up()
    assert started(here, "engine").says() == "Standing by."
    web = started(here, "web", folder=tmp_path, port=free_port()).up()
    cookie = cookie_of(web)
    to_old, to_web = Senders([old], cookie, 4), Senders([web], cookie, 4)
    to_old.wait_for(50)
    to_web.wait_for(50)
    machine.cut()
    cut_at = time.monotonic()
    time.sleep(CUT_S)
    taken_s = to_web.first_after(cut_at + 1.0) + 1.0
    machine.heal()
    healed_at = time.monotonic()
    to_web.wait_for(50)
    time.sleep(3)
    with httpx.Client(base_url=old.url, timeout=10) as caller:
        ready = caller.get("/ready/")
    to_old._workers[:] = [web]  # as nginx does: the old one is not ready
    to_old.stop()
    to_web.stop()
    print(f"the standby answered {taken_s:.1f} s after the cut")
    assert SILENCE_S - 3 < taken_s < TAKE_OVER_S
    for senders in (to_old, to_web):
        senders.check(here)
    by_old = [at for at, by, *_ in to_old.done if by is old]
    assert not [at for at in by_old if at > cut_at + taken_s]
    assert {status for at, by, status in to_old.refused if at > healed_at and by is old} <= {0, 503}
    assert ready.status_code == 503


@pytest.mark.slow
def test_the_line_of_an_engine_process_is_cut_and_it_stands_by_again(machine, urls, tmp_path, started):
    here, over_the_line = urls
    first = started(over_the_line, "engine", inside=machine.name)
    assert first.says() == "Active."
    second = started(here, "engine")
    assert second.says() == "Standing by."
    web = started(here, "web", folder=tmp_path, port=free_port()).up()
    senders = Senders([web], cookie_of(web))
    senders.wait_for(50)
    machine.cut()
    cut_at = time.monotonic()
    time.sleep(CUT_S)
    taken_s = senders.first_after(cut_at + 1.0) + 1.0
    assert second.says() == "Active."
    machine.heal()
    assert first.says() == "Standing by."
    second.kill()
    killed_at = time.monotonic()
    assert first.says() == "Active."
    senders.wait_for(50)
    again_s = senders.first_after(killed_at + 0.3) + 0.3
    senders.stop()
    senders.check(here)
    print(f"taken over {taken_s:.1f} s after the cut, {again_s:.1f} s after the kill")
    assert taken_s < TAKE_OVER_S
    assert again_s < TAKE_OVER_S


@pytest.mark.slow
def test_the_line_of_a_web_worker_is_cut(machine, urls, tmp_path, started):
    """It says that the database is away, in time and without being asked twice, and comes back by itself."""
    here, over_the_line = urls
    assert started(here, "engine").says() == "Active."
    port = free_port()
    where = {"folder": tmp_path, "host": machine.address, "port": port, "inside": machine.name}
    cut_off = started(over_the_line, "web", **where).up()
    other = started(here, "web", folder=tmp_path, port=free_port()).up()
    cookie = cookie_of(other)
    senders = Senders([cut_off, other], cookie, timeout_s=40)
    senders.wait_for(100)
    machine.cut()
    cut_at = time.monotonic()
    time.sleep(1)
    with httpx.Client(base_url=cut_off.url, timeout=40) as caller:
        answers = {}
        for path, sign in (("/", ""), ("/desk/", cookie), ("/ready/", ""), ("/health/", "")):
            began = time.monotonic()
            answer = caller.get(path, headers={"Cookie": f"sessionid={sign}"} if sign else {})
            answers[path] = (answer.status_code, time.monotonic() - began)
    time.sleep(max(0.0, cut_at + CUT_S - time.monotonic()))
    machine.heal()
    healed_at = time.monotonic()
    while httpx.get(cut_off.url + "/ready/", timeout=20).status_code != 200:
        assert time.monotonic() - healed_at < TAKE_OVER_S
        time.sleep(0.2)
    back_s = time.monotonic() - healed_at
    page = httpx.get(cut_off.url + "/desk/", headers={"Cookie": f"sessionid={cookie}"}, timeout=20)
    senders.wait_for(100)
    senders.stop()
    senders.check(here)
    print(f"ready {back_s:.1f} s after the line was mended; meanwhile {answers}")
    assert [answers[path][0] for path in ("/", "/desk/", "/ready/", "/health/")] == [200, 503, 503, 200]
    assert all(took < 15 for _, took in answers.values())
    assert page.status_code == 200
    assert max(took for *_, took in senders.done) < 45
