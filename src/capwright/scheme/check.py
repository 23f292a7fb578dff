"""What must hold between the values of a scheme: ordered dates, shares in 0-1, names that lead somewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from capwright.kernel.refusal import BadInput, Refused
from capwright.scheme.bounds import Fault, setting_faults, value_faults
from capwright.scheme.mrv_rules import MrvRules
from capwright.scheme.problem import (
    DANGLING,
    DUPLICATE,
    INVERTED,
    NEEDED,
    OUT_OF_RANGE,
    OVERLAP,
    Origin,
    Problems,
    problem,
)
from capwright.scheme.registry_rules import (
    ALLOCATION,
    ISSUANCE,
    REVERSAL_OF_SURRENDER,
    SURRENDER,
    RegistryRules,
)
from capwright.scheme.schema import Scheme, SchemeBody
from capwright.scheme.section import Section
from capwright.scheme.shape import items_of, keyed_items

__all__ = ["Locate", "check_embedded", "check_family", "check_sense", "walk"]

# Gives the place in the files of a dotted path.
Locate = Callable[[str], Origin]

_SHARES = ("_share", "low_utilisation")
_NON_NEGATIVE = (
    "_t",
    "_tce",
    "_racks",
    "_count",
    "_fen",
    "_fen_per_t",
    "_days",
    "_months",
    "_years",
    "_hours",
)
_MOST_POINTS = 100
_POSITIVE = ("decline", "capacity_factor", "reserve_factor", "lot_t", "tick_fen")


def walk(section: Section, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a section with its dotted path, in the schema's order; absent ones (None) left out."""
    for name, value in items_of(section):
        below = f"{path}.{name}" if path else name
        if isinstance(value, Section):
            yield from walk(value, below)
        elif isinstance(value, tuple) and value and isinstance(value[0], Section):
            for key, item in keyed_items(value):
                yield from walk(item, f"{below}.{key}")
        elif isinstance(value, dict):
            yield from ((f"{below}.{key}", value[key]) for key in sorted(value))
        elif value is not None:
            yield below, value


def check_sense(body: SchemeBody, locate: Locate) -> Problems:
    """All problems between the values of a complete scheme."""
    wild = _out_of_range(value_faults(walk(body)), locate)
    if wild:  # the other checks count and compare, which wild values could break
        return wild
    found = [*_ranges(body, locate), *_dates(body, locate), *_references(body, locate)]
    return found + _out_of_range(setting_faults(body), locate)


def _out_of_range(faults: Iterable[Fault], locate: Locate) -> Problems:
    return [
        problem(OUT_OF_RANGE, locate(path), path=path, value=value, expected=expected)
        for path, value, expected in faults
    ]


def check_embedded(scheme: Scheme) -> None:
    """Refuse a scheme that came as JSON, not as a file, unless its values make sense."""
    for found in check_sense(scheme.body, lambda _path: Origin(scheme.name)):
        raise Refused(found.refusal)


def _ranges(body: SchemeBody, locate: Locate) -> Iterator[BadInput]:
    for path, value in walk(body):
        if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
            continue
        name = path.rpartition(".")[2]
        expected = ""
        if (name.endswith(_SHARES) or ".purchase_limits." in path) and not 0 <= value <= 1:
            expected = "0 … 1"
        elif name.endswith(_POSITIVE) and value <= 0:
            expected = "> 0"
        elif name.endswith(_NON_NEGATIVE) and value < 0:
            expected = "≥ 0"
        if expected:
            yield problem(OUT_OF_RANGE, locate(path), path=path, value=str(value), expected=expected)


def _dates(body: SchemeBody, locate: Locate) -> Iterator[BadInput]:
    start, end = body.period_start, body.period_end
    pairs: list[tuple[str, str, date | None, date | None]] = [
        ("period_end", "period_start / period_end", start, end)
    ]
    if body.compliance:
        due = body.compliance.surrender_due_on
        path = "compliance.surrender_due_on"
        pairs.append((path, "period_start / surrender_due_on", start, due))
        if body.compliance.offsets:
            path = "compliance.offsets.request_by"
            asked = body.compliance.offsets.request_by
            pairs.append((path, "request_by / surrender_due_on", asked, due))
    if body.mrv:
        reported, stated = body.mrv.report_due_on, body.mrv.statement_due_on
        path = "mrv.statement_due_on"
        pairs.append((path, "report_due_on / statement_due_on", reported, stated))
        pairs.append(("mrv.report_due_on", "period_start / report_due_on", start, reported))
    for path, what, first, last in pairs:
        if first and last and first > last:
            yield problem(INVERTED, locate(path), what=what, first=str(first), last=str(last))
    if body.vintage and start and end and not start.year <= body.vintage <= end.year:
        expected = f"{start.year}-{end.year}"
        yield problem(OUT_OF_RANGE, locate("vintage"), path="vintage", value=body.vintage, expected=expected)


def _references(body: SchemeBody, locate: Locate) -> Iterator[BadInput]:
    if body.coverage and body.allocation:
        sectors = [sector.code for sector in body.coverage.sectors]
        for process in body.allocation.processes:
            path = f"allocation.processes.{process.code}.sector"
            yield from _dangling([process.sector], sectors, path, locate)
    if body.mrv:
        yield from _mrv(body.mrv, locate)
    if body.registry is None:
        return
    yield from _registry_references(body.registry, locate)
    yield from _needed(body, body.registry, locate)
    kinds = [kind.code for kind in body.registry.unit_kinds]
    if body.compliance and body.compliance.offsets:
        offsets = body.compliance.offsets
        yield from _dangling([c.kind for c in offsets.credits], kinds, "compliance.offsets.credits", locate)
        if offsets.basket:
            used = [offsets.basket.kind, offsets.basket.partner_kind]
            yield from _dangling(used, kinds, "compliance.offsets.basket", locate)
    if body.allocation and body.allocation.exits and body.allocation.exits.special_kind:
        used = [body.allocation.exits.special_kind]
        yield from _dangling(used, kinds, "allocation.exits.special_kind", locate)


def _mrv(rules: MrvRules, locate: Locate) -> Iterator[BadInput]:
    codes = [violation.code for violation in rules.violations]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield problem(DUPLICATE, locate("mrv.violations"), path=f"mrv.violations.{code}")
    for violation in rules.violations:
        if violation.fine_least_fen > violation.fine_most_fen:
            path, least = f"mrv.violations.{violation.code}.fine_most_fen", violation.fine_least_fen
            yield problem(
                OUT_OF_RANGE, locate(path), path=path, value=violation.fine_most_fen, expected=f"≥ {least}"
            )
    rating = rules.rating
    if rating is None:
        return
    whole = (
        rating.report_quality_share + rating.conformity_share + rating.timeliness_share + rating.conduct_share
    )
    if whole != 1:
        yield problem(
            OUT_OF_RANGE, locate("mrv.rating"), path="mrv.rating.*_share", value=str(whole), expected="Σ = 1"
        )
    if not 0 <= rating.pass_from <= rating.good_from <= rating.excellent_from <= _MOST_POINTS:
        points = f"{rating.pass_from}, {rating.good_from}, {rating.excellent_from}"
        expected = "0 ≤ pass_from ≤ good_from ≤ excellent_from ≤ 100"
        yield problem(
            OUT_OF_RANGE, locate("mrv.rating"), path="mrv.rating.*_from", value=points, expected=expected
        )


def _needed(body: SchemeBody, registry: RegistryRules, locate: Locate) -> Iterator[BadInput]:
    """The transaction types and the account type that the rooms look for by name."""
    types, accounts = "registry.transaction_types", "registry.account_types"
    named = {row.name: row for row in registry.transaction_types}
    wanted = [
        (types, ISSUANCE[family], f"there are units of the family {family}", f"有{family}类单位")
        for family in dict.fromkeys(kind.family for kind in registry.unit_kinds)
        if family in ISSUANCE
    ]
    if body.allocation:
        wanted.append((types, ALLOCATION, "the scheme allocates free quota", "方案免费分配配额"))
    if body.compliance:
        wanted.append((types, SURRENDER, "the scheme has a compliance duty", "方案规定了履约义务"))
        wanted.append((accounts, SURRENDER, "the scheme has a compliance duty", "方案规定了履约义务"))
    if any(row.reverses == SURRENDER for row in named.values()):
        wanted.append((types, REVERSAL_OF_SURRENDER, "a type reverses surrender", "有撤销清缴的类型"))
    known = {types: {*named}, accounts: {account.code for account in registry.account_types}}
    for path, name, why, why_zh in wanted:
        if name not in known[path]:
            yield problem(NEEDED, locate(path), path=path, name=name, why=why, why_zh=why_zh)


def _registry_references(registry: RegistryRules, locate: Locate) -> Iterator[BadInput]:
    kinds = [kind.code for kind in registry.unit_kinds]
    accounts = [account.code for account in registry.account_types]
    names = [row.name for row in registry.transaction_types]
    for account in registry.account_types:
        yield from _dangling(
            account.unit_kinds, kinds, f"registry.account_types.{account.code}.unit_kinds", locate
        )
    for row in registry.transaction_types:
        path = f"registry.transaction_types.{row.code}"
        yield from _dangling(row.from_types, accounts, f"{path}.from_types", locate)
        yield from _dangling(row.to_types, accounts, f"{path}.to_types", locate)
        yield from _dangling(row.unit_kinds, kinds, f"{path}.unit_kinds", locate)
        yield from _dangling([row.reverses] if row.reverses else [], names, f"{path}.reverses", locate)
        if names.count(row.name) > 1:
            yield problem(DUPLICATE, locate(f"{path}.name"), path=f"{path}.name = {row.name}")
    # In a file the reader sees to these; JSON has no reader.
    lists = {"unit_kinds": kinds, "account_types": accounts}
    lists["transaction_types"] = [row.code for row in registry.transaction_types]
    for name, codes in lists.items():
        for code in sorted({code for code in codes if codes.count(code) > 1}):
            yield problem(DUPLICATE, locate(f"registry.{name}"), path=f"registry.{name}.{code}")


def _dangling(used: Iterable[str], known: Sequence[str], path: str, locate: Locate) -> Iterator[BadInput]:
    for name in used:
        if name not in known:
            listed = ", ".join(known) or "-"
            yield problem(DANGLING, locate(path), path=path, name=name, known=listed)


def check_family(schemes: Iterable[Scheme]) -> Problems:
    """Two schemes of one jurisdiction may not both claim a day."""
    dated = sorted(
        (body.jurisdiction, body.period_start, body.period_end, body.name)
        for body in (scheme.body for scheme in schemes)
        if body.period_start is not None and body.period_end is not None
    )
    found: Problems = []
    latest = dated[:1]
    for place, start, end, name in dated[1:]:
        before, _, last, other = latest[0]
        if before == place and start <= last:
            details = {"name": other, "other": name, "jurisdiction": place}
            details |= {"first": str(start), "last": str(min(last, end))}
            found.append(problem(OVERLAP, Origin(f"{name}.toml"), **details))
        if before != place or end > last:
            latest = [(place, start, end, name)]
    return found
