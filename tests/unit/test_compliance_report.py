"""`capwright compliance status`: statuses from three plain tables, and what is wrong with bad ones."""

from datetime import date

import pytest

from capwright.compliance.report import AccountRow, EmissionsRow, SurrenderRow, status_table, yearly_table
from capwright.kernel.refusal import BadInput, Refused
from capwright.scheme.compliance_rules import ComplianceRules
from capwright.scheme.loader import load_scheme
from capwright.scheme.schema import Scheme, SchemeBody
from capwright.table import parse_table


def scheme(status, vintage=None, due=date(2024, 7, 31), original=None):
    rules = ComplianceRules(surrender_due_on=due, surrender_due_on_original=original, status=status)
    body = SchemeBody(name="test", en="Test", zh="测试", jurisdiction="X", vintage=vintage, compliance=rules)
    return Scheme(body, {}, "")


UK = scheme("cumulative")
GUANGDONG_2023 = scheme("yearly", 2023, original=date(2024, 6, 20))


def tables(accounts, emissions="", surrenders="", header="account,date,quantity_t"):
    return (
        parse_table(f"account,first_year,last_year\n{accounts}\n".encode(), "a.csv", AccountRow),
        parse_table(f"account,year,emissions_t\n{emissions}\n".encode(), "e.csv", EmissionsRow),
        parse_table(f"{header}\n{surrenders}\n".encode(), "s.csv", SurrenderRow),
    )


def status(as_of, accounts, emissions="", surrenders="", rules=UK, **more):
    return status_table(rules, date.fromisoformat(as_of), *tables(accounts, emissions, surrenders, **more))


def one(as_of, years, emissions="", surrenders="", rules=UK, **more):
    """The status of one account; rows are separated by spaces and need no account."""

    def rows(text):
        return "\n".join(f"X,{row}" for row in text.split())

    return status(as_of, rows(years), rows(emissions), rows(surrenders), rules, **more)[0][1]


@pytest.mark.parametrize(
    ("as_of", "years", "emissions", "surrenders", "expected"),
    [
        # Current, last and first year 2021.
        ("2021-06-01", "2021,2021", "2021,100", "2021-05-01,100", "A"),
        ("2021-06-01", "2021,2021", "2021,100", "2021-05-01,200", "A"),
        ("2021-06-01", "2021,2021", "2021,100", "", "B"),
        ("2021-06-01", "2021,2021", "2021,100", "2021-05-01,50", "B"),
        ("2021-06-01", "2021,2021", "", "2021-05-01,100", "C"),
        ("2021-06-01", "2021,2021", "", "", "C"),
        ("2021-06-01", "2021,2021", "2021,100", "2021-05-01,150 2021-05-02,-50", "A"),
        ("2021-06-01", "2021,2021", "2021,0", "2021-05-01,100", "A"),
        ("2021-06-01", "2021,2021", "2021,EXCLUDED", "2021-05-01,100", "EXCLUDED"),
        # No last year yet.
        ("2021-06-01", "2021,", "2021,100", "2021-05-01,100", "NOT_APPLICABLE"),
        ("2021-12-31", "2021,", "2021,100", "2021-05-01,100", "NOT_APPLICABLE"),
        ("2022-01-01", "2021,", "2021,100", "2021-05-01,100", "A"),
        ("2022-06-01", "2021,", "2021,100", "2021-05-01,100 2022-02-01,-50", "B"),
        ("2022-06-01", "2021,2025", "2021,100", "2021-05-01,100", "A"),
        ("2023-06-01", "2021,2025", "2021,100", "2021-05-01,100", "C"),
        ("2023-06-01", "2021,2025", "2021,100 2022,100", "2021-05-01,100", "B"),
        ("2023-06-01", "2021,2025", "2021,100 2022,100", "2021-05-01,100 2023-04-01,100", "A"),
        # Corrections, a shortfall made good.
        ("2022-06-01", "2021,", "2021,101", "2022-04-01,100", "B"),
        ("2022-06-01", "2021,", "2021,101", "2022-04-01,100 2022-04-20,1", "A"),
        ("2022-06-01", "2021,", "2021,50", "2022-04-01,50", "A"),
        ("2023-06-01", "2021,", "2021,100 2022,150", "2022-04-01,50 2023-04-01,200", "A"),
        ("2022-06-01", "2021,", "2021,100", "2022-04-01,50 2023-04-01,200", "B"),
        # Surrenders after the day do not count, those of the day do.
        ("2022-04-29", "2021,", "2021,100", "2022-04-30,100", "B"),
        ("2022-04-30", "2021,", "2021,100", "2022-04-30,100", "A"),
        ("2022-04-30", "2021,", "2021,100", "2022-04-30,100 2022-05-01,-100", "A"),
        # Figures of years that are not due do not count.
        ("2022-06-01", "2021,", "2021,10 2022,999 2023,999", "2022-04-01,10", "A"),
        ("2022-06-01", "2021,2022", "2021,10 2022,999", "2022-04-01,10", "B"),
        # Exclusions.
        ("2024-06-01", "2021,", "2021,100 2022,EXCLUDED 2023,100", "2024-04-01,200", "A"),
        ("2024-06-01", "2021,", "2021,100 2022,EXCLUDED 2023,EXCLUDED", "2022-04-01,50", "B"),
        ("2024-06-01", "2021,", "2021,EXCLUDED 2022,EXCLUDED 2023,EXCLUDED", "", "EXCLUDED"),
        ("2024-06-01", "2021,", "2022,100 2023,EXCLUDED", "2023-04-01,100", "C"),
        ("2024-06-01", "2021,", "2021,1 2022,1 2023,1 2024,0", "2023-04-01,3", "A"),
        ("2024-06-01", "2021,", "2021,1 2022,1 2023,1 2024,EXCLUDED", "2023-04-01,3", "A"),
        ("2024-06-01", "2025,", "", "", "NOT_APPLICABLE"),
        ("2030-06-01", "2021,2022", "2021,1 2022,1", "2023-04-01,2", "A"),
        ("2022-06-01", "2021,", "2020,0 2021,1", "2022-04-01,1", "A"),
        ("2022-06-01", "2021,", "2021,excluded", "", "EXCLUDED"),
        ("2022-06-01", "2021,", '2021,"1,000"', '2022-04-01,"1,000"', "A"),
    ],
)
def test_cumulative(as_of, years, emissions, surrenders, expected):
    assert one(as_of, years, emissions, surrenders) == expected


def test_the_order_is_that_of_the_accounts():
    found = status("2022-06-01", "B,2021,\nA,2021,\nC,2023,", "A,2021,5\nB,2021,5", "B,2022-04-01,5")
    assert found == [("B", "A"), ("A", "B"), ("C", "NOT_APPLICABLE")]


def test_no_accounts():
    assert status("2022-06-01", "") == []


@pytest.mark.parametrize(
    ("as_of", "years", "emissions", "surrenders", "expected"),
    [
        ("2024-07-31", "2013,", "2023,100", "2024-07-31,100", "COMPLIED"),
        ("2024-08-01", "2013,", "2023,100", "2024-08-01,100", "COMPLIED_LATE"),
        ("2024-07-31", "2013,", "2023,100", "2024-08-01,100", "PENDING"),
        ("2024-07-31", "2013,", "2023,100", "2024-06-01,99", "PENDING"),
        ("2024-08-01", "2013,", "2023,100", "2024-06-01,99", "SHORT"),
        ("2024-08-01", "2013,", "2023,100", "2024-06-01,120 2024-08-01,-21", "SHORT"),
        ("2024-08-01", "2013,", "2022,100", "2024-06-01,99", "NOT_REPORTED"),
        ("2024-08-01", "2013,", "2023,EXCLUDED", "", "EXCLUDED"),
        ("2024-08-01", "2024,", "", "", "NOT_APPLICABLE"),
        ("2024-08-01", "2023,2023", "2023,100", "2024-07-31,100", "COMPLIED"),
        ("2024-08-01", "2013,2022", "2022,10", "", "NOT_APPLICABLE"),
        ("2023-12-31", "2013,", "2023,100", "", "NOT_APPLICABLE"),
        ("2024-01-01", "2013,", "2023,100", "", "PENDING"),
        ("2024-08-01", "2013,", "2023,0", "", "COMPLIED"),
        # Every vintage by itself: what was surrendered in the summer of 2023 was for 2022.
        ("2024-08-01", "2013,", "2022,100 2023,100", "2023-07-20,200", "SHORT"),
        ("2024-08-01", "2013,", "2022,100 2023,100", "2023-07-20,50 2024-07-20,100", "COMPLIED"),
    ],
)
def test_yearly(as_of, years, emissions, surrenders, expected):
    assert one(as_of, years, emissions, surrenders, GUANGDONG_2023) == expected


def test_a_surrender_may_name_its_year():
    header = "account,date,quantity_t,year"
    rows = "2023-12-01,40,2023 2024-07-01,60,2023 2024-07-02,500,2022"
    assert one("2024-08-01", "2013,", "2023,100", rows, GUANGDONG_2023, header=header) == "COMPLIED"
    blank = "2024-07-01,99, 2024-07-02,500,2022"
    assert one("2024-08-01", "2013,", "2023,100", blank, GUANGDONG_2023, header=header) == "SHORT"


def test_yearly_figures():
    made = tables("X,2013,", "X,2023,100", "X,2024-07-01,60\nX,2024-09-01,50")
    ((account, result),) = yearly_table(GUANGDONG_2023, date(2024, 12, 1), *made)
    assert account == "X"
    assert (result.status, result.surrendered_t, result.shortfall_at_due_t) == ("COMPLIED_LATE", 110, 40)
    assert result.deadline.due_on_original == date(2024, 6, 20)


def test_the_shipped_schemes():
    # Guangdong 2023: 31 July 2024 instead of 20 June. UK: cumulative.
    guangdong, uk = load_scheme("guangdong-2023"), load_scheme("uk-ets")
    assert one("2024-07-31", "2013,", "2023,100", "2024-07-31,100", guangdong) == "COMPLIED"
    assert one("2024-08-01", "2013,", "2023,100", "2024-08-01,100", guangdong) == "COMPLIED_LATE"
    assert one("2022-06-01", "2021,", "2021,100", "2022-04-01,99", uk) == "B"


def place(*args, **kwargs):
    with pytest.raises(BadInput) as refused:
        status(*args, **kwargs)
    assert refused.value.refusal.message("zh") != refused.value.refusal.message("en")
    return refused.value.place, refused.value.refusal.code


DAY = "2024-08-01"


@pytest.mark.parametrize("rules", [UK, GUANGDONG_2023], ids=["cumulative", "yearly"])
@pytest.mark.parametrize(
    ("accounts", "emissions", "surrenders", "where", "code"),
    [
        ("X,2021,\nX,2022,", "", "", "a.csv:3:1", "CW-9216"),
        ("X,2021,2020", "", "", "a.csv:2:3", "CW-7005"),
        ("X,21,", "", "", "a.csv:2:2", "CW-7013"),
        ("X,99999,", "", "", "a.csv:2:2", "CW-7013"),
        ("X,abcd,", "", "", "a.csv:2:2", "CW-7013"),
        ("X,２０２１,", "", "", "a.csv:2:2", "CW-7013"),
        ("X,1899,", "", "", "a.csv:2:2", "CW-7013"),
        ("X,2021,never", "", "", "a.csv:2:3", "CW-7013"),
        ("X,,", "", "", "a.csv:2:2", "CW-9209"),
        (",2021,", "", "", "a.csv:2:1", "CW-9209"),
        ("X,2021,", "Y,2021,5", "", "e.csv:2:1", "CW-7010"),
        ("X,2021,", "X,2021,5\nX,2022,5\nX,2021,6", "", "e.csv:4:1", "CW-9216"),
        ("X,2021,", "X,2021,5\nX,2021,EXCLUDED", "", "e.csv:3:1", "CW-9216"),
        ("X,2021,", "X,2021,-5", "", "e.csv:2:3", "CW-9101"),
        ("X,2021,", "X,2021,5.5", "", "e.csv:2:3", "CW-9101"),
        ("X,2021,", "X,2021,1e6", "", "e.csv:2:3", "CW-7014"),
        ("X,2021,", "X,2021,none", "", "e.csv:2:3", "CW-7014"),
        ("X,2021,", "X,2021,9999999999999", "", "e.csv:2:3", "CW-9101"),
        ("X,2021,", "X,2020,5", "", "e.csv:2:2", "CW-7001"),
        ("X,2021,2022", "X,2023,5", "", "e.csv:2:2", "CW-7001"),
        ("X,2021,", "", "Y,2022-01-01,5", "s.csv:2:1", "CW-7010"),
        ("X,2021,", "", "X,2022-01-01,-5", "s.csv:2:3", "CW-7004"),
        ("X,2021,", "", "X,2022-01-02,5\nX,2022-01-01,-5", "s.csv:3:3", "CW-7004"),
        ("X,2021,", "", "X,2022-01-01,5\nX,2022-01-02,-6", "s.csv:3:3", "CW-7004"),
        ("X,2021,", "", "X,2030-01-01,-6", "s.csv:2:3", "CW-7004"),
        ("X,2021,", "", "X,2022-01-01,0.5", "s.csv:2:3", "CW-9101"),
        ("X,2021,", "", "X,01/02/2022,5", "s.csv:2:2", "CW-9212"),
        ("X,2021,", "", "X,2022-01-01", "s.csv:2:2", "CW-9208"),
    ],
)
def test_bad_rows(rules, accounts, emissions, surrenders, where, code):
    assert place(DAY, accounts, emissions, surrenders, rules) == (where, code)


def test_messages_name_the_years():
    with pytest.raises(BadInput) as refused:
        status(DAY, "X,2021,2022", "X,2023,5")
    assert "Emissions of 2023 lie outside the operator's years 2021-2022." in str(refused.value)


def test_a_reversal_on_the_day_of_its_surrender_is_fine_in_any_order():
    assert one("2022-06-01", "2021,", "2021,0", "2022-04-01,-5 2022-04-01,5") == "A"


def test_another_accounts_surrender_cannot_be_reversed():
    assert place(DAY, "X,2021,\nY,2021,", "", "X,2022-01-01,9\nY,2022-01-02,-5") == ("s.csv:3:3", "CW-7004")


def test_schemes_that_cannot_be_judged():
    bare = Scheme(SchemeBody(name="eu", en="", zh="", jurisdiction="X"), {}, "")
    with pytest.raises(Refused, match="CW-7011"):
        status(DAY, "X,2021,", rules=bare)
    with pytest.raises(Refused, match="CW-7012"):
        status(DAY, "X,2021,", rules=scheme("yearly"))
