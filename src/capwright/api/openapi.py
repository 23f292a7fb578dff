"""The API's description, OpenAPI 3.1, made from the types of commands and answers."""

from __future__ import annotations

import inspect
import typing
from functools import cache
from typing import Any, Final

import msgspec
from litestar import Response, Router, get

from capwright import __version__
from capwright.api import reads
from capwright.api.commands import Batch, Done, scope_of
from capwright.api.problem import Problem
from capwright.kernel.examples import example_of
from capwright.kernel.message import Command
from capwright.market.machine import COMMANDS
from capwright.projection.terms import COMMANDS as TERMS

__all__ = ["document", "router"]

_REF: Final = "#/components/schemas/{name}"
_ERRORS: Final = {
    400: "The request cannot be read",
    401: "No valid access token",
    403: "Not allowed to this caller",
    404: "There is no such thing, or none that the caller may see",
    422: "Refused by the market: nothing has changed; `code` says why",
    429: "Too many requests; `Retry-After` says when to come back",
    503: "The journal does not answer; the command may be sent again under its key",
}


@cache
def document() -> dict[str, Any]:
    """The whole description."""
    described = [Problem, Done, Batch, *COMMANDS, *(_item(answer) for answer in reads.ANSWERS.values())]
    schemas, components = msgspec.json.schema_components(described, ref_template=_REF)
    by_type = {id(kind): schema for kind, schema in zip(described, schemas, strict=True)}
    for kind in COMMANDS:  # the address names the command, so the body need not
        components[kind.__name__]["required"] = [
            name for name in components[kind.__name__].get("required", []) if name != "command"
        ]
    paths: dict[str, Any] = {}
    for handler in reads.HANDLERS:
        name = handler.fn.__name__
        path = "/api/v1" + _plain(next(iter(handler.paths)))
        paths[path] = {"get": _read(handler, name, reads.ANSWERS[name], by_type)}
    paths["/api/v1/commands"] = {"post": _batch(by_type)}
    for kind in COMMANDS:
        paths[f"/api/v1/commands/{kind.__name__}"] = {"post": _command(kind, by_type)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Capwright",
            "version": __version__,
            "description": "A carbon market: everything that its desks can do. 碳市场平台接口。",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {
                    "type": "oauth2",
                    "flows": {
                        "clientCredentials": {
                            "tokenUrl": "/oauth/token/",
                            "scopes": {"read": "Read", "trade": "Trade", "write": "Send any command"},
                        }
                    },
                }
            },
        },
    }


def _item(answer: Any) -> Any:
    return answer[0] if isinstance(answer, tuple) else answer


def _plain(path: str) -> str:
    return path.replace(":str}", "}").replace(":int}", "}")


def _read(handler: Any, name: str, answer: Any, by_type: dict[int, Any]) -> dict[str, Any]:
    schema = by_type[id(_item(answer))]
    if isinstance(answer, tuple):
        items = {"type": "array", "items": schema}
        schema = {
            "type": "object",
            "required": ["items"],
            "properties": {"items": items, "next": {"type": "string"}},
        }
    return {
        "operationId": name,
        "summary": handler.summary,
        "tags": list(handler.tags),
        "parameters": _parameters(handler),
        "responses": {
            "200": {
                "description": "As of the row in `Capwright-Row`",
                "headers": {
                    "ETag": {"schema": {"type": "string"}},
                    "Capwright-Row": {"schema": {"type": "integer"}},
                },
                "content": {"application/json": {"schema": schema}},
            },
            "304": {"description": "Nothing new since the row in `If-None-Match`"},
            **_problems(400, 401, 403, 404, 422, 429, 503),
        },
    }


def _parameters(handler: Any) -> list[dict[str, Any]]:
    path = next(iter(handler.paths))
    hints = typing.get_type_hints(handler.fn, handler.fn.__globals__ | {"Response": Response})
    found: list[dict[str, Any]] = []
    for name, one in inspect.signature(handler.fn).parameters.items():
        if name == "request":
            continue
        inside = f"{{{name}:" in path
        schema: dict[str, Any] = {"type": "integer" if hints[name] in {int, int | None} else "string"}
        if name in {"limit", "levels"}:
            schema |= {"minimum": 1, "maximum": 1000}
        if hints[name] is int and name == "after":
            schema |= {"minimum": 0}
        if one.default is not inspect.Parameter.empty and one.default is not None:
            schema["default"] = one.default
        found.append(
            {"name": name, "in": "path" if inside else "query", "required": inside, "schema": schema}
        )
    found.append({"name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"}})
    return found


def _command(kind: type[Command], by_type: dict[int, Any]) -> dict[str, Any]:
    about = about_of(kind)
    who = ", ".join(kind.permit.roles) or (
        f"representatives of `{kind.permit.account_field}` with the right `{kind.permit.right}`"
        if kind.permit.account_field
        else "whoever the case allows"
    )
    more = " A second person must approve it." if kind.permit.four_eyes else ""
    body = {"schema": by_type[id(kind)], "example": example_of(kind)}
    return {
        "operationId": kind.__name__,
        "summary": f"{about.splitlines()[0]} {TERMS.get(kind.__name__, '')}".strip(),
        "description": f"{about}\n\nFor: {who}.{more}",
        "tags": [kind.__module__.split(".")[1]],
        "security": [{"token": [scope_of(kind)]}],
        "parameters": [_KEY],
        "requestBody": {"required": True, "content": {"application/json": body}},
        "responses": {
            "200": {
                "description": "Done, and on disk",
                "content": {"application/json": {"schema": by_type[id(Done)]}},
            },
            **_problems(400, 401, 403, 422, 429, 503),
        },
    }


def about_of(kind: type[Command]) -> str:
    """What a command says of itself; its name in words where it says nothing."""
    words = "".join(f" {c.lower()}" if c.isupper() and n else c for n, c in enumerate(kind.__name__))
    return inspect.cleandoc(kind.__dict__.get("__doc__") or f"{words}.")


def _batch(by_type: dict[int, Any]) -> dict[str, Any]:
    answers = {"type": "array", "items": by_type[id(Done)]}
    schema = {"type": "object", "required": ["answers"], "properties": {"answers": answers}}
    return {
        "operationId": "Batch",
        "summary": "Carry out up to 500 commands in order",
        "tags": ["batch"],
        "security": [{"token": ["write"]}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": by_type[id(Batch)]}}},
        "responses": {
            "200": {
                "description": "An answer for each command, in order",
                "content": {"application/json": {"schema": schema}},
            },
            **_problems(400, 401, 403, 422, 429, 503),
        },
    }


_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names the command: sent again under the same key it gets the first answer",
    "schema": {"type": "string", "maxLength": 120},
}


def _problems(*statuses: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": _REF.format(name="Problem")}}}
    return {str(status): {"description": _ERRORS[status], "content": content} for status in statuses}


@get("/openapi.json", include_in_schema=False)
async def description() -> Response[bytes]:
    """The description as JSON."""
    return Response(msgspec.json.encode(document()), media_type="application/json")


router = Router("/api/v1", route_handlers=[description])
