"""One word for each thing: every name that users meet in schemes, tables and journals is in the glossary."""

import re
from typing import Literal, get_args, get_origin, get_type_hints

import pytest

from capwright.compliance.status import CumulativeStatus, YearlyStatus
from capwright.ledger.accounts import AccountStatus
from capwright.market import COMMANDS, EVENTS
from capwright.registry.messages import Right, Role
from capwright.scheme.allocation_rules import AllocationRules, ProcessRule
from capwright.scheme.auction_rules import AuctionRules, PriceTier
from capwright.scheme.compliance_rules import ComplianceRules, OffsetRules
from capwright.scheme.exchange_rules import ClosingRule, ExchangeRules, ModeRule
from capwright.scheme.loader import list_schemes, load_scheme
from capwright.scheme.registry_rules import AccountPurpose, DelayRule, TransactionType, UnitKind
from capwright.scheme.section import Confidence
from tests.docs.pages import ROOT

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
TERMS = frozenset(re.findall(r"`([^`]+)`", GLOSSARY))
ROWS = [line.strip("| ").split(" | ") for line in GLOSSARY.splitlines() if line.startswith("| ")]
CHINESE = re.compile(r"[\u4e00-\u9fff]")

CHOICES = {
    "method": ProcessRule,
    "pre_issue": AllocationRules,
    "new_entrant_pre_issue": AllocationRules,
    "price_rule": AuctionRules,
    "tie_rule": AuctionRules,
    "under_subscription": AuctionRules,
    "reserve": AuctionRules,
    "secondary_rule": AuctionRules,
    "guarantee": AuctionRules,
    "unsold": AuctionRules,
    "status": ComplianceRules,
    "surrender_order": ComplianceRules,
    "basis": OffsetRules,
    "proposed_by": TransactionType,
    "matching": ModeRule,
    "pick": ModeRule,
    "crossing": ModeRule,
    "self_trade": ExchangeRules,
    "validities": ExchangeRules,
    "modes": ClosingRule,
    "family": UnitKind,
}


def literals(annotation):
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [name for part in get_args(annotation) for name in literals(part)]


def missing(names):
    return [name for name in names if name not in TERMS]


def schemes_with(section):
    bodies = [load_scheme(one.name).body for one in list_schemes()]
    return [getattr(body, section) for body in bodies if getattr(body, section)]


def test_every_command_and_event():
    assert missing([kind.__name__ for kind in (*COMMANDS, *EVENTS)]) == []


def test_every_account_type_transaction_type_and_unit_of_the_shipped_schemes():
    registries = schemes_with("registry")
    assert registries
    names = {one.code for rules in registries for one in (*rules.account_types, *rules.unit_kinds)}
    names |= {one.name for rules in registries for one in rules.transaction_types}
    assert missing(sorted(names)) == []


@pytest.mark.parametrize("field", CHOICES)
def test_every_choice_of_a_rule(field):
    found = literals(get_type_hints(CHOICES[field])[field])
    assert found
    assert missing(found) == []


def test_statuses_roles_rights_purposes_and_marks():
    names = [*CumulativeStatus, *YearlyStatus, *Confidence]
    for choices in (AccountStatus, Role, Right, AccountPurpose):
        names += literals(choices)
    for kind, field in ((DelayRule, "kind"), (PriceTier, "kind")):
        names += literals(get_type_hints(kind)[field])
    assert missing([str(name) for name in names]) == []


def test_every_bidder_category_and_trading_mode_of_the_shipped_schemes():
    names = {name for rules in schemes_with("auction") for name in (*rules.bidders, *rules.reserve_modes)}
    assert missing(sorted(names)) == []


def test_every_row_has_both_languages():
    rows = [
        row for row in ROWS if not set(row[0]) <= {"-", "|"} and row[0] not in {"name", "English", "where"}
    ]
    assert len(rows) > 200
    assert [row[0] for row in rows if not CHINESE.search(" ".join(row[:2]))] == []


def test_no_term_is_explained_twice_in_one_table():
    table = []
    for line in GLOSSARY.splitlines():
        if line.startswith("## "):
            table = []
        elif line.startswith("| "):
            term = line.split(" | ")[0]
            assert term not in table, f"{term} stands twice"
            table.append(term)
