"""`verify`, `holdings`, `serial`, `journal`: a small journal of known content, whole and altered."""

import json
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from capwright.journal import Engine, open_store
from capwright.ledger.messages import UnitLine
from capwright.market import Market
from capwright.registry.messages import ProposeTransaction
from tests.cli_calls import call, write_journal
from tests.worlds import ALPHA, BETA, DAY_MS, T0, TOTAL, rep

GOLDEN = Path(__file__).parents[1] / "golden" / "cli"


@pytest.fixture(autouse=True)
def plain_settings(monkeypatch):
    monkeypatch.delenv("CAPWRIGHT_LANG", raising=False)
    monkeypatch.setenv("COLUMNS", "110")


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    """A journal of 14 rows; the last one, a day later, is a command that was refused."""
    path = write_journal(tmp_path_factory.mktemp("journal") / "market.sqlite")
    with Engine(open_store(path), Market) as engine:
        too_much = ProposeTransaction("central_transfer", TOTAL, ALPHA, (UnitLine("TLA-2023", 10**6),))
        assert not engine.execute(too_much, "c14", "ann", T0 + DAY_MS).ok
    return path


@pytest.fixture
def db(written, tmp_path, monkeypatch) -> str:
    for file in written.parent.iterdir():
        shutil.copy(file, tmp_path)
    monkeypatch.chdir(tmp_path)
    return "market.sqlite"


def tamper(db: str, statement: str) -> None:
    """Alter the rows as somebody would who knows SQLite but not the hashes."""
    connection = sqlite3.connect(db)
    for verb in ("update", "delete"):
        connection.execute(f"DROP TRIGGER journal_no_{verb}")
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("verify", ["verify", "market.sqlite"]),
        ("verify-zh", ["verify", "market.sqlite", "--lang", "zh"]),
        ("holdings", ["holdings", "market.sqlite"]),
        ("holdings-zh", ["holdings", "market.sqlite", "--lang", "zh"]),
        ("serial", ["serial", "market.sqlite", "TLA-2023-1000"]),
        ("serial-zh", ["serial", "market.sqlite", "TLA-2023-1000", "--lang", "zh"]),
        ("verify-narrow", ["verify", "market.sqlite"]),
        ("journal-show", ["journal", "show", "market.sqlite", "--from", "9"]),
        ("journal-show-zh", ["journal", "show", "market.sqlite", "--type", "CommandRefused", "--lang", "zh"]),
    ],
)
def test_golden(capsys, monkeypatch, db, name, args):
    """The layout of stable output, read and found right by a person; hashes depend on the test's scheme."""
    del db
    if name.endswith("narrow"):
        monkeypatch.setenv("COLUMNS", "60")
    said = call(capsys, *args)
    assert (said.code, said.err) == (0, "")
    plain = re.sub(r"[0-9a-f]{64}", "<hash>", said.out)
    assert plain.splitlines() == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def test_verify_json_has_the_totals(capsys, db):
    found = json.loads(call(capsys, "verify", db, "--json").out)
    assert found["ok"] is True
    assert found["market_agrees"] is True
    assert (found["rows"], found["refused"], found["accounts"], found["findings"]) == (14, 1, 8, [])
    assert found["series"] == [
        {
            "series": "TLA-2023",
            "issued": 100_000,
            "held": 100_000,
            "surrendered": 0,
            "cancelled": 0,
            "exported": 0,
        }
    ]
    again = call(capsys, "verify", db, "--head", found["head"])
    assert again.code == 0


def test_verify_finds_an_altered_row(capsys, db):
    tamper(db, "UPDATE journal SET events = replace(events, '\"last\":1000', '\"last\":1001') WHERE seq = 12")
    said = call(capsys, "verify", db)
    assert said.code == 1
    assert "CW-8902 row 12" in said.out
    found = json.loads(call(capsys, "verify", db, "--json").out)
    assert found["ok"] is False
    assert found["market_agrees"] is False
    assert 12 in {finding["seq"] for finding in found["findings"]}
    assert "第12行" in call(capsys, "verify", db, "--lang", "zh").out


def test_verify_finds_a_missing_row_in_the_middle_and_at_the_end(capsys, db):
    head = json.loads(call(capsys, "verify", db, "--json").out)["head"]
    tamper(db, "DELETE FROM journal WHERE seq = 14")
    assert call(capsys, "verify", db).code == 0  # a shorter journal is a journal
    cut = call(capsys, "verify", db, "--head", head)
    assert cut.code == 1
    assert "CW-8907" in cut.out
    connection = sqlite3.connect(db)
    connection.execute("DELETE FROM journal WHERE seq = 5")
    connection.commit()
    connection.close()
    assert "CW-8901" in call(capsys, "verify", db).out


def test_verify_finds_damaged_pages(capsys, db):
    raw = bytearray(Path(db).read_bytes())
    page = 4096
    for number in range(1, len(raw) // page):
        raw[number * page + 100 : number * page + 200] = b"\xa5" * 100
    Path(db).write_bytes(raw)
    said = call(capsys, "verify", db)
    assert said.code in {1, 2}
    assert "error" in said.err or "CW-" in said.out
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["verify", "lost.sqlite"], "CW-8801"),
        (["verify", "."], "CW-8802"),
        (["verify", "text.txt"], "CW-8802"),
        (["verify", "mysql://host/db"], "CW-8805"),
        (["verify", "market.sqlite", "--head", "abc"], "CW-9016"),
        (["holdings", "market.sqlite", "TL-9"], "CW-9013"),
        (["holdings", "market.sqlite", "--as-of", "soon"], "CW-9010"),
        (["serial", "market.sqlite", "TLA"], "CW-8981"),
        (["serial", "market.sqlite", "EUA-2023-1"], "CW-8982"),
        (["serial", "market.sqlite", "TLA-2023-100001"], "CW-8983"),
        (["journal", "export", "market.sqlite", "--format", "xml"], "CW-9009"),
        (["journal", "show", "market.sqlite", "--type", "Foo"], "CW-9021"),
        (["journal", "export", "market.sqlite", "-o", "text.txt"], "CW-9008"),
        (["journal", "export", "market.sqlite", "-o", "no/such/folder"], "CW-9007"),
        (["journal", "export", "market.sqlite", "-o", "."], "CW-9007"),
    ],
)
def test_bad_arguments(capsys, db, command, code):
    del db
    Path("text.txt").write_text("not a database", encoding="utf-8")
    said = call(capsys, *command)
    assert (said.code, said.out) == (2, "")
    assert f"error[{code}]: " in said.err
    assert f"错误[{code}]：" in call(capsys, *command, "--lang", "zh").err
    assert json.loads(call(capsys, *command, "--json").out)["error"]["code"] == code
    assert Path("text.txt").read_text(encoding="utf-8") == "not a database"


def test_holdings_now_and_then(capsys, db):
    found = json.loads(call(capsys, "holdings", db, "--json").out)
    assert (found["seq"], found["timezone"]) == (14, "Asia/Shanghai")
    assert {line["account"]: line["quantity_t"] for line in found["holdings"]} == {
        TOTAL: 98_000,
        ALPHA: 1_000,
        BETA: 1_000,
    }
    # Everything but the last row happened on 1 January 2023 at 10:00 in Shanghai.
    for moment, seq in [
        ("2022-12-31", 0),
        ("2023-01-01T09:59:59", 0),
        ("2023-01-01T10:00:00", 13),
        ("2023-01-01T02:00:00+00:00", 13),
        ("2023-01-01T01:59:59Z", 0),
        ("2023-01-01", 13),
        ("2023-01-02", 14),
    ]:
        assert json.loads(call(capsys, "holdings", db, "--as-of", moment, "--json").out)["seq"] == seq, moment


def test_the_url_of_a_file_works_too(capsys, db):
    assert call(capsys, "verify", f"sqlite:///{db}").code == 0
    assert call(capsys, "verify", f"sqlite:///{Path(db).absolute()}").code == 0


def test_journal_show_chooses_rows(capsys, db):
    def seqs(*args):
        found = json.loads(call(capsys, "journal", "show", db, "--json", *args).out)
        return [row["seq"] for row in found["rows"]]

    assert seqs() == list(range(1, 15))
    assert seqs("--from", "3", "--limit", "2") == [3, 4]
    assert seqs("--type", "OpenAccount") == list(range(2, 10))
    assert seqs("--type", "TransactionCompleted") == [12, 13]
    assert seqs("--type", "CommandRefused") == [14]
    assert seqs("--actor", "bob") == [11]
    assert seqs("--from", "99") == []
    row = json.loads(call(capsys, "journal", "show", db, "--from", "14", "--json").out)["rows"][0]
    assert row["command"]["command"] == "ProposeTransaction"
    assert row["events"][0]["event"] == "CommandRefused"
    assert row["at"] == "2023-01-02 10:00:00"
    assert '"quantity_t": 1000000' in call(capsys, "journal", "show", db, "--from", "14", "--full").out


def test_journal_show_takes_a_chinese_name_and_says_when_nothing_matches(capsys, db):
    found = json.loads(call(capsys, "journal", "show", db, "--type", "开户", "--json").out)
    assert {row["command"]["command"] for row in found["rows"]} == {"OpenAccount"}
    assert call(capsys, "journal", "show", db, "--actor", "nobody").out == "No row matches.\n"
    assert "没有符合条件的行" in call(capsys, "journal", "show", db, "--from", "99", "--lang", "zh").out
    slip = call(capsys, "journal", "show", db, "--type", "OpenAcount")
    assert "Nearest: OpenAccount, " in slip.err


def test_journal_export_jsonl(capsys, db, tmp_path):
    said = call(capsys, "journal", "export", db, "-o", "out.jsonl")
    assert (said.code, said.out) == (0, "")
    assert "14 rows" in said.err
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, 15))
    head = json.loads(call(capsys, "verify", db, "--json").out)["head"]
    assert lines[-1]["hash"] == head
    again = call(capsys, "journal", "export", db, "-o", "out.jsonl")
    assert again.code == 2
    assert "CW-9008" in again.err
    assert call(capsys, "journal", "export", db).out == (tmp_path / "out.jsonl").read_text(encoding="utf-8")


def test_an_export_that_fails_leaves_no_file(capsys, db, tmp_path):
    tamper(db, "UPDATE journal SET actor = 'eve' WHERE seq = 5")
    said = call(capsys, "journal", "export", db, "-o", "out.jsonl")
    assert said.code == 2
    assert "CW-8702" in said.err
    assert not [file for file in tmp_path.iterdir() if file.name.startswith("out")]


def test_journal_export_beancount_is_accepted_by_bean_check(capsys, db, tmp_path):
    assert call(capsys, "journal", "export", db, "--format", "beancount", "-o", "out.beancount").code == 0
    done = subprocess.run(
        [Path(sys.executable).with_name("bean-check"), tmp_path / "out.beancount"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_holds_are_shown_in_their_bucket(capsys, db):
    with Engine(open_store(db), Market) as engine:
        done = engine.execute(
            ProposeTransaction("delayed_transfer", ALPHA, BETA, (UnitLine("TLA-2023", 300),)),
            "c15",
            rep(ALPHA),
            T0 + 2 * DAY_MS,
        )
        assert done.ok, done
    found = json.loads(call(capsys, "holdings", db, ALPHA, "--json").out)["holdings"]
    assert sum(line["quantity_t"] for line in found) == 1_000
    assert [line["quantity_t"] for line in found if line["bucket"].startswith("held:")] == [300]
    assert "held for transaction c15" in call(capsys, "holdings", db, ALPHA).out
    assert "占用（交易c15）" in call(capsys, "holdings", db, ALPHA, "--lang", "zh").out
    assert f"{ALPHA} → {ALPHA} [held for transaction c15]" in call(capsys, "serial", db, "TLA-2023-1").out
    assert call(capsys, "verify", db).code == 0


def test_postgres_works_alike(capsys, postgres_url, db):
    with Engine(open_store(postgres_url, create=True), Market) as engine, open_store_rows(db) as rows:
        for command, name, actor, at_ms in rows:
            engine.execute(command, name, actor, at_ms)
    here, there = (json.loads(call(capsys, "verify", each, "--json").out) for each in (db, postgres_url))
    assert there["ok"]
    assert here["head"] == there["head"]
    assert call(capsys, "holdings", postgres_url).out == call(capsys, "holdings", db).out


class open_store_rows:  # noqa: N801 - reads like the function it stands beside
    """The commands of a journal, decoded."""

    def __init__(self, db: str) -> None:
        self._store = open_store(db, read_only=True)

    def __enter__(self):
        from capwright.journal import market_codec, records

        codec = market_codec()
        return [
            (codec.command(one.command), one.command_id, one.actor, one.at) for one in records(self._store)
        ]

    def __exit__(self, *_):
        self._store.close()
