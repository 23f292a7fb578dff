"""Ids, names and reasons: printable and bounded."""

import pytest

from capwright.kernel.refusal import Refused
from capwright.kernel.text import MAX_ID, check_text


@pytest.mark.parametrize(
    "text", ["a", "张三", "广东省XX有限公司", "J. Döe-Smith, 2nd", "x" * MAX_ID, "ID/2023:7#4"]
)
def test_ordinary_texts_pass(text):
    check_text("name", text, MAX_ID)


@pytest.mark.parametrize(
    "text",
    ["", " ", "x" * (MAX_ID + 1), "a\nb", "a\tb", "\x00", "\x7f", " a", "a ", "\u202ea", "a\u200bb",
     "\ufeffa", "\ud800", "a\u00a0"],
)  # fmt: skip
def test_empty_long_and_unprintable_texts_are_refused(text):
    with pytest.raises(Refused) as refused:
        check_text("name", text, MAX_ID)
    refusal = refused.value.refusal
    assert refusal.code == "CW-9103"
    assert refusal.details["what"] == "name"
    refusal.message().encode()
    refusal.message("zh").encode()


def test_an_optional_text_may_be_empty():
    check_text("reason", "", 500, least=0)
    with pytest.raises(Refused):
        check_text("reason", "\n", 500, least=0)
