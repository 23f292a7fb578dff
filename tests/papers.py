"""Papers read by programs that are not ours: PDFium for the words and the picture, ZXing for the codes."""

from __future__ import annotations

import re

import pypdfium2
import zxingcpp

_SPACED = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")
_DOTS = 3  # pixels a point: 216 to the inch, as a telephone sees a sheet


def pages_of(pdf: bytes) -> list[str]:
    """The words of every page, as they stand in the file; titles that are spaced out are put together."""
    with pypdfium2.PdfDocument(pdf) as document:
        found = [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]
    return [_SPACED.sub("", text) for text in found]


def codes_on(pdf: bytes) -> list[str]:
    """What the bar codes on the pages say, read from the pages as they are printed."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            picture = page.render(scale=_DOTS, grayscale=True)
            rows = memoryview(bytes(picture.buffer)).cast("B", (picture.height, picture.stride))
            found += [code.text for code in zxingcpp.read_barcodes(rows)]
    return found


def ink_of(pdf: bytes) -> list[float]:
    """How much of every page is not white, from 0 to 1."""
    with pypdfium2.PdfDocument(pdf) as document:
        pictures = [page.render(scale=1, grayscale=True) for page in document]
        return [1 - bytes(one.buffer).count(255) / len(bytes(one.buffer)) for one in pictures]
