"""Who may send a command: the permit that each command carries, and the ones that many share."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

__all__ = [
    "AUTHORITY",
    "BY_THE_CASE",
    "EXCHANGE",
    "EXCHANGE_OR_CLOCK",
    "OPERATOR",
    "OPERATOR_OR_AUTHORITY",
    "THE_ACCOUNT",
    "TWO_OF_THE_AUTHORITY",
    "TWO_OF_THE_EXCHANGE",
    "Permit",
]


class Permit(Struct, frozen=True):
    """Who may send a command.

    `roles` are officer roles, any of which suffices. `account_field` names the command's field with the
    account whose representatives may send it (they need `right`). Neither given: the handler decides by the
    case. `four_eyes`: the command only takes effect when a second person with one of the roles approves it.
    """

    roles: tuple[str, ...] = ()
    account_field: str = ""
    right: str = "initiate"
    four_eyes: bool = False


AUTHORITY: Final = Permit(roles=("authority",))
TWO_OF_THE_AUTHORITY: Final = Permit(roles=("authority",), four_eyes=True)
EXCHANGE: Final = Permit(roles=("exchange",))
TWO_OF_THE_EXCHANGE: Final = Permit(roles=("exchange",), four_eyes=True)
EXCHANGE_OR_CLOCK: Final = Permit(roles=("exchange", "clock"))
OPERATOR: Final = Permit(roles=("operator",))
OPERATOR_OR_AUTHORITY: Final = Permit(roles=("operator", "authority"))
THE_ACCOUNT: Final = Permit(account_field="account")
BY_THE_CASE: Final = Permit()
