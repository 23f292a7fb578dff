"""What changed from one scheme to another, in words a lawyer can read, with the sources of both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal, NamedTuple

import msgspec

from capwright.scheme.schema import Scheme
from capwright.scheme.section import Citation, Section
from capwright.scheme.shape import EXEMPT, items_of, keyed_items
from capwright.scheme.show import (
    SECTIONS,
    cap_citation,
    cap_total_t,
    is_share,
    item_label,
    join,
    names_of,
    number_text,
    show_value,
    unit_of,
    weakest,
)
from capwright.scheme.words import Text, field_text

__all__ = ["Change", "ChangeKind", "diff_schemes", "group_changes"]

ChangeKind = Literal["changed", "added", "removed", "resourced"]

_NOTHING = Text("", "")
_ABSENT = Text("–", "–")


class Change(NamedTuple):
    """One difference. `old` and `new` are shown values, `–` where a side has none.

    `kind`: `changed`, `added`, `removed`, or `resourced` (same value, another source or confidence).
    `percent` is the relative change of a number other than a share, such as `-68.4 %`; empty otherwise. For a
    whole item or section the citation is that of its least sure value.
    """

    section: str
    section_label: Text
    path: str
    label: Text
    kind: ChangeKind
    old: Text
    new: Text
    unit: Text
    percent: str
    old_citation: Citation | None
    new_citation: Citation | None


class _At(NamedTuple):
    """Where the walk stands: the dotted path and what it is called."""

    path: str
    label: Text

    def below(self, name: str, label: Text) -> _At:
        return _At(f"{self.path}.{name}", label)


def diff_schemes(old: Scheme, new: Scheme, *, sources: bool = False) -> list[Change]:
    """All differences by section in reading order; with `sources` also values whose source alone changed."""
    changes: list[Change] = []
    for name in SECTIONS:
        differ = _Differ(old, new, name, sources=sources)
        if name == "cap":
            changes += differ.cap()
        sides = getattr(old.body, name), getattr(new.body, name)
        changes += differ.sections(*sides, _At(name, _NOTHING))
    return changes


def group_changes(changes: Iterable[Change]) -> list[Change]:
    """Changes, with those that say the same of several items drawn into one: `Process (22): Pulp, …`.

    The path of such a change has `*` in the place of the items' codes. Order is that of the first of each.
    """
    groups: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        parts = change.path.split(".")
        many = len(parts) == _ITEM_FIELD_DEPTH and change.kind == "changed"
        key = (*parts[:2], parts[3], *change[4:]) if many else (change.path,)
        groups.setdefault(key, []).append(change)
    return [group[0] if len(group) == 1 else _grouped(group) for group in groups.values()]


_ITEM_FIELD_DEPTH = 4  # allocation.processes.<code>.decline


def _grouped(group: list[Change]) -> Change:
    section, items, _, field = group[0].path.split(".")
    english = [change.label.en.split(" › ", 1)[0].split(": ", 1) for change in group]
    chinese = [change.label.zh.split(" › ", 1)[0].split("：", 1) for change in group]
    en = f"{english[0][0]} ({len(group)}): {', '.join(name[-1] for name in english)}"
    zh = f"{chinese[0][0]}（{len(group)}）：{'、'.join(name[-1] for name in chinese)}"
    rest = Text(group[0].label.en.split(" › ", 1)[1], group[0].label.zh.split(" › ", 1)[1])
    return group[0]._replace(path=f"{section}.{items}.*.{field}", label=join(Text(en, zh), rest))


class _Differ:
    """Walks one section of both schemes side by side."""

    def __init__(self, old: Scheme, new: Scheme, name: str, *, sources: bool) -> None:
        self._old = old
        self._new = new
        self._name = name
        self._title = field_text(type(old.body), name)
        self._sources = sources
        self._names = names_of(old, new)

    def _change(
        self,
        at: _At,
        kind: ChangeKind,
        shown: tuple[Text, Text],
        cited: tuple[Citation | None, Citation | None],
        unit: Text = _NOTHING,
        percent: str = "",
    ) -> Change:
        return Change(self._name, self._title, *at, kind, *shown, unit, percent, *cited)

    def cap(self) -> Iterator[Change]:
        """The sum of the cap, which stands in no file."""
        before, after = cap_total_t(self._old), cap_total_t(self._new)
        if before != after and before and after:
            at = _At("cap.total_t", field_text(type(self._old.body), "total_t"))
            shown = number_text(before), number_text(after)
            cited = cap_citation(self._old), cap_citation(self._new)
            yield self._change(at, "changed", shown, cited, Text("t", "吨"), _percent(before, after))

    def sections(self, old: Section | None, new: Section | None, at: _At) -> Iterator[Change]:
        """Differences below a section that either side may lack."""
        if old is None or new is None:
            if old is not None:
                yield self._whole(self._old, old, at, "removed")
            elif new is not None:
                yield self._whole(self._new, new, at, "added")
            return
        for (name, before), (_, after) in zip(items_of(old), items_of(new), strict=True):
            if name not in EXEMPT.get(type(new), ()):
                yield from self._values((old, new), name, (before, after), at)

    def _values(
        self, owners: tuple[Section, Section], name: str, values: tuple[object, object], at: _At
    ) -> Iterator[Change]:
        before, after = values
        words = join(at.label, field_text(type(owners[1]), name))
        below = at.below(name, words)
        if isinstance(before, Section) or isinstance(after, Section):
            sides = [value if isinstance(value, Section) else None for value in values]
            yield from self.sections(sides[0], sides[1], below)
        elif _is_items(before) or _is_items(after):
            olds, news = _by_key(before), _by_key(after)
            for key in [*olds, *(key for key in news if key not in olds)]:
                item = news.get(key) or olds[key]
                spot = below.below(key, item_label(at.label, owners[1], name, key, item))
                yield from self.sections(olds.get(key), news.get(key), spot)
        elif isinstance(before, dict) and isinstance(after, dict):
            for key in sorted({**before, **after}):
                spot = below.below(key, Text(f"{words.en} ({key})", f"{words.zh}（{key}）"))
                yield from self._leaf(owners, name, (before.get(key), after.get(key)), spot)
        else:
            yield from self._leaf(owners, name, values, below)

    def _leaf(
        self, owners: tuple[Section, Section], name: str, values: tuple[object, object], at: _At
    ) -> Iterator[Change]:
        before, after = values
        cited = self._old.citations.get(at.path), self._new.citations.get(at.path)
        old_unit = unit_of(owners[0], name, self._old.body.currency)
        unit = unit_of(owners[1], name, self._new.body.currency)
        shown = self._shown(owners[0], name, before), self._shown(owners[1], name, after)
        percent = "" if is_share(name) else _percent(before, after)
        if old_unit != unit:
            shown, unit, percent = (_with(shown[0], old_unit), _with(shown[1], unit)), _NOTHING, ""
        elif before == after:
            if self._sources and cited[0] != cited[1]:
                yield self._change(at, "resourced", shown, cited, unit)
            return
        kind: ChangeKind = "added" if _absent(before) else "removed" if _absent(after) else "changed"
        if shown != (_ABSENT, _ABSENT):
            yield self._change(at, kind, shown, cited, unit, percent)

    def _shown(self, owner: Section, name: str, value: object) -> Text:
        return _ABSENT if _absent(value) else show_value(owner, name, value, self._names)

    def _whole(self, scheme: Scheme, section: Section, at: _At, kind: Literal["added", "removed"]) -> Change:
        """An item or a section that only one side has, in one line."""
        named = at if at.label.en else _At(at.path, self._title)
        summary = _summary(section, scheme.body.currency, self._names) or Text("yes", "有")
        cited = weakest(c for path, c in scheme.citations.items() if path.startswith(f"{at.path}."))
        if kind == "removed":
            return self._change(named, kind, (summary, _ABSENT), (cited, None))
        return self._change(named, kind, (_ABSENT, summary), (None, cited))


def _with(shown: Text, unit: Text) -> Text:
    """A value with its unit, where the two sides have different ones."""
    return shown if shown == _ABSENT else Text(f"{shown.en} {unit.en}".rstrip(), f"{shown.zh}{unit.zh}")


def _summary(section: Section, currency: str, names: dict[str, Text]) -> Text | None:
    """The values of a section in one line."""
    english, chinese = [], []
    defaults = {spec.name: spec.default for spec in msgspec.structs.fields(section)}
    for name, value in items_of(section):
        if _absent(value) or value == defaults.get(name) or name in EXEMPT.get(type(section), ()):
            continue
        words = field_text(type(section), name)
        if isinstance(value, Section) or _is_items(value):
            count = len(value) if isinstance(value, tuple) else 1
            english.append(f"{words.en} ({count})")
            chinese.append(f"{words.zh}（{count}）")
            continue
        shown, unit = show_value(section, name, value, names), unit_of(section, name, currency)
        english.append(f"{words.en} {shown.en} {unit.en}".rstrip())
        chinese.append(f"{words.zh} {shown.zh}{unit.zh}")
    return Text("; ".join(english), "；".join(chinese)) if english else None


def _is_items(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], Section)


def _by_key(value: object) -> dict[str, Section]:
    return dict(keyed_items(value)) if isinstance(value, tuple) and value else {}


def _absent(value: object) -> bool:
    return value is None or value in ("", ())


def _percent(before: object, after: object) -> str:
    """The relative change of a number to a tenth of a percent."""
    if not isinstance(before, (int, Decimal)) or not isinstance(after, (int, Decimal)):
        return ""
    if isinstance(before, bool) or before == 0:
        return ""
    change = (Decimal(after) / Decimal(before) - 1) * 100
    return f"{change.quantize(Decimal('0.1'), ROUND_HALF_EVEN):+} %"
