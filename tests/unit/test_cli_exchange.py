"""`capwright exchange`: a day's file replayed, bad files refused, books and days of a journal."""

from __future__ import annotations

import json

import pytest

from capwright.scenario.run import run_scenario
from tests.cli_calls import call as call_with


@pytest.fixture
def call(capsys):
    return lambda *args: call_with(capsys, *args)


@pytest.fixture
def replay(tmp_path, call):
    def run(text, *more, scheme="guangdong-2023", on="2024-05-14"):
        path = tmp_path / "orders.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return call("exchange", "replay", str(path), "--scheme", scheme, "--on", on, *more)

    return run


HEAD = "time,account,action,order,product,side,price,quantity_t,counterparty\n"
DAY = (
    HEAD
    + "09:30:30,Cement,order,c1,GDEA,sell,65.00,500,\n"
    + "09:35:10,Fund,pick,c1,,,,300,\n"
    + "09:41:00,Paper,order,p2,GDEA,sell,64.90,400,\n"
    + "10:02:00,Steel,pick,c1,,,,100,\n"  # not the best any more
    + "10:02:30,Steel,pick,p2,,,,400,\n"
    + "10:05:00,Fund,order,f1,GDEA,buy,75.00,10,\n"  # above the band of 71.29
    + "13:45:00,Cement,deal,d1,GDEA,sell,60.00,120000,Fund\n"
    + "13:46:00,Fund,confirm,d1,,,,,\n"
)


def test_a_day_is_replayed(replay):
    """(300 × 65.00 + 400 × 64.90) / 700 = 64.94; 5 ‰ of 45,460.00 from each side are 227.30."""
    done = replay(DAY, "--open", "GDEA=64.81", "--json")
    assert done.code == 0, done.err
    made = json.loads(done.out)
    assert [(t["buyer"], t["seller"], t["quantity_t"], t["mode"]) for t in made["trades"]] == [
        ("Fund", "Cement", 300, "listed_click"),
        ("Steel", "Paper", 400, "listed_click"),
        ("Fund", "Cement", 120_000, "negotiated"),
    ]
    assert [(one["line"], one["code"]) for one in made["refused"]] == [(5, "CW-6222"), (7, "CW-6211")]
    close = next(c for c in made["closes"] if c["product"] == "GDEA")
    assert (close["opening_fen_per_t"], close["closing_fen_per_t"], close["counted_t"]) == (6481, 6494, 700)
    assert sum(line["net_fen"] for line in made["statements"]) == 0
    steel = next(line for line in made["statements"] if line["account"] == "Steel")
    assert steel["net_fen"] == -(2_596_000 + 12_980)
    assert made["book"] == {
        "GDEA": {"buy": [], "sell": [{"price_fen_per_t": 6500, "quantity_t": 200, "orders": 1}]}
    }
    assert sum(bar["volume_t"] for bar in made["bars"]) == 120_700


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_tables_say_it_in_words(replay, lang):
    done = replay(DAY, "--open", "GDEA=64.81", "--lang", lang)
    assert done.code == 0
    for shown in ("64.94", "CW-6222", "120,300", "7,183,402.50"):
        assert shown in done.out
    assert ("All conservation laws hold." if lang == "en" else "守恒定律全部成立。") in done.out


def test_holdings_bound_what_can_be_sold(replay, tmp_path):
    held = tmp_path / "holdings.csv"
    held.write_text(
        "account,account_type,cash,kind,vintage,quantity_t\nCement,operator_holding,,GDEA,2023,100\n"
        "Fund,trading,10000.00,,,\n",
        encoding="utf-8",
    )
    text = (
        HEAD + "09:33:00,Cement,order,a,GDEA,sell,60.00,101,\n09:34:00,Cement,order,b,GDEA,sell,60.00,100,\n"
    )
    text += "09:35:00,Fund,pick,b,,,,100,\n"
    made = json.loads(replay(text, "--holdings", str(held), "--json").out)
    assert [one["code"] for one in made["refused"]] == ["CW-6219"]
    assert [t["quantity_t"] for t in made["trades"]] == [100]
    assert made["furnished_from_orders"] is False


@pytest.mark.parametrize(
    ("scheme", "on", "product", "price", "then", "trades"),
    [
        ("guangdong-2016", "2016-12-22", "GDEA", "60.00", "order,b,{p},buy,61.00,{q}", 0),
        ("eu-ets", "2024-05-14", "EUA", "60.00", "order,b,{p},buy,61.00,{q}", 1),
        ("china-national-2023", "2023-05-16", "CEA", "48.00", "pick,a,,,,{q}", 1),
        ("guangdong-2013", "2013-12-19", "GDEA", "60.00", "order,b,{p},buy,61.00,{q}", 1),
    ],
)
def test_every_kind_of_venue(replay, scheme, on, product, price, then, trades):
    """Crossing posts rest before 2016-12-23; the EU matches; the national market picks; 2013 is a call."""
    text = f"09:33:00,A,order,a,{product},sell,{price},1000,\n09:34:00,B,"
    text += then.format(p=product, q=1000) + ",\n"
    done = replay(HEAD + text, "--json", scheme=scheme, on=on)
    assert done.code == 0, done.err + done.out
    made = json.loads(done.out)
    assert len(made["trades"]) == trades, made["refused"]
    assert made["refused"] == []


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "CW-9204", ""),
        ("a,b\n1,2\n", "CW-92", ":1"),
        (HEAD + "09:30:00,A,fly,,GDEA,sell,1,1,\n", "CW-92", ":2:3"),
        (HEAD + "09:30:00,A,order,a,GDEA,sell,,1,\n", "CW-9350", ":2"),
        (HEAD + "25:00,A,order,a,GDEA,sell,1,1,\n", "CW-9352", ":2:1"),
        (HEAD + "2024-05-15T09:30,A,order,a,GDEA,sell,1,1,\n", "CW-9352", ":2:1"),
        (HEAD + "10:00,A,cross,,GDEA,,,,\n09:59,A,cross,,GDEA,,,,\n", "CW-9351", ":3:1"),
        (HEAD + "10:00,A,order,a,GDEA,sell,60,1,\n10:01,B,order,a,GDEA,sell,60,1,\n", "CW-9357", ":3"),
        (HEAD + "10:00,A,order,a,GDEA,sell,NaN,1,\n", "CW-9102", ":2:7"),
        (HEAD + "10:00,A,order,a,GDEA,sell,60,-1,\n", "CW-9101", ":2:8"),
        (HEAD + f"10:00,A,order,a,GDEA,sell,60,{10**40},\n", "CW-9101", ":2:8"),
    ],
)
def test_bad_files_are_placed(replay, text, code, place):
    done = replay(text)
    assert done.code == 2
    assert code in done.err
    assert f"orders.csv{place}" in done.err


def test_windows_files_are_read(replay):
    done = replay(b"\xef\xbb\xbf" + DAY.replace("\n", "\r\n").encode(), "--json")
    assert done.code == 0
    assert len(json.loads(done.out)["trades"]) == 3


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--open", "GDEA"), "CW-9362"),
        (("--open", "GDEA=x"), "CW-9102"),
        (("--open", "NOPE=1"), "CW-9356"),
        (("--holdings", "."), "CW-92"),
    ],
)
def test_bad_options(replay, more, code):
    done = replay(DAY, *more)
    assert done.code == 2
    assert code in done.err


def test_days_without_trading(replay):
    for on in ("2024-05-12", "2024-05-01"):
        assert "CW-9353" in replay(DAY, on=on).err
    assert replay(HEAD, on="2024-07-20").code == 0, "an extra weekend session"


# A journal.


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    path = tmp_path_factory.mktemp("journal") / "year.sqlite"
    run_scenario("guangdong-2023", str(path))
    return str(path)


def test_the_days_of_a_journal(journal, call):
    made = json.loads(call("exchange", "day", journal, "--product", "GDEA", "--json").out)
    year = next(y for y in made["compliance_years"] if y["begins"] == "2023-07-01")
    assert sum(d["volume_t"] for d in made["days"] if d["on"] < "2024-07-01") == year["total"]["volume_t"]
    assert "2023/24" in call("exchange", "day", journal).out


def test_one_day_of_a_journal(journal, call):
    made = json.loads(call("exchange", "day", journal, "2024-07-30", "--json").out)
    close = next(c for c in made["closes"] if c["product"] == "GDEA")
    assert close["volume_t"] == sum(t["quantity_t"] for t in made["trades"] if t.get("product") == "GDEA")
    assert sum(line["net_fen"] for line in made["statements"]) == 0
    shown = call("exchange", "day", journal, "2024-07-30").out
    assert "GDEA" in shown
    assert "CW-9360" in call("exchange", "day", journal, "2020-01-01").err


def test_the_book_at_a_moment(journal, call):
    made = json.loads(call("exchange", "book", journal, "GDEA", "--as-of", "2024-07-30T14:30", "--json").out)
    assert made["open"] is True
    assert made["sell"]
    best_sell, best_buy = made["sell"][0]["price"], made["buy"][0]["price"]
    assert float(best_buy) < float(best_sell), "not crossed"
    assert "CW-9361" in call("exchange", "book", journal, "NOPE").err
