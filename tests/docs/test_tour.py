"""The tour's pictures: there, small, made by the tool that says so, and none left over."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
_PICTURE = re.compile(r"!\[([^\]]+)\]\((img/tour-[^)]+)\)")
MOST_BYTES = 80_000


def pictures(page):
    return _PICTURE.findall((DOCS / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize(("page", "language"), [("tour.md", "en"), ("tour.zh.md", "zh")])
def test_every_picture_is_there_small_and_of_the_pages_language(page, language):
    found = pictures(page)
    assert len(found) >= 7
    for words, path in found:
        assert words
        content = (DOCS / path).read_bytes()
        assert content[:4] == b"RIFF"
        assert content[8:12] == b"WEBP"
        assert len(content) < MOST_BYTES, path
        assert path.endswith(f".{language}.webp")


def test_no_picture_is_left_over():
    named = {path for page in ("tour.md", "tour.zh.md") for _, path in pictures(page)}
    assert named == {f"img/{path.name}" for path in (DOCS / "img").glob("tour-*")}
