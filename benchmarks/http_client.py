"""A load of HTTP orders: so many connections, each sending its next request when the last is answered.

`python -m benchmarks.http_client PORT SECONDS REQUESTS.json` prints how many were answered, how many well,
and the latencies. In a process of its own, and as thin as it can be: what it costs is the server's loss.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import uvloop

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


class Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, requests: list[bytes], until: float, latencies: list[float]) -> None:
        self._requests = requests
        self._until = until
        self._latencies = latencies
        self._said = b""
        self._began = 0.0
        self.sent = self.good = 0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Send the first request."""
        self._write = transport.write
        self._close = transport.close
        self._send()

    def _send(self) -> None:
        self._began = time.perf_counter()
        self._write(self._requests[self.sent % len(self._requests)])

    def data_received(self, data: bytes) -> None:
        """A part of an answer; once it is whole, send the next request."""
        said = self._said = self._said + data if self._said else data
        head, found, body = said.partition(_END)
        if not found:
            return
        _, _, length = head.lower().partition(_LENGTH)
        if len(body) < int(length.partition(b"\r")[0]):
            return
        now = time.perf_counter()
        self._latencies.append(now - self._began)
        self.sent += 1
        self.good += said[9:10] == b"2"
        self._said = b""
        if now < self._until:
            self._send()
        else:
            self._close()

    def connection_lost(self, error: Exception | None) -> None:
        """The end, or a server that ends lines."""
        if error is not None or time.perf_counter() < self._until:
            self.done.set_exception(error or ConnectionError("the server ended the line"))
        else:
            self.done.set_result(None)


async def main(port: int, seconds: float, clients: list[list[bytes]]) -> None:
    loop, latencies = asyncio.get_running_loop(), []
    began = time.perf_counter()
    made = []
    for requests in clients:
        one = Connection(requests, began + seconds, latencies)
        await loop.create_connection(lambda one=one: one, "127.0.0.1", port)
        made.append(one)
    await asyncio.gather(*(one.done for one in made))
    spent = time.perf_counter() - began
    latencies.sort()
    sent, good = sum(one.sent for one in made), sum(one.good for one in made)
    middle, late = latencies[len(latencies) // 2], latencies[len(latencies) * 99 // 100]
    print(
        json.dumps(
            {
                "rate": sent / spent,
                "good": good / max(sent, 1),
                "p50_ms": middle * 1000,
                "p99_ms": late * 1000,
            }
        )
    )


if __name__ == "__main__":
    requests = json.loads(Path(sys.argv[3]).read_text())
    uvloop.run(
        main(int(sys.argv[1]), float(sys.argv[2]), [[text.encode() for text in one] for one in requests])
    )
