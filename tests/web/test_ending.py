"""A platform that is told to end under load: what was answered stays, and what was not may be sent again."""

import signal

import pytest

from tests.web.conftest import free_port
from tests.web.processes import Process, Senders, cookie_of, open_market


@pytest.fixture
def started():
    """Starts platforms, and ends them all."""
    running = []

    def start(*words, **more):
        running.append(Process(*words, **more))
        return running[-1].up()

    yield start
    for one in running:
        one.close()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_under_load_it_loses_and_doubles_nothing(tmp_path, started, sign):
    journal, port = str(tmp_path / "market.sqlite"), free_port()
    open_market(journal)
    market = started(journal, "all", folder=tmp_path, port=port)
    senders = Senders([market], cookie_of(market))
    try:
        for _ in range(3):
            senders.wait_for(60)
            market.process.send_signal(sign)
            assert market.process.wait(20) in {0, -sign, 128 + sign}, "it ended by itself"
            market = started(journal, "all", folder=tmp_path, port=port)
        senders.wait_for(60)
    finally:
        senders.stop()
    senders.check(journal)
