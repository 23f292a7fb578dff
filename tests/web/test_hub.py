"""Handing out the stream: all of one's channels once and in order."""

import asyncio
import contextlib
import random
from types import SimpleNamespace

import pytest

from capwright.api import hub as hubs
from capwright.api.hub import Hub, Listener, Message, Told
from tests.web import loops

CHANNELS = ("trades:A", "trades:B", "notices", "day")


def made():
    """A hub without a market."""
    host = SimpleNamespace(head=SimpleNamespace(seq=0), follower=SimpleNamespace(subscribe=lambda _: None))
    return Hub(SimpleNamespace(host=host))


def told(*messages):
    """Messages as if a row had them to tell."""
    return [Told(None, [message]) for message in messages]


class Ear:
    """A listener that comes at a row, with what it heard."""

    def __init__(self, after, channels):
        self.after, self.one, self.heard = after, Listener(channels), []

    async def follow(self, hub):
        self.heard += [(m.seq, m.channel) for m in await hub.follow(self.one, self.after)]
        return self

    def empty(self):
        while not self.one.queue.empty():
            message = hubs.msgspec.json.decode(self.one.queue.get_nowait())
            self.heard.append((message["seq"], message["channel"]))


@pytest.mark.parametrize("seed", range(5))
def test_everybody_hears_all_once_and_in_order(seed, monkeypatch):
    monkeypatch.setattr(hubs, "GAP_S", 0.001)
    monkeypatch.setattr(hubs, "_AT_ONCE", 2)
    draw = random.Random(seed)

    async def play():
        hub, ears, said = made(), [], []
        hub.start(asyncio.get_running_loop())
        for seq in range(1, 300):
            batch = [Message(seq, draw.choice(CHANNELS), seq) for _ in range(draw.randrange(4))]
            said += batch
            if batch:
                hub._take(told(*batch))
            if draw.random() < 0.2:
                await asyncio.sleep(draw.choice((0, 0, 0.002)))
            if draw.random() < 0.05:
                # Whoever comes has seen what had gone out by then.
                known = max((m.seq for m in hub._kept), default=0)
                channels = draw.sample(CHANNELS, draw.randrange(1, 5))
                ears.append(await Ear(draw.randrange(known + 1), channels).follow(hub))
        await asyncio.sleep(0.2)
        hub.stop()
        return hub, ears, said

    hub, ears, said = loops.run(play())
    assert ears
    kept = [(m.seq, m.channel) for row in hub._kept for m in row.messages]
    for ear in ears:
        ear.empty()
        mine = ear.one.channels
        assert ear.heard == [(s, c) for s, c in kept if s > ear.after and c in mine]
        assert ear.heard == [
            (m.seq, m.channel) for m in said if m.seq > ear.after and m.channel in ear.one.channels
        ]


def test_waves_come_no_more_often_than_they_may():
    async def play():
        hub, loop = made(), asyncio.get_running_loop()
        hub.start(loop)
        for _ in range(1_000):
            await hub.follow(Listener(CHANNELS, together=True), None)
        waves = 0
        wave = hub._wave

        async def counted(messages):
            nonlocal waves
            waves += 1
            await wave(messages)

        hub._wave = counted
        until = loop.time() + 1.0
        seq = 0
        while loop.time() < until:
            seq += 1
            hub._take(told(Message(seq, "trades:A", seq), Message(seq, "day", seq)))
            await asyncio.sleep(0.001)
        hub.stop()
        return waves

    assert 2 <= loops.run(play()) <= 1 + 1.0 / hubs.GAP_S


def test_a_full_queue_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(hubs, "QUEUE", 3)
    one = Listener(["day"])
    one.give(one.frames([Message(n, "day", n) for n in range(5)]))
    assert one.queue.full()
    assert one.queue.get_nowait() == '{"seq":0,"channel":"day","data":0}'


def test_a_fault_in_one_wave_does_not_end_the_stream(monkeypatch, caplog):
    monkeypatch.setattr(hubs, "GAP_S", 0.001)

    async def play():
        hub = made()
        hub.start(asyncio.get_running_loop())
        one = Listener(["day"])
        await hub.follow(one, None)
        hub._take(told(Message(1, "day", object())))  # no JSON can be made of it
        await asyncio.sleep(0.05)
        hub._take(told(Message(2, "day", 2)))
        frame = ""
        with contextlib.suppress(TimeoutError):
            frame = await asyncio.wait_for(one.queue.get(), 5)
        hub.stop()
        return frame

    assert loops.run(play()) == '{"seq":2,"channel":"day","data":2}'
    assert "messages were lost" in caplog.text
