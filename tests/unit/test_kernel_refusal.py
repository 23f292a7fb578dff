"""The one catalogue of refusals: complete in two languages, in use, and given every detail it names."""

import ast
import importlib
import pkgutil
import re
import string
from pathlib import Path

import pytest

import capwright
from capwright.kernel.message import CommandRefused
from capwright.kernel.refusal import CATALOGUE, BadInput, Refusal, RefusalCode, Refused, define, refuse

# The pages and the API need Django set up for a market; what they refuse is in one module apart.
MODULES = {
    name: importlib.import_module(name)
    for name in sorted(info.name for info in pkgutil.walk_packages(capwright.__path__, "capwright."))
    if not name.endswith("__main__") and not name.startswith(("capwright.web.", "capwright.api."))
} | {"capwright.web.refusals": importlib.import_module("capwright.web.refusals")}
CODES = sorted(set(CATALOGUE) - {"CW-8999"})  # which the toy machine of the crash tests declares
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def fields(template: str) -> set[str]:
    """The details a sentence names; `expected_zh` is the Chinese word for the detail `expected`."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def needed(spec: RefusalCode) -> set[str]:
    return fields(spec.en) | fields(spec.zh) | fields(spec.mend_en) | fields(spec.mend_zh)


def named_in(module, node) -> RefusalCode | None:
    """The catalogue line that an expression such as `NO_ROLE` or `fault.CLOSED` names."""
    if isinstance(node, ast.Name):
        found = getattr(module, node.id, None)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        found = getattr(getattr(module, node.value.id, None), node.attr, None)
    else:
        return None
    return found if isinstance(found, RefusalCode) else None


def sources():
    for name, module in MODULES.items():
        yield name, module, ast.parse(Path(module.__file__).read_text(encoding="utf-8"))


def calls_of_refuse():
    for name, module, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "refuse":
                spec = named_in(module, node.args[0])
                given = {keyword.arg for keyword in node.keywords}
                if (
                    spec is not None and None not in given
                ):  # `refuse(SPEC, **details)` is for the rooms' tests
                    yield f"{name}:{node.lineno}", spec, given


@pytest.mark.parametrize("code", CODES)
def test_a_code_speaks_two_languages_and_names_its_rule(code):
    spec = CATALOGUE[code]
    assert spec.code == code
    assert spec.rule.strip()
    assert CHINESE.search(spec.zh)
    assert not CHINESE.search(spec.en)
    assert bool(spec.mend_en) == bool(spec.mend_zh)
    for sentence in (spec.en, spec.mend_en):
        assert sentence == sentence.strip()
    assert {name.removesuffix("_zh") for name in fields(spec.zh)} == fields(spec.en)
    assert {name.removesuffix("_zh") for name in fields(spec.mend_zh)} == fields(spec.mend_en)


@pytest.mark.parametrize("family", "123456789")
def test_every_family_is_there(family):
    assert any(code.startswith(f"CW-{family}") for code in CODES)


def test_every_refusal_gets_the_details_that_its_sentences_name():
    found = list(calls_of_refuse())
    assert len(found) > 150
    missing = [
        f"{where} {spec.code}: {needed(spec) - given}" for where, spec, given in found if needed(spec) - given
    ]
    assert missing == []


def test_no_code_is_declared_in_vain():
    used = {
        spec.code
        for _, module, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)
        for spec in [named_in(module, node)]
        if spec is not None
    }
    assert set(CODES) - used - used_by_pages() == set()


def used_by_pages():
    """Codes of `web.refusals` that a page or the API names; those modules cannot be imported here."""
    module = MODULES["capwright.web.refusals"]
    folder = Path(module.__file__).parent
    files = [path for place in (folder, folder.parent / "api") for path in place.rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files if path.name != "refusals.py")
    named = {name: spec for name, spec in vars(module).items() if isinstance(spec, RefusalCode)}
    return {
        spec.code for name, spec in named.items() if re.search(rf"\brefuse\({name}\b|\b{name}\.code\b", text)
    }


def test_a_code_cannot_be_declared_twice_or_malformed():
    with pytest.raises(AssertionError, match="twice"):
        define("CW-1001", en="x", zh="字", rule="r")
    for code in ("CW-1", "1001", "CW-10011", "cw-1001"):
        with pytest.raises(AssertionError, match="malformed"):
            define(code, en="x", zh="字", rule="r")


SPEC = RefusalCode(
    "CW-1001", "'{text}' of {n} t is wrong.", "“{text}”（{n}吨）有误。", "Mend {n}.", "请改正{n}。", "r"
)


def details_of(**details):
    with pytest.raises(Refused) as refused:
        refuse(SPEC, **details)
    return refused.value.refusal.details


def test_a_refusal_carries_its_details_and_speaks():
    assert details_of(text="abc", n=5) == {"text": "abc", "n": 5}
    said = Refusal("CW-1002", {"text": "UK-1"})
    assert said.message() == (
        "The check digits of account number 'UK-1' do not fit. "
        "Compare it with the account statement: a digit is mistyped."
    )
    assert said.message("zh") == "账户号码“UK-1”的校验码不符。请与账户对账单核对：某一位数字有误。"


def test_a_missing_detail_shows_as_its_name_instead_of_failing():
    assert "{text}" in Refusal("CW-1002").message()


def test_details_are_bounded():
    assert details_of(text="", n=10**400) == {"text": "", "n": 2**63 - 1}
    assert details_of(text="", n=-(10**5000))["n"] == -(2**63)
    assert details_of(text="", n=-(2**63)) == {"text": "", "n": -(2**63)}
    long = details_of(text="字" * 5000, n=1)["text"]
    assert len(long) == 1000
    assert long.endswith("…")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("\x00", "\\x00"),
        ("\u202eabc", "\\u202eabc"),
        ("\ud800", "\\ud800"),
        ("碳", "碳"),
    ],
)
def test_what_would_confuse_a_screen_or_the_journal_is_escaped(sent, shown):
    shown_now = details_of(text=sent, n=1)["text"]
    assert shown_now == shown
    shown_now.encode()


def test_faults_of_files_name_their_place():
    fault = BadInput(Refusal("CW-1002", {"text": "x"}), "a.csv", 3, 7)
    assert fault.place == "a.csv:3:7"
    assert str(fault).startswith("a.csv:3:7: CW-1002 ")
    assert BadInput(Refusal("CW-1002"), "a.csv").place == "a.csv"


def test_a_refusal_can_be_written_and_read():
    import msgspec

    event = CommandRefused(Refusal("CW-3005", details_of(text="\x07", n=10**99)))
    assert msgspec.json.decode(msgspec.json.encode(event), type=CommandRefused) == event


def test_a_message_shows_no_control_characters_whatever_the_details_say():
    refusal = Refusal("CW-9101", {"text": "\x1b[31m" + "x" * 5000, "least": 0})
    for lang in ("en", "zh"):
        said = refusal.message(lang)
        assert "\x1b" not in said
        assert "\\x1b[31m" in said
        assert len(said) < 1500
    assert BadInput(refusal, "a\nb\x1b.csv", 2, 3).place == "a\\nb\\x1b.csv:2:3"
