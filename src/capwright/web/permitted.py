"""Which commands a person may send at all. The market decides about each; this spares people the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from capwright.market.messages import ApproveProposal, OpenMarket, RejectProposal
from capwright.mrv.messages import CloseFinding, ReportFinding, StateVerification
from capwright.registry.messages import (
    ApproveTransaction,
    CancelTransaction,
    ProposeTransaction,
    RejectTransaction,
)

if TYPE_CHECKING:
    from capwright.kernel.message import Command
    from capwright.market import Market
    from capwright.projection.viewer import Viewer

__all__ = ["may_send"]

_VERIFIERS: Final = (ReportFinding, CloseFinding, StateVerification)
_DECISIONS: Final = (ApproveProposal, RejectProposal)
_TRANSACTIONS: Final = (ProposeTransaction, ApproveTransaction, RejectTransaction, CancelTransaction)
_OF_THE_LIABLE: Final = frozenset(
    {
        "AnswerFinding",
        "ContestFigure",
        "FileMonitoringPlan",
        "ObjectToQuota",
        "SubmitReport",
        "SurrenderUnits",
        "WithdrawReport",
    }
)


def may_send(market: Market, who: Viewer, kind: type[Command]) -> bool:
    """Whether the market would hear this command from the person, as far as its permit tells."""
    permit = kind.permit
    if permit.roles:
        return who.has(*permit.roles)
    if permit.account_field:
        accounts = who.liable if kind.__name__ in _OF_THE_LIABLE else who.accounts
        return any(permit.right in who.accounts[number] for number in accounts)
    if kind is OpenMarket:
        return not market.state.opened
    if kind in _VERIFIERS:
        return bool(who.verifiers)
    if kind in _DECISIONS:
        return who.has("authority", "operator", "exchange")
    if kind in _TRANSACTIONS:
        return who.acts or who.has("authority", "operator")
    return True
