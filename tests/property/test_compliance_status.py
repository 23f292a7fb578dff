"""Status and surrender plans under random input."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from capwright.compliance.report import AccountRow, EmissionsRow, SurrenderRow, cumulative_table
from capwright.compliance.status import (
    CumulativeStatus,
    Deadline,
    DutyRecord,
    YearlyStatus,
    cumulative_status,
    yearly_status,
)
from capwright.compliance.surrender import Holding, plan_surrender
from capwright.scheme.compliance_rules import ComplianceRules
from capwright.table import Table

years = st.integers(2021, 2026)
RANK = {YearlyStatus.SHORT: 0, YearlyStatus.COMPLIED_LATE: 1, YearlyStatus.COMPLIED: 2}


@st.composite
def records(draw):
    first = draw(years)
    last = draw(st.none() | st.integers(first, 2027))
    inside = range(first, (last or 2027) + 1)
    figures = draw(st.dictionaries(st.sampled_from(inside), st.none() | st.integers(0, 50)))
    emissions = {year: t for year, t in figures.items() if t is not None}
    excluded = frozenset(year for year, t in figures.items() if t is None)
    record = DutyRecord(first, last, emissions, excluded, draw(st.integers(0, 120)))
    record.check()
    return record


def plainly(record, year):
    """The rule once more, as a table of the years that are due."""
    if year < record.first_year or (year == record.first_year and record.last_year != year):
        return "NOT_APPLICABLE"
    due = [y for y in range(2000, year) if y >= record.first_year and y <= (record.last_year or year)]
    if record.last_year == year:
        due.append(year)
    told = ["X" if y in record.excluded else record.emissions.get(y, "?") for y in due]
    if set(told) == {"X"}:
        return "EXCLUDED"
    if "?" in told:
        return "C"
    return "B" if sum(t for t in told if t != "X") > record.surrendered_t else "A"


@given(records(), st.integers(2019, 2030))
def test_the_rule_read_twice(record, year):
    assert cumulative_status(record, year) == plainly(record, year)


@given(records(), st.integers(2019, 2030), st.integers(0, 100))
def test_more_surrendered_never_harms(record, year, more):
    before, after = cumulative_status(record, year), cumulative_status(record.with_surrender(more), year)
    if before == CumulativeStatus.B:
        assert after in (CumulativeStatus.A, CumulativeStatus.B)
    else:
        assert after == before
    assert cumulative_status(record.with_surrender(more).with_reversal(more), year) == before


@given(records(), st.integers(2019, 2030))
def test_enough_surrendered_is_never_b(record, year):
    paid = record.with_surrender(sum(record.emissions.values()))
    assert cumulative_status(paid, year) != CumulativeStatus.B


@given(st.lists(st.tuples(records(), st.lists(st.integers(0, 800), max_size=4)), max_size=4), st.data())
def test_the_order_of_rows_does_not_matter(operators, data):
    def table(row, rows):
        made = Table("t.csv", row.__struct_encode_fields__)
        for line, entry in enumerate(rows, start=2):
            made.append(entry)
            made.lines.append(line)
        return made

    accounts, emissions, surrenders = [], [], []
    for at, (record, days) in enumerate(operators):
        accounts.append(AccountRow(f"O{at}", record.first_year, record.last_year))
        emissions += [EmissionsRow(f"O{at}", year, t) for year, t in record.emissions.items()]
        emissions += [EmissionsRow(f"O{at}", year, None) for year in record.excluded]
        surrenders += [SurrenderRow(f"O{at}", date(2021, 1, 1) + timedelta(days=n), 10 + n) for n in days]
        surrenders += [SurrenderRow(f"O{at}", date(2021, 1, 1) + timedelta(days=n), -n) for n in days]
    as_of = date(2022, 6, 30)

    def judged():
        return dict(
            cumulative_table(
                as_of,
                table(AccountRow, accounts),
                table(EmissionsRow, emissions),
                table(SurrenderRow, surrenders),
            )
        )

    first = judged()
    for at, (record, days) in enumerate(operators):
        paid = sum(10 for n in days if date(2021, 1, 1) + timedelta(days=n) <= as_of)
        bare = DutyRecord(record.first_year, record.last_year, record.emissions, record.excluded, paid)
        assert first[f"O{at}"] == cumulative_status(bare, 2022)
    accounts = data.draw(st.permutations(accounts))
    emissions = data.draw(st.permutations(emissions))
    surrenders = data.draw(st.permutations(surrenders))
    assert judged() == first


@given(
    st.integers(0, 60),
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 30)), max_size=5),
    st.integers(0, 20),
    st.integers(0, 30),
)
def test_a_further_surrender_never_worsens_the_yearly_status(owed, paid, day, more):
    start, due = date(2024, 7, 1), Deadline(date(2024, 7, 10))
    rows = [(start + timedelta(days=n), t) for n, t in paid]
    as_of = date(2024, 7, 21)
    before = yearly_status(owed, rows, due, as_of)
    after = yearly_status(owed, [*rows, (start + timedelta(days=day), more)], due, as_of)
    assert RANK[after.status] >= RANK[before.status]
    assert (after.status == YearlyStatus.SHORT) == (after.shortfall_t > 0)
    assert (after.status == YearlyStatus.COMPLIED) == (after.shortfall_at_due_t == 0)


FAMILIES = {"GDEA": "allowance", "S-GDEA": "special", "PHCER": "credit"}
holdings = st.builds(
    Holding,
    st.sampled_from([*FAMILIES, "VCS"]),
    st.integers(2021, 2025),
    st.integers(0, 40),
    st.sampled_from(["", "P1"]),
    st.sampled_from(["", "frozen:2023"]),
)


@given(
    st.lists(holdings, max_size=8),
    st.integers(0, 150),
    st.dictionaries(st.tuples(st.sampled_from([*FAMILIES]), st.sampled_from(["", "P1"])), st.integers(0, 50)),
    st.booleans(),
    st.booleans(),
)
def test_a_plan_covers_the_obligation_or_all_that_may_be_used(held, owed, admitted, banking, borrowing):
    rules = ComplianceRules(
        surrender_due_on=date(2024, 7, 31), status="yearly", banking=banking, borrowing=borrowing
    )
    made = plan_surrender(rules, FAMILIES, 2023, owed, held, admitted)
    usable = 0
    for holding in held:
        if holding.kind == "GDEA":
            fits = (banking or holding.vintage >= 2023) and (borrowing or holding.vintage <= 2023)
            usable += holding.quantity_t if fits else 0
    for (kind, project), most in admitted.items():
        if kind != "GDEA":
            has = sum(h.quantity_t for h in held if (h.kind, h.project) == (kind, project))
            usable += min(most, has)
    assert made.surrendered_t == min(owed, usable)
    assert made.shortfall_t == owed - made.surrendered_t
    assert sum(h.quantity_t for h in held) == usable + sum(b.quantity_t for b in made.barred)
    assert all(0 < line.quantity_t <= line.holding.quantity_t for line in made.lines)
