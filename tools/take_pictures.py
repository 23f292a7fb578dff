#!/usr/bin/env python3
"""Takes a picture of every page: both languages, light and dark, wide and narrow, into build/pictures.

    capwright run guangdong-2023 --db build/desk.sqlite --until 2024-07-22T10:00
    capwright serve --db build/desk.sqlite --demo --port 18404
    python tools/take_pictures.py http://127.0.0.1:18404 [--person NAME ...] [--look zh-light-1280 ...]
    python tools/take_pictures.py http://127.0.0.1:18404 --tour      # those of docs/tour.md, into docs/img

Needs Debian's chromium. Pages are found by following links from the public site and from each desk.
"""

from __future__ import annotations

import argparse
import base64
import re
import shutil
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.web.crawling import enter, pages_of  # noqa: E402 - the repository is not on the path before

PEOPLE = (
    "",
    "authority-1",
    "operator-1",
    "exchange-1",
    "auditor-1",
    "verifier-01:lead",
    "cement-05:operator",
    "investor-25:operator",
)
LOOKS = tuple(
    f"{language}-{scheme}-{width}"
    for language in ("zh", "en")
    for scheme in ("light", "dark")
    for width in (1280, 390)
)
# Pages that no link of a running market leads to: refused, not found, asked for something that is not there.
EXTRA = {
    "": (
        "/apply/",
        "/certificates/",
        "/certificates/surrender/1.00/",
        "/market/NONE/",
        "/entities/?q=nobody",
    ),
    "cement-05:operator": ("/desk/authority/", "/desk/accounts/none/", "/desk/act/SurrenderUnits/"),
}


# The pictures of docs/tour.md: name, person, address; `*` stands for the person's account.
TOUR = (
    ("public", "", "/"),
    ("account", "cement-05:operator", "/desk/accounts/*/"),
    ("report", "cement-05:operator", "/desk/accounts/*/reports/2023/"),
    ("trade", "investor-25:operator", "/desk/accounts/*/trade/"),
    ("authority", "authority-1", "/desk/authority/"),
    ("registry", "operator-1", "/desk/registry/reconciliation/"),
    ("exchange", "exchange-1", "/desk/exchange/"),
)
_WEBP = """async png => {
  const image = new Image();
  image.src = "data:image/png;base64," + png;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), {width: image.width, height: image.height});
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", 0.82).split(",")[1];
}"""


def name_of(person: str, kind: str) -> str:
    """A file name: the person, and the kind of page."""
    path = re.sub(r"[^A-Za-z0-9*]+", "_", kind).strip("_").replace("*", "x") or "home"
    return f"{person.replace(':', '-') or 'public'}__{path}"


def take(browser: Any, site: str, person: str, look: str, folder: Path) -> int:
    """Take a picture of every page of a person in one look; return how many."""
    language, scheme, width = look.split("-")
    context = browser.new_context(
        locale={"zh": "zh-CN", "en": "en-US"}[language],
        color_scheme=scheme,
        viewport={"width": int(width), "height": 900},
    )
    page = context.new_page()
    starts = ["/"]
    if person:
        enter(page, site, person)
        starts = ["/desk/"]
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    within = "/desk/" if person else "/"
    for kind, address, status in pages_of(page, site, *starts, within=within):
        if status != HTTPStatus.OK:
            say(f"{person or 'public'} is led to {address}: {status}")
        if not person and kind.startswith(("/desk", "/identity/password")):
            continue
        shoot(page, folder / f"{name_of(person, kind)}.png")
        count += 1
    for address in EXTRA.get(person, ()):
        page.goto(site + address)
        shoot(page, folder / f"{name_of(person, address)}.png")
        count += 1
    context.close()
    return count


def shoot(page: Any, path: Path) -> None:
    """The whole page, up to six screens; says so when it scrolls sideways."""
    page.wait_for_timeout(250)
    tall, wide = page.evaluate("(page => [page.scrollHeight, page.scrollWidth])(document.documentElement)")
    size = page.viewport_size
    if wide > size["width"] + 1:
        say(f"scrolls sideways ({wide} px): {path}")
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(tall, 6 * size["height"])}
    page.screenshot(path=str(path), full_page=True, clip=clip)


def tour(browser: Any, site: str, folder: Path) -> None:
    """Take the pictures of the tour in both languages, as WebP: a third of the size of PNG."""
    for language, locale in (("en", "en-US"), ("zh", "zh-CN")):
        for name, person, pattern in TOUR:
            address = pattern
            context = browser.new_context(locale=locale, viewport={"width": 1280, "height": 800})
            page = context.new_page()
            if person:
                enter(page, site, person)
                page.goto(site + "/desk/")
                found = re.search(r"/desk/accounts/([^/]+)/", page.content())
                address = pattern.replace("*", found[1] if found else "")
            page.goto(site + address)
            page.wait_for_timeout(900)
            page.eval_on_selector_all(".lang", "links => links.forEach(link => link.remove())")
            png = base64.b64encode(page.screenshot()).decode()
            blank = context.new_page()  # the site's own rules let no script of ours make pictures
            webp = base64.b64decode(blank.evaluate(_WEBP, png))
            path = folder / f"tour-{name}.{language}.webp"
            path.write_bytes(webp)
            say(f"{path.name}: {len(webp):,} bytes")
            context.close()


def say(text: str) -> None:
    """Tell what came about."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Take them."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("site", help="address of a running demo")
    asked.add_argument("--person", nargs="*", default=PEOPLE)
    asked.add_argument("--look", nargs="*", default=LOOKS, choices=LOOKS)
    asked.add_argument("--out", type=Path, default=ROOT / "build" / "pictures")
    asked.add_argument("--tour", action="store_true", help="the pictures of docs/tour.md only")
    given = asked.parse_args()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        if given.tour:
            tour(browser, given.site.rstrip("/"), ROOT / "docs" / "img")
            given.look = ()
        for look in given.look:
            for person in given.person:
                count = take(browser, given.site.rstrip("/"), person, look, given.out / look)
                say(f"{look} {person or 'public'}: {count} pages")
        browser.close()


if __name__ == "__main__":
    main()
