"""Coroutines in tests: a browser that is open keeps the main thread's event loop for itself."""

import asyncio
from concurrent.futures import ThreadPoolExecutor


def run(coroutine):
    """The result of a coroutine, run in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
