"""Heads of the journal, signed: what the market says today about its history it cannot take back tomorrow.

A note is text that people can read, with an Ed25519 signature under it, in the form that transparency logs
use (C2SP signed-note and tlog-checkpoint): origin, number of rows, hash of the last row in base64, and below
them the day and the time. The key comes from the site's secret key, so that all processes sign alike.
"""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NoReturn

from msgspec import Struct

from capwright.kernel.refusal import Refused, define, refuse

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    from capwright.journal.chain import Head

__all__ = ["SignedHead", "Signer", "read_note"]

BAD_NOTE = define(
    "CW-9716",
    en="The signed head does not hold: {why}.",
    zh="签名末行记录无效：{why_zh}。",
    mend_en="Take note and key whole from the page on transparency, the key on another day.",
    mend_zh="请从公开核验页面完整下载签名文件和公钥，公钥应另日取得。",
    rule="C2SP signed-note",
)
_ED25519: Final = b"\x01"  # the algorithm's byte of C2SP signed-note
_KEY_ID_BYTES: Final = 4
_INFO: Final = b"capwright journal heads"
_LEAST_LINES: Final = 3
_HASH_BYTES: Final = 32


class SignedHead(Struct, frozen=True):
    """What a note says: whose journal, the last row's number and hash (hexadecimal), and the lines below."""

    origin: str
    seq: int
    hash: str
    more: tuple[str, ...] = ()


class Signer:
    """Signs heads as `origin`; the same head always gives the same note."""

    def __init__(self, origin: str, secret_key: str) -> None:
        self.origin = origin
        self._key = _derived(secret_key)

    @property
    def key(self) -> str:
        """The public key as `origin+id+key`, for whoever checks."""
        public = _ED25519 + self._key.public_key().public_bytes_raw()
        return f"{self.origin}+{_key_id(self.origin, public).hex()}+{base64.b64encode(public).decode()}"

    def note(self, head: Head, day: str) -> str:
        """The signed note of a row as the last one of a day (ISO date)."""
        text = (
            f"{self.origin}\n{head.seq}\n{base64.b64encode(head.hash).decode()}\nday {day}\nat_ms {head.at}\n"
        )
        public = _ED25519 + self._key.public_key().public_bytes_raw()
        signed = _key_id(self.origin, public) + self._key.sign(text.encode())
        return f"{text}\n— {self.origin} {base64.b64encode(signed).decode()}\n"


def read_note(note: str, key: str) -> SignedHead:
    """What a note says, once its signature was found to be by `key`; refuses any other (CW-9716).

    `key` may be several, a line each: a market that changed its key goes on telling the one before.
    """
    *others, last = key.split() or [key]
    for one in others:
        with suppress(Refused):
            return _read(note, one)
    return _read(note, last)


def _read(note: str, key: str) -> SignedHead:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra

    name, key_id, public = _public(key)
    text, _, below = note.rpartition("\n\n")
    text += "\n"
    for line in below.splitlines():
        mark, _, rest = line.partition(" ")
        signer, _, signed = rest.partition(" ")
        raw = _decoded(signed)
        if mark == "—" and signer == name and raw[:_KEY_ID_BYTES] == key_id:
            try:
                public.verify(raw[_KEY_ID_BYTES:], text.encode())
            except InvalidSignature:
                _no("the signature is not of this text", "签名与内容不符")
            break
    else:
        _no("it has no signature by this key", "没有该公钥的签名")
    return _parsed(text)


def _parsed(text: str) -> SignedHead:
    lines = text.splitlines()
    raw = _decoded(lines[2]) if len(lines) >= _LEAST_LINES else b""
    if len(raw) != _HASH_BYTES or not lines[1].isdecimal():
        _no("it tells no row and hash", "缺少行号或散列值")
    return SignedHead(lines[0], int(lines[1]), raw.hex(), tuple(lines[_LEAST_LINES:]))


def _public(key: str) -> tuple[str, bytes, Ed25519PublicKey]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - an extra
        Ed25519PublicKey,
    )

    name, _, rest = key.strip().partition("+")
    said, _, encoded = rest.partition("+")
    raw = _decoded(encoded)
    if raw[:1] != _ED25519 or len(raw) != 1 + _HASH_BYTES or _key_id(name, raw).hex() != said:
        _no("the key is not complete", "公钥不完整")
    return name, bytes.fromhex(said), Ed25519PublicKey.from_public_bytes(raw[1:])


def _key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + public).digest()[:_KEY_ID_BYTES]


def _derived(secret_key: str) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - an extra
        Ed25519PrivateKey,
    )
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    seed = HKDF(SHA256(), 32, salt=None, info=_INFO).derive(secret_key.encode())
    return Ed25519PrivateKey.from_private_bytes(seed)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _no(why: str, why_zh: str) -> NoReturn:
    refuse(BAD_NOTE, why=why, why_zh=why_zh)
