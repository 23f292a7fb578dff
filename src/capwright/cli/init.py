"""`capwright init`: a new market, from the choice of a scheme to the first people who run it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Annotated, Final

import typer

from capwright.cli.frame import JOURNALS, command, emit_json, out, say, settings
from capwright.cli.problem import bad_argument
from capwright.kernel.refusal import define, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from capwright.host import Settings
    from capwright.market.messages import OpenMarket
    from capwright.scheme.schema import Scheme

__all__ = ["declare"]

BAD_MAIL = define(
    "CW-9026",
    en="'{text}' is no e-mail address.",
    zh="“{text}”不是电子邮箱地址。",
    rule="command line",
)
SAME_PEOPLE = define(
    "CW-9027",
    en="The two people of the authority must be two.",
    zh="主管部门的两名人员不能是同一人。",
    mend_en="Give two different addresses: neither may approve their own proposal.",
    mend_zh="请填写两个不同的邮箱：任何人不得复核自己的提案。",
    rule="four eyes",
)
NOT_EMPTY = define(
    "CW-9028",
    en="{db} holds a journal already.",
    zh="{db}中已有日志。",
    mend_en="Name another file or database.",
    mend_zh="请更换文件或数据库。",
    rule="design: append-only",
)
_MAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
# person of the journal, roles, what is asked for
_PEOPLE: Final = (
    ("authority-1", ("authority",), "First person of the authority", "主管部门第一人"),
    ("authority-2", ("authority",), "Second person of the authority", "主管部门第二人"),
    ("operator-1", ("operator",), "Registry operator", "登记机构"),
    ("exchange-1", ("exchange",), "Exchange operator", "交易所"),
    ("auditor-1", ("auditor",), "Auditor", "审计"),
)


def declare(app: typer.Typer) -> None:
    """Add the command to the root."""
    command(
        app,
        "init",
        panel=JOURNALS,
        examples=[
            "capwright init --db market.sqlite",
            (
                "capwright init --db market.sqlite --scheme guangdong-2025 --people"
                " a@example.org,b@example.org,c@example.org,d@example.org,e@example.org"
            ),
        ],
    )(init_command)


def init_command(
    db: Annotated[str, typer.Option("--db", metavar="FILE|URL", help="New journal. 新日志。")],
    scheme: Annotated[
        str | None, typer.Option("--scheme", metavar="NAME", help="Scheme; asked for if not given. 方案。")
    ] = None,
    people: Annotated[
        str | None,
        typer.Option("--people", metavar="MAILS", help="Five e-mail addresses, comma between. 五个邮箱。"),
    ] = None,
    url: Annotated[str, typer.Option("--url", help="How people reach the site. 网站地址。")] = "",
) -> None:
    """Open a new market and invite the people who run it: each gets a link to make a sign-in.

    开设新市场，并邀请管理人员：每人凭链接设置登录信息。
    """
    from capwright.host import settings_of
    from capwright.journal.engine import Engine
    from capwright.journal.store import open_store
    from capwright.market import Market

    loaded = _scheme(scheme)
    mails = _mails(people)
    store = open_store(db, create=True)
    if store.head().seq:
        store.close()
        refuse(NOT_EMPTY, db=db)
    with Engine(store, Market) as engine:
        outcome = engine.execute(_opening(loaded), "init", mails["authority-1"][0])
        assert outcome.refusal is None, outcome.refusal
    links = _invited(settings_of(os.environ, db=db, public_url=url or None), mails)
    if settings.json:
        emit_json({"db": db, "scheme": loaded.name, "invitations": links})
        return
    out().print(say(f"The market is open under {loaded.name}.", f"市场已按{loaded.name}开设。"), style="bold")
    out().print(
        say(
            "Send each person their link; it works once, for a week:",
            "请将链接发给各人，七天内有效，仅可使用一次：",
        )
    )
    for person, link in links.items():
        out().print(f"{person}  {mails[person][1]}\n  {link}", soft_wrap=True)
    out().print(say(f"Start the platform: capwright serve --db {db}", f"启动平台：capwright serve --db {db}"))


def _scheme(name: str | None) -> Scheme:
    from capwright.scheme.loader import load_scheme, shipped_names

    if name is None:
        known = [each for each in _concrete(shipped_names()) if load_scheme(each).body.registry is not None]
        out().print(say("Schemes that can open a market:", "可用于开设市场的方案："))
        out().print("  " + "  ".join(known), soft_wrap=True)
        fullest = max(each for each in known if each.startswith("guangdong"))
        name = typer.prompt(say("Scheme", "方案"), default=fullest)
    return load_scheme(str(name))


def _mails(given: str | None) -> dict[str, tuple[str, str]]:
    """Person of the journal and e-mail, by person."""
    listed = [one.strip() for one in given.split(",")] if given is not None else []
    found: dict[str, tuple[str, str]] = {}
    for n, (person, _, en, zh) in enumerate(_PEOPLE):
        text = (
            listed[n]
            if n < len(listed)
            else ""
            if given is not None
            else typer.prompt(f"{say(en, zh)} (e-mail)")
        )
        if not _MAIL.fullmatch(text):
            raise bad_argument("--people", BAD_MAIL, text=text[:60])
        found[person] = (person, text)
    if found["authority-1"][1].lower() == found["authority-2"][1].lower():
        raise bad_argument("--people", SAME_PEOPLE)
    return found


def _opening(scheme: Scheme) -> OpenMarket:
    import msgspec

    from capwright.market.messages import Officer, OpenMarket
    from capwright.scheme.codec import scheme_to_json

    officers = [Officer(person, roles) for person, roles, _, _ in _PEOPLE]  # type: ignore[arg-type]
    officers.append(Officer("clock", ("clock",)))
    about = {"nature": "real", "en": scheme.body.en, "zh": scheme.body.zh}
    return OpenMarket(msgspec.json.decode(scheme_to_json(scheme)), tuple(officers), about)


def _concrete(names: Iterable[str]) -> list[str]:
    """Schemes that are no packs."""
    from capwright.kernel.refusal import Refused
    from capwright.scheme.loader import load_scheme

    found = []
    for name in names:
        try:
            load_scheme(name)
        except Refused:
            continue
        found.append(name)
    return found


def _invited(settings: Settings, mails: dict[str, tuple[str, str]]) -> dict[str, str]:
    """Links by person."""
    from capwright.host import Host
    from capwright.web.setup import start

    with Host(settings) as host:
        start(host)
        from capwright.web.pages.identity import invited

        return {person: invited(person, mail, "init").link for person, mail in mails.values()}
