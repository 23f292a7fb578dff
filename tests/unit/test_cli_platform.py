"""`init` and `doctor`: a new market with its people, and what the machine lacks."""

import json
import re
import subprocess
import sys

import pytest

from tests.cli_calls import call, spawn

MAILS = "a@example.org,b@example.org,c@example.org,d@example.org,e@example.org"


def test_a_new_market_has_its_people_and_their_links(tmp_path):
    db = tmp_path / "market.sqlite"
    said = spawn("init", "--db", db, "--scheme", "guangdong-2025", "--people", MAILS, "--json")
    assert said.code == 0, said.err
    made = json.loads(said.out)["invitations"]
    assert sorted(made) == ["auditor-1", "authority-1", "authority-2", "exchange-1", "operator-1"]
    assert all(re.fullmatch(r"http://127.0.0.1:8000/invitation/\S{40,}/", link) for link in made.values())
    assert spawn("verify", db).code == 0
    again = spawn("init", "--db", db, "--scheme", "guangdong-2025", "--people", MAILS)
    assert (again.code, "CW-9028" in again.err) == (2, True)


def test_no_personal_data_goes_into_the_journal(tmp_path):
    db = tmp_path / "market.sqlite"
    assert spawn("init", "--db", db, "--scheme", "guangdong-2025", "--people", MAILS).code == 0
    text = spawn("journal", "export", db).out
    assert "guangdong-2025" in text
    assert "@example.org" not in text


def test_init_asks_for_what_is_not_given(tmp_path):
    answers = "\n".join(["guangdong-2024", *MAILS.split(",")]) + "\n"
    done = subprocess.run(
        [sys.executable, "-m", "capwright", "init", "--db", str(tmp_path / "m.sqlite"), "--lang", "en"],
        input=answers, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "The market is open under guangdong-2024." in done.stdout


@pytest.mark.parametrize(
    ("people", "code"),
    [
        ("a@example.org", "CW-9026"),
        ("a,b,c,d,e", "CW-9026"),
        ("a@x.org,A@x.org,c@x.org,d@x.org,e@x.org", "CW-9027"),
    ],
)
def test_people_have_to_be_people(tmp_path, capsys, people, code):
    db = tmp_path / "m.sqlite"
    said = call(capsys, "init", "--db", db, "--scheme", "guangdong-2025", "--people", people, "--lang", "en")
    assert (said.code, code in said.err) == (2, True)
    assert not db.exists()


def test_the_doctor_looks_at_the_journal(tmp_path, capsys, monkeypatch):
    assert call(capsys, "doctor", "--json").code == 0
    said = call(capsys, "doctor", "--db", tmp_path / "none.sqlite", "--json")
    assert said.code == 1
    assert any(one["ok"] is False and "CW-8801" in one["said"] for one in json.loads(said.out))
    monkeypatch.setenv("CAPWRIGHT_PORT", "99999")
    said = call(capsys, "doctor", "--db", tmp_path / "none.sqlite", "--lang", "en")
    assert (said.code, "CW-9710" in said.out) == (1, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "many"),
        ("ROLE", "king"),
        ("ROLE", "web"),
        ("LOG", "loud"),
        ("PUBLIC_URL", "ftp://x"),
        ("SECRET_KEY", "short"),
        ("MAIL_URL", "pigeon:"),
        ("DEMO", "perhaps"),
    ],
)
def test_a_wrong_setting_stops_the_start(tmp_path, capsys, monkeypatch, name, value):
    monkeypatch.setenv(f"CAPWRIGHT_{name}", value)
    said = call(capsys, "serve", "--db", tmp_path / "m.sqlite", "--lang", "en")
    assert (said.code, f"CAPWRIGHT_{name}" in said.err) == (2, True), said


def test_a_platform_without_a_journal_says_how_to_get_one(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("CAPWRIGHT_DB", raising=False)
    said = call(capsys, "serve", "--lang", "en")
    assert (said.code, "CAPWRIGHT_DB" in said.err, "--db" in said.err) == (2, True, True), said
    said = call(capsys, "serve", "--db", tmp_path / "none.sqlite", "--lang", "en")
    assert (said.code, "capwright init" in said.err) == (2, True), said


def test_no_password_is_shown(capsys, monkeypatch):
    monkeypatch.setenv("CAPWRIGHT_MAIL_URL", "smtp://user:hidden-word@mail.example.org")
    monkeypatch.setenv("CAPWRIGHT_SECRET_KEY", "k" * 40)
    said = call(capsys, "doctor", "--db", "postgresql://u:hidden-word@127.0.0.1:1/none", "--lang", "en")
    assert "127.0.0.1:1/none" in said.out
    assert "hidden-word" not in said.out + said.err
