"""Scripts and files for servers: a backup comes back, a bad one is found out, the settings named exist."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from capwright.host.settings import Settings
from capwright.journal.engine import Engine
from capwright.journal.store import open_store
from capwright.market import Market
from capwright.market.messages import Officer, OpenMarket
from tests.registry_worlds import scheme_body
from tests.web.test_uploads import keys, s3_server  # noqa: F401 - fixtures

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs/howto/run-in-production.md").read_text(encoding="utf-8")
ELSEWHERE = {"CAPWRIGHT_METRICS_TOKEN", "CAPWRIGHT_LANG"}  # read where they are used
SETTINGS = {f"CAPWRIGHT_{name.upper()}" for name in Settings.__struct_fields__} | ELSEWHERE


def run(script, *arguments, **environment):
    """A script as an operator runs it, with this Python's programs."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CAPWRIGHT_")}
    programs = {"PYTHON": sys.executable, "CAPWRIGHT_BIN": str(Path(sys.executable).with_name("capwright"))}
    return subprocess.run(
        [DEPLOY / script, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=clean | programs | {name: str(value) for name, value in environment.items()},
    )


def open_market(url):
    """A market of a few rows."""
    officers = (Officer("authority-1", ("authority",)), Officer("authority-2", ("authority",)))
    opening = OpenMarket(scheme_body("guangdong-2023"), officers)
    with Engine(open_store(url, create=True), Market) as engine:
        for number in range(3):
            engine.execute(opening, f"open-{number}", "operator-1", at_ms=1_700_000_000_000)
        return engine.head


@pytest.fixture
def market(tmp_path):
    """A market with people and a document: its journal."""
    journal = tmp_path / "market.sqlite"
    open_market(str(journal))
    with sqlite3.connect(f"{journal}.people") as people:
        people.execute("CREATE TABLE web_user (id INTEGER)")
        people.execute("INSERT INTO web_user VALUES (1)")
    people.close()
    folder = tmp_path / "market.sqlite.documents" / "2c"
    folder.mkdir(parents=True)
    name = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    (folder / name).write_bytes(b"hello")
    return journal


@pytest.fixture
def backup(market, tmp_path):
    done = run("backup", tmp_path / "backups", CAPWRIGHT_DB=market)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1])


def append(market, count=2):
    """The market goes on."""
    with Engine(open_store(str(market)), Market) as engine:
        for number in range(count):
            opening = OpenMarket(scheme_body("guangdong-2023"), ())
            engine.execute(opening, f"later-{number}", "operator-1", at_ms=1_700_000_100_000)


@pytest.mark.parametrize("name", ["backup", "restore-drill", "common.bash"])
def test_scripts_are_well_formed(name):
    assert subprocess.run(["bash", "-n", DEPLOY / name], check=False).returncode == 0
    assert os.access(DEPLOY / name, os.X_OK) is (name != "common.bash")


def test_a_backup_comes_back_whole(market, backup, tmp_path):
    done = run("restore-drill", backup)
    assert done.returncode == 0, done.stderr
    assert "Good: 3 rows" in done.stdout
    assert "1 users" in done.stdout
    append(market)
    newest = run("restore-drill", backup.parent, market)
    assert newest.returncode == 0, newest.stderr
    assert "The market is 2 rows ahead" in newest.stdout
    manifest = json.loads((backup / "manifest.json").read_text())
    assert manifest["seq"] == 3
    assert {"journal.sqlite", "people.sqlite", "documents.tar"} <= set(manifest["files"])
    assert backup.stat().st_mode & 0o077 == 0  # papers and addresses are in it
    assert not list(tmp_path.glob("backups/.part*"))


def test_an_engine_may_write_while_it_is_backed_up(market, tmp_path):
    with Engine(open_store(str(market)), Market):
        done = run("backup", tmp_path / "backups", CAPWRIGHT_DB=f"sqlite:///{market}")
    assert done.returncode == 0, done.stderr


def test_a_file_that_changed_is_found_out(backup):
    with (backup / "journal.sqlite").open("r+b") as file:
        file.seek(-20, os.SEEK_END)
        file.write(b"x")
    done = run("restore-drill", backup)
    assert done.returncode == 1
    assert "journal.sqlite is missing or changed" in done.stderr
    (backup / "people.sqlite").unlink()
    assert "people.sqlite is missing" in run("restore-drill", backup).stderr


def restated(backup):
    """Whoever changes a backup with care changes the manifest too."""
    import hashlib

    path = backup / "manifest.json"
    manifest = json.loads(path.read_text())
    for name in manifest["files"]:
        manifest["files"][name] = hashlib.sha256((backup / name).read_bytes()).hexdigest()
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM journal WHERE seq = 3; DELETE FROM snapshot", "row 3 is not the one"),
        ("UPDATE journal SET actor = 'somebody' WHERE seq = 2", "does not pass the audit"),
    ],
)
def test_rows_that_are_lost_or_changed_are_found_out(backup, change, said):
    with sqlite3.connect(backup / "journal.sqlite") as journal:
        for verb in ("update", "delete"):
            journal.execute(f"DROP TRIGGER journal_no_{verb}")
        journal.executescript(change)
        for verb in ("UPDATE", "DELETE"):
            journal.execute(
                f"CREATE TRIGGER journal_no_{verb.lower()} BEFORE {verb} ON journal"
                " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
            )
    journal.close()
    restated(backup)
    done = run("restore-drill", backup)
    assert done.returncode == 1
    assert said in done.stderr


def test_a_backup_of_another_market_is_found_out(backup, tmp_path):
    other = tmp_path / "other.sqlite"
    open_market(str(other))
    with Engine(open_store(str(other)), Market):
        pass
    with sqlite3.connect(other) as journal:
        journal.execute("DROP TRIGGER journal_no_update")
        journal.execute("UPDATE journal SET hash = zeroblob(32) WHERE seq = 3")
    journal.close()
    done = run("restore-drill", backup, other)
    assert done.returncode == 1
    assert "backup and market have parted" in done.stderr


def test_a_document_that_is_not_what_it_is_called_is_found_out(market, tmp_path):
    document = next((market.parent / "market.sqlite.documents").rglob("2cf2*"))
    document.write_bytes(b"jello")
    done = run("backup", tmp_path / "backups", CAPWRIGHT_DB=market)
    drill = run("restore-drill", done.stdout.splitlines()[-1])
    assert drill.returncode == 1
    assert "was changed" in drill.stderr


def test_documents_in_a_bucket_come_back(market, tmp_path, s3_server, keys):  # noqa: F811
    """More than one page of objects, under a prefix; what lies beside it in the bucket is not ours."""
    import boto3

    bucket = boto3.resource("s3", endpoint_url=s3_server).Bucket("papers")
    names = {}
    for content in (b"%d" % n for n in range(1_005)):
        digest = sha256(content).hexdigest()
        names[f"./{digest[:2]}/{digest}"] = content
        bucket.put_object(Key=f"backed-up/{digest[:2]}/{digest}", Body=content)
    bucket.put_object(Key="another/thing", Body=b"x")
    asked = {
        "CAPWRIGHT_DB": market,
        "CAPWRIGHT_DOCUMENTS": "s3://papers/backed-up",
        "CAPWRIGHT_DOCUMENTS_ENDPOINT": s3_server,
    }
    done = run("backup", tmp_path / "backups", **asked)
    assert done.returncode == 0, done.stderr
    made = Path(done.stdout.splitlines()[-1])
    with tarfile.open(made / "documents.tar") as tar:
        assert {one.name: tar.extractfile(one).read() for one in tar if one.isfile()} == names
    assert run("restore-drill", made).returncode == 0
    away = run("backup", tmp_path / "away", **{**asked, "CAPWRIGHT_DOCUMENTS": "s3://no-such-bucket"})
    assert away.returncode == 1
    assert "nothing is backed up" in away.stderr
    assert list((tmp_path / "away").iterdir()) == []


def test_old_backups_go_and_the_newest_stay(market, tmp_path):
    folder = tmp_path / "backups"
    for day in range(10, 20):
        old = folder / f"202001{day}T000000Z"
        old.mkdir(parents=True)
        (old / "manifest.json").touch()
        os.utime(old, (1, 1))
    (folder / "mine").mkdir()
    done = run("backup", folder, CAPWRIGHT_DB=market)
    assert done.returncode == 0, done.stderr
    left = sorted(one.name for one in folder.iterdir())
    assert len(left) == 8  # seven and `mine`
    assert "20200119T000000Z" in left
    assert "20200113T000000Z" not in left
    assert "mine" in left


def test_what_cannot_be_backed_up_is_said(market, tmp_path):
    assert "CAPWRIGHT_DB is not set" in run("backup", tmp_path).stderr
    assert "no journal" in run("backup", tmp_path, CAPWRIGHT_DB=tmp_path / "none").stderr
    assert "no backup" in run("restore-drill", tmp_path).stderr
    with sqlite3.connect(market) as journal:
        journal.execute("DROP TRIGGER journal_no_update")
        journal.execute("UPDATE journal SET actor = 'somebody' WHERE seq = 2")
    journal.close()
    broken = run("backup", tmp_path / "backups", CAPWRIGHT_DB=market)
    assert broken.returncode == 1
    assert "does not pass the audit" in broken.stderr
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_backup_of_postgresql_comes_back(postgres_url, tmp_path):
    if not all(map(shutil.which, ("pg_dump", "pg_restore", "psql"))):
        pytest.skip("no client programs of PostgreSQL")
    head = open_market(postgres_url)
    main, _, query = postgres_url.partition("?")
    server = main.rpartition("/")[0] + "/postgres" + (f"?{query}" if query else "")
    done = run("backup", tmp_path / "backups", CAPWRIGHT_DB=postgres_url)
    if "server version mismatch" in done.stderr:
        pytest.skip("pg_dump is older than the server")
    assert done.returncode == 0, done.stderr
    append(postgres_url)
    drill = run("restore-drill", tmp_path / "backups", postgres_url, DRILL_SERVER=server)
    assert drill.returncode == 0, drill.stderr
    assert f"Good: 3 rows, {head.hash.hex()}" in drill.stdout
    assert "The market is 2 rows ahead" in drill.stdout
    import psycopg

    with psycopg.connect(server) as connection:
        left = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'capwright_drill%'")
        assert left.fetchall() == []


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_files_name_only_settings_that_there_are(path):
    named = set(re.findall(r"\bCAPWRIGHT_[A-Z_]+\b", path.read_text(encoding="utf-8"))) - {"CAPWRIGHT_BIN"}
    assert named <= SETTINGS


def test_the_page_lists_every_setting():
    named = set(re.findall(r"\bCAPWRIGHT_[A-Z_]+\b", PAGE))
    assert named <= SETTINGS
    assert SETTINGS - named == {"CAPWRIGHT_LANG"}


def test_the_page_names_metrics_that_there_are(site, visitor):
    text = visitor.get("/metrics/").content.decode()
    there = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    named = set(
        re.findall(r"\b(?:capwright|process)_[a-z_]+(?:_seconds|_total|_rows|_up|_bytes|_faulted)\b", PAGE)
    )
    assert len(named) > 6
    assert {name.removesuffix("_bucket") for name in named} <= there


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd")
@pytest.mark.parametrize("path", sorted(DEPLOY.glob("*.service")), ids=lambda path: path.name)
def test_units_are_understood(path):
    done = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "is not executable" not in line]
    assert complaints == []
