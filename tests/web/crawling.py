"""Every page that a person gets to by links: one of each kind, found and not listed, so none is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

__all__ = ["enter", "kind_of", "on_this_site", "pages_of"]

_MOST = 90  # of one person; more means that a kind of address is told apart too finely
_NOT_PAGES = re.compile(r"\.[a-z]{2,5}$|^/(api|static|metrics|oauth|demo/enter)|/papers/|/template/")
_LINKS = "links => links.map(link => link.getAttribute('href'))"


def enter(page: Any, site: str, person: str) -> None:
    """Sign in as a person of the demo."""
    page.goto(site + "/demo/")
    csrf = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    page.request.post(
        site + "/demo/enter/",
        form={"person": person, "csrfmiddlewaretoken": csrf},
        headers={"Referer": site + "/demo/"},
    )


def kind_of(address: str) -> str:
    """What an address has in common with others of its kind: numbers and names of things left out."""
    parts = urlsplit(address)
    path = re.sub(r"/desk/act/[A-Za-z]+/", "/desk/act/*/", parts.path)
    path = "/".join("*" if re.search(r"\d", step) else step for step in path.split("/"))
    asked = sorted(
        f"{key}={value}" if key in {"tab", "stage", "show"} else key
        for key, value in parse_qsl(parts.query)
        if key not in {"lang", "page", "year", "vintage", "version", "next"} and value
    )
    return f"{path}?{'&'.join(asked)}" if asked else path


def on_this_site(address: str, href: str) -> str:
    """Where a link of a page leads, when that is a page of this site; else empty."""
    parts = urlsplit(urljoin(f"http://here{address}", href))
    found = parts.path + (f"?{parts.query}" if parts.query else "")
    away = parts.netloc != "here" or _NOT_PAGES.search(parts.path) or "format=" in parts.query
    return "" if away or "/logout/" in found else found


def pages_of(page: Any, site: str, *starts: str, within: str = "/") -> Iterator[tuple[str, str, int]]:
    """Open one page of each kind that links lead to; give its kind, address and status while it is open.

    Leaves out files, and whatever does not begin with `within`.
    """
    waiting = list(starts)
    seen = {kind_of(one) for one in waiting}
    opened = 0
    while waiting and opened < _MOST:
        address = waiting.pop(0)
        answer = page.goto(site + address)
        assert answer is not None
        opened += 1
        for href in page.eval_on_selector_all("a[href]", _LINKS):
            parts = urlsplit(urljoin(site + address, href))
            found = parts.path + (f"?{parts.query}" if parts.query else "")
            if f"{parts.scheme}://{parts.netloc}" != site or not parts.path.startswith(within):
                continue
            if _NOT_PAGES.search(parts.path) or "format=" in parts.query or kind_of(found) in seen:
                continue
            seen.add(kind_of(found))
            waiting.append(found)
        yield kind_of(address), address, answer.status
    assert not waiting, f"{len(waiting)} more, as {waiting[:3]}"
