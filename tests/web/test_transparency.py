"""What anybody can check: signed heads by day, and the journal itself where it is published."""

import base64
import gzip
import json
import subprocess
import sys

import pytest

from capwright.host.settings import settings_of
from capwright.host.signed_note import Signer, read_note
from capwright.journal.chain import Head
from capwright.kernel.refusal import Refused

NOTE_DAY = "2024-07-19"  # a Friday of the year that the site shows
SECRET = "s" * 48


def capwright(*args):
    """The command line in its own process, as whoever checks would use it."""

    done = subprocess.run(
        [sys.executable, "-m", "capwright", *args], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def downloads(site, tmp_path_factory):
    """All published days put together, a signed head and the key, as the page tells people to fetch them."""
    folder, visitor = tmp_path_factory.mktemp("public"), site.client()
    days = [line.split()[0] for line in visitor.get("/transparency/days.txt").content.decode().splitlines()]
    with (folder / "journal.jsonl.gz").open("wb") as out:
        for day in days:
            out.writelines(visitor.get(f"/transparency/journal/{day}.jsonl.gz"))
    (folder / "head.txt").write_bytes(visitor.get(f"/transparency/heads/{NOTE_DAY}.txt").content)
    key = visitor.get("/transparency/key.txt").content.decode().strip()
    return folder, key, days


def test_anybody_replays_the_published_journal_and_finds_the_signed_row(downloads):
    folder, key, days = downloads
    assert days == sorted(days)
    made = str(folder / "mine.sqlite")
    code, _, said = capwright("journal", "import", str(folder / "journal.jsonl.gz"), "-o", made)
    assert code == 0, said
    code, out, said = capwright("verify", made, "--note", str(folder / "head.txt"), "--key", key, "--json")
    assert code == 0, out + said
    found = json.loads(out)
    assert found["ok"]
    assert found["signed"]["kept"] is True
    assert found["rows"] > found["signed"]["seq"] > 1000


def test_a_history_written_anew_does_not_fit_the_note(downloads, tmp_path):
    folder, key, _ = downloads

    other = tmp_path / "other.sqlite"
    from capwright.scenario.run import run_scenario

    run_scenario("guangdong-auctions", str(other))
    code, out, _ = capwright("verify", str(other), "--note", str(folder / "head.txt"), "--key", key, "--json")
    assert code == 1
    assert [one["code"] for one in json.loads(out)["findings"]] == ["CW-9030"]


def test_a_note_is_signed_as_public_logs_sign(site):
    """By C2SP signed-note: text, a blank line, and `— name base64`; an id is a hash of the key."""
    from hashlib import sha256

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    signer = Signer("example.org/journal", SECRET)
    note = signer.note(Head(7, 1_721_000_000_000, bytes(range(32))), NOTE_DAY)
    text, _, below = note.rpartition("\n\n")
    text += "\n"
    assert text.splitlines()[:3] == ["example.org/journal", "7", base64.b64encode(bytes(range(32))).decode()]
    mark, name, signed = below.rstrip("\n").split(" ")
    assert (mark, name) == ("—", "example.org/journal")
    origin, key_id, encoded = signer.key.split("+", 2)
    public = base64.b64decode(encoded)
    assert public[0] == 1
    assert sha256(origin.encode() + b"\n" + public).digest()[:4].hex() == key_id
    raw = base64.b64decode(signed)
    assert raw[:4].hex() == key_id
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], text.encode())
    assert read_note(note, signer.key).seq == 7
    assert note == Signer("example.org/journal", SECRET).note(
        Head(7, 1_721_000_000_000, bytes(range(32))), NOTE_DAY
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda note: note.replace("\n7\n", "\n8\n"), "CW-9716"),
        (lambda note: note.replace("day 2024", "day 2025"), "CW-9716"),
        (lambda note: note[: note.index("—")], "CW-9716"),
        (lambda note: "", "CW-9716"),
        (lambda note: note.replace("— ", "— x"), "CW-9716"),
    ],
)
def test_a_note_that_was_changed_is_found_out(change, code):
    signer = Signer("example.org/journal", SECRET)
    note = change(signer.note(Head(7, 1_721_000_000_000, bytes(32)), NOTE_DAY))
    with pytest.raises(Refused) as no:
        read_note(note, signer.key)
    assert no.value.refusal.code == code


@pytest.mark.parametrize("key", ["", "a+b+c", "example.org/journal+00000000+AQ==", "x" * 5000])
def test_a_key_that_is_none_is_refused(key):
    note = Signer("example.org/journal", SECRET).note(Head(7, 1, bytes(32)), NOTE_DAY)
    with pytest.raises(Refused) as no:
        read_note(note, key)
    assert no.value.refusal.code == "CW-9716"


def test_another_secret_signs_otherwise():
    note = Signer("example.org/journal", SECRET).note(Head(7, 1, bytes(32)), NOTE_DAY)
    with pytest.raises(Refused):
        read_note(note, Signer("example.org/journal", "t" * 48).key)


@pytest.mark.parametrize("day", ["2024-07-22", "2030-01-01", "1999-01-01", "yesterday", "0000-00-00"])
def test_a_day_that_is_not_over_or_never_was_has_no_note(visitor, day):
    assert visitor.get(f"/transparency/heads/{day}.txt").status_code == 404
    assert visitor.get(f"/transparency/journal/{day}.jsonl.gz").status_code == 404


def test_nothing_is_published_unless_the_market_says_so(site, visitor, monkeypatch):
    from msgspec.structs import replace

    address = f"/transparency/journal/{NOTE_DAY}.jsonl.gz"
    for after, status in ((None, 404), (1000, 404), (1, 200)):
        settings = replace(site.host.settings, demo=False, publish_after_days=after)
        monkeypatch.setattr(site.host, "settings", settings)
        assert visitor.get(address).status_code == status
        days = visitor.get("/transparency/days.txt").content
        assert (NOTE_DAY.encode() in days) == (status == 200)
        assert visitor.get(f"/transparency/heads/{NOTE_DAY}.txt").status_code == 200
        assert ("jsonl.gz" in visitor.get("/transparency/").content.decode()) == (status == 200)


def test_the_setting_is_days(monkeypatch):
    base, name = {"CAPWRIGHT_DB": "x.sqlite"}, "CAPWRIGHT_PUBLISH_AFTER_DAYS"
    for said, days in (({}, None), ({name: ""}, None), ({name: "1096"}, 1096)):
        assert settings_of({**base, **said}, keep=False).publish_after_days == days
    with pytest.raises(Refused):
        settings_of({**base, name: "soon"}, keep=False)


def test_a_file_that_is_no_journal_leaves_nothing(tmp_path):
    good = tmp_path / "good.jsonl.gz"
    good.write_bytes(gzip.compress(b'{"seq": 1}\n'))
    broken = tmp_path / "broken.jsonl.gz"
    broken.write_bytes(gzip.compress(b"x" * 1000)[:20])
    plain = tmp_path / "plain.gz"
    plain.write_bytes(b"no gzip")
    before = sorted(one.name for one in tmp_path.iterdir())
    for file in (good, broken, plain, tmp_path / "none.jsonl"):
        code, _, said = capwright(
            "journal", "import", str(file), "-o", str(tmp_path / "new.sqlite"), "--json"
        )
        assert code == 2, said
        assert sorted(one.name for one in tmp_path.iterdir()) == before
