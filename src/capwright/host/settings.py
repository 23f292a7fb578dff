"""Settings of the platform, read from the environment once and checked.

Every setting is a variable `CAPWRIGHT_…`; the command line overrides some. A wrong one stops the start with a
refusal that names it. On PostgreSQL, where several processes must agree, the secret key has to be given.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, cast

from msgspec import Struct

from capwright.kernel.refusal import define, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["S3", "Settings", "bad_setting", "settings_of"]

BAD_SETTING = define(
    "CW-9710",
    en="The setting {name} is '{value}': {fault}.",
    zh="设置项{name}为“{value}”：{fault_zh}。",
    mend_en="Set the environment variable and start again; `capwright doctor` lists all settings.",
    mend_zh="请修改环境变量后重新启动；`capwright doctor` 可列出全部设置项。",
    rule="design: configuration by environment",
)
MAX_PORT: Final = 65_535
LEAST_IDLE: Final = 5
MOST_IDLE: Final = 60
_SHORTEST_KEY: Final = 32
S3: Final = "s3://"


class Settings(Struct, frozen=True):
    """How one market is hosted.

    `db` is the journal's address, `people_db` that of identities and papers (personal data stay outside the
    journal). `public_url` is how the site is reached from outside. `demo` offers a page of demo users and
    lets the market's clock go on from the last row. `trusted_proxies` may say who the visitor is.
    `old_secret_keys`: those before `secret_key`, the last first: what they signed or sealed is still read.
    `documents`: a folder or `s3://BUCKET/PREFIX`, then at `documents_endpoint` where it is not Amazon's;
    `scan`: what every upload goes past, see `capwright.web.scanning`.
    `views`: the file of this process's SQL views, made anew when it is gone. `role`: `all` in one process, or
    on PostgreSQL any number of `web` and one active `engine` with others standing by.
    `rate_limit`: requests a second that a person's programs together may send in the long run, half as many
    an address without a sign-in (0: no limit).
    `socket_limit`: WebSockets that one address may hold open (0: no limit).
    `page_limit`: pages a second that one address may open in the long run, a file counting as fifty (0: no
    limit).
    `idle_minutes`: after how long without use a session ends.
    `publish_after_days`: how many days after its end anybody may have a day of the journal whole; None:
    never. The made-up market of the demo publishes at once.
    """

    db: str
    host: str = "127.0.0.1"
    port: int = 8000
    demo: bool = False
    secret_key: str = ""
    old_secret_keys: tuple[str, ...] = ()
    public_url: str = ""
    people_db: str = ""
    documents: str = ""
    documents_endpoint: str = ""
    scan: str = ""
    views: str = ""
    mail_url: str = "console:"
    mail_from: str = "capwright@localhost"
    trusted_proxies: tuple[str, ...] = ()
    role: Literal["all", "engine", "web"] = "all"
    rate_limit: int = 50
    socket_limit: int = 100
    page_limit: int = 100
    idle_minutes: int = 30
    publish_after_days: int | None = None
    log: Literal["text", "json"] = "text"

    @property
    def url(self) -> str:
        """Where the site is."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def on_server(self) -> bool:
        """Whether the journal is in PostgreSQL."""
        return self.db.startswith(("postgresql://", "postgres://"))

    @property
    def secure(self) -> bool:
        """Whether people reach the site over TLS."""
        return self.url.startswith("https://")

    @property
    def session_cookie(self) -> str:
        """What the cookie of a session is called; over TLS browsers keep it to this host alone."""
        return "__Host-sessionid" if self.secure else "sessionid"


def settings_of(
    environ: Mapping[str, str], *, keep: bool = True, **given: str | int | bool | None
) -> Settings:
    """Read the settings from `environ`; what is `given` and not None goes before it. Refuses CW-9710.

    Without a secret key one is made and kept beside a SQLite journal, unless `keep` is false.
    """
    settings = _read(environ, given)
    if not 0 < settings.port <= MAX_PORT:
        bad_setting("port", settings.port, "it must lie between 1 and 65535", "应在1至65535之间")
    if not LEAST_IDLE <= settings.idle_minutes <= MOST_IDLE:
        said = settings.idle_minutes
        bad_setting("idle_minutes", said, "it must lie between 5 and 60", "应在5至60之间")
    if settings.role not in {"all", "engine", "web"}:
        bad_setting("role", settings.role, "it must be all, engine or web", "应为 all、engine 或 web")
    if settings.log not in {"text", "json"}:
        bad_setting("log", settings.log, "it must be text or json", "应为 text 或 json")
    if settings.public_url and not settings.public_url.startswith(("http://", "https://")):
        bad_setting("public_url", settings.public_url, "it must begin with https://", "应以 https:// 开头")
    if not settings.mail_url.startswith(("console:", "smtp://", "smtps://")):
        bad_setting("mail_url", "…", "it must be console: or smtp(s)://…", "应为 console: 或 smtp(s)://…")
    for one in settings.trusted_proxies:
        _check_network(one)
    _check_documents(settings)
    if settings.role != "all" and not settings.on_server:
        bad_setting(
            "role", settings.role, "a SQLite journal has one process", "SQLite 日志只能由一个进程使用"
        )
    key = settings.secret_key
    if not key and not settings.demo and settings.db.startswith("postgres"):
        bad_setting("secret_key", "", "production needs one", "生产环境必须设置")
    for name, one in (("secret_key", key), *(("old_secret_keys", old) for old in settings.old_secret_keys)):
        if one and len(one) < _SHORTEST_KEY:
            bad_setting(name, "…", f"it needs {_SHORTEST_KEY} characters", f"至少需要{_SHORTEST_KEY}个字符")
    return _filled(settings, keep=keep)


def _read(environ: Mapping[str, str], given: Mapping[str, str | int | bool | None]) -> Settings:
    values: dict[str, object] = {}
    for name in Settings.__struct_fields__:
        if given.get(name) is not None:
            values[name] = given[name]
        elif (said := environ.get(f"CAPWRIGHT_{name.upper()}")) is not None:
            values[name] = _typed(name, said)
    if not values.get("db"):
        bad_setting("db", "", "say where the journal is, here or by --db", "请在此处或用 --db 指明日志位置")
    return Settings(**cast("dict[str, Any]", values))


def _check_network(one: str) -> None:
    """Proxies are named one by one: with `*`, whoever comes would say who he is, and limits meant nothing."""
    try:
        ip_network(one)  # 10.1.2.3/8 is none: the server would take it for a name and trust nobody
    except ValueError:
        bad_setting("trusted_proxies", one, "it must be an address or a network", "应为 IP 地址或网段")


def _check_documents(settings: Settings) -> None:
    address, endpoint, scan = settings.documents, settings.documents_endpoint, settings.scan
    if address.startswith(S3):
        if not address.removeprefix(S3).partition("/")[0]:
            bad_setting(
                "documents", address, "it must name a bucket: s3://BUCKET/PREFIX", "应为 s3://桶名/前缀"
            )
        if importlib.util.find_spec("obstore") is None:
            bad_setting("documents", address, "install capwright[s3]", "请安装 capwright[s3]")
    elif "://" in address:
        bad_setting("documents", address, "it must be a folder or s3://…", "应为文件夹或 s3://…")
    if endpoint and not endpoint.startswith(("https://", "http://")):
        bad_setting("documents_endpoint", endpoint, "it must begin with https://", "应以 https:// 开头")
    if "://" in scan and not scan.startswith("clamd://"):
        bad_setting("scan", scan, "it must be a program or clamd://…", "应为程序或 clamd://…")


def _typed(name: str, said: str) -> object:
    if name == "publish_after_days" and not said:
        return None
    if name in {"port", "rate_limit", "socket_limit", "page_limit", "idle_minutes", "publish_after_days"}:
        if not said.isdecimal():
            bad_setting(name, said, "it must be a number", "应为数字")
        return int(said)
    if name == "demo":
        if said.lower() not in {"0", "1", "true", "false", "yes", "no", ""}:
            bad_setting(name, said, "it must be 1 or 0", "应为1或0")
        return said.lower() in {"1", "true", "yes"}
    if name in {"trusted_proxies", "old_secret_keys"}:
        return tuple(one.strip() for one in said.split(",") if one.strip())
    return said


def _filled(settings: Settings, *, keep: bool) -> Settings:
    """Places beside the journal, and a key kept in a file of its owner's beside it, where none was given."""
    from msgspec.structs import replace  # noqa: PLC0415 - the one use

    beside = settings.db.removeprefix("sqlite:///")
    server = settings.db.startswith("postgres")
    changes: dict[str, str] = {}
    if not settings.people_db:
        changes["people_db"] = settings.db if server else beside + ".people"
    if not settings.views:
        changes["views"] = f"views-{os.getpid()}.sqlite" if server else beside + ".views"
    if not settings.documents:
        changes["documents"] = "documents" if server else beside + ".documents"
    if not settings.secret_key and keep:
        changes["secret_key"] = _kept_key(Path(beside + ".key")) if not server else secrets.token_urlsafe(48)
    return replace(settings, **changes)


def _kept_key(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return path.read_text(encoding="ascii").strip()


def bad_setting(name: str, value: object, fault: str, fault_zh: str) -> NoReturn:
    """Refuse a setting (CW-9710); `fault` says what is wrong with `value`, which is shown."""
    refuse(BAD_SETTING, name=f"CAPWRIGHT_{name.upper()}", value=str(value), fault=fault, fault_zh=fault_zh)
