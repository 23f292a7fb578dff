"""The client: tokens, commands under keys, pages of lists."""

from __future__ import annotations

import secrets
import time
import uuid
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from msgspec import Struct

from capwright.client.following import follow
from capwright.client.refused import MarketRefused

try:
    import httpx
except ImportError:  # pragma: no cover - the extra `client` is not installed
    httpx = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from capwright.kernel.message import Command

__all__ = ["Client", "Done", "new_key"]

TRIES: Final = 5
_AGAIN: Final = {429, 502, 503, 504}
_EARLY_S: Final = 30.0  # a token is renewed so long before it ends


def new_key() -> str:
    """A key that nobody has used: a UUID of version 7, the kind that a market stores quickest (RFC 9562)."""
    drawn = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    return str(uuid.UUID(int=drawn & ~(0xF << 76 | 0x3 << 62) | 0x7 << 76 | 0x2 << 62))


class Done(Struct):
    """What came of a command: its row of the journal, and the events as plain data.

    `waits`: proposed, and in force once a second person approves. `repeated`: the key was used before.
    """

    seq: int
    command_id: str
    events: list[dict[str, Any]] = []
    waits: bool = False
    repeated: bool = False


class Client:
    """A program that acts for the person who made it. Not for many threads at once.

    Raises `MarketRefused`, and `httpx.HTTPError` when the server cannot be reached after five tries; a
    command may then be sent again under its key.
    """

    def __init__(
        self,
        url: str,
        client_id: str = "",
        secret: str = "",
        *,
        scopes: Sequence[str] = ("read", "trade", "write"),
        timeout_s: float = 30.0,
    ) -> None:
        if httpx is None:
            raise ImportError("pip install capwright[client]")
        self._http = httpx.Client(base_url=url.rstrip("/"), timeout=timeout_s)
        self._credentials = (client_id, secret) if client_id else None
        self._scopes = " ".join(scopes)
        self._token, self._until = "", 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    # Commands.

    def send(self, command: Command, *, key: str = "") -> Done:
        """Carry out a command. Under the same `key` it is done once, however often it is sent."""
        path = f"/api/v1/commands/{type(command).__name__}"
        headers = {"Idempotency-Key": key or new_key(), "Content-Type": "application/json"}
        answer = self._ask("POST", path, content=msgspec.json.encode(command), headers=headers)
        return msgspec.json.decode(answer.content, type=Done)

    def send_all(self, commands: Sequence[tuple[str, Command]]) -> list[Done | MarketRefused]:
        """Carry out commands, each with its key, in order; each has an answer of its own."""
        asked = {"commands": [{"id": key, "command": command} for key, command in commands]}
        headers = {"Content-Type": "application/json"}
        answer = self._ask("POST", "/api/v1/commands", content=msgspec.json.encode(asked), headers=headers)
        return [_answer(one) for one in answer.json()["answers"]]

    # Reading.

    def get(self, path: str, **query: Any) -> Any:
        """Anything under `/api/v1`, as plain data: `get("products/GDEA/book", levels=5)`."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._ask("GET", f"/api/v1/{path.lstrip('/')}", params=given).json()

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """The items of a list, page by page."""
        while True:
            page = self.get(path, **query)
            yield from page["items"]
            if not page.get("next"):
                return
            query["after"] = page["next"]

    def trades(self, *, product: str = "", account: str = "") -> Iterator[dict[str, Any]]:
        """Trades in order; those of an account of yours name the parties."""
        return self.pages("trades", product=product or None, account=account or None, limit=1000)

    def holdings(self, account: str, *, as_of: int | None = None) -> list[dict[str, Any]]:
        """Units and cash of an account, now or at a time (ms UTC since 1970)."""
        found: list[dict[str, Any]] = self.get(f"accounts/{account}/holdings", as_of=as_of)
        return found

    def follow(self, *channels: str, after: int | None = None) -> Iterator[dict[str, Any]]:
        """What happens, as it happens and for ever: `{"seq": …, "channel": "trades:GDEA", "data": {…}}`.

        From now on, or with all that came after the row `after`. A line that breaks is made anew, and what
        was missed comes first; the channel `gap` says that it was too long ago, so read anew. Raises
        `MarketRefused` for a channel that may not be followed.
        """
        since = self.get("journal/head")["seq"] if after is None else after
        return follow(str(self._http.base_url).rstrip("/"), self._sign, channels, since)

    # The wire.

    def _sign(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._bearer()}"} if self._credentials is not None else {}

    def _ask(self, verb: str, path: str, **more: Any) -> httpx.Response:
        headers = dict(more.pop("headers", {}))
        for last in range(TRIES):
            headers |= self._sign()
            try:
                answer = self._http.request(verb, path, headers=headers, **more)
            except httpx.TransportError:
                if last == TRIES - 1:
                    raise
                time.sleep(0.2 * 2**last)
                continue
            if answer.status_code == 401 and self._token and not last:  # noqa: PLR2004 - the token was revoked
                self._until = 0.0
                continue
            if answer.status_code not in _AGAIN or last == TRIES - 1:
                return _checked(answer)
            time.sleep(min(float(answer.headers.get("retry-after", 0.2 * 2**last)), 30.0))
        raise AssertionError("unreachable")

    def _bearer(self) -> str:
        if time.monotonic() > self._until:
            form = {"grant_type": "client_credentials", "scope": self._scopes}
            assert self._credentials is not None
            said = _checked(self._http.post("/oauth/token/", data=form, auth=self._credentials)).json()
            self._token = said["access_token"]
            self._until = time.monotonic() + float(said["expires_in"]) - _EARLY_S
        return self._token


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.status_code < 400:  # noqa: PLR2004 - HTTP
        return answer
    try:
        said = answer.json()
    except ValueError:
        said = {}
    title = said.get("title") or said.get("error") or answer.reason_phrase
    en, zh = said.get("message_en", title), said.get("message_zh", title)
    raise MarketRefused(answer.status_code, said.get("code", ""), en, zh)


def _answer(one: dict[str, Any]) -> Done | MarketRefused:
    problem = one.get("problem")
    if problem:
        en, zh = problem.get("message_en", problem["title"]), problem.get("message_zh", "")
        return MarketRefused(problem["status"], problem.get("code", ""), en, zh)
    return msgspec.convert(one, Done)
