"""`python -m benchmarks.reader_client PORT COUNT SECONDS`: so many WebSocket readers of the public market.

Prints `ready` once all of them hear, reads for so long, and then a line of JSON: for each row of the journal
the times at which its messages came in (seconds of the monotonic clock, which processes share), and how many
readers were cut off. As thin as it can be: it parses frames by hand and looks no further than the row.
"""

import asyncio
import json
import re
import sys
import time
from array import array

CHANNELS = "trades:GDEA,book:GDEA,day"
_ROW = re.compile(rb'{"seq":([0-9]+)')
_PING, _CLOSE, _TEXT = 9, 8, 1


class Reader(asyncio.Protocol):
    """One connection."""

    def __init__(self, port: int, heard: tuple[array, array]) -> None:
        self._ask = (
            f"GET /api/v1/stream?together=1&channels={CHANNELS} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        self._rows, self._times = heard
        self._left = b""
        self.opened = asyncio.get_running_loop().create_future()
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        transport.write(self._ask.encode())

    def connection_lost(self, _why: Exception | None) -> None:
        self.lost = True

    def data_received(self, data: bytes) -> None:
        data = self._left + data if self._left else data
        at = 0
        if not self.opened.done():
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._left = data
                return
            assert data.startswith(b"HTTP/1.1 101"), data[:100]
            self.opened.set_result(None)
            at = end + 4
        now = time.monotonic()
        while len(data) - at >= 2:
            size, body = data[at + 1], at + 2
            if size == 126:
                size, body = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif size == 127:
                size, body = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if len(data) < body + size or body > len(data):
                break
            self._frame(data[at] & 15, data, body, size, now)
            at = body + size
        self._left = data[at:]

    def _frame(self, kind: int, data: bytes, body: int, size: int, now: float) -> None:
        if kind == _TEXT:
            rows = _ROW.findall(data, body, body + size)
            self._rows.extend(map(int, rows))
            self._times.extend([now] * len(rows))
        elif kind == _PING:
            self._transport.write(bytes((0x8A, 0x80 | size)) + bytes(4) + data[body : body + size])
        elif kind == _CLOSE:
            self.lost = True


async def main(port: int, count: int, seconds: float) -> None:
    heard = array("q"), array("d")
    loop = asyncio.get_running_loop()
    readers: list[Reader] = []
    for n in range(count):
        home = f"127.0.1.{1 + n // 50}"  # one address may have so many connections and no more
        _, reader = await loop.create_connection(
            lambda: Reader(port, heard), "127.0.0.1", port, local_addr=(home, 0)
        )
        await asyncio.wait_for(reader.opened, 30)
        readers.append(reader)
    print("ready", flush=True)
    await asyncio.sleep(seconds)
    lost = sum(reader.lost for reader in readers)
    print(json.dumps({"lost": lost, "rows": heard[0].tolist(), "times": heard[1].tolist()}), flush=True)


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
