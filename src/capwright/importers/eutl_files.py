"""The files of the EU transaction log's public extract: read, checked and arranged by year."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final

from msgspec import Struct

from capwright.kernel.account_number import AccountNumber
from capwright.kernel.refusal import BadInput, Refusal, define
from capwright.table import Table, Tonnes, check_unique, read_table

__all__ = [
    "AVIATION",
    "FIRST_YEAR",
    "LAST_YEAR",
    "EutlData",
    "Installation",
    "YearRow",
    "identifier",
    "read_eutl",
]

_RULE: Final = "EUTL extract: installations and compliance by year"
FIRST_YEAR: Final = 2005  # the first year of the EU's system
LAST_YEAR: Final = 2030  # the end of the trading period that began in 2021
AVIATION: Final = 10  # activity code of aircraft operators

NO_FILE = define(
    "CW-9401",
    en="The folder has neither {name}.csv.gz nor {name}.csv.",
    zh="文件夹中既没有 {name}.csv.gz，也没有 {name}.csv。",
    mend_en="Give the folder with both files of the extract: installations and compliance.",
    mend_zh="请指定同时含有 installations 与 compliance 两个文件的文件夹。",
    rule=_RULE,
)
BAD_ID = define(
    "CW-9402",
    en="'{text}' is not the id of an installation.",
    zh="“{text}”不是设施编号。",
    mend_en="Write it like AT-1: two capital letters, a hyphen, at most 15 digits.",
    mend_zh="请写成 AT-1 的形式：两个大写字母、连字符、最多15位数字。",
    rule=_RULE,
)
NO_INSTALLATION = define(
    "CW-9403",
    en="The installation {text} is not in {file}.",
    zh="{file}中没有设施{text}。",
    mend_en="Both files must come from one extract.",
    mend_zh="两个文件须出自同一次导出。",
    rule=_RULE,
)
BAD_YEAR = define(
    "CW-9404",
    en="{year} is not a year from {first} to {last}.",
    zh="{year}不是{first}至{last}之间的年份。",
    rule=_RULE,
)
NO_COUNTRY = define(
    "CW-9405",
    en="The extract has no installation of '{country}'.",
    zh="数据中没有“{country}”的设施。",
    mend_en="It has: {known}.",
    mend_zh="数据包含：{known}。",
    rule=_RULE,
)
SAME_NUMBER = define(
    "CW-9406",
    en="{text} would get the account number of {other}.",
    zh="{text}与{other}的账户号码相同。",
    mend_en="The number is made from the country and the installation's own number.",
    mend_zh="账户号码由国家与设施编号生成。",
    rule=_RULE,
)
NO_ROWS = define(
    "CW-9407",
    en="There is no row of data.",
    zh="没有任何数据行。",
    rule=_RULE,
)

_ID: Final = re.compile(r"([A-Z]{2})-([1-9][0-9]{0,14})", flags=re.ASCII)
_DIGITS: Final = 8  # of an installation's number in the identifier of its account


class Installation(Struct, frozen=True, gc=False):
    """An installation or aircraft operator. `last_year` 0: still open."""

    installation_id: str
    country: str
    activity_code: int
    activity: str
    first_year: int
    last_year: int

    @property
    def aviation(self) -> bool:
        """Whether it is an aircraft operator."""
        return self.activity_code == AVIATION


class YearRow(Struct, frozen=True, gc=False):
    """What the log says of one installation and year; None where it says nothing.

    The totals are the log's own, as they stood when the extract was made; `compliance_code` is the one it
    published.
    """

    installation_id: str
    year: int
    allocated_t: Annotated[int | None, Tonnes()]
    verified_t: Annotated[int | None, Tonnes()]
    surrendered_t: Annotated[int | None, Tonnes()]
    cumulative_surrendered_t: Annotated[int | None, Tonnes()]
    cumulative_verified_t: Annotated[int | None, Tonnes()]
    compliance_code: str | None


class EutlData(Struct, frozen=True):
    """A checked extract: installations by id in the order of the file, rows by year with their lines."""

    installations: dict[str, Installation]
    lines: dict[str, int]  # of the installations
    numbers: dict[str, str]  # account number by installation
    years: dict[int, list[tuple[int, YearRow]]]
    installations_file: str
    compliance_file: str
    digest: str  # of the files and the choice of countries

    @property
    def rows(self) -> int:
        """How many installation-years there are."""
        return sum(len(rows) for rows in self.years.values())

    def by_installation(self) -> Iterator[tuple[Installation, list[YearRow]]]:
        """Each installation with its rows in the order of the years."""
        found: dict[str, list[YearRow]] = {key: [] for key in self.installations}
        for year in sorted(self.years):
            for _, row in self.years[year]:
                found[row.installation_id].append(row)
        for key, rows in found.items():
            yield self.installations[key], rows


def read_eutl(folder: Path, countries: Sequence[str] | None = None) -> EutlData:
    """Read and check both files; keep the installations of `countries` (None: all).

    Raises `BadInput` for the first fault, with file, line and column. Nothing is skipped in silence.
    """
    installations_path, compliance_path = _find(folder, "installations"), _find(folder, "compliance")
    table = read_table(installations_path, Installation)
    rows = read_table(compliance_path, YearRow)
    check_unique(table, "installation_id")
    check_unique(rows, "installation_id", "year")
    numbers = _numbers(table)
    known = {row.installation_id: row for row in table}
    _check_rows(rows, known, table.file)
    kept = _kept(known, table.file, countries)
    years: dict[int, list[tuple[int, YearRow]]] = {}
    for line, row in rows.numbered():
        if row.installation_id in kept:
            years.setdefault(row.year, []).append((line, row))
    return EutlData(
        installations=kept,
        lines={row.installation_id: line for line, row in table.numbered()},
        numbers=numbers,
        years=dict(sorted(years.items())),
        installations_file=table.file,
        compliance_file=rows.file,
        digest=_digest(installations_path, compliance_path, countries),
    )


def identifier(installation_id: str) -> int | None:
    """The identifier in the account number: country letters as two digits each (A = 10), then the number.

    AT-200103 → 1029 00200103. Numbers of more than eight digits stand alone: they begin with a country's
    digits of the log's own. None for a text that is no installation id.
    """
    form = _ID.fullmatch(installation_id)
    if form is None:
        return None
    if len(form[2]) > _DIGITS:
        return int(form[2])
    letters = "".join(str(ord(letter) - 55) for letter in form[1])
    return int(f"{letters}{int(form[2]):0{_DIGITS}d}")


def _find(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.csv.gz", folder / f"{name}.csv"):
        if path.is_file():
            return path
    raise BadInput(Refusal(NO_FILE.code, {"name": name}), str(folder))


def _numbers(table: Table[Installation]) -> dict[str, str]:
    """Account numbers by installation; refuses bad ids, years and two installations with one number."""
    if not table:
        raise BadInput(Refusal(NO_ROWS.code), table.file)
    numbers: dict[str, str] = {}
    owners: dict[int, str] = {}
    for line, row in table.numbered():
        own = identifier(row.installation_id)
        if own is None:
            table.refuse(line, "installation_id", BAD_ID, text=row.installation_id[:40])
        other = owners.setdefault(own, row.installation_id)
        if other != row.installation_id:
            table.refuse(line, "installation_id", SAME_NUMBER, text=row.installation_id, other=other)
        for column, year in (("first_year", row.first_year), ("last_year", row.last_year or LAST_YEAR)):
            if not FIRST_YEAR <= year <= LAST_YEAR:
                table.refuse(line, column, BAD_YEAR, year=year, first=FIRST_YEAR, last=LAST_YEAR)
        numbers[row.installation_id] = str(AccountNumber.of("EU", 100, own))
    return numbers


def _check_rows(rows: Table[YearRow], known: dict[str, Installation], file: str) -> None:
    if not rows:
        raise BadInput(Refusal(NO_ROWS.code), rows.file)
    for line, row in rows.numbered():
        if row.installation_id not in known:
            rows.refuse(line, "installation_id", NO_INSTALLATION, text=row.installation_id[:40], file=file)
        if not FIRST_YEAR <= row.year <= LAST_YEAR:
            rows.refuse(line, "year", BAD_YEAR, year=row.year, first=FIRST_YEAR, last=LAST_YEAR)


def _kept(
    known: dict[str, Installation], file: str, countries: Sequence[str] | None
) -> dict[str, Installation]:
    if countries is None:
        return known
    there = sorted({row.country for row in known.values()})
    for country in countries:
        if country not in there:
            details: dict[str, str | int] = {"country": country[:40], "known": ", ".join(there)}
            raise BadInput(Refusal(NO_COUNTRY.code, details), file)
    return {key: row for key, row in known.items() if row.country in countries}


def _digest(*sources: Path | Sequence[str] | None) -> str:
    """SHA-256 of the files and the countries: what an import is an import of."""
    digest = hashlib.sha256()
    for source in sources:
        raw = source.read_bytes() if isinstance(source, Path) else repr(sorted(source or ())).encode()
        digest.update(hashlib.sha256(raw).digest())
    return digest.hexdigest()
