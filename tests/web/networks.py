"""A machine of its own on this one: a network namespace whose line to the database can be cut.

    root ── 10.213.N.1 ──[bridge]── 10.213.N.2 ── inside      the line: to the database
    root ── 10.213.N.5 ──────────── 10.213.N.6 ── inside      the street: for those who call

A cut takes the inner end out of the bridge: both ends stay up, and packets are dropped without a word.
"""

import os
import shutil
import subprocess

import pytest


class Machine:
    """Made with root's rights and iproute2; raises `pytest.skip` without them."""

    def __init__(self):
        if os.geteuid() != 0 or shutil.which("ip") is None:
            pytest.skip("network namespaces need root and iproute2 (`ip`)")
        part = os.getpid() % 250 + 1
        self.name = f"cw{part}"
        self.database, self._inner = f"10.213.{part}.1", f"10.213.{part}.2"
        self.address = f"10.213.{part}.6"
        self._port = f"{self.name}p"
        try:
            self._make(f"10.213.{part}.5")
        except subprocess.CalledProcessError as error:
            self.close()
            pytest.skip(f"this machine makes no network namespaces: {error.stderr.strip()}")

    def _make(self, street):
        name = self.name
        _ip("netns", "add", name)
        _ip("link", "add", f"{name}b", "type", "bridge", "forward_delay", "0")
        _ip("link", "add", f"{name}o", "type", "veth", "peer", "name", f"{name}q")
        _ip("link", "add", "line", "netns", name, "type", "veth", "peer", "name", self._port)
        _ip("link", "add", "street", "netns", name, "type", "veth", "peer", "name", f"{name}s")
        _ip("link", "set", f"{name}q", "master", f"{name}b")
        self.heal()
        _ip("addr", "add", f"{self.database}/30", "dev", f"{name}o")
        _ip("addr", "add", f"{street}/30", "dev", f"{name}s")
        _ip("-n", name, "addr", "add", f"{self._inner}/30", "dev", "line")
        _ip("-n", name, "addr", "add", f"{self.address}/30", "dev", "street")
        for link in (f"{name}b", f"{name}o", f"{name}q", self._port, f"{name}s"):
            _ip("link", "set", link, "up")
        for link in ("lo", "line", "street"):
            _ip("-n", name, "link", "set", link, "up")
        outer, inner = _hardware(f"{name}o"), _hardware("line", "-n", name)
        _ip("neigh", "replace", self._inner, "lladdr", inner, "dev", f"{name}o", "nud", "permanent")
        _ip("-n", name, "neigh", "replace", self.database, "lladdr", outer, "dev", "line", "nud", "permanent")

    def cut(self):
        """Drop what goes between here and the database, both ways."""
        _ip("link", "set", self._port, "nomaster")

    def heal(self):
        """Mend the line."""
        _ip("link", "set", self._port, "master", f"{self.name}b")

    def close(self):
        """Leave nothing behind."""
        for link in (f"{self.name}o", f"{self.name}s", self._port, f"{self.name}b"):
            subprocess.run(["ip", "link", "del", link], capture_output=True, check=False)
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, check=False)


def _ip(*words):
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=True).stdout


def _hardware(link, *where):
    words = _ip(*where, "-o", "link", "show", link).split()
    return words[words.index("link/ether") + 1]
