"""The Beancount export, judged by Beancount: `bean-check` passes and its balances are the auditor's."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from beancount import loader
from beancount.core import data

from capwright.audit import audit
from capwright.beancount import account_component, beancount_lines, commodity_name
from capwright.kernel.refusal import Refused
from tests.journal_rows import (
    FIRM,
    ISSUE,
    NOON_MS,
    OTHER,
    SERIES,
    SINK,
    cash,
    closed,
    completed,
    issue,
    journal,
    moved,
    opened,
    opening,
    plain,
    refused,
    series,
    unit,
)

GUANGZHOU = ZoneInfo("Asia/Shanghai")
LONG = "PHCER-2019-Chimelong-forest-项目17"
HELD = f"{FIRM}#held:o-1"
DAY_MS = 86_400_000
STORY = [
    [*opening(), series(LONG, "PHCER", 2019), opened("gd_7", name='The "Seventh" \\ firm\nof 广州')],
    [issue(1, 1000, ISSUE), issue(1, 50, "gd_7", LONG)],
    [
        completed(
            "T-1", "allocation", ISSUE, FIRM, 600, unit(1, 100, ISSUE, FIRM), unit(201, 700, ISSUE, FIRM)
        )
    ],
    [refused()],
    [moved(cash=[cash(123_456_05, "bank", OTHER), cash(7, "bank", "gd_7")], name="CashPaidIn")],
    [moved(unit(51, 60, FIRM, HELD), cash=[cash(100_07, OTHER, f"{OTHER}#held:o-2")], name="Matched")],
    [moved(unit(51, 60, HELD, OTHER), cash=[cash(100_07, f"{OTHER}#held:o-2", FIRM)], name="Settled")],
    [moved(unit(201, 300, FIRM, f"{FIRM}#frozen:2023"), unit(71, 80, FIRM, f"{FIRM}#free"), name="Frozen")],
    [completed("T-2", "surrender", FIRM, SINK, 100, unit(201, 300, f"{FIRM}#frozen:2023", SINK))],
    [completed("T-3", "reverse", SINK, FIRM, 100, unit(201, 300, SINK, FIRM), reverses="T-2")],
    [completed("T-4", "transfer", OTHER, "gd_7", 10, unit(51, 60, OTHER, "gd_7"))],
    [moved(cash=[cash(123_355_98, OTHER, "bank")], name="CashPaidOut")],
    [closed(OTHER)],
    [completed("T-5", "transfer", "gd_7", FIRM, 3, unit(48, 50, "gd_7", FIRM, LONG))],
]


def written(path: Path, rows, **options) -> Path:
    path.write_text("\n".join(beancount_lines(rows, **options)) + "\n", encoding="utf-8")
    return path


def bean_check(path: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("bean-check")
    return subprocess.run(
        [str(command), "--no-cache", str(path)], capture_output=True, text=True, check=False
    )


def totals(path: Path) -> dict[tuple[str, str], Decimal]:
    """What Beancount counts per account and commodity."""
    entries, errors, _ = loader.load_file(str(path))
    assert errors == []
    sums: dict[tuple[str, str], Decimal] = {}
    for entry in entries:
        if isinstance(entry, data.Transaction):
            for posting in entry.postings:
                key = posting.account, posting.units.currency
                sums[key] = sums.get(key, Decimal(0)) + posting.units.number
    return {key: number for key, number in sums.items() if number}


def test_bean_check_passes_and_agrees_with_the_auditor(tmp_path):
    rows = journal(*STORY, step_ms=DAY_MS)
    assert audit(rows).ok
    path = written(tmp_path / "journal.beancount", rows, zone=GUANGZHOU)
    checked = bean_check(path)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    other, seventh = commodity_name(LONG), f"Assets:Holding:{account_component('gd_7')}:Free"
    firm = f"Assets:Holding:{FIRM}"
    [free_bucket] = re.findall(rf"open ({firm}:Free-[0-9A-F]{{8}})$", path.read_text(), re.MULTILINE)
    # By hand from STORY.
    assert totals(path) == {
        ("Equity:World", SERIES): Decimal(-1000),
        ("Equity:World", other): Decimal(-50),
        (f"Assets:Issue:{ISSUE}:Free", SERIES): Decimal(400),
        (f"{firm}:Free", SERIES): Decimal(600 - 10 - 10),
        (free_bucket, SERIES): Decimal(10),
        (f"{firm}:Free", other): Decimal(3),
        (seventh, SERIES): Decimal(10),
        (seventh, other): Decimal(47),
        (seventh, "CNY"): Decimal("0.07"),
        (f"{firm}:Free", "CNY"): Decimal("100.07"),
        ("Equity:Bank", "CNY"): Decimal("-100.14"),
    }


def test_every_total_of_the_auditor_is_found_again(tmp_path):
    rows = journal(*STORY)
    path = written(tmp_path / "j.beancount", rows)
    entries, errors, _ = loader.load_file(str(path))
    assert errors == []
    number_of = {
        e.account: e.meta["account"] for e in entries if isinstance(e, data.Open) and "account" in e.meta
    }
    series_of = {
        e.currency: e.meta.get("series", e.currency) for e in entries if isinstance(e, data.Commodity)
    }
    found: dict[tuple[str, str], Decimal] = {}
    for (account, commodity), number in totals(path).items():
        if account in number_of:
            key = number_of[account], series_of[commodity]
            found[key] = found.get(key, Decimal(0)) + number
    report = audit(rows)
    expected = {
        (where.partition("#")[0], name): Decimal(0)
        for where, here in report.units_t().items()
        for name in here
    }
    for where, here in report.units_t().items():
        for name, quantity_t in here.items():
            expected[where.partition("#")[0], name] += quantity_t
    expected |= {(a, "CNY"): Decimal(fen) / 100 for a, fen in report.cash_by_account().items() if a != "bank"}
    assert found == expected


def test_the_lines_of_a_transaction():
    lines = list(beancount_lines(journal(*STORY)))
    begin = lines.index('2024-01-01 * "operator" "TransactionCompleted allocation"')
    firm = f"Assets:Holding:{FIRM}:Free"
    assert lines[begin + 1 : begin + 10] == [
        "  row: 3",
        "  event: 1",
        '  command: "c-3"',
        '  at: "2024-01-01T04:00:02.000Z"',
        '  transaction_id: "T-1"',
        f"  Assets:Issue:{ISSUE}:Free  -600 GDEA-2023",
        '    serials: "1-100, 201-700"',
        f"  {firm}  600 GDEA-2023",
        '    serials: "1-100, 201-700"',
    ]
    assert f'    place: "{HELD}"' in lines
    assert '  reverses: "T-2"' in lines
    opened_at = lines.index(f"2024-01-01 open {firm}")
    assert lines[opened_at + 1 : opened_at + 6] == [
        f'  account: "{FIRM}"',
        '  type: "holding"',
        '  purpose: "holding"',
        f'  holder: "h-{FIRM}"',
        f'  name: "{FIRM}"',
    ]
    assert r'  name: "The \"Seventh\" \\ firm of 广州"' in lines


def test_balances_are_asserted_on_the_day_after_the_last_row(tmp_path):
    rows = journal(*STORY)
    lines = list(beancount_lines(rows))
    assert f"2024-01-02 balance Assets:Issue:{ISSUE}:Free  400 GDEA-2023" in lines
    assert "2024-01-02 balance Equity:Bank  -100.14 CNY" in lines
    assert f"2024-01-02 balance Assets:Holding:{OTHER}:Free  0.00 CNY" in lines
    assert f"2024-01-02 close Assets:Holding:{OTHER}:Free" in lines
    broken = [line.replace(":Free  400 GDEA", ":Free  401 GDEA") for line in lines]
    path = tmp_path / "broken.beancount"
    path.write_text("\n".join(broken), encoding="utf-8")
    assert bean_check(path).returncode == 1


def test_one_fen_out_of_balance_is_an_error_for_bean_check(tmp_path):
    lines = list(beancount_lines(journal(*STORY)))
    at = next(i for i, line in enumerate(lines) if line.endswith("  123456.05 CNY"))
    lines[at] = lines[at].replace("123456.05", "123456.04")
    path = tmp_path / "broken.beancount"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert "does not balance" in bean_check(path).stderr + bean_check(path).stdout


def test_a_posting_to_a_closed_account_is_an_error_for_bean_check(tmp_path):
    late = [moved(unit(48, 48, FIRM, OTHER, LONG))]
    path = written(tmp_path / "j.beancount", journal(*STORY, late, late, step_ms=DAY_MS))
    assert "inactive account" in bean_check(path).stderr + bean_check(path).stdout


def test_dates_follow_the_zone():
    rows = journal(opening(), [issue(1, 5, ISSUE)])
    rows[1] = (
        2,
        NOON_MS + 13 * 3_600_000,
        *rows[1][2:],
    )  # 17:00 UTC, one o'clock the next morning in Guangzhou
    assert '2024-01-01 * "operator" "UnitsIssued"' in list(beancount_lines(rows))
    assert '2024-01-02 * "operator" "UnitsIssued"' in list(beancount_lines(rows, zone=GUANGZHOU))


def test_an_empty_journal_is_a_sound_file(tmp_path):
    assert bean_check(written(tmp_path / "empty.beancount", [])).returncode == 0


def test_rows_are_streamed():
    def rows():
        yield from journal(*STORY)[:2]
        raise RuntimeError("only the first two rows were wanted")

    lines = beancount_lines(rows())
    assert any("UnitsIssued" in line for line in lines)
    with pytest.raises(RuntimeError, match="first two"):
        list(lines)


def test_an_unreadable_row_is_refused():
    rows = plain(opening(), [])
    rows[1] = (*rows[1][:5], b"[{]", bytes(32))
    with pytest.raises(Refused) as caught:
        list(beancount_lines([(*rows[0], bytes(32)), rows[1]]))
    assert caught.value.refusal.code == "CW-8991"
    assert caught.value.refusal.details["seq"] == 2


@pytest.mark.parametrize(
    "name", ["GDEA-2023", "PHCER-2019-P17", "S-GDEA-2024", "EUA-2005", "CCER-2017-P1.2_3"]
)
def test_legal_series_keep_their_name(name):
    assert commodity_name(name) == name


ODD = [
    "gdea-2023",
    "GDEA-2023-",
    "2023-GDEA",
    "碳普惠",
    LONG,
    LONG + "8",
    "X" * 25,
    "CNY",
    "TRUE",
    "G",
    "GD EA",
    "/GD",
]


def test_odd_series_get_names_that_beancount_accepts(tmp_path):
    names = [commodity_name(odd) for odd in ODD]
    assert len(set(names)) == len(ODD)
    assert all(len(name) <= 24 for name in names)
    rows = journal([opened(ISSUE), *(series(odd) for odd in ODD), *(issue(1, 5, ISSUE, odd) for odd in ODD)])
    path = written(tmp_path / "odd.beancount", rows)
    entries, errors, _ = loader.load_file(str(path))
    assert errors == []
    declared = {e.currency: e.meta.get("series") for e in entries if isinstance(e, data.Commodity)}
    assert declared == {"CNY": None, **dict(zip(names, ODD, strict=True))}
    assert {e.date for e in entries if isinstance(e, data.Balance)} == {date(2024, 1, 2)}


def test_odd_accounts_get_names_that_beancount_accepts(tmp_path):
    odd = ["gd-1", "Gd-1", "GD-1", "GD_1", "GD 1", "账户", "-7", "7", "a:b", "A--", "é"]
    places = [*odd, *(f"{o}#held:x y" for o in odd), "7#Held:1", "7#账:1", "a:b#x:1"]
    rows = journal(
        [*(opened(number) for number in odd), series(), issue(1, 100, "7")],
        *([moved(unit(n, n, "7", where))] for n, where in enumerate(places, 1) if where != "7"),
    )
    assert audit(rows).ok
    path = written(tmp_path / "odd.beancount", rows)
    checked = bean_check(path)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
    assert len({key[0] for key in totals(path)}) == len(places) + 1  # and Equity:World
