"""What an account is called: the government's by its type, in the reader's language; others by their name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capwright.ledger.accounts import Account
    from capwright.market.machine import Market

__all__ = ["account_name"]


def account_name(market: Market, account: Account, lang: str) -> str:
    """The name to be shown in `en` or `zh`; a name that is not the type's stays beside that."""
    kind = market.rulebook.now().account_types.get(account.type)
    if lang != "zh" or kind is None or not kind.government or not kind.zh:
        return account.name
    own = account.name not in {"", kind.en, kind.zh}
    return f"{kind.zh}（{account.name}）" if own else kind.zh
