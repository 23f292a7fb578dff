"""Buying before receiving: new projects and the compulsory purchase of 2013, as pure predicates.

A new project buys the paid share of its quota first, before its completion acceptance; only when it has
been transferred to controlled status *and* the paid share is bought does the free part open (DECREE art.
19; GZETS 2014-08-18, 2022-12-05, 2024-01-12). From vintage 2024 at least half of the paid share is bought
by auction (GZETS 2025-05-12). In vintage 2013 every controlled firm bought 3 % of its quota by auction
before the free 97 % opened (GZETS 2013-12-09).
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import Literal

from msgspec import Struct

from capwright.kernel.refusal import Refusal, define

__all__ = [
    "NewProject",
    "ProjectStage",
    "accept_refusal",
    "auction_due_t",
    "compulsory_due_t",
    "compulsory_refusal",
    "free_issue_refusal",
    "paid_due_t",
]

ProjectStage = Literal["approved", "accepted", "controlled", "issued"]

PAID_FIRST = define(
    "CW-5040",
    en="The paid share is not bought yet: {bought_t} t of {due_t} t.",
    zh="有偿配额尚未购足：已购{bought_t}吨，应购{due_t}吨。",
    mend_en="Buy the rest by auction or on the market first.",
    mend_zh="请先通过竞价或市场购足其余部分。",
    rule="DECREE art. 19; GZETS 2014-08-18, 2022-12-05, 2024-01-12",
)
AUCTION_PART = define(
    "CW-5041",
    en="Too little of the paid share was bought by auction: {bought_t} t of at least {due_t} t.",
    zh="通过竞价购买的有偿配额不足：已购{bought_t}吨，至少应购{due_t}吨。",
    mend_en="Buy the rest in an auction.",
    mend_zh="请通过竞价购买不足部分。",
    rule="GZETS 2025-05-12",
)
NOT_CONTROLLED = define(
    "CW-5042",
    en="The new project has not been transferred to controlled status; its free quota is not issued yet.",
    zh="新建项目尚未转为控排企业，暂不发放免费配额。",
    rule="DECREE art. 19",
)
ALREADY_ISSUED = define(
    "CW-5043",
    en="The free quota of this new project has been issued already.",
    zh="该新建项目的免费配额已经发放。",
    rule="DECREE art. 19",
)
COMPULSORY_PURCHASE = define(
    "CW-5044",
    en="The free quota opens after the compulsory purchase: {bought_t} t bought of {due_t} t.",
    zh="须先完成强制购买方可获得免费配额：已购{bought_t}吨，应购{due_t}吨。",
    mend_en="Bid in an auction for the rest.",
    mend_zh="请参加竞价购足其余部分。",
    rule="GZETS 2013-12-09",
)


class NewProject(Struct, frozen=True, kw_only=True):
    """Where a new project stands. `quota_t` = `free_t` + paid part; what was bought is told apart by how.

    Stages: `approved` quota, completion `accepted`, transferred to `controlled`, free quota `issued`.
    """

    quota_t: int
    free_t: int
    bought_auction_t: int = 0
    bought_other_t: int = 0
    stage: ProjectStage = "approved"

    @property
    def bought_t(self) -> int:
        """Everything bought towards the paid share."""
        return self.bought_auction_t + self.bought_other_t


def paid_due_t(project: NewProject) -> int:
    """What the project must buy: all of its quota that is not free."""
    return project.quota_t - project.free_t


def auction_due_t(project: NewProject, auction_share: Decimal | None) -> int:
    """How much of the paid share must come from auctions at least; rounded up, since it is a minimum."""
    return _ceil(paid_due_t(project), auction_share)


def accept_refusal(project: NewProject, auction_share: Decimal | None) -> Refusal | None:
    """Why completion acceptance must wait: the paid share, and its auction part, come first."""
    if project.bought_t < (due_t := paid_due_t(project)):
        return Refusal(PAID_FIRST.code, {"bought_t": project.bought_t, "due_t": due_t})
    if project.bought_auction_t < (due_t := auction_due_t(project, auction_share)):
        return Refusal(AUCTION_PART.code, {"bought_t": project.bought_auction_t, "due_t": due_t})
    return None


def free_issue_refusal(project: NewProject, auction_share: Decimal | None) -> Refusal | None:
    """Why the free quota may not be issued yet; None when it may."""
    if project.stage == "issued":
        return Refusal(ALREADY_ISSUED.code)
    if project.stage != "controlled":
        return Refusal(NOT_CONTROLLED.code)
    return accept_refusal(project, auction_share)


def compulsory_due_t(quota_t: int, share: Decimal | None) -> int:
    """What a controlled firm of vintage 2013 had to buy: at least 3 % of its quota, rounded up."""
    return _ceil(quota_t, share)


def compulsory_refusal(quota_t: int, bought_t: int, share: Decimal | None) -> Refusal | None:
    """Why the free part is still shut; None once the share is bought or where no such rule holds."""
    due_t = compulsory_due_t(quota_t, share)
    if bought_t < due_t:
        return Refusal(COMPULSORY_PURCHASE.code, {"bought_t": bought_t, "due_t": due_t})
    return None


def _ceil(quantity_t: int, share: Decimal | None) -> int:
    """A least quantity; products of 12-digit tonnes and short shares are exact in the default 28 digits."""
    if share is None:
        return 0
    return int((quantity_t * share).to_integral_value(ROUND_CEILING))
