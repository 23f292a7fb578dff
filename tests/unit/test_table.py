"""The CSV reader: what it reads, and that every fault names file, line, column and a stable code."""

from __future__ import annotations

import gzip
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from msgspec import Struct, field

from capwright.kernel.refusal import BadInput
from capwright.table import Money, Tonnes, check_unique, parse_table, read_table
from capwright.table.rows import DOUBLE_COLUMN


class Row(Struct):
    account: str
    quantity_t: Annotated[int, Tonnes(least=1)]
    price_fen: Annotated[int | None, Money(least_fen=1)] = field(default=None, name="price")
    on: date | None = None
    at: datetime | None = None
    share: Decimal = Decimal(1)
    side: Literal["buy", "sell"] = "buy"
    firm: bool = False
    count: int = 0


class Pair(Struct):
    a: str
    b: int | None
    c: Annotated[int | None, Money()]


def rows(text: str | bytes, row=Row):
    return parse_table(text if isinstance(text, bytes) else text.encode(), "t.csv", row)


def fault(text: str | bytes, row=Row) -> BadInput:
    with pytest.raises(BadInput) as caught:
        rows(text, row)
    assert caught.value.file == "t.csv"
    return caught.value


def test_every_type_is_read():
    text = (
        "account,quantity_t,price,on,at,share,side,firm,count\n"
        'A,"1,200",16.1,2024-07-31,2024-07-31T09:30:00,0.25,sell,true,-3\n'
    )
    assert rows(text) == [
        Row(
            "A",
            1200,
            1610,
            date(2024, 7, 31),
            datetime.fromisoformat("2024-07-31T09:30"),
            Decimal("0.25"),
            "sell",
            True,
            -3,
        )
    ]


def test_optional_columns_may_be_absent_or_empty_and_order_is_free():
    assert rows("quantity_t,price,account\n5,,甲\n") == [Row("甲", 5)]
    assert rows("b,a,c\n,x,\n", Pair) == [Pair("x", None, None)]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_mark_blank_lines_and_missing_last_newline(newline):
    table = rows(b"\xef\xbb\xbf" + newline.join(["account,quantity_t", "A,1", "", 'B "x",2']).encode())
    assert [(n, r.account) for n, r in table.numbered()] == [(2, "A"), (4, 'B "x"')]


def test_lines_count_through_quoted_line_breaks():
    table = rows('account,quantity_t\n"two\nlines",1\nB,2\n')
    assert table.lines == [2, 4]


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("", "CW-9204", 0, 0),
        ("\n\n", "CW-9204", 0, 0),
        ("account\nA\n", "CW-9205", 1, 0),
        ("account,quantity_t,colour\nA,1,red\n", "CW-9206", 1, 3),
        ("account,quantity_t,account\nA,1,A\n", "CW-9207", 1, 3),
        ("account,quantity_t\nA\n", "CW-9208", 2, 1),
        ("account,quantity_t\nA,1\nB,1,2\n", "CW-9208", 3, 2),
        ("account,quantity_t\n ,1\n", "CW-9209", 2, 1),
        ("account,quantity_t\nA,\n", "CW-9209", 2, 2),
        ("account,quantity_t\nA,0\n", "CW-9101", 2, 2),
        ("account,quantity_t\nA,-5\n", "CW-9101", 2, 2),
        ("account,quantity_t\nA,1.5\n", "CW-9101", 2, 2),
        ("account,quantity_t\nA,1e3\n", "CW-9101", 2, 2),
        ("account,quantity_t\nA,１２\n", "CW-9101", 2, 2),  # full-width digits
        ("account,quantity_t\nA,1000000000001\n", "CW-9101", 2, 2),
        ("account,quantity_t\nA," + "9" * 5000 + "\n", "CW-9101", 2, 2),
        ("account,quantity_t,price\nA,1,16.105\n", "CW-9102", 2, 3),
        ("account,quantity_t,price\nA,1,nan\n", "CW-9102", 2, 3),
        ("account,quantity_t,price\nA,1,0\n", "CW-9219", 2, 3),
        ("account,quantity_t,count\nA,1,1.0\n", "CW-9210", 2, 3),
        ("account,quantity_t,share\nA,1,1e5\n", "CW-9211", 2, 3),
        ("account,quantity_t,share\nA,1,Infinity\n", "CW-9211", 2, 3),
        ("account,quantity_t,on\nA,1,2023-02-29\n", "CW-9212", 2, 3),
        ("account,quantity_t,on\nA,1,20230228\n", "CW-9212", 2, 3),
        ("account,quantity_t,at\nA,1,2023-02-28\n", "CW-9213", 2, 3),
        ("account,quantity_t,on\nA,1,1899-12-31\n", "CW-9221", 2, 3),
        ("account,quantity_t,on\nA,1,9999-12-31\n", "CW-9221", 2, 3),
        ("account,quantity_t,at\nA,1,0001-01-01T00:00\n", "CW-9221", 2, 3),
        ("account,quantity_t,at\nA,1,2023-02-28T25:00\n", "CW-9213", 2, 3),
        ("account,quantity_t,firm\nA,1,maybe\n", "CW-9214", 2, 3),
        ("account,quantity_t,side\nA,1,hold\n", "CW-9215", 2, 3),
        ('account,quantity_t\nA,1\n"B,1\n', "CW-9217", 3, 0),
        ("account,quantity_t\n" + "x" * 10_001 + ",1\n", "CW-9218", 2, 1),
        (b"account,quantity_t\nA,1\n\xb9\xe3\xb6\xab,2\n", "CW-9202", 3, 1),  # GBK
        (b"\xef\xbb\xbfaccount,quantity_t\nA,\xff\n", "CW-9202", 2, 2),
        (b"account,quantity_t\nA,1\x00\n", "CW-9203", 2, 2),
        ("account,quantity_t\nA,1\n".encode("utf-16"), "CW-9203", 1, 1),
    ],
)
def test_faults_are_placed_and_coded(text, code, line, column):
    found = fault(text)
    assert (found.refusal.code, found.line, found.column) == (code, line, column)
    for lang in ("en", "zh"):
        said = found.refusal.message(lang)
        assert said
        assert "{" not in said


def test_missing_file_and_folder_and_broken_gzip_are_refused(tmp_path):
    broken = tmp_path / "b.csv.gz"
    broken.write_bytes(gzip.compress(b"account,quantity_t\n" * 50)[:-9])
    plain = tmp_path / "p.csv.gz"
    plain.write_bytes(b"account,quantity_t\n")
    for path in (tmp_path / "none.csv", tmp_path, broken, plain):
        with pytest.raises(BadInput) as caught:
            read_table(path, Row)
        assert caught.value.refusal.code == "CW-9201"
        assert str(path) in str(caught.value)


def test_gzip_is_read(tmp_path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"account,quantity_t\nA,7\n"))
    assert read_table(path, Row) == [Row("A", 7)]


def test_unique_names_both_lines_and_uses_column_names():
    table = rows("price,account,quantity_t\n1,A,1\n2,A,1\n1,A,2\n")
    check_unique(table, "account", "price", "quantity_t")
    with pytest.raises(BadInput) as caught:
        check_unique(table, "account", "price")
    assert (caught.value.line, caught.value.column) == (4, 2)
    assert "line 2" in str(caught.value)
    check_unique(rows("account,quantity_t\n"), "account")


def test_a_caller_can_refuse_a_cell():
    table = rows("account,quantity_t\nA,1\n")
    with pytest.raises(BadInput, match=r"t\.csv:2:1: CW-9207 The column 'account' appears twice"):
        table.refuse(2, "account", DOUBLE_COLUMN, column="account")


@pytest.mark.parametrize("letter", ["\x1b", "\x07", "\x7f", "\u200b", "\u202e", "\ufeff", "\u2028"])
def test_characters_that_hide_what_a_text_says_are_refused(letter):
    found = fault(f"account,quantity_t\nA,1\nB{letter}C,2\n")
    assert (found.refusal.code, found.line, found.column) == ("CW-9220", 3, 1)
    assert f"U+{ord(letter):04X}" in found.refusal.message("zh")


def test_spaces_of_other_scripts_and_line_breaks_are_no_harm():
    assert [row.account for row in rows('account,quantity_t\n张\u3000三,1\n"a\nb",2\na\u00a0b,3\n')] == [
        "张\u3000三",
        "a\nb",
        "a\u00a0b",
    ]
