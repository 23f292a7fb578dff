"""A load of HTTP orders: so many connections, each sending its next request when the last is answered.

`python -m benchmarks.http_client PORT SECONDS REQUESTS.json` prints how many were answered, how many well,
and the latencies. In a process of its own, and as thin as it can be: what it costs is the server's loss.
"""

import asyncio
import json
import sys
import time
from pathlib import Path


async def connection(
    port: int, requests: list[bytes], until: float, latencies: list[float]
) -> tuple[int, int]:
    """Send requests in turn until the time is over; return how many were answered, and with 2xx."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = good = 0
    while time.perf_counter() < until:
        began = time.perf_counter()
        writer.write(requests[sent % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if length:
            await reader.readexactly(length)
        latencies.append(time.perf_counter() - began)
        sent += 1
        good += head[9:10] == b"2"
    writer.close()
    return sent, good


async def main(port: int, seconds: float, clients: list[list[bytes]]) -> None:
    latencies: list[float] = []
    until = time.perf_counter() + seconds
    began = time.perf_counter()
    counts = await asyncio.gather(*(connection(port, one, until, latencies) for one in clients))
    spent = time.perf_counter() - began
    latencies.sort()
    sent, good = (sum(one[n] for one in counts) for n in (0, 1))
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
    asyncio.run(
        main(int(sys.argv[1]), float(sys.argv[2]), [[text.encode() for text in one] for one in requests])
    )
