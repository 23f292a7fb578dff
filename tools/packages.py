#!/usr/bin/env python3
"""Check, without a network, what this project is built on: pins, hashes and licences.

* Every requirement of pyproject.toml is pinned in the files under requirements/ that are made from it, at a
  version that it allows; every pin has hashes; one package has one version in all files.
* Every installed package is under a licence of the list below, or is named with the reason why it is here.

Exit code 0: all is well. Otherwise every fault is a line. The known weaknesses of packages: `make audit`.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
MADE_FROM = {
    "core.txt": (),
    "web.txt": ("web", "excel", "pdf"),
    "production.txt": ("web", "excel", "pdf", "postgres", "s3"),
    "dev.txt": ("dev", "postgres"),
}
ALLOWED = re.compile(
    r"0BSD|AFL|Apache|BSD|CC0|HPND|ISC|MIT|MPL|Mozilla Public|PSF|Python Software Foundation|PostgreSQL|"
    r"Unlicense|Zlib|Public Domain|any-OSI",
    re.IGNORECASE,
)
STRONG = re.compile(r"\b(?:A?GPL|GNU (?:Affero )?General Public|SSPL|Commons Clause)", re.IGNORECASE)
# Never imported by `src`, or under a licence that lets a program import it: docs/dependencies.md says more.
EXCEPTIONS = {
    "beancount": "GPL-2.0: a separate program that tests start",
    "jwcrypto": "LGPL-3.0: of django-oauth-toolkit, for OpenID Connect, which is off",
    "psycopg": "LGPL-3.0: imported, unchanged, replaceable",
    "psycopg-binary": "LGPL-3.0: imported, unchanged, replaceable",
}


def pins(text: str) -> dict[str, tuple[str, int]]:
    """Version and number of hashes of every package of a requirements file."""
    found: dict[str, tuple[str, int]] = {}
    for block in re.split(r"\n(?=\S)", text):
        head = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", block)
        if head:
            found[canonicalize_name(head[1])] = (head[2], block.count("--hash=sha256:"))
    return found


def pin_faults(project: dict[str, object], files: dict[str, str]) -> list[str]:
    """Where pins and pyproject.toml disagree, by file name and text."""
    about: dict[str, object] = project["project"]  # type: ignore[assignment]
    extras: dict[str, list[str]] = about["optional-dependencies"]  # type: ignore[assignment]
    faults, seen = [], {}
    for name, text in files.items():
        pinned = pins(text)
        wanted = [*about["dependencies"], *(one for extra in MADE_FROM[name] for one in extras[extra])]  # type: ignore[misc]
        for said in wanted:
            one = Requirement(said)
            version = pinned.get(canonicalize_name(one.name), ("", 0))[0]
            if not version:
                faults.append(f"{name}: {one.name} is not pinned")
            elif not one.specifier.contains(version, prereleases=True):
                faults.append(f"{name}: {one.name} {version} is not {one.specifier}")
        for package, (version, hashes) in pinned.items():
            if not hashes:
                faults.append(f"{name}: {package} has no hash")
            if seen.setdefault(package, version) != version:
                faults.append(f"{name}: {package} {version}, elsewhere {seen[package]}")
        if "://" in text:
            faults.append(f"{name}: names an address")
    return faults


def licence_of(package: Distribution) -> str:
    """What a package says of its licence: the expression, the classifiers, or the first line of its text."""
    said = package.metadata.get("License-Expression")
    classes = [
        one.rpartition(" :: ")[2]
        for one in package.metadata.get_all("Classifier") or []
        if one.startswith("License ::")
    ]
    return said or " / ".join(classes) or (package.metadata.get("License") or "").strip().split("\n")[0]


def licence_fault(name: str, licence: str) -> str:
    """Why a package may not be here; empty when it may."""
    if canonicalize_name(name) in EXCEPTIONS:
        return ""
    if not licence:
        return f"{name}: says nothing of its licence"
    choices = re.split(r"\bOR\b| / ", licence)
    good = any(ALLOWED.search(one) and not STRONG.search(one) for one in choices)
    return "" if good else f"{name}: {licence[:80]}"


def main() -> int:
    """Print the faults."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    files = {name: (ROOT / "requirements" / name).read_text(encoding="utf-8") for name in MADE_FROM}
    faults = pin_faults(project, files)
    installed = [(one.metadata["Name"], licence_of(one)) for one in distributions()]
    faults += filter(None, (licence_fault(name, licence) for name, licence in sorted(installed)))
    for fault in faults:
        print(fault)  # noqa: T201
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
