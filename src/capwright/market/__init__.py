"""The market: the deterministic machine that the rooms make together."""

from capwright.market.machine import COMMANDS, EVENTS, Market, command_union, event_union
from capwright.market.messages import (
    AdoptScheme,
    ApproveProposal,
    CommandProposed,
    MarketOpened,
    Officer,
    OpenMarket,
    Proposal,
    ProposalApproved,
    ProposalRejected,
    RejectProposal,
    SchemeAdopted,
)

__all__ = [
    "COMMANDS",
    "EVENTS",
    "AdoptScheme",
    "ApproveProposal",
    "CommandProposed",
    "Market",
    "MarketOpened",
    "Officer",
    "OpenMarket",
    "Proposal",
    "ProposalApproved",
    "ProposalRejected",
    "RejectProposal",
    "SchemeAdopted",
    "command_union",
    "event_union",
]
