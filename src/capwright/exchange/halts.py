"""Halts and the kill switch, members, announcements."""

from __future__ import annotations

from capwright.exchange.deals import deal_release
from capwright.exchange.desk import Desk
from capwright.exchange.messages import (
    AdmitMember,
    ExchangeAnnouncement,
    Halt,
    LiftHalt,
    MemberAdmitted,
    PublishAnnouncement,
    TradingHalted,
    TradingResumed,
)
from capwright.exchange.state import Announcement, HaltRecord, Member
from capwright.kernel.message import LATEST_MS, Event
from capwright.kernel.refusal import define, refuse
from capwright.kernel.text import MAX_ID, MAX_REASON, check_text
from capwright.ledger.clock import local_time
from capwright.ledger.room import Request
from capwright.scheme.dated import valid_on

__all__ = ["Halts"]

NO_TARGET = define(
    "CW-6250",
    en="'{target}' is neither a listed product nor an account.",
    zh="“{target}”既不是上市品种，也不是账户。",
    mend_en="Leave it empty to halt the whole market.",
    mend_zh="停止整个市场交易时请留空。",
    rule="risk rule of 2015-11-12: emergencies",
)
NOT_HALTED = define(
    "CW-6251",
    en="Trading of '{target}' is not halted.",
    zh="“{target}”未停止交易。",
    rule="risk rule of 2015-11-12: emergencies",
)
BAD_KIND = define(
    "CW-6252",
    en="An account of type {account_type} cannot be admitted as '{kind}' on {on}: {known}.",
    zh="{account_type}类账户在{on}不能以“{kind}”类别入会：{known}。",
    mend_en="The scheme's exchange section lists the kinds of members and their account types.",
    mend_zh="会员类别及其账户类型见方案 exchange 部分。",
    rule="membership rules",
)
BAD_RIGHT = define(
    "CW-6253",
    en="Members of the kind {kind} cannot have the rights '{rights}': {known}.",
    zh="“{kind}”类会员不能取得权限“{rights}”：{known}。",
    rule="membership rules",
)
PAST = define(
    "CW-6254",
    en="A halt cannot end at {until_ms} ms: that is not after now.",
    zh="停止交易的截止时间{until_ms}毫秒须晚于当前时间。",
    rule="design: bound everything",
)


class Halts(Desk):
    """Handlers and appliers of halts, members and announcements."""

    def halt(self, request: Request, command: Halt) -> list[Event]:
        """Halt the market, a product or an account, and cancel its orders if asked."""
        target = command.target
        check_text("reason", command.reason, MAX_REASON)
        products = {product.code for product in self.rules().products}
        if target and target not in products and target not in self.ledger.state.accounts:
            refuse(NO_TARGET, target=target[:100])
        if command.until_ms and not request.at_ms < command.until_ms <= LATEST_MS:
            refuse(PAST, until_ms=command.until_ms)
        halted = TradingHalted(target=target, reason=command.reason, until_ms=command.until_ms)
        if not command.cancel:
            return [halted]
        orders = [o for o in self.state.orders.values() if target in ("", o.product, o.account)]
        deals = [
            deal_release(self, deal, "halt")
            for deal in self.state.deals.values()
            if target in ("", deal.product, deal.account, deal.counterparty)
        ]
        return [halted, *self.cancellations(orders, "halt"), *deals]

    def lift(self, _request: Request, command: LiftHalt) -> list[Event]:
        """End a halt."""
        check_text("reason", command.reason, MAX_REASON, least=0)
        if command.target not in self.state.halts:
            refuse(NOT_HALTED, target=command.target[:100] or "market")
        return [TradingResumed(target=command.target, reason=command.reason)]

    def admit(self, request: Request, command: AdmitMember) -> list[Event]:
        """Admit an account as a member of a kind, or change its kind and rights."""
        account = self.ledger.state.accounts.get(command.account)
        on = local_time(self.rulebook.now(), request.at_ms).date()
        kinds = [
            rule
            for rule in valid_on(self.rules().members, on)
            if account is not None and account.type in rule.account_types
        ]
        rule = next((rule for rule in kinds if rule.kind == command.kind), None)
        if rule is None:
            known = ", ".join(dict.fromkeys(rule.kind for rule in kinds)) or "-"
            said = {"account_type": account.type if account else "-", "kind": command.kind[:100]}
            refuse(BAD_KIND, **said, on=str(on), known=known)
        if not command.rights or not set(command.rights) <= set(rule.rights):
            given, known = ", ".join(command.rights)[:100], ", ".join(rule.rights)
            refuse(BAD_RIGHT, kind=rule.kind, rights=given, known=known)
        return [MemberAdmitted(account=command.account, kind=command.kind, rights=command.rights)]

    def publish(self, request: Request, command: PublishAnnouncement) -> list[Event]:
        """Publish a notice."""
        check_text("title", command.title, MAX_ID)
        check_text("text", command.text, 2 * MAX_REASON)
        products = {product.code for product in self.rules().products}
        if command.product and command.product not in products:
            refuse(NO_TARGET, target=command.product[:100])
        return [
            ExchangeAnnouncement(
                announcement_id=request.command_id,
                title=command.title,
                text=command.text,
                product=command.product,
                warning=command.warning,
            )
        ]

    # Appliers.

    def halted(self, event: TradingHalted, _at_ms: int) -> None:
        """Fold the event."""
        self.state.halts[event.target] = HaltRecord(event.reason, event.until_ms)

    def resumed(self, event: TradingResumed, _at_ms: int) -> None:
        """Fold the event."""
        self.state.halts.pop(event.target, None)

    def admitted(self, event: MemberAdmitted, _at_ms: int) -> None:
        """Fold the event."""
        self.state.members[event.account] = Member(event.kind, event.rights)
        self.forget_members()

    def announced(self, event: ExchangeAnnouncement, at_ms: int) -> None:
        """Fold the event."""
        made = Announcement(
            event.announcement_id, at_ms, event.title, event.text, event.product, event.warning
        )
        self.state.announcements.append(made)
