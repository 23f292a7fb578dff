"""A scheme as canonical JSON: digest, the form embedded into a journal, the JSON schema of scheme files."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from capwright.kernel.refusal import Refusal, Refused
from capwright.scheme.problem import ALTERED
from capwright.scheme.schema import Scheme, SchemeBody
from capwright.scheme.section import Citation, Confidence, Section

__all__ = ["build", "scheme_from_json", "scheme_json_schema", "scheme_to_json"]


def build(body: SchemeBody, citations: dict[str, Citation]) -> Scheme:
    """Put a scheme together and compute its digest."""
    ordered = dict(sorted(citations.items()))
    return _scheme(body, ordered, _content(body, ordered))


def _scheme(body: SchemeBody, citations: dict[str, Citation], content: dict[str, Any]) -> Scheme:
    digest = _digest(content)
    return Scheme(body, citations, digest, _canonical({**content, "digest": digest}))


def _full(value: object) -> object:
    """Builtins with the schema's defaults written out: what was in force must not depend on later code.

    What is absent (None or empty, as by default) is left out: a new optional field leaves old digests alone.
    """
    if isinstance(value, Section):
        given = ((spec, getattr(value, spec.name)) for spec in msgspec.structs.fields(value))
        return {spec.name: _full(held) for spec, held in given if not _is_absent(spec, held)}
    if isinstance(value, tuple):
        return [_full(item) for item in value]
    if isinstance(value, dict):
        return {key: _full(item) for key, item in value.items()}
    return msgspec.to_builtins(value)


def _is_absent(spec: msgspec.structs.FieldInfo, held: object) -> bool:
    if held is not None and held not in ("", (), {}):
        return False
    empty = spec.default_factory() if spec.default_factory is not msgspec.NODEFAULT else spec.default
    return bool(held == empty)


def _content(body: SchemeBody, citations: dict[str, Citation]) -> dict[str, Any]:
    cited = {
        path: {
            "source": c.source,
            "confidence": c.confidence.value,
            **({"note": c.note} if c.note else {}),
            **({"note_zh": c.note_zh} if c.note_zh else {}),
        }
        for path, c in citations.items()
    }
    return {"body": _full(body), "citations": cited}


def _canonical(data: object) -> bytes:
    return msgspec.json.encode(data, order="sorted")


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(content)).hexdigest()


def scheme_to_json(scheme: Scheme) -> bytes:
    """The scheme with citations and digest as canonical JSON (sorted keys, no spaces)."""
    return scheme.json


def scheme_from_json(data: bytes) -> Scheme:
    """Read what `scheme_to_json` wrote; refuses (CW-8018) what does not match its own digest."""
    try:
        content = msgspec.json.decode(data, type=dict[str, Any])
        if content.pop("digest") != _digest(content):
            raise Refused(Refusal(ALTERED.code, {"reason": "sha256"}))
        body = msgspec.convert(content["body"], SchemeBody)
        citations = msgspec.convert(content["citations"], dict[str, Citation])
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise Refused(Refusal(ALTERED.code, {"reason": str(error)[:200]})) from error
    return _scheme(body, citations, content)


def scheme_json_schema() -> dict[str, Any]:
    """JSON schema (2020-12) of a scheme *file*: any key may be inherited, any value may be cited inline."""
    (_,), components = msgspec.json.schema_components((SchemeBody,), ref_template="#/$defs/{name}")
    for name, component in components.items():
        component["properties"] = {
            key: _citable(spec) for key, spec in component.get("properties", {}).items()
        } | _TABLE_KEYS
        component.pop("required", None)
        component["additionalProperties"] = False
        if name == "SchemeBody":
            component["required"] = ["name", "en", "zh"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Capwright scheme file",
        "$ref": "#/$defs/SchemeBody",
        "$defs": components,
    }


_CITING: dict[str, Any] = {
    "source": {"type": "string", "minLength": 1},
    "confidence": {"enum": [confidence.value for confidence in Confidence]},
    "note": {"type": "string"},
    "note_zh": {"type": "string"},
}
_TABLE_KEYS: dict[str, Any] = {
    **_CITING,
    "remove": {"anyOf": [{"const": True}, {"type": "array", "items": {"type": "string"}}]},
}


def _citable(spec: dict[str, Any]) -> dict[str, Any]:
    text = msgspec.json.encode(spec)
    if b"$ref" in text:
        return spec
    # In a file a decimal is a bare number; the text form is that of the journal.
    exact = rb'{"type":"string","format":"decimal"}'
    spec = msgspec.json.decode(text.replace(exact, b'{"type":"number"}'))
    inline = {
        "type": "object",
        "required": ["value"],
        "properties": {"value": spec, **_CITING},
        "additionalProperties": False,
    }
    return {"anyOf": [spec, inline]}
