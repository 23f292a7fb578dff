"""`capwright journal …`: what stands in a journal, and ways out of it."""

from __future__ import annotations

from capwright.cli.frame import make_group

__all__ = ["journal"]

journal = make_group("journal", "The journal of a market: show, export. 日志。")
