"""Careless and hostile calls of the command line: nothing is lost, nothing is skipped in silence."""

from __future__ import annotations

import pytest

from tests.cli_calls import call, write_journal


@pytest.fixture
def journal(tmp_path):
    return write_journal(tmp_path / "m.sqlite")


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", ".lock"])
def test_a_report_is_never_written_over_the_journal(capsys, tmp_path, ending):
    """`--report` with the name of the database used to put the page in the place of the journal."""
    db = tmp_path / "n.sqlite"
    for name in (db, f"sqlite:///{db}"):
        said = call(capsys, "run", "guangdong-auctions", "--db", name, "--report", f"{db}{ending}")
        assert (said.code, said.out) == (2, "")
        assert "CW-9008" in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_report_does_not_replace_what_is_no_report(capsys, tmp_path, journal):
    page, other, link = tmp_path / "r.html", tmp_path / "enterprises.csv", tmp_path / "link.html"
    other.write_text("enterprise\nmine\n")
    link.symlink_to(journal)
    before = journal.read_bytes()
    for target in (other, journal, link):
        said = call(capsys, "report", journal, "-o", target)
        assert (said.code, said.out) == (2, ""), target
        assert "CW-9008" in said.err
    assert (other.read_text(), journal.read_bytes()) == ("enterprise\nmine\n", before)
    for _ in range(2):  # a report may be replaced by a report
        assert call(capsys, "report", journal, "-o", page).code == 0
    assert page.read_bytes().startswith(b"<!doctype html>")


@pytest.mark.parametrize(
    ("args", "code"),
    [(("verify", "--head", ""), "CW-9016"), (("holdings", "--as-of", ""), "CW-9010")],
)
def test_an_empty_value_is_not_taken_for_none(capsys, journal, args, code):
    """With `--head "$HEAD"` and the variable not set, nothing was compared and the journal called sound."""
    command, *options = args
    said = call(capsys, command, journal, *options)
    assert (said.code, said.out) == (2, "")
    assert code in said.err


def test_a_day_is_a_day_and_no_week(capsys, tmp_path):
    for name in "aes":
        (tmp_path / f"{name}.csv").write_text("")
    files = [f"--{what}={tmp_path}/{what[0]}.csv" for what in ("accounts", "emissions", "surrenders")]
    said = call(capsys, "compliance", "status", "--scheme", "uk-ets", "--as-of", "2024-W01-1", *files)
    assert said.code == 2
    assert "CW-9011" in said.err


def alter_snapshot(journal, change):
    """Write another state into the newest snapshot; return its number."""
    import sqlite3

    from capwright.journal.store import Snapshot

    database = sqlite3.connect(journal)
    row = database.execute(
        "SELECT seq, hash, format, state, checksum FROM snapshot ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    made = change(Snapshot(*row))
    database.execute(
        "UPDATE snapshot SET state = ?, checksum = ? WHERE seq = ?", (made.state, made.checksum, row[0])
    )
    database.commit()
    database.close()
    return row[0]


def test_a_damaged_snapshot_is_found(capsys, journal):
    def damage(snapshot):
        return snapshot._replace(state=b"\x00" + snapshot.state[1:])

    seq = alter_snapshot(journal, damage)
    said = call(capsys, "verify", journal, "--json")
    assert said.code == 1
    assert f'"seq": {seq}' in said.out
    assert "CW-8708" in said.out


def test_a_forged_snapshot_is_found(capsys, journal):
    """With its checksum made anew it was believed at every start, and `verify` did not look at it."""
    from capwright.journal import Engine, open_store
    from capwright.journal.store import Snapshot
    from capwright.market import Market
    from tests.worlds import ALPHA

    def forge(snapshot):
        market = Market()
        market.restore(snapshot.state)
        market.book.state.cash = {ALPHA: 10**9, "bank": -(10**9)}
        return Snapshot.of(snapshot.seq, snapshot.hash, snapshot.format, market.snapshot())

    alter_snapshot(journal, forge)
    with Engine(open_store(journal), Market) as engine:
        assert engine.machine.book.cash_fen(ALPHA) == 10**9, "else this test tests nothing"
    said = call(capsys, "verify", journal)
    assert said.code == 1
    assert "CW-8708" in said.out
    assert call(capsys, "verify", journal, "--json", "--lang", "zh").code == 1


def test_a_sound_snapshot_is_no_finding(capsys, journal):
    assert alter_snapshot(journal, lambda snapshot: snapshot) > 0
    assert call(capsys, "verify", journal).code == 0


def test_no_figure_is_told_from_an_altered_journal(capsys, tmp_path, journal):
    """`holdings`, `serial`, `report` and the Beancount export used to tell altered figures without a word."""
    import sqlite3

    database = sqlite3.connect(journal)
    database.execute("DROP TRIGGER journal_no_update")
    (before,) = database.execute("SELECT events FROM journal WHERE events LIKE '%UnitsIssued%'").fetchone()
    assert "100000" in before
    database.execute(
        "UPDATE journal SET events = replace(events, '100000', '900000') WHERE events LIKE '%UnitsIssued%'"
    )
    database.commit()
    database.close()
    for command in (
        ("holdings", journal),
        ("serial", journal, "TLA-2023-1"),
        ("report", journal, "-o", tmp_path / "r.html"),
        ("journal", "export", journal, "--format", "beancount", "-o", tmp_path / "x"),
        ("journal", "export", journal, "-o", tmp_path / "y"),
    ):
        said = call(capsys, *command)
        assert (said.code, said.out) == (2, ""), command
        assert "CW-8702" in said.err
    assert not (tmp_path / "x").exists()
    assert not (tmp_path / "y").exists()
    assert not (tmp_path / "r.html").exists()


@pytest.mark.parametrize(
    "url", ["mysql://u:s3cret@h/x", "POSTGRESQL://u:s3cret@h/x", "postgres://u:s3cret@h:1/x"]
)
def test_no_password_is_shown(capsys, url):
    said = call(capsys, "verify", url)
    assert said.code == 2
    assert "s3cret" not in said.err
