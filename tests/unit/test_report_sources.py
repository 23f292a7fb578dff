"""The legend of source names: every short name that a bundled file cites is explained."""

from __future__ import annotations

import re
from pathlib import Path

import capwright
from capwright.scheme.sources import SOURCES, legend

DATA = Path(capwright.__file__).parent
# Names in capitals, with digits or a domain, at the head of a citation.
HEAD = re.compile(r"^([A-Z][A-Z0-9]+(?:-[0-9A-Z]+)*|[a-z0-9]+\.(?:cn|com))\b")


def test_a_legend_names_what_the_texts_cite_once_in_the_order_of_the_table() -> None:
    found = legend(
        ["GZETS 2024-01-12; KJCYD", "not found", "DECREE art. 36", "GZETS 2022-12-05", "ICAP's sum"]
    )
    assert [short for short, _, _ in found] == ["DECREE", "GZETS", "ICAP", "KJCYD"]
    assert found[0][1].startswith("Trial measures")
    assert "省政府令第197号" in found[0][2]


def test_a_name_inside_a_longer_one_is_not_cited() -> None:
    assert legend(["PLANT", "SKY", "LMH-20245", "", "www.west3.cn"]) == []
    assert [short for short, _, _ in legend(["PLAN 2021-2022", "SI 2021/484; ICE"])] == [
        "PLAN",
        "SI 2021/484",
        "ICE",
    ]


def test_every_short_name_of_the_bundled_files_is_explained() -> None:
    cited: set[str] = set()
    for path in sorted(DATA.glob("sc*/data/**/*.toml")):
        for text in re.findall(r'source = "([^"]*)"', path.read_text(encoding="utf-8")):
            for piece in text.split(";"):
                found = HEAD.match(piece.strip())
                if found and not legend([piece]):
                    cited.add(found[1])
    assert cited <= {"UK"}  # "UK ETS Authority": says itself what it is
    assert len(SOURCES) > 20
