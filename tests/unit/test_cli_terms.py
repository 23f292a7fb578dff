"""Words for the codes of a journal: one word for each thing, the same as in the glossary."""

import re
from pathlib import Path

import msgspec
import pytest

from capwright.cli.frame import settings
from capwright.cli.names import Names, bucket_in_words, place_words
from capwright.market import COMMANDS as COMMAND_TYPES
from capwright.market import EVENTS as EVENT_TYPES
from capwright.projection.terms import COMMANDS, EVENTS

GLOSSARY = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")


@pytest.fixture
def zh(monkeypatch):
    monkeypatch.setattr(settings, "lang", "zh")


@pytest.fixture
def en(monkeypatch):
    monkeypatch.setattr(settings, "lang", "en")


@pytest.mark.parametrize(
    ("heading", "table", "types"),
    [("Commands 指令", COMMANDS, COMMAND_TYPES), ("Events 事件", EVENTS, EVENT_TYPES)],
)
def test_every_command_and_event_has_the_word_of_the_glossary(heading, table, types):
    section = GLOSSARY.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    assert dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", section, re.MULTILINE)) == table
    assert set(table) == {one.__name__ for one in types}


def test_no_chinese_word_means_two_names():
    words = [*COMMANDS.values(), *EVENTS.values()]
    assert len(set(words)) == len(words)  # `journal show --type` takes them too


BUCKETS = [
    ("", "free", "可用"),
    ("frozen:2023", "frozen (2023)", "冻结（2023）"),
    ("frozen:exit", "frozen (a leaver's, freed in parts)", "冻结（转出企业，分期解冻）"),
    ("held:tx:T-7", "held for transaction T-7", "占用（交易T-7）"),
    ("held:x:o-1", "held for order or deal o-1", "占用（申报或协议o-1）"),
    (
        "held:t:2024-07-22",
        "held: bought on 2024-07-22, not to be sold yet",
        "占用（2024-07-22买入，待可卖）",
    ),
    ("held:2023-1", "held for auction 2023-1", "占用（竞价2023-1）"),
    ("held:e:lot-1", "held for auction e:lot-1", "占用（竞价e:lot-1）"),
    ("something:else", "something:else", "something:else"),
]


@pytest.mark.parametrize(("bucket", "words", "_zh"), BUCKETS)
@pytest.mark.usefixtures("en")
def test_buckets_in_english(bucket, words, _zh):
    assert bucket_in_words(bucket) == words


@pytest.mark.parametrize(("bucket", "_en", "words"), BUCKETS)
@pytest.mark.usefixtures("zh")
def test_buckets_in_chinese(bucket, _en, words):
    assert bucket_in_words(bucket) == words


@pytest.mark.usefixtures("en")
def test_places():
    assert place_words("GD-1") == "GD-1"
    assert place_words("GD-1#frozen:2023") == "GD-1 [frozen (2023)]"
    assert place_words("") == ""


def adopting(event, *, name):
    registry = {
        "account_types": [
            {"code": "auction", "en": "Auction account", "zh": "拍卖账户", "government": True},
            {"code": "trading", "en": "Trading account", "zh": "投资账户", "government": False},
        ],
        "transaction_types": [{"code": "1-1", "name": "transfer", "en": "Transfer", "zh": name}],
    }
    events = [{"event": event, "scheme": {"body": {"registry": registry}}}]
    return (1, 0, b"", b"", b"", msgspec.json.encode(events), b"")


@pytest.mark.usefixtures("zh")
def test_the_scheme_in_force_names_the_types():
    names = Names()
    assert names.transaction("transfer") == "transfer"
    assert list(names.heeding([adopting("MarketOpened", name="转让")]))
    assert names.transaction("transfer") == "转让"
    names.heed(adopting("SchemeAdopted", name="转出"))
    assert names.transaction("transfer") == "转出"
    names.heed((2, 0, b"", b"", b"", b'torn "SchemeAdopted"', b""))
    assert names.transaction("transfer") == "转出"
    assert names.account("auction", "Auction account") == "拍卖账户"
    assert names.account("auction", "Second box") == "拍卖账户（Second box）"
    assert names.account("trading", "Trading account") == "Trading account"  # a firm keeps its name
    assert names.account("unknown", "Box") == "Box"
