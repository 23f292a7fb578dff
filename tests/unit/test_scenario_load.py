"""Reading a scenario folder: what it refuses, and that every fault names file, line and column."""

from __future__ import annotations

import json

import jsonschema
import pytest

from capwright.kernel.refusal import BadInput
from capwright.scenario.files import scenario_json_schema
from capwright.scenario.load import DATA, built_in_scenarios, load_scenario
from tests.scenario_stories import STEP, TABLES, TOML, write


def fault(folder) -> BadInput:
    with pytest.raises(BadInput) as caught:
        load_scenario(folder)
    for lang in ("en", "zh"):
        said = caught.value.refusal.message(lang)
        assert said
        assert "{" not in said
    return caught.value


def placed(found: BadInput) -> tuple[str, str, int, int]:
    return found.refusal.code, found.file.rsplit("/", 1)[-1], found.line, found.column


def test_the_small_story_of_these_tests_is_sound(tmp_path):
    loaded = load_scenario(write(tmp_path))
    assert loaded.file.name == "harbour"
    assert [row.id for row in loaded.enterprises] == ["mill", "kiln", "broker", "forest"]
    assert len(loaded.bids) == 0  # a table that the folder lacks is empty


def test_built_in_scenarios_are_found_by_name_and_sound():
    assert built_in_scenarios() == ["guangdong-2023", "guangdong-auctions"]
    for name in built_in_scenarios():
        assert load_scenario(name).file.name == name


def test_an_unknown_name_lists_what_there_is():
    found = fault("guangdong-1999")
    assert found.refusal.code == "CW-9301"
    assert found.refusal.details["known"] == "guangdong-2023, guangdong-auctions"


@pytest.mark.parametrize(
    ("table", "row", "code", "column"),
    [
        # Ids of other tables.
        ("holdings.csv", "ghost,GDEA,2022,10", "CW-9303", 1),
        ("activity.csv", "ghost,paper_tissue,2023,10", "CW-9303", 1),
        ("emissions.csv", "ghost,2023,10", "CW-9303", 1),
        ("transfers.csv", "2024-02-01,ghost,kiln,GDEA,2023,10,60.00", "CW-9303", 2),
        ("transfers.csv", "2024-02-01,mill,ghost,GDEA,2023,10,60.00", "CW-9303", 3),
        ("surrenders.csv", "2024-07-01,ghost,2023", "CW-9303", 2),
        ("credits.csv", "2024-02-01,p2,ghost,PHCER,2022,10", "CW-9303", 3),
        ("objections.csv", "ghost,2023,2024-06-25,2024-06-20,late,10", "CW-9303", 1),
        ("projects.csv", "ghost,2023,paper_tissue,10", "CW-9303", 1),
        ("freezes.csv", "2024-08-05,ghost,GDEA-2023,10,review", "CW-9303", 2),
        ("bids.csv", "r1,ghost,60.00,10", "CW-9303", 2),
        ("bids.csv", "r9,mill,60.00,10", "CW-9304", 1),
        ("rounds.csv", "r2,guangdong-1999,2024-03-01,10", "CW-9308", 2),
        # Doubles.
        ("enterprises.csv", "mill,Mill again,operator_holding", "CW-9216", 1),
        ("emissions.csv", "mill,2023,10", "CW-9216", 1),
        ("activity.csv", "mill,paper_tissue,2023,10", "CW-9216", 1),
        ("rounds.csv", "r1,guangdong-2023,2024-03-01,10", "CW-9216", 1),
        ("credits.csv", "2024-02-01,p1,forest,PHCER,2022,10", "CW-9216", 2),
        ("objections.csv", "mill,2023,2024-06-25,2024-06-20,late,10", "CW-9216", 1),
        ("projects.csv", "kiln,2023,paper_tissue,10", "CW-9216", 1),
        # Cells.
        ("emissions.csv", "kiln,2022,a lot", "CW-9305", 3),
        ("emissions.csv", "kiln,2022,-5", "CW-9305", 3),
        ("emissions.csv", "kiln,2022,1000000000000000", "CW-9305", 3),
        ("transfers.csv", "2024-02-01,mill,kiln,GDEA,2023,0,60.00", "CW-9101", 6),
        ("transfers.csv", "2024-02-01,mill,kiln,GDEA,2023,10,0.00", "CW-9219", 7),
        ("transfers.csv", "2024-02-30,mill,kiln,GDEA,2023,10,60.00", "CW-9212", 1),
        ("enterprises.csv", "shop,Shop,bakery", "CW-9306", 3),
        ("enterprises.csv", "shop,Shop,allocation", "CW-9306", 3),  # a government account is nobody's
        # Days before the beginning.
        ("transfers.csv", "2023-12-29,mill,kiln,GDEA,2022,10,60.00", "CW-9309", 1),
        ("surrenders.csv", "2023-12-29,mill,2023", "CW-9309", 1),
        ("credits.csv", "2023-12-29,p2,forest,PHCER,2022,10", "CW-9309", 1),
        ("objections.csv", "kiln,2023,2023-12-29,2024-06-20,late,10", "CW-9309", 3),
        ("projects.csv", "mill,2023,paper_tissue,10,1,2023-12-29", "CW-9309", 6),
        ("projects.csv", "mill,2023,paper_tissue,10,1,2024-12-29,0001-01-01", "CW-9221", 7),
        ("transfers.csv", "9999-12-31,mill,kiln,GDEA,2022,10,60.00", "CW-9221", 1),
    ],
)
def test_a_bad_row_is_placed_by_file_line_and_column(tmp_path, table, row, code, column):
    folder = write(tmp_path)
    path = folder / table
    header, *there = TABLES[table].splitlines()
    rest = "," * (header.count(",") - row.count(","))  # optional cells stay empty
    path.write_text(TABLES[table] + row + rest + "\n", encoding="utf-8")
    assert placed(fault(folder)) == (code, table, len(there) + 2, column)


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ('do = "dance"', "CW-9302"),
        ('do = "pre_issue"\nvintage = "soon"', "CW-9302"),
        ('do = "pre_issue"\nvintage = 2023\ncolour = "red"', "CW-9302"),
        ('do = "pre_issue"', "CW-9307"),
        ('do = "adopt"', "CW-9307"),
        ('do = "sanction"\nvintage = 2023', "CW-9307"),
        ('do = "set_status"', "CW-9307"),
        ('do = "issue"\nkind = "GDEA"', "CW-9307"),
        ('do = "distribute"\nkind = "GDEA"\nvintage = 2023', "CW-9307"),
        ('do = "sanction"\nvintage = 2023\nenterprises = ["ghost"]', "CW-9303"),
        ('do = "adopt"\nscheme = "guangdong-2024"', "CW-9308"),
        ('do = "assess"\nvintage = 2021', "CW-9308"),
        ('do = "distribute"\nkind = "GDEA"\nvintage = 2023\nto = { trading = 5 }', "CW-9306"),
    ],
)
def test_a_bad_step_is_placed_at_its_line(tmp_path, step, code):
    text = TOML + STEP.format(step=step)
    line = text.splitlines().index("[[steps]]", TOML.count("\n")) + 1
    assert placed(fault(write(tmp_path, text)))[:3] == (code, "scenario.toml", line)


def test_a_step_before_the_beginning_is_refused(tmp_path):
    text = TOML + '\n[[steps]]\nat = 2023-12-31T09:00:00\ndo = "advance"\n'
    assert fault(write(tmp_path, text)).refusal.code == "CW-9309"


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ('nature = "synthetic"', "nature = synthetic", "CW-9302", 4),
        ('nature = "synthetic"', 'nature = "true"', "CW-9302", 0),
        ('nature = "synthetic"\n', "", "CW-9302", 0),
        ('seed = "harbour"', 'sead = "harbour"', "CW-9302", 0),
        ('schemes = ["guangdong-2022", "guangdong-2023"]', "schemes = []", "CW-9308", 0),
        ('seed = "harbour"', 'auction_hours = ["half past nine", "11:30"]', "CW-9312", 0),
    ],
)
def test_a_bad_head_is_refused(tmp_path, old, new, code, line):
    assert old in TOML
    found = fault(write(tmp_path, TOML.replace(old, new)))
    assert placed(found)[:3] == (code, "scenario.toml", line)


def test_a_scheme_without_a_registry_cannot_open_a_market(tmp_path):
    text = TOML.replace('["guangdong-2022", "guangdong-2023"]', '["auction-rggi-2023"]')
    found = fault(write(tmp_path, text))
    assert found.refusal.code == "CW-9311"


def test_a_scheme_file_beside_the_scenario_is_found_there(tmp_path):
    scheme = 'name = "strict-2023"\nextends = ["guangdong-2023"]\nen = "Strict"\nzh = "从严"\n'
    (tmp_path / "strict-2023.toml").write_text(scheme, encoding="utf-8")
    text = TOML.replace('"guangdong-2023"]', '"strict-2023.toml"]')
    text = text.replace('scheme = "guangdong-2023"', 'scheme = "strict-2023"')
    tables = TABLES | {"rounds.csv": TABLES["rounds.csv"].replace("guangdong-2023", "strict-2023")}
    assert load_scenario(write(tmp_path, text, tables)).file.schemes[1] == "strict-2023.toml"


def test_not_utf_8_is_refused(tmp_path):
    folder = write(tmp_path)
    (folder / "scenario.toml").write_bytes(TOML.encode("utf-16"))
    assert fault(folder).refusal.code == "CW-9302"


def test_the_json_schema_accepts_the_built_in_scenarios_and_rejects_a_typo():
    import tomllib

    schema = scenario_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    for name in built_in_scenarios():
        raw = tomllib.loads((DATA / name / "scenario.toml").read_text(encoding="utf-8"))
        plain = json.loads(json.dumps(raw, default=str))
        jsonschema.validate(plain, schema)
        plain["steps"][0]["do"] = "dance"
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(plain, schema)


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_times_out_of_reach_are_refused_before_anything_is_played(tmp_path, at):
    """The journal used to be written, and the report of it then failed."""
    folder = write(tmp_path, TOML.replace("begins_at = 2024-01-02T08:00:00", f"begins_at = {at}"))
    assert placed(fault(folder))[:2] == ("CW-9221", "scenario.toml")
    folder = write(tmp_path, TOML.replace("at = 2024-08-01T09:00:00", f"at = {at}"))
    assert placed(fault(folder))[:2] == ("CW-9221", "scenario.toml")
