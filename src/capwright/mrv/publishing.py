"""Publishing methods: from then on reports may name them, and they never change."""

from __future__ import annotations

from capwright.kernel.message import Event
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_ID, check_text
from capwright.ledger.room import Request
from capwright.mrv.definition import pack, unpack
from capwright.mrv.desk import Desk
from capwright.mrv.messages import MethodPublished, PublishMethod
from capwright.mrv.state import PublishedMethod

__all__ = ["Publishing"]

TAKEN = define(
    "CW-5406",
    en="{method} is published with other contents: a published version never changes.",
    zh="{method}已按其他内容发布：已发布的版本不得更改。",
    mend_en="Give the changed method a new version.",
    mend_zh="内容有变的，请使用新的版本号。",
    rule="design: a published version never changes",
)
PUBLISHED = define(
    "CW-5407",
    en="{method} is published already.",
    zh="{method}已经发布。",
    rule="design: a published version never changes",
)
ABSTRACT = define(
    "CW-5408",
    en="{method} is a pack of components, not a method to report with.",
    zh="{method}是组件包，不能用于报告。",
    rule="design: methods are data",
)


class Publishing:
    """Handlers and appliers of methods."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def publish(self, _request: Request, command: PublishMethod) -> list[Event]:
        """Hold the definition to its sense and publish it."""
        method = unpack(command.definition)
        check_text("method", method.id, MAX_ID)
        if method.body.abstract:
            refuse(ABSTRACT, method=method.id)
        known = self._desk.state.methods.get(method.id)
        if known is not None:
            refuse(PUBLISHED if known.digest == method.digest else TAKEN, method=method.id)
        return [MethodPublished(method=method.id, digest=method.digest, definition=pack(method))]

    def published(self, event: MethodPublished, _at_ms: int) -> None:
        """Fold the event."""
        self._desk.state.methods[event.method] = PublishedMethod(event.digest, event.definition)
