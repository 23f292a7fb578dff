"""What every template may use: who looks, in which language, and where the market stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from capwright.kernel.quantity import currency_word
from capwright.projection.viewer import PUBLIC, Viewer, viewer_of
from capwright.web.clock import Moment, now
from capwright.web.hosting import host
from capwright.web.language import LANGUAGES, SIMPLIFIED, lang_of

if TYPE_CHECKING:
    from django.http import HttpRequest

__all__ = ["market", "market_title", "viewer"]


def viewer(request: HttpRequest) -> Viewer:
    """Who looks, in the market's terms; looked up once for each request."""
    known: Viewer | None = getattr(request, "viewer", None)
    if known is None:
        person = getattr(request.user, "person", None) or ""
        if not person:
            known = PUBLIC
        else:
            with host().look() as state:
                known = viewer_of(state, person)
        request.viewer = known  # type: ignore[attr-defined]
    return known


def market(request: HttpRequest) -> dict[str, Any]:
    """Variables of every page."""
    here = host()
    moment: Moment = now()
    with here.look() as state:
        about = dict(state.state.about)
        rules = state.rulebook.now() if state.state.opened else None
    name = rules.scheme.name if rules else ""
    lang = lang_of(request)
    return {
        "lang": lang,
        "language": getattr(request, "language", SIMPLIFIED),
        "languages": LANGUAGES.values(),
        "viewer": viewer(request),
        "demo": here.settings.demo,
        "moment": moment,
        "head": here.head,
        "about": about,
        "market_title": market_title(lang),
        "scheme_name": name,
        "currency": currency_word(rules.body.currency, lang) if rules else "",
        "desk_nav": desk_nav(viewer(request), lang) if request.path.startswith("/desk") else [],
    }


def market_title(lang: str) -> str:
    """What the market is called."""
    with host().look() as state:
        about = state.state.about
        name = state.rulebook.now().scheme.name if state.state.opened else ""
        return about.get(lang) or about.get("en") or name


def desk_nav(who: Viewer, lang: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The pages of a person's desks, in groups: label, then address and label of each page."""
    zh = lang == "zh"
    groups = []
    for number in list(who.accounts)[:_ACCOUNTS_LISTED]:
        base = f"/desk/accounts/{number}/"
        groups.append(
            (
                number,
                [
                    (base + path, label_zh if zh else en)
                    for path, en, label_zh in _ACCOUNT_PAGES
                    if number in who.liable or path not in _OF_THE_LIABLE
                ],
            )
        )
    for role, en, label_zh, pages in _ROLE_PAGES:
        if who.has(role) or (role == "verifier" and who.verifiers):
            listed = [(path, page_zh if zh else page_en) for path, page_en, page_zh in pages]
            groups.append((label_zh if zh else en, listed))
    groups.append(
        (
            "通用" if zh else "All desks",
            [(path, page_zh if zh else page_en) for path, page_en, page_zh in _ALL],
        )
    )
    return groups


_ACCOUNTS_LISTED: Final = 3
_ACCOUNT_PAGES: Final = (
    ("", "Account", "账户总览"),
    ("trade/", "Trade", "交易"),
    ("auctions/", "Auctions", "竞价"),
    ("surrender/", "Surrender", "清缴"),
    ("transfers/", "Transfers", "划转"),
    ("reports/", "Emission reports", "排放报告"),
    ("allocation/", "Allocation", "配额"),
    ("cash/", "Cash", "资金"),
    ("people/", "People", "账户代表"),
    ("certificates/", "Certificates", "证书"),
)
_OF_THE_LIABLE: Final = ("surrender/", "reports/", "allocation/")  # pages of who reports and surrenders
_ROLE_PAGES: Final = (
    (
        "authority",
        "Authority",
        "主管部门",
        (
            ("/desk/authority/", "Overview", "总览"),
            ("/desk/authority/allocation/", "Cap and allocation", "总量与配额"),
            ("/desk/authority/reports/", "Reports and reviews", "报告与评议"),
            ("/desk/authority/verifiers/", "Verifiers", "核查机构"),
            ("/desk/authority/compliance/", "Compliance", "履约与处罚"),
        ),
    ),
    (
        "operator",
        "Registry",
        "登记机构",
        (
            ("/desk/registry/", "Overview", "总览"),
            ("/desk/registry/accounts/", "Accounts", "账户"),
            ("/desk/registry/applications/", "Applications", "开户申请"),
            ("/desk/registry/people/", "Personal data", "个人信息"),
            ("/desk/registry/transactions/", "Transactions", "交易"),
            ("/desk/registry/reconciliation/", "Reconciliation", "对账"),
        ),
    ),
    (
        "exchange",
        "Exchange",
        "交易所",
        (
            ("/desk/exchange/", "Overview", "总览"),
            ("/desk/exchange/auctions/", "Auctions", "竞价"),
            ("/desk/exchange/surveillance/", "Surveillance", "市场监察"),
            ("/desk/exchange/members/", "Members", "会员"),
        ),
    ),
    ("verifier", "Verifier", "核查机构", (("/desk/verifier/", "Assignments", "核查任务"),)),
    (
        "auditor",
        "Auditor",
        "审计",
        (("/desk/auditor/", "Audit", "审计"), ("/desk/auditor/journal/", "Journal", "日志")),
    ),
)
_ALL: Final = (
    ("/desk/calendar/", "Calendar", "日历"),
    ("/desk/commands/", "All commands", "全部指令"),
    ("/desk/security/", "Sign-in and security", "登录与安全"),
)
