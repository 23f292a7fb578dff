"""What a bucket of an account is called: free, frozen, or held for what was promised with it."""

from __future__ import annotations

from typing import Final

from capwright.ledger.place import EXIT_BUCKET, ORDER, RESALE, TRANSACTION

__all__ = ["bucket_words"]

# What is held for, by the beginning of a promise's id: English with its article, and Chinese.
_PROMISES: Final = {
    TRANSACTION: ("a", "transaction", "交易"),
    ORDER: ("an", "order or deal", "申报或协议"),
    "": ("an", "auction", "竞价"),
}


def bucket_words(bucket: str, lang: str, *, named: bool = False) -> str:
    """A bucket in `en` or `zh`; `named` says less of what it means, and the id of what it is held for.

    What is not known stays as it is.
    """
    zh = lang == "zh"
    kind, _, of = bucket.partition(":")
    if not bucket:
        return "可用" if zh else "free"
    if kind == "frozen":
        return _frozen(of, zh=zh, named=named)
    if kind != "held":
        return bucket
    if of.startswith(RESALE):
        day = of.removeprefix(RESALE)
        return f"占用（{day}买入，待可卖）" if zh else f"held: bought on {day}, not to be sold yet"
    start = next(one for one in _PROMISES if of.startswith(one))
    article, en, word = _PROMISES[start]
    if named:
        of = of.removeprefix(start)
        return f"占用（{word}{of}）" if zh else f"held for {en} {of}"
    return f"占用（{word}）" if zh else f"held for {article} {en}"


def _frozen(reason: str, *, zh: bool, named: bool) -> str:
    if reason == EXIT_BUCKET:
        return "冻结（转出企业，分期解冻）" if zh else "frozen (a leaver's, freed in parts)"
    if named:
        return f"冻结（{reason}）" if zh else f"frozen ({reason})"
    why = f"{reason}年度" if zh and reason.isdecimal() else reason
    return f"冻结，仅可清缴（{why}）" if zh else f"frozen, to surrender only ({why})"
