"""A method with a bit of everything that pages, templates and PDF reports show, and a report for it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from capwright.mrv import library
from capwright.mrv.library import load_method_text, load_table_text
from capwright.mrv.method import Method
from capwright.mrv.records import Datum, EmissionReport, Evidence, Stream
from tests.mrv_worlds import FUELS, GRID, datum

GASES = """
code = "gwp-test"
version = "1"
en = "Warming potentials of the tests"
zh = "测试增温潜势"
source = "AR5"
confidence = "secondary"
columns = [{ code = "ar5", en = "AR5", zh = "AR5", unit = "1" }]
items = [{ code = "CF4", en = "CF4", zh = "四氟化碳", values = { ar5 = 6630 } }]
"""
METHOD = Path(__file__).with_name("filing_method.toml").read_text(encoding="utf-8")
PROOF = Evidence(
    "ab" * 32, "lab", "煤质检验", "L-7", 3, "2023-03-01", "2023-03-02", "2023-03-05", "Lab", True
)


def world() -> Method:
    known = {"fuels-test@1": FUELS, "grid-test@1": GRID, "gwp-test@1": GASES}
    loaded = {name: load_table_text(text) for name, text in known.items()}
    return load_method_text(METHOD, tables_of=lambda name: loaded.get(name) or library.table(name))


def methods(name: str) -> Method:
    """The methods that files of the tests name."""
    return world() if name == "everything@1" else library.method(name)


def full() -> EmissionReport:
    """A report with monthly and yearly figures, both kinds of fuel, evidence, facilities, a second output."""
    tonnes = tuple(Decimal(1000 + 17 * n) for n in range(12))
    heats = tuple(Decimal("20.1") + Decimal(n) / 100 for n in range(12))
    return EmissionReport(
        "广州水泥厂",
        2023,
        "everything@1",
        (
            Stream(
                "coal-1", "fuel", "anthracite", "1# 窑",
                data=(
                    Datum("FC", "t", months=tonnes, evidence=(PROOF,)),
                    Datum("NCV", "MJ/kg", months=heats),
                ),
            ),
            Stream(
                "gas", "fuel", "gas", "锅炉", "heat",
                data=(Datum("FC", "10^4 Nm3", "calculated", Decimal("12.5"), note="按发票"),),
            ),
            Stream("meter", "electricity", "", "1# 窑", data=(datum("bought", "kWh", 2500000),)),
        ),
        outputs=(
            Datum("clinker@1# 窑", "t", value=Decimal(30000), evidence=(Evidence("cd" * 32, "ledger"),)),
        ),
        area="guangdong",
        plan=2,
        digest=world().digest,
        note="年度报告",
    )  # fmt: skip
