"""`auction clear`, `allocate` and `compliance status`: plain tables in, results out, bad files refused."""

import csv
import gzip
import io
import json
import os
from pathlib import Path

import pytest

from tests.cli_calls import call, spawn

# The worked example of a law blog: 10 lots of 1,000 t at 15, 50 at 12, 40 at 10.
TOY = "bidder,price,quantity_t\na,15,10000\nb,12.00,50000\nc,10,40000\n"


@pytest.fixture(autouse=True)
def plain_settings(monkeypatch):
    monkeypatch.delenv("CAPWRIGHT_LANG", raising=False)


@pytest.fixture
def bids(tmp_path) -> Path:
    return write(tmp_path, "bids.csv", TOY)


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def clear(capsys, *args):
    said = call(capsys, "auction", "clear", *args)
    assert said.code == 0, said
    return json.loads(said.out)


def test_a_round_is_cleared_as_the_example_says(capsys, bids):
    found = clear(capsys, "--rules", "eu", "--offer", "60000", bids)
    assert (found["price"], found["sold_t"], found["unsold_t"]) == (12.00, 60_000, 0)
    assert found["revenue"] == 720_000.00  # 60,000 t × 12
    assert found["awards"] == {"a": 10_000, "b": 50_000}
    assert found["payments"] == {"a": 120_000.00, "b": 600_000.00}
    assert found["rejected"] == []
    assert [(line["bidder"], line["code"]) for line in found["unsuccessful"]] == [("c", "CW-6025")]


def test_the_uk_preset_brings_no_reserve_price(capsys, bids):
    found = clear(capsys, "--rules", "uk", "--offer", "60,000", bids)
    assert (found["price"], found["reserve"]) == (12.00, None)
    held = clear(capsys, "--rules", "uk", "--offer", "60000", "--reserve", "11", bids)
    assert (held["price"], held["reserve"]) == (12.00, 11.00)
    assert [(line["bidder"], line["code"]) for line in held["rejected"]] == [("c", "CW-6007")]


def test_an_unknown_floor_is_the_lowest_bid_with_a_note(capsys, tmp_path):
    book = write(tmp_path, "b.csv", "bidder,price,quantity_t\na,15,10000\nb,12,20000\nc,10,20000\n")
    found = clear(capsys, "--rules", "rggi", "--offer", "100000", book)
    assert (found["price"], found["sold_t"], found["revenue"]) == (10.00, 50_000, 500_000.00)
    assert found["note"]["code"] == "CW-6028"
    floor = clear(capsys, "--rules", "rggi", "--offer", "100000", "--reserve", "8", book)
    assert (floor["price"], floor["revenue"], floor["note"]) == (8.00, 400_000.00, None)
    even = clear(capsys, "--rules", "rggi", "--offer", "50000", "--reserve", "8", book)
    assert even["rejected"][0]["code"] == "CW-6006"  # b and c ask for more than a quarter of 50,000 t


def test_guangdong_2016_takes_half_a_round_from_one_bidder_at_most(capsys, tmp_path):
    book = write(
        tmp_path,
        "b.csv",
        "bidder,price,quantity_t,time\nx,12.00,200000,2\ny,11.00,200000,09\nz,11.00,200000,3\nw,20,260000,1\n",
    )
    found = clear(capsys, "--rules", "guangdong-2016", "--offer", "500000", "--reserve", "9.37", book)
    assert found["price"] == 11.00
    # z was there before y; y gets what is left.
    assert found["awards"] == {"x": 200_000, "z": 200_000, "y": 100_000}
    assert [line["bidder"] for line in found["rejected"]] == ["w"]
    chinese = clear(
        capsys, "--rules", "guangdong-2016", "--offer", "500000", "--reserve", "9.37", book, "--lang", "zh"
    )
    assert "超" in chinese["rejected"][0]["reason"]


def test_a_tie_is_drawn_from_the_seed(capsys, tmp_path):
    rows = "".join(f"bidder-{n},10,500\n" for n in range(10))
    book = write(tmp_path, "b.csv", "bidder,price,quantity_t\n" + rows)
    args = ["--rules", "eu", "--offer", "2500", book, "--seed"]
    first = clear(capsys, *args, "one")["awards"]
    assert first == clear(capsys, *args, "one")["awards"]
    others = [clear(capsys, *args, seed)["awards"] for seed in ("two", "three", "four")]
    assert any(first != other for other in others)
    assert all(sum(each.values()) == 2_500 for each in (first, *others))


def test_the_table_goes_to_stderr(capsys, bids):
    said = call(capsys, "auction", "clear", "--rules", "eu", "--offer", "60000", bids, "--table")
    json.loads(said.out)
    assert "720,000.00" in said.err
    assert (
        "竞买人"
        in call(
            capsys, "auction", "clear", "--rules", "eu", "--offer", "60000", bids, "--table", "--lang", "zh"
        ).err
    )


def test_bids_come_from_stdin_too():
    said = spawn("auction", "clear", "--rules", "eu", "--offer", "60000", "-", stdin=TOY.encode())
    assert (said.code, json.loads(said.out)["price"]) == (0, 12.00)


# Options that are wrong: what replaces or follows the right ones, code, where.
OPTIONS = [
    (["--offer", "0"], "CW-9101", "--offer"),
    (["--offer", "1.5"], "CW-9101", "--offer"),
    (["--offer", "-5"], "CW-9101", "--offer"),
    (["--offer", "99999999999999999999"], "CW-9101", "--offer"),
    (["--offer", "5", "--reserve", "dear"], "CW-9102", "--reserve"),
    (["--offer", "5", "--reserve", "0"], "CW-6031", None),
    (["--offer", "5", "--rules", "eurasia"], "CW-8001", None),
    (["--offer", "5", "--rules", "guangdong-auction-2015"], "CW-8015", "guangdong-auction-2015.toml"),
    (["--offer", "5", "--rules", "china-national-2023"], "CW-9012", None),
]


@pytest.mark.parametrize(("options", "code", "file"), OPTIONS)
def test_wrong_options_are_refused(capsys, bids, options, code, file):
    said = call(capsys, "auction", "clear", "--rules", "eu", bids, *options, "--json")
    error = json.loads(said.out)["error"]
    assert (said.code, error["code"], error["file"]) == (2, code, file)


# Files that are wrong: bytes, code, line and column.
FILES = [
    (b"", "CW-9204", None, None),
    (b"bidder,price\na,5\n", "CW-9205", 1, None),
    (b"bidder,price,quantity_t,colour\na,5,5,red\n", "CW-9206", 1, 4),
    (b"bidder,price,quantity_t,price\na,5,5,5\n", "CW-9207", 1, 4),
    (TOY.encode() + b"d,9\n", "CW-9208", 5, 2),
    (TOY.encode() + b",9,500\n", "CW-9209", 5, 1),
    (TOY.encode() + b"d,9,-500\n", "CW-9101", 5, 3),
    (TOY.encode() + b"d,9,0.5\n", "CW-9101", 5, 3),
    (TOY.encode() + b"d,9,1000000000001\n", "CW-9101", 5, 3),
    (TOY.encode() + b"d,9.999,500\n", "CW-9102", 5, 2),
    (TOY.encode() + b"d,-9,500\n", "CW-9219", 5, 2),
    (TOY.encode() + b"d,nan,500\n", "CW-9102", 5, 2),
    (TOY.encode() + b"\xb9\xe3,9,500\n", "CW-9202", 5, 1),
    (TOY.encode() + b"\0,9,500\n", "CW-9203", 5, 1),
    (TOY.encode() + b'"d,9,500\n', "CW-9217", 5, None),
    (b"bidder,price,quantity_t,time\na,5,500,noon\n", "CW-6040", 2, 4),
    (b"bidder,price,quantity_t,time\na,5,500,1\nb,5,500,09:30:00\n", "CW-6041", 3, 4),
]


@pytest.mark.parametrize(("raw", "code", "line", "column"), FILES)
def test_wrong_files_are_refused_with_their_place(capsys, tmp_path, raw, code, line, column):
    path = tmp_path / "bids.csv"
    path.write_bytes(raw)
    args = ["auction", "clear", "--rules", "eu", "--offer", "5", path]
    error = json.loads(call(capsys, *args, "--json").out)["error"]
    assert (error["code"], error["file"], error["line"], error["column"]) == (code, str(path), line, column)
    said = call(capsys, *args)
    place = ":".join(str(part) for part in (path, line, column) if part)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"{place}: error[{code}]: ")
    assert call(capsys, *args, "--lang", "zh").err.startswith(f"{place}: 错误[{code}]：")


def test_files_that_cannot_be_read(capsys, tmp_path, bids):
    args = ["auction", "clear", "--rules", "eu", "--offer", "5"]
    lost = call(capsys, *args, tmp_path / "lost.csv")
    assert lost.err.startswith(f"{tmp_path}/lost.csv: error[CW-9201]: The file cannot be read: No such file")
    assert "文件或目录不存在" in call(capsys, *args, tmp_path / "lost.csv", "--lang", "zh").err
    assert "CW-9201" in call(capsys, *args, tmp_path).err  # a folder
    (tmp_path / "b.csv.gz").write_bytes(b"not gzip")
    assert "CW-9201" in call(capsys, *args, tmp_path / "b.csv.gz").err
    if os.geteuid():
        bids.chmod(0)
        assert "CW-9201" in call(capsys, *args, bids).err


def test_windows_files_and_gzip_are_read(capsys, tmp_path):
    raw = b"\xef\xbb\xbf" + TOY.replace("\n", "\r\n").encode()
    (tmp_path / "b.csv").write_bytes(raw)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(raw))
    for name in ("b.csv", "b.csv.gz"):
        assert clear(capsys, "--rules", "eu", "--offer", "60000", tmp_path / name)["price"] == 12.00


ACTIVITY = "enterprise,process,year,activity\nMill,steel_eaf,2023,100000\n"


def test_allocation_spells_out_its_formulas(capsys, tmp_path):
    path = write(tmp_path, "activity.csv", ACTIVITY)
    said = call(capsys, "allocate", "--scheme", "guangdong-2023", path)
    assert said.code == 0
    assert "guangdong-2023" in said.out
    assert "Mill" in said.out
    assert "100,000 ×" in said.out
    chinese = call(capsys, "allocate", "--scheme", "guangdong-2023", path, "--lang", "zh").out
    assert "核定配额" in chinese
    found = json.loads(call(capsys, "allocate", "--scheme", "guangdong-2023", path, "--json").out)
    (mill,) = found["enterprises"]
    (step,) = mill["quota"]["steps"]
    assert step["process"] == "steel_eaf"
    assert found["totals"]["enterprises"] == 1
    assert found["totals"]["free_t"] + found["totals"]["paid_t"] == found["totals"]["approved_t"]
    for item in found["relied_on"]:
        assert item["confidence"] in {"memory", "default"}
        assert item["path"] in said.out


def test_allocation_refuses_what_the_scheme_does_not_know(capsys, tmp_path):
    path = write(tmp_path, "activity.csv", ACTIVITY.replace("steel_eaf", "alchemy"))
    said = call(capsys, "allocate", "--scheme", "guangdong-2023", path)
    assert said.err.startswith(f"{path}:2:2: error[CW-5005]: ")
    later = write(tmp_path, "later.csv", ACTIVITY.replace("2023", "2024"))
    assert f"{later}:2:3: error[CW-5004]" in call(capsys, "allocate", "--scheme", "guangdong-2023", later).err
    assert "CW-9012" in call(capsys, "allocate", "--scheme", "uk-ets", path).err


TABLES = {
    "accounts": "account,first_year,last_year\nA,2021,\nB,2021,\nC,2022,\nD,2021,2021\n",
    "emissions": "account,year,emissions_t\nA,2021,100\nA,2022,50\nB,2021,100\nB,2022,EXCLUDED\nD,2021,7\n",
    "surrenders": "account,date,quantity_t\n"
    "A,2022-04-30,150\nB,2022-04-30,100\nB,2022-05-02,-1\nD,2022-01-01,7\n",
}


def status(capsys, folder, *args, scheme="uk-ets", as_of="2023-05-01", **tables):
    paths = {name: write(folder, f"{name}.csv", tables.get(name, text)) for name, text in TABLES.items()}
    given = [part for name, path in paths.items() for part in (f"--{name}", path)]
    return call(capsys, "compliance", "status", "--scheme", scheme, "--as-of", as_of, *given, *args)


def test_status_is_csv_in_the_order_of_the_accounts(capsys, tmp_path):
    said = status(capsys, tmp_path)
    assert said.code == 0
    rows = list(csv.DictReader(io.StringIO(said.out)))
    # A has surrendered what it emitted; B took one back and lacks it; C has reported nothing; D settled.
    assert [(row["account"], row["status"]) for row in rows] == [
        ("A", "A"),
        ("B", "B"),
        ("C", "C"),
        ("D", "A"),
    ]
    found = json.loads(status(capsys, tmp_path, "--json").out)
    assert (found["scheme"], found["as_of"]) == ("uk-ets", "2023-05-01")
    assert [tuple(row.values()) for row in found["accounts"]] == [tuple(row.values()) for row in rows]


def test_status_refuses_bad_rows_with_their_place(capsys, tmp_path):
    unknown = status(capsys, tmp_path, emissions="account,year,emissions_t\nZ,2021,5\n")
    assert (unknown.code, unknown.out) == (2, "")
    assert f"{tmp_path}/emissions.csv:2:1: error[CW-7010]" in unknown.err
    double = status(capsys, tmp_path, emissions="account,year,emissions_t\nA,2021,5\nA,2021,5\n")
    assert f"{tmp_path}/emissions.csv:3:1: error[CW-9216]" in double.err
    minus = status(capsys, tmp_path, emissions="account,year,emissions_t\nA,2021,-5\n")
    assert f"{tmp_path}/emissions.csv:2:3: error[CW-9101]" in minus.err
    reversal = status(capsys, tmp_path, surrenders="account,date,quantity_t\nA,2022-04-30,-5\n")
    assert f"{tmp_path}/surrenders.csv:2:3: error[CW-7" in reversal.err
    for day in ("2023-02-30", "yesterday", "20230501", "2023-05-01T10:00"):
        assert "--as-of: error[CW-9011]" in status(capsys, tmp_path, as_of=day).err
    assert "CW-9012" in status(capsys, tmp_path, scheme="auction-eu").err
