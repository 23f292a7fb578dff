"""The people's database: its address says the same to Django as the journal's does to us."""

from urllib.parse import quote

import psycopg
import pytest

from capwright.host import settings_of
from capwright.kernel.refusal import Refused
from capwright.web.setup import django_settings


def database(address):
    settings = settings_of({}, db=address, role="web", secret_key="k" * 40)
    return django_settings(settings)["DATABASES"]["default"]


def test_all_that_an_address_says_is_read():
    found = database("postgresql://me:p%40ss@db.example:5433/market%20one?sslmode=require&connect_timeout=9")
    names = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
    assert [found[name] for name in names] == ["market one", "me", "p@ss", "db.example", "5433"]
    assert found["OPTIONS"]["sslmode"] == "require"
    assert found["OPTIONS"]["connect_timeout"] == "9"
    assert found["OPTIONS"]["tcp_user_timeout"] > 0


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("postgresql:///market?host=/var/run/postgresql", "/var/run/postgresql", ""),
        ("postgresql://%2Fvar%2Frun/market", "/var/run", ""),
        ("postgres://one:5432,two:5433/market?target_session_attrs=read-write", "one,two", "5432,5433"),
        ("postgresql://[::1]:5432/market", "::1", "5432"),
    ],
)
def test_sockets_and_several_servers(address, host, port):
    found = database(address)
    assert (found["HOST"], found["PORT"], found["NAME"]) == (host, port, "market")


def test_without_a_name_it_is_the_user_s_as_for_the_journal():
    assert database("postgresql://me@db.example")["NAME"] == "me"


@pytest.mark.parametrize("address", ["postgresql://h/x?nonsense=1", "postgresql://h/%zz", "postgresql://"])
def test_what_is_no_address_is_refused_and_no_password_shown(address):
    with pytest.raises(Refused, match="CW-9710") as no:
        database(address.replace("//h", "//u:secret@h"))
    assert "secret" not in no.value.refusal.message()


def test_django_connects_with_it(postgres_url):
    """As Django's backend does: the parts by name, the rest as options."""
    found = database(postgres_url + "&application_name=" + quote("the people"))
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    parts = {name: found[key] for name, key in names.items() if found[key]}
    with psycopg.connect(**parts, **found["OPTIONS"]) as connection:
        assert connection.execute("SHOW application_name").fetchone() == ("the people",)


def test_a_session_gives_up_on_a_silent_network_on_both_sides(postgres_url):
    from capwright.journal.wire import SILENCE_MS, connect, parameters

    assert parameters(postgres_url)["tcp_user_timeout"] == SILENCE_MS
    assert parameters(postgres_url + "&tcp_user_timeout=9000")["tcp_user_timeout"] == "9000"
    with connect(postgres_url, "test") as connection:
        rows = connection.execute(
            "SELECT name, source FROM pg_settings WHERE name LIKE 'tcp_%' ORDER BY name"
        ).fetchall()
    assert {name for name, source in rows if source == "session"} == {
        "tcp_keepalives_count", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_user_timeout",
    }  # fmt: skip
