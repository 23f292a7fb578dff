"""Forms made from commands: lists are given one a line, and what stands beside them."""

import inspect
import re

import pytest

from capwright.allocation.messages import ApproveQuota
from capwright.web.command_form import read


@pytest.mark.parametrize("text", ["A\nB", "A, B", "A，B", '["A","B"]', " A \n\n B "])
def test_names_are_given_one_a_line(text):
    assert read(ApproveQuota, {"vintage": "2023", "accounts": text}, {}) == ApproveQuota(2023, ("A", "B"))


def test_a_command_is_told_of_by_its_own_words(signed_in):
    from capwright.kernel.message import Command

    page = signed_in("authority-1").get("/desk/commands/").content.decode()
    assert inspect.getdoc(Command).split("\n")[0][:30] not in page


def test_a_form_says_that_the_data_are_synthetic(signed_in):
    assert "Synthetic data" in signed_in("authority-1").get("/desk/act/AppointOfficer/").content.decode()


def test_a_row_of_the_journal_names_who_wrote_it(signed_in):
    page = signed_in("auditor-1").get("/desk/auditor/journal/?actor=authority-2&command=ApproveProposal")
    seq = re.search(r"open=([0-9]+)#row", page.content.decode())[1]
    row = signed_in("auditor-1").get(f"/desk/auditor/journal/?open={seq}").content.decode()
    assert "<code>authority-2</code>" in row
    assert "b&#x27;" not in row
