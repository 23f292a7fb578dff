"""A scheme as rows of plain words: what stands where, in which unit, by which source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from capwright.kernel.quantity import currency_word
from capwright.scheme.schema import Scheme
from capwright.scheme.section import Citation, Confidence, Section
from capwright.scheme.shape import EXEMPT, items_of, keyed_items
from capwright.scheme.source_words import note_in, word_in_chinese
from capwright.scheme.words import Text, choice_text, field_text

__all__ = [
    "SECTIONS",
    "Row",
    "Value",
    "item_label",
    "names_of",
    "provisional_rows",
    "show_scheme",
    "show_value",
    "unit_of",
]

# The order in which a reader meets the sections; not that of the schema.
SECTIONS = ("coverage", "cap", "allocation", "auction", "exchange", "compliance", "registry", "calendar")

Value = object


class Row(NamedTuple):
    """One value of a scheme, ready to be shown; `label` leads down to it: `Sector: Cement › Free share`."""

    section: str
    section_label: Text
    path: str
    label: Text
    value: Text
    unit: Text
    citation: Citation | None

    @property
    def source(self) -> str:
        """The source's short name; empty for names, which need none."""
        return self.citation.source if self.citation else ""

    @property
    def confidence(self) -> str:
        """The confidence mark; empty for names."""
        return self.citation.confidence.value if self.citation else ""

    @property
    def note(self) -> Text:
        """What is to be said beside the source, in both languages."""
        cited = self.citation
        return Text(note_in("en", cited), note_in("zh", cited)) if cited else Text("", "")


class _Place(NamedTuple):
    """A value with everything that words for it need."""

    path: str
    label: Text
    owner: Section
    field: str
    value: Value


def show_scheme(scheme: Scheme, sections: Iterable[str] | None = None) -> list[Row]:
    """All values of a scheme in reading order; `sections` limits them to some of `SECTIONS`.

    Left out: rules that a scheme does not have, and says so only by the schema's default.
    """
    wanted = SECTIONS if sections is None else tuple(name for name in SECTIONS if name in set(sections))
    rows = []
    names = names_of(scheme)
    for name in wanted:
        part = getattr(scheme.body, name)
        if part is None:
            continue
        title = field_text(type(scheme.body), name)
        if name == "cap":
            rows.append(_cap_row(scheme, title))
        for place in _places(part, name, Text("", "")):
            value = show_value(place.owner, place.field, place.value, names)
            unit = unit_of(place.owner, place.field, scheme.body.currency)
            cited = scheme.citations.get(place.path)
            if cited is None and place.field not in EXEMPT.get(type(place.owner), ()):
                continue
            rows.append(Row(name, title, place.path, place.label, value, unit, cited))
    return rows


def provisional_rows(
    scheme: Scheme, sections: Iterable[str] | None = None, paths: Iterable[str] | None = None
) -> list[Row]:
    """The memory and default values in words, for the list of what a report relied on.

    `paths` limits them to the values that were used: a path counts with everything below it.
    """
    rows = [
        row for row in show_scheme(scheme, sections) if row.citation and row.citation.confidence.provisional
    ]
    if paths is None:
        return rows
    used = tuple(paths)
    return [row for row in rows if any(row.path == path or row.path.startswith(f"{path}.") for path in used)]


def _cap_row(scheme: Scheme, title: Text) -> Row:
    label, value = field_text(type(scheme.body), "total_t"), number_text(cap_total_t(scheme))
    return Row("cap", title, "cap.total_t", label, value, Text("t", "吨"), cap_citation(scheme))


def cap_total_t(scheme: Scheme) -> int:
    """The whole cap, in tonnes; 0 without one."""
    return scheme.body.cap.total_t if scheme.body.cap else 0


def cap_citation(scheme: Scheme) -> Citation | None:
    """The citation of the whole cap: its weaker part's, as a sum is no surer than that."""
    return weakest(scheme.citations.get(f"cap.{name}") for name in ("controlled_t", "reserve_t"))


def weakest(citations: Iterable[Citation | None]) -> Citation | None:
    """The first of the least sure citations."""
    order = list(Confidence)
    known = [citation for citation in citations if citation]
    return max(known, key=lambda citation: order.index(citation.confidence), default=None)


def _places(section: Section, path: str, label: Text) -> Iterator[_Place]:
    for name, value in items_of(section):
        words = join(label, field_text(type(section), name))
        below = f"{path}.{name}"
        if value is None or value in ("", (), {}) or (name in _SILENT and name in _exempt(section)):
            continue
        if isinstance(value, Section):
            yield from _places(value, below, words)
        elif isinstance(value, tuple) and isinstance(value[0], Section):
            for key, item in keyed_items(value):
                yield from _places(item, f"{below}.{key}", item_label(label, section, name, key, item))
        elif isinstance(value, dict):
            for key in sorted(value):
                extra = Text(f"{words.en} ({key})", f"{words.zh}（{word_in_chinese(key)}）")
                yield _Place(f"{below}.{key}", extra, section, name, value[key])
        else:
            yield _Place(below, words, section, name, value)


# Identities that the label of an item says already.
_SILENT = ("code", "en", "zh", "name", "kind", "round", "sector", "activity_unit")


def _exempt(section: Section) -> frozenset[str]:
    return EXEMPT.get(type(section), frozenset())


def join(label: Text, more: Text) -> Text:
    """What stands below what: `Offsets › Offsets at most`."""
    return Text(f"{label.en} › {more.en}", f"{label.zh} › {more.zh}") if label.en else more


def item_label(label: Text, owner: Section, field: str, key: str, item: Section) -> Text:
    """What an item of a list is called: `Sector: Cement`."""
    what = field_text(type(owner), field)
    named = Text(getattr(item, "en", key), getattr(item, "zh", word_in_chinese(key)))
    return join(label, Text(f"{what.en}: {named.en}", f"{what.zh}：{named.zh}"))


def names_of(*schemes: Scheme) -> dict[str, Text]:
    """What the codes of sectors, account types and transactions are called; the last scheme decides.

    Names of transactions are kept under `reverses.…`: some are also those of account types.
    """
    names: dict[str, Text] = {}
    for body in (scheme.body for scheme in schemes):
        rows = body.coverage.sectors if body.coverage else ()
        names |= {row.code: Text(row.en, row.zh) for row in rows}
        types = body.registry.account_types if body.registry else ()
        names |= {row.code: Text(row.en, row.zh) for row in types}
        deeds = body.registry.transaction_types if body.registry else ()
        names |= {f"reverses.{row.name}": Text(row.en, row.zh) for row in deeds}
    return names


# Fields whose texts are codes of sectors or account types.
_CODES = ("sectors", "from_types", "to_types", "account_types", "fee_account_type")


def show_value(owner: Section, field: str, value: Value, names: Mapping[str, Text] | None = None) -> Text:
    """A value in words: thousands separated, shares as percentages, fen as whole currency units.

    `names` are those of `names_of`, for the codes that some fields hold.
    """
    if isinstance(value, bool):
        return Text("yes", "是") if value else Text("no", "否")
    if isinstance(value, int) and _is_money(field):
        return _same(f"{Decimal(value) / 100:,.2f}")
    if isinstance(value, Decimal) and is_share(field):
        return _same(f"{plain_number(value * 100)} %")
    if isinstance(value, int) and field in _YEARLIKE:
        return _same(str(value))
    if isinstance(value, (int, Decimal)):
        return number_text(value)
    if isinstance(value, date):
        return _same(value.isoformat())
    if isinstance(value, tuple):
        words = [show_value(owner, field, item, names) for item in value]
        return Text(", ".join(word.en for word in words), "、".join(word.zh for word in words))
    code = f"reverses.{value}" if field == "reverses" else str(value)
    if names and (field in _CODES or field == "reverses") and code in names:
        return names[code]
    said = choice_text(type(owner), field, str(value))
    return Text(said.en, word_in_chinese(said.zh))


_YEARLIKE = ("base_years", "reference_years", "release_vintages", "number", "vintage", "year")


def _same(text: str) -> Text:
    return Text(text, text)


def plain_number(value: int | Decimal) -> str:
    """A number with separated thousands, without exponent and trailing zeros."""
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def number_text(value: int | Decimal) -> Text:
    """A number, the same in both languages."""
    return _same(plain_number(value))


def _is_money(field: str) -> bool:
    return field.endswith(("_fen", "_fen_per_t"))


def is_share(field: str) -> bool:
    return field.endswith(("_share", "_share_of_quota", "_share_per_bidder")) or field in (
        "low_utilisation",
        "purchase_limits",
        "secondary_tolerance",
        "spread_cap",
    )


def unit_of(owner: Section, field: str, currency: str) -> Text:
    """The unit of a value by its key's ending; empty where it has none."""
    if field in _YEARLIKE:
        return _same("")
    if field in ("benchmark", "new_project_energy_factor", "heat_benchmark"):
        per = {"benchmark": getattr(owner, "activity_unit", "t"), "heat_benchmark": "GJ"}.get(field, "tce")
        return Text(f"tCO2/{per}", f"tCO2/{word_in_chinese(per)}")
    money = Text(currency_word(currency), currency_word(currency, "zh"))
    if field.endswith("_fen_per_t"):
        return Text(f"{money.en}/t", f"{money.zh}/吨")
    if field.endswith("_fen"):
        return money
    return next((Text(*words) for ending, words in _UNITS.items() if field.endswith(ending)), Text("", ""))


# The longer endings come first.
_UNITS = {
    "_working_days": ("working days", "个工作日"),
    "trusted_list_days": ("working days", "个工作日"),
    "_tce": ("tce", "吨标准煤"),
    "_t": ("t", "吨"),
    "_racks": ("racks", "个机架"),
    "_count": ("firms", "家"),
    "_days": ("days", "天"),
    "_months": ("months", "个月"),
    "_years": ("years", "年"),
    "_hours": ("hours", "小时"),
    "_rounds": ("rounds", "期"),
    "_multiple": ("×", "倍"),
    "multiple_least": ("×", "倍"),
    "multiple_most": ("×", "倍"),
}
