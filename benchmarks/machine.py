"""What the figures were measured on."""

import os
import platform
import socket
import sqlite3
import subprocess
from pathlib import Path


def describe(folder: Path) -> list[str]:
    """Lines about the machine, the programs and the disk under `folder`."""
    import apsw
    import msgspec

    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in _text("/proc/cpuinfo").splitlines()
            if line.startswith("model name")
        ),
        platform.processor() or "unknown processor",
    )
    memory = next(
        (int(line.split()[1]) // 2**20 for line in _text("/proc/meminfo").splitlines() if "MemTotal" in line),
        0,
    )
    python = f"Python {platform.python_version()}, msgspec {msgspec.__version__}"
    return [
        f"{cpu}, {os.cpu_count()} cores, {memory} GB, {platform.system()} {platform.release()}",
        f"{python}, SQLite {apsw.sqlite_lib_version()} (apsw), {sqlite3.sqlite_version} (standard library)",
        f"disk {_disk(folder)}; load before the run {os.getloadavg()[0]:.1f}",
    ]


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _disk(folder: Path) -> str:
    found = subprocess.run(
        ["df", "--output=source,fstype", str(folder)], capture_output=True, text=True, check=False
    )
    return " ".join(found.stdout.splitlines()[-1].split()) if found.returncode == 0 else "unknown"


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
