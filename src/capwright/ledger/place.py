"""Places: where units and cash lie. A place is an account number, or an account number with a bucket.

`GD-100-1-0-20` is what the account can dispose of freely; `GD-100-1-0-20#held:tx:T-7` is promised to the
transaction T-7, `…#held:x:O-1` to the order or deal O-1, `…#held:R-1` to the auction R-1;
`…#held:t:2024-07-22` was bought on that day and cannot be sold yet; `…#frozen:2023` may be surrendered but
not traded. `bank` is the world outside, where cash comes from and goes to.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "BANK",
    "EXIT_BUCKET",
    "HELD",
    "ORDER",
    "RESALE",
    "TRANSACTION",
    "account_of",
    "bucket_of",
    "frozen",
    "held",
    "place",
]

BANK: Final = "bank"
EXIT_BUCKET: Final = "exit"  # what a leaver keeps frozen until its parts are freed
HELD: Final = "held:"  # how buckets of promises begin; one of these follows, or the id of an auction
TRANSACTION: Final = "tx:"
ORDER: Final = "x:"  # a deal's too
RESALE: Final = "t:"  # with the day on which it was bought


def place(account: str, bucket: str = "") -> str:
    """Return the place of `bucket` in `account`; the empty bucket is the free one."""
    return f"{account}#{bucket}" if bucket else account


def held(account: str, promise_id: str) -> str:
    """Return the place where `account` keeps what it has promised under `promise_id`."""
    return f"{account}#{HELD}{promise_id}"


def frozen(account: str, reason: str) -> str:
    """Return the place of units that may be surrendered but not moved to another holder."""
    return f"{account}#frozen:{reason}"


def account_of(where: str) -> str:
    """Return the account number of a place."""
    return where.partition("#")[0]


def bucket_of(where: str) -> str:
    """Return the bucket of a place; empty for the free bucket."""
    return where.partition("#")[2]
