"""The headings of the catalogue of refusals."""

import pytest

from capwright.cli.codes import FAMILIES, whole_catalogue
from tests.cli_calls import call


@pytest.mark.parametrize("code", whole_catalogue())
def test_every_code_belongs_to_one_family(code):
    assert sum(code.startswith(beginnings) for beginnings in FAMILIES) == 1


def test_allocation_and_mrv_have_headings_of_their_own(capsys):
    lines = call(capsys, "codes", "CW-5").out.splitlines()
    headings = [line.strip() for line in lines if line.strip()]
    assert "Allocation" in headings
    assert "MRV: reports and verification" in headings
    assert headings.index("Allocation") < headings.index("MRV: reports and verification")
