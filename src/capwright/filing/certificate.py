"""A certificate as PDF: one page in Chinese and English, with a code that leads to its public check."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from capwright.filing.extras import need
from capwright.filing.pdf import Respell, set_in_type
from capwright.projection.certificates import Certificate, Line

__all__ = ["STATES", "TITLES", "Frame", "certificate_pages", "certificate_pdf"]

TITLES: Final = {
    "surrender": ("清缴证明", "Certificate of surrender"),
    "cancellation": ("注销证明", "Certificate of cancellation"),
    "holding": ("持有证明", "Certificate of holdings"),
}
STATES: Final = {
    "": ("", ""),
    "free": ("可用", "free"),
    "held": ("占用", "held"),
    "frozen": ("冻结", "frozen"),
}
_MOST_RANGES: Final = 40  # more would not fit on the page; the digest covers all of them
_MOST_LINES: Final = 12
_QUIET: Final = 2  # modules of white around the code; the page is white anyway


class Frame(Struct, frozen=True):
    """What stands around the content: names of the market and the holder, day and time, where to check.

    `nature` is the market's own word for its data; anything but `real` is marked across the page.
    """

    market_zh: str
    market_en: str
    scheme: str
    holder: str
    holder_id: str
    on: str
    at: str
    zone: str
    url: str
    nature: str


def certificate_pdf(certificate: Certificate, frame: Frame, respell: Respell | None = None) -> bytes:
    """The PDF; the same certificate and frame give the same bytes. `respell`: into traditional characters."""
    return certificate_pages(certificate, frame, "pdf", respell)[0]


def certificate_pages(
    certificate: Certificate, frame: Frame, kind: str, respell: Respell | None = None
) -> list[bytes]:
    """The certificate as `pdf`, `png` or `svg`."""
    return set_in_type("certificate.typ", _data(certificate, frame), kind, respell)


def _data(one: Certificate, frame: Frame) -> dict[str, Any]:
    zh, en = TITLES[one.kind]
    day = f"{frame.on[:4]}年{int(frame.on[5:7])}月{int(frame.on[8:])}日"
    year_zh, year_en = (f"{one.vintage}年度", f" for {one.vintage}") if one.vintage else ("", "")
    said = {
        "surrender": (
            f"兹证明下列账户已于{day}为履行{year_zh}清缴义务提交以下单位。",
            f"The account below has surrendered the following units{year_en}.",
        ),
        "cancellation": (
            f"兹证明下列账户已于{day}永久注销以下单位，注销后不得再用于清缴或交易。",
            "The account below has cancelled the following units for good; they serve no other purpose.",
        ),
        "holding": (
            f"兹证明截至{day}所列时刻（日志第{one.seq:,}行之后），下列账户持有以下单位。",
            f"After row {one.seq:,} of the journal the account below held the following units.",
        ),
    }[one.kind]
    lines, left = _shown(one.lines)
    return {
        "zh": zh,
        "en": en,
        "said_zh": said[0],
        "said_en": said[1],
        "market_zh": frame.market_zh,
        "market_en": "" if frame.market_en == frame.market_zh else frame.market_en,
        "total": f"{one.quantity_t:,}",
        "facts": _facts(one, frame),
        "lines": lines,
        "left": left,
        "id": one.id,
        "digest": one.digest,
        "url": frame.url,
        "code": _code(frame.url),
        "mark": _mark(frame.nature),
        "states": one.kind == "holding",
    }


def _facts(one: Certificate, frame: Frame) -> list[tuple[str, str, str]]:
    facts = [
        ("账户持有人", "Holder", frame.holder),
        ("账户", "Account", one.account),
        ("时间", "Time", f"{frame.at} ({frame.zone})"),
        ("规则", "Rules", frame.scheme),
        ("日志行", "Row of the journal", f"{one.seq:,}"),
        ("该行散列值", "Hash of the row", one.row_hash),
    ]
    if frame.holder_id:
        facts.insert(1, ("主体代码", "Id of the holder", frame.holder_id))
    if one.vintage:
        facts.insert(2, ("履约年度", "Compliance year", str(one.vintage)))
    if one.transaction_id:
        facts.append(("交易编号", "Transaction", one.transaction_id))
    return facts


def _shown(lines: tuple[Line, ...]) -> tuple[list[dict[str, Any]], int]:
    """Lines as the page has them, and how many ranges are left out for want of room."""
    shown: list[dict[str, Any]] = []
    room, left = _MOST_RANGES, 0
    for line in lines:
        fitting = line.ranges[:room] if len(shown) < _MOST_LINES else ()
        room -= len(fitting)
        left += len(line.ranges) - len(fitting)
        if fitting:
            state = STATES[line.state]
            shown.append(
                {
                    "series": line.series,
                    "state_zh": state[0],
                    "state_en": state[1],
                    "quantity": f"{line.quantity_t:,}",
                    "ranges": [f"{first:,}–{last:,}" for first, last in fitting],
                }
            )
    return shown, left


def _mark(nature: str) -> tuple[str, str] | None:
    """What is written across the page."""
    if nature == "real":
        return None
    return ("重构数据", "RECONSTRUCTED DATA") if nature == "reconstructed" else ("合成数据", "SYNTHETIC DATA")


def _code(url: str) -> str:
    """A QR code as SVG."""
    qrcode = need("qrcode", "web")
    code = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(url)
    code.make(fit=True)
    matrix = code.get_matrix()
    size = len(matrix) + 2 * _QUIET
    squares = "".join(
        f"M{x + _QUIET} {y + _QUIET}h1v1h-1z"
        for y, row in enumerate(matrix)
        for x, dark in enumerate(row)
        if dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/><path d="{squares}"/></svg>'
    )
