"""Several processes on PostgreSQL: web hands over, engines take over, nothing is lost or doubled."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from capwright.host import Host, settings_of
from capwright.host.lease import Lease
from capwright.journal.fault import JournalUnavailable
from tests.web.processes import KEY, Process, ids_in, notice, open_market


@pytest.fixture
def market(postgres_url, tmp_path):
    """A new market in PostgreSQL: its address, and settings of a web process."""
    open_market(postgres_url)
    views = str(tmp_path / "views.sqlite")
    return settings_of({}, db=postgres_url, role="web", secret_key=KEY, views=views)


@pytest.fixture
def engines(market):
    started = []

    def start():
        started.append(Process(market.db, "engine"))
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_a_web_process_hands_over_and_reads_its_own_write(market, engines):
    assert engines().says() == "Active."
    with Host(market) as host:
        outcome = host.send(notice(1), "n-1", "exchange-1")
        assert outcome.ok
        assert host.head.seq == outcome.seq
        again = host.send(notice(1), "n-1", "exchange-1")
        assert (again.seq, again.repeated) == (outcome.seq, True)
        refused = host.send(notice(2), "n-2", "nobody")
        assert refused.refusal.code == "CW-4001"
        began = time.monotonic()
        other = host.send(notice(3), "n-1", "exchange-1")  # the id belongs to another command
        assert (other.seq, other.refusal.code) == (0, "CW-8502")
        assert time.monotonic() - began < 5


def test_one_process_has_a_lease_until_it_ends(market, monkeypatch):
    monkeypatch.setattr("capwright.host.lease.LOOK_S", 0.0)
    first, second, other = Lease(market, "post"), Lease(market, "post"), Lease(market, "else")
    try:
        assert [first.held, second.held, first.held, other.held] == [True, False, True, True]
        first.close()
        assert second.held
        assert not first.held
    finally:
        for one in (first, second, other):
            one.close()


def test_a_lease_is_lost_with_its_line(market, monkeypatch):
    monkeypatch.setattr("capwright.host.lease.LOOK_S", 0.0)
    first, second = Lease(market, "post"), Lease(market, "post")
    try:
        assert first.held
        with psycopg.connect(market.db, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        until = time.monotonic() + 5  # the server ends the session a moment later
        while first.held and time.monotonic() < until:
            time.sleep(0.02)
        assert second.held
        assert not first.held
    finally:
        first.close()
        second.close()


def test_a_journal_in_a_file_has_one_process(tmp_path):
    lease = Lease(settings_of({}, db=str(tmp_path / "market.sqlite"), secret_key=KEY), "post")
    assert lease.held
    lease.close()
    assert lease.held


def test_a_standby_takes_over_within_ten_seconds(market, engines):
    first = engines()
    assert first.says() == "Active."
    second = engines()
    assert second.says() == "Standing by."
    with Host(market) as host:
        assert host.send(notice(1), "n-1", "exchange-1").ok
        first.kill()
        began = time.monotonic()
        assert host.send(notice(2), "n-2", "exchange-1").ok
        assert time.monotonic() - began < 10
        assert second.says() == "Active."


def test_two_commands_under_one_id_at_once_have_not_one_answer(market, engines):
    """Both wait for an engine; the second must not take the first one's answer for its own."""
    with Host(market) as host:
        first, same = (host.submit(notice(1), "n-1", "exchange-1") for _ in range(2))
        with pytest.raises(JournalUnavailable, match="CW-8601"):
            host.submit(notice(2), "n-1", "exchange-1")
        assert engines().says() == "Active."
        seqs = {first.result(20).seq, same.result(20).seq}
        other = host.send(notice(2), "n-1", "exchange-1")
    assert len(seqs) == 1
    assert other.refusal.code == "CW-8502"


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [6])
def test_engines_die_under_load_and_nothing_is_lost_or_doubled(market, engines, rounds):
    living = [engines(), engines()]
    acknowledged, stop = [], threading.Event()
    with Host(market) as host, ThreadPoolExecutor(16) as pool:

        def send(worker):
            n = 0
            while not stop.is_set():
                n += 1
                key = f"w{worker}-{n}"
                for _ in range(20):
                    try:
                        outcome = host.send(notice(n), key, "exchange-1")
                    except JournalUnavailable:
                        continue  # not known: the same id again
                    assert outcome.ok
                    acknowledged.append(key)
                    break

        workers = [pool.submit(send, n) for n in range(16)]
        for _ in range(rounds):
            time.sleep(1.5)
            living.pop(0).kill()
            living.append(engines())
        stop.set()
        for worker in workers:
            worker.result(120)
    found = ids_in(market.db)
    assert not [key for key in acknowledged if found[key] != 1]
    assert max(found.values()) == 1
    assert len(acknowledged) > 100


def test_the_server_goes_and_comes_back(market, engines, postgres_server):
    assert engines().says() == "Active."
    with Host(market) as host:
        assert host.send(notice(1), "n-1", "exchange-1").ok
        postgres_server.restart()
        for _ in range(30):
            try:
                outcome = host.send(notice(2), "n-2", "exchange-1")
                break
            except JournalUnavailable:
                time.sleep(0.5)
        assert outcome.ok
    assert ids_in(market.db)["n-2"] == 1


def test_without_an_engine_the_sender_is_told_that_it_is_not_known(market):
    with Host(market) as host:
        host._messenger._patience_s = 1.0
        with pytest.raises(JournalUnavailable, match="CW-8602"):
            host.submit(notice(1), "n-1", "exchange-1").result(20)


def test_what_waited_is_done_when_an_engine_comes(market, engines):
    with Host(market) as host:
        future = host.submit(notice(1), "n-1", "exchange-1")
        time.sleep(0.5)
        engines()
        assert future.result(30).ok


def test_a_command_that_the_engine_does_not_know_stops_nobody(market, engines):
    """A web process of a newer version hands it over; the engine's own version is older."""
    assert engines().says() == "Active."
    with Host(market) as host:
        host._messenger._queue.put(("n-0", "exchange-1", '{"command":"FromTheFuture"}'))
        assert host.send(notice(1), "n-1", "exchange-1").ok
        with psycopg.connect(market.db) as connection:
            (answer,) = connection.execute("SELECT answer FROM inbox WHERE command_id = 'n-0'").fetchone()
        assert "CW-8503" in answer


def test_one_process_can_be_all(market, tmp_path):
    from msgspec.structs import replace

    everything = replace(market, role="all", views=str(tmp_path / "other.sqlite"))
    with Host(everything) as one, Host(market) as web:
        assert one.send(notice(1), "n-1", "exchange-1").ok
        outcome = web.send(notice(2), "n-2", "exchange-1")
        assert outcome.ok
        one.follower.wait_for(outcome.seq)
