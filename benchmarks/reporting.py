"""Emission reports: one large report, ten million activity rows, and what a row costs one by one."""

import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

from benchmarks.table import show

ROWS = 10_000_000
QUICK = 1_000_000
SAMPLE = 2_000
STREAMS = 50
# Worked out in a process of its own, so that its peak memory is its own.
# Few kinds of rows: half coal with a measured heating value, a quarter gas with the default one, a quarter
# electricity, over 5,000 enterprises.
FEW = """
COPY (SELECT 'E' || (n % 5000)::INTEGER AS enterprise, 2023 AS year,
      CASE WHEN n % 4 = 3 THEN 'electricity' ELSE 'fuel' END AS component,
      CASE WHEN n % 4 = 3 THEN '' WHEN n % 4 = 2 THEN 'natural_gas' ELSE 'bituminous' END AS item,
      'guangdong' AS area,
      CASE WHEN n % 4 <> 3 THEN CAST((n * 7919) % 10000019 AS DECIMAL(12, 2)) / 100 END::DECIMAL(12, 2) AS FC,
      CASE WHEN n % 4 < 2 THEN CAST(18 + (n * 31) % 9 AS DECIMAL(6, 3)) END AS NCV,
      CASE WHEN n % 4 = 3 THEN CAST((n * 104729) % 1000003 AS DECIMAL(12, 1)) END AS bought
      FROM range({rows}) AS made(n)) TO '{path}' (FORMAT parquet)
"""
# Many kinds: every fuel of the table or electricity at random, in three years, over 16,667 enterprises, so
# that each of their 50,001 years has 200 rows of most of the 22 fuels.
MANY = """
COPY (SELECT 'E' || (n % 16667)::INTEGER AS enterprise, (2021 + hash(n) % 3)::INTEGER AS year,
      CASE WHEN n % 10 < 8 THEN 'fuel' ELSE 'electricity' END AS component,
      CASE WHEN n % 10 < 8 THEN {items}[1 + (hash(n * 3) % len({items}))::INTEGER] ELSE '' END AS item,
      'guangdong' AS area,
      CASE WHEN n % 10 < 8 THEN CAST(hash(n * 5) % 100003 AS DECIMAL(12, 2)) / 100 END::DECIMAL(12, 2) AS FC,
      CASE WHEN n % 10 >= 8 THEN CAST(hash(n * 7) % 1000003 AS DECIMAL(12, 1)) END AS bought
      FROM range({rows}) AS made(n)) TO '{path}' (FORMAT parquet)
"""
WORK = """
import resource, sys, time
from pathlib import Path
from capwright.filing.bulk import recalculate
from capwright.mrv.library import method
began = time.perf_counter()
result = recalculate(Path(sys.argv[1]), method("guangdong-paper@2022.1"), threads=int(sys.argv[2]))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(time.perf_counter() - began, peak, result.emissions_t, result.exact_rows)
"""


def run(folder: Path, *, quick: bool = False) -> str:
    """Measure, and return a table."""
    import duckdb

    from capwright.mrv.library import method

    rows = QUICK if quick else ROWS
    path = folder / "rows.parquet"
    lines = []
    fuels = [one.code for one in method("guangdong-paper@2022.1").tables["fuel"].body.items]
    bulk = 0.0
    for kinds, make in (("3 kinds", FEW), (f"{3 * len(fuels) + 3} kinds", MANY)):
        duckdb.sql(make.format(rows=rows, path=path, items=fuels))
        totals, quickest = set(), 1e9
        for threads in (2, 1, 2):
            seconds, peak_mb, total = _recalculated(path, threads)
            totals.add(total)
            quickest = min(quickest, seconds)
            lines.append(
                [f"{rows:,} rows of {kinds}, threads: {threads}", f"{seconds:.1f} s", f"{peak_mb:.0f} MB"]
            )
        lines.append(["the same total in every run", "yes" if len(totals) == 1 else "NO", ""])
        bulk = bulk or quickest / rows
    path.unlink()
    each = _one_by_one()
    lines.append(
        [f"one row by the exact path ({SAMPLE:,} rows)", f"{each * 1e6:.0f} µs", f"{each / bulk:,.0f} times"]
    )
    lines.append([f"one report, {STREAMS} streams x 12 months", f"{_report() * 1000:.0f} ms", ""])
    return show("Emission reports", ["what", "time", "memory or ratio"], lines)


def _recalculated(path: Path, threads: int) -> tuple[float, float, str]:
    """Seconds, peak megabytes, and the total."""
    said = subprocess.run(
        [sys.executable, "-c", WORK, str(path), str(threads)], capture_output=True, text=True, check=True
    ).stdout.split()
    return float(said[0]), int(said[1]) / 1024, said[2]


def _one_by_one() -> float:
    """Seconds for a row worked out as a report of its own."""
    from capwright.mrv.calculation import work_out
    from capwright.mrv.library import method
    from capwright.mrv.records import Datum, EmissionReport, Stream

    used = method("guangdong-paper@2022.1")
    began = time.perf_counter()
    for n in range(SAMPLE):
        data = (Datum("FC", "t", value=Decimal(n)), Datum("NCV", "GJ/t", value=Decimal("23.1")))
        stream = Stream("s", "fuel", "bituminous", data=data)
        work_out(used, EmissionReport("E", 2023, used.id, (stream,), area="guangdong"))
    return (time.perf_counter() - began) / SAMPLE


def _report() -> float:
    """Seconds for a report of fifty streams by month, the best of five."""
    from capwright.mrv.calculation import compute
    from capwright.mrv.library import method
    from capwright.mrv.records import Datum, EmissionReport, Stream

    used = method("guangdong-paper@2022.1")
    months = tuple(Decimal(100 + n) for n in range(12))
    heat = tuple(Decimal(20 + n % 5) for n in range(12))
    streams = tuple(
        Stream(
            f"s{n}", "fuel", "bituminous", f"boiler {n}",
            data=(Datum("FC", "t", months=months), Datum("NCV", "GJ/t", months=heat)),
        )
        for n in range(STREAMS)
    )  # fmt: skip
    outputs = tuple(Datum(o.code, o.unit, value=Decimal(1000)) for o in used.body.outputs if o.required)
    required = tuple(
        Stream(
            c.code,
            c.code,
            data=(Datum("bought", "MWh" if c.code == "electricity" else "GJ", value=Decimal(10)),),
        )
        for c in used.body.components
        if c.required and c.code in {"electricity", "heat"}
    )
    report = EmissionReport("E", 2023, used.id, (*streams, *required), outputs, area="guangdong")
    best = 1e9
    for _ in range(5):
        began = time.perf_counter()
        compute(used, report)
        best = min(best, time.perf_counter() - began)
    return best
