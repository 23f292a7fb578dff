"""A very small scenario that has a row in every table, for tests to break."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

TOML = """\
name = "harbour"
en = "A small market"
zh = "小型市场"
nature = "synthetic"
about_en = "Made up for tests."
about_zh = "测试用。"
schemes = ["guangdong-2022", "guangdong-2023"]
begins_at = 2024-01-02T08:00:00
seed = "harbour"

[[steps]]
at = 2024-01-12T08:00:00
do = "adopt"
scheme = "guangdong-2023"

[[steps]]
at = 2024-01-12T09:00:00
do = "issue"
kind = "GDEA"
vintage = 2023
quantity_t = 1000000

[[steps]]
at = 2024-01-12T09:10:00
do = "distribute"
kind = "GDEA"
vintage = 2023
to = { allocation = 900000, new_entrant_reserve = 99000, auction = 1000 }

[[steps]]
at = 2024-01-12T09:20:00
do = "record_carried"
vintage = 2023

[[steps]]
at = 2024-01-12T09:30:00
do = "pre_issue"
vintage = 2023

[[steps]]
at = 2024-01-12T09:40:00
do = "register_projects"
vintage = 2023

[[steps]]
at = 2024-06-12T09:00:00
do = "record_activity"

[[steps]]
at = 2024-06-12T09:10:00
do = "record_emissions"
vintage = 2023

[[steps]]
at = 2024-06-13T09:00:00
do = "approve_quota"
vintage = 2023

[[steps]]
at = 2024-06-27T09:00:00
do = "true_up"
vintage = 2023

[[steps]]
at = 2024-08-01T09:00:00
do = "assess"
vintage = 2023
"""
STEP = "\n[[steps]]\nat = 2024-09-02T09:00:00\n{step}\n"

# One tonne of tissue is allotted 1.00 t (a default of the scheme): 100,000 t, 96,000 of them free.
TABLES = {
    "enterprises.csv": (
        "id,name,account_type,sector,kind,first_year,cash\n"
        "mill,Mill,operator_holding,paper,existing,2016,300000.00\n"
        "kiln,Kiln,new_project_holding,cement,new_project,,1000000.00\n"
        "broker,Broker,trading,,investor,,\n"
        "forest,Forest,project_owner,,project_owner,,\n"
    ),
    "holdings.csv": "enterprise,kind,vintage,quantity_t\nmill,GDEA,2022,4000\nbroker,GDEA,2022,20000\n",
    "activity.csv": (
        "enterprise,process,year,activity,last_approved_t\nmill,paper_tissue,2023,100000,90000\n"
    ),
    "emissions.csv": "enterprise,year,emissions_t\nmill,2023,103500\n",
    "objections.csv": (
        "enterprise,vintage,decided_on,date,reason,approved_t\nmill,2023,2024-06-25,2024-06-20,meter,101000\n"
    ),
    "projects.csv": (
        "enterprise,vintage,process,design_capacity,bought_t,bought_on,accepted_on,controlled_on,issued_on\n"
        "kiln,2023,paper_tissue,50000,3000,2024-03-01,2024-03-04,2024-03-05,2024-03-06\n"
    ),
    "credits.csv": (
        "date,project,owner,kind,vintage,quantity_t,type,region\n2024-01-03,p1,forest,PHCER,2022,1000,forest,Guangdong\n"
    ),
    "transfers.csv": (
        "date,seller,buyer,kind,vintage,quantity_t,price,mode\n"
        "2024-02-01,broker,kiln,GDEA,2022,3000,65.00,listed_click\n"
        "2024-02-02,forest,mill,PHCER,2022,1000,60.00,one_way_auction\n"
        "2024-07-01,broker,mill,GDEA,2023,1540,48.00,negotiated\n"
    ),
    "rounds.csv": "round,scheme,date,offered_t,reserve_cny_per_t\nr1,guangdong-2023,2024-03-01,1000,40.00\n",
    "bids.csv": "round,bidder,price,quantity_t\n",
    "surrenders.csv": "date,enterprise,vintage\n2024-07-10,mill,2023\n",
    "freezes.csv": "date,enterprise,series,quantity_t,reason\n2024-08-05,broker,GDEA-2022,15460,review\n",
}


def write(folder: Path, toml: str = TOML, tables: Mapping[str, str] = TABLES) -> Path:
    """Write the scenario into a folder."""
    (folder / "scenario.toml").write_text(toml, encoding="utf-8")
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
