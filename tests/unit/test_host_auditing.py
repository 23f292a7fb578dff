"""The audit beside the pages tells what the auditor tells, and when it broke off; it ends with the host."""

import time

import pytest

from capwright.host.auditing import Auditing
from tests.journal_rows import FIRM, ISSUE, completed, issue, journal, opening, unit

ROWS = journal(
    opening(),
    [issue(1, 100, ISSUE)],
    [completed("T-1", "allocation", ISSUE, FIRM, 60, unit(1, 60, ISSUE, FIRM))],
)


def ended(auditing):
    until = time.monotonic() + 60
    while (state := auditing.state())[1]:
        assert time.monotonic() < until
        time.sleep(0.02)
    return state


@pytest.fixture
def auditing(tmp_path):
    """Audits of a journal that a test writes."""
    made = Auditing(str(tmp_path / "market.sqlite"))
    yield made
    made.close()


def write(auditing, rows):
    from capwright.journal.chain import Record
    from capwright.journal.store import open_store

    store = open_store(auditing._url, create=True)
    store.lease()
    store.append([Record(seq, at, name, actor, *more) for seq, at, name, actor, *more in rows], [])
    store.close()


def test_it_tells_what_the_auditor_tells(auditing):
    write(auditing, ROWS)
    assert auditing.state() == (None, False, False)
    auditing.begin()
    audited, _, failed = ended(auditing)
    assert not failed
    assert (audited.seq, audited.sound, audited.counts["rows"], audited.findings) == (3, True, 3, ())


def test_it_finds_what_is_wrong_in_both_languages(auditing):
    twice = completed("T-2", "allocation", ISSUE, FIRM, 60, unit(1, 60, ISSUE, FIRM))
    write(auditing, journal(opening(), [issue(1, 100, ISSUE)], [twice], [twice]))
    auditing.begin()
    audited, _, _ = ended(auditing)
    assert not audited.sound
    assert all(en != zh and en.startswith(zh.split()[0]) for en, zh in audited.findings)


def test_it_says_when_it_broke_off(auditing):
    auditing.begin()  # there is no journal
    assert ended(auditing) == (None, False, True)


def test_it_ends_with_the_host(auditing):
    write(auditing, ROWS)
    auditing.begin()
    process = auditing._process
    auditing.close()
    auditing.close()
    assert auditing.state()[1] is False
    with pytest.raises(ValueError, match="closed"):
        process.is_alive()
