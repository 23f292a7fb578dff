"""Languages: which one a reader gets; traditional Chinese is made without touching what is not text."""

import inspect
import io
import re
from datetime import UTC, date, datetime

import pytest

from capwright.exchange.messages import CancelOrder
from capwright.kernel.message import Command
from capwright.kernel.quantity import currency_word
from capwright.market.machine import COMMANDS
from capwright.web.certificates import listed
from capwright.web.language import ENGLISH, SIMPLIFIED, TRADITIONAL, chosen, page, traditional
from tests.papers import pages_of
from tests.web.crawling import kind_of, on_this_site
from tests.web.reading import HAN, Names, Reader, foreign


@pytest.mark.parametrize(
    ("accepted", "wanted"),
    [
        ("", SIMPLIFIED),
        ("zh-CN,zh;q=0.9", SIMPLIFIED),
        ("zh-HK", TRADITIONAL),
        ("zh-Hant-HK,zh-Hant;q=0.9", TRADITIONAL),
        ("zh-TW,zh;q=0.9,en;q=0.8", TRADITIONAL),
        ("zh-MO", TRADITIONAL),
        ("zh-Hans-HK", SIMPLIFIED),
        ("yue-HK", TRADITIONAL),
        ("en-GB,zh-HK;q=0.5", ENGLISH),
        ("zh-HK;q=0.5,en;q=0.9", ENGLISH),
        ("fr-FR,zh-MO;q=0.5", TRADITIONAL),
        ("fr", SIMPLIFIED),
        ("*", SIMPLIFIED),
        ("\x00;;q=x", SIMPLIFIED),
    ],
)
def test_the_browser_says_what_is_read(accepted, wanted):
    assert chosen(accepted) is wanted


def test_a_choice_goes_before_what_the_browser_says():
    assert chosen("en", "", "zh-Hant") is TRADITIONAL
    assert chosen("zh-HK", "xx", "en") is ENGLISH


def test_hong_kong_writes_it_so():
    assert traditional("账户余额；复核；只有这里；皇后大道之后") == "賬戶餘額；複核；只有這裏；皇后大道之後"


@pytest.mark.parametrize(
    "name", ["台灣裏面著名", "皇后大道發展有限公司", "臺北戶政", "CW-1001 GDEA_2023", "Ångström"]
)
def test_what_is_not_simplified_stays_as_it_is(name):
    assert traditional(name) == name
    assert page(f"<b>{name}</b>") == f"<b>{name}</b>"


@pytest.mark.parametrize(
    ("html", "wanted"),
    [
        ("<b title='x' data-name=\"账户\">账户</b>", "<b title='x' data-name=\"账户\">賬戶</b>"),
        ('<a title="账户" href="/账户/">账户</a>', '<a title="賬戶" href="/账户/">賬戶</a>'),
        ('<input value="账户" placeholder="账户">', '<input value="账户" placeholder="賬戶">'),
        ("<textarea>账户</textarea>", "<textarea>账户</textarea>"),
        ("<option>账户</option>", "<option>账户</option>"),
        ('<option value="a">账户</option>', '<option value="a">賬戶</option>'),
        ("<code>账户</code>账户", "<code>账户</code>賬戶"),
        ("<!-- 账户 --><style>账户</style>", "<!-- 账户 --><style>账户</style>"),
        ('<i translate="no">账户</i>账户', '<i translate="no">账户</i>賬戶'),
        ("1 < 2 账户 <", "1 < 2 賬戶 <"),
        ("<script>账户</script>", "<script>账户</script>"),
        ('<script src="/static/web/base.js"></script>', '<script src="/traditional/web/base.js"></script>'),
        (
            '<script type="application/json" id="a">"账户"</script>',
            '<script type="application/json" id="a">"賬戶"</script>',
        ),
    ],
)
def test_a_page_is_brought_over_but_not_what_a_form_sends_back(html, wanted):
    assert page(html) == wanted


def test_pages_come_in_three_languages(visitor):
    for code, tag, word in (
        ("zh", "zh-Hans", "规则"),
        ("zh-Hant", "zh-Hant-HK", "規則"),
        ("en", "en", "Rules"),
    ):
        answer = visitor.get("/", {"lang": code})
        text = answer.content.decode()
        assert f'<html lang="{tag}" ' in text
        assert word in text
        assert answer.headers["Content-Language"] == tag
        assert int(answer.headers["Content-Length"]) == len(answer.content)
        assert {"Accept-Language", "Cookie"} <= set(re.split(r",\s*", answer.headers["Vary"]))
        others = {"zh": ("繁體", "English"), "zh-Hant": ("简体", "English"), "en": ("简体", "繁體")}[code]
        assert all(f">{name}</a>" in text for name in others)
        assert visitor.get("/rules/").headers["Content-Language"] == tag, "the cookie keeps the choice"


def test_the_chooser_keeps_the_rest_of_the_address(visitor):
    text = visitor.get("/entities/", {"q": "水泥", "lang": "en"}).content.decode()
    assert 'href="?q=%E6%B0%B4%E6%B3%A5&amp;lang=zh-Hant"' in text


NOT_READ = re.compile(
    r"(?s)<(script|style|textarea|code|pre)\b.*?</\1>|"
    r'<a [^>]*translate="no".*?</a>|<option>[^<]*|<[^>]*>'
)
DESKS = [
    ("authority-1", "/desk/"), ("authority-1", "/desk/authority/"), ("operator-1", "/desk/registry/"),
    ("exchange-1", "/desk/exchange/surveillance/"), ("verifier-01:lead", "/desk/verifier/"),
    ("cement-05:operator", "/desk/calendar/"), ("investor-25:operator", "/desk/commands/"),
]  # fmt: skip


@pytest.mark.parametrize(("person", "address"), DESKS)
def test_no_simplified_word_is_left_on_a_desk(signed_in, person, address):
    client = signed_in(person)
    simplified = client.get(address, {"lang": "zh"}).content.decode()
    made = client.get(address, {"lang": "zh-Hant"}).content.decode()
    assert traditional(simplified) != simplified
    read = NOT_READ.sub(" ", made)
    left = {run for run in re.findall("[\u4e00-\u9fff]+", read) if traditional(run) != run}
    assert left == set()
    tokens = re.compile(r'name="(?!csrf|command_id)[^"]*" value="[^"]*"')
    assert tokens.findall(made) == tokens.findall(simplified), "what a form sends back is the same"


def test_scripts_speak_it_too(visitor):
    answer = visitor.get("/traditional/web/ticket.js")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    text = answer.content.decode()
    assert "每3秒更新" in text + visitor.get("/traditional/web/trade.js").content.decode()
    assert "手續費" in text
    assert "手续费" not in text
    assert visitor.get("/traditional/web/nothing.js").status_code == 404


def test_a_refusal_on_a_page(visitor):
    answer = visitor.get("/invitation/nothing/", headers={"accept-language": "zh-HK"})
    assert answer.status_code == 422
    assert "邀請無效" in answer.content.decode()


@pytest.mark.parametrize(
    ("accepted", "tag", "title", "word"),
    [
        ("", "en", "Refused", "order"),
        ("en", "en", "Refused", "order"),
        ("zh-CN", "zh-Hans", "未获受理", "申报"),
        ("zh-HK", "zh-Hant-HK", "未獲受理", "申報"),
    ],
)
def test_a_refusal_to_a_program(site, accepted, tag, title, word):
    client = site.api("cement-05:operator")
    path = f"/commands/{CancelOrder.__name__}"
    answer = client.post(
        path,
        json={"account": site.account("cement-05:operator"), "order_id": "none"},
        headers={"accept-language": accepted},
    )
    assert answer.status_code == 422, answer.text
    said = answer.json()
    assert answer.headers["Content-Language"] == tag
    assert said["title"] == title
    assert word in said["detail"]
    if tag == "zh-Hans":
        assert said["detail"] == said["message_zh"]
    assert traditional(said["message_zh"]) != said["message_zh"], "the data of the API stay as they are"


def test_files_of_data_stay_as_they_are(visitor):
    for kind in ("csv", "json"):
        address = f"/statistics/?format={kind}"
        plain = visitor.get(address)
        assert plain.status_code == 200
        assert plain.content == visitor.get(address, headers={"accept-language": "zh-HK"}).content


def test_a_certificate_in_traditional_characters(site, signed_in):
    person = "cement-04:operator"
    account = site.account(person)
    one = next(one for one in listed(account) if one.certificate.kind == "surrender").certificate
    address = f"/desk/accounts/{account}/certificates/surrender/{one.id}.pdf"
    client = signed_in(person)
    made = client.get(address, {"lang": "zh-Hant"}).content
    text = "".join(pages_of(made))
    for word in ("清繳證明", "單位明細", "賬戶持有人", "Certificate of surrender"):
        assert word in text
    assert "证" not in text
    assert "清缴证明" in "".join(pages_of(client.get(address, {"lang": "zh"}).content))


def test_the_choice_is_kept_for_mails(site, signed_in):
    client = signed_in("cement-05:operator")
    client.get("/desk/", {"lang": "zh-Hant"})
    assert site.user("cement-05:operator").language == "zh-Hant"
    client.get("/desk/", {"lang": "en"})
    assert site.user("cement-05:operator").language == "en"


def test_days_are_written_as_people_write_them(site):
    from django.utils import translation

    from capwright.web.templatetags import words

    at_ms = 1721613605000  # 2024-07-22T02:00:05Z, 10:00:05 in Guangzhou
    said = {"en": "22 Jul 2024", "zh-hans": "2024年7月22日"}
    for code, day in said.items():
        with translation.override(code):
            assert words.moment(at_ms) == f"{day} 10:00:05"
            assert words.minute(at_ms) == f"{day} 10:00"
            assert words.minute(datetime(2024, 7, 22, 2, tzinfo=UTC)) == f"{day} 10:00"
            assert words.on_day(at_ms) == words.day(date(2024, 7, 22)) == words.day("2024-07-22") == day
            assert words.day("2024-07") == {"en": "Jul 2024", "zh-hans": "2024年7月"}[code]
            assert words.day("2024") == "2024"
            assert words.iso(date(2024, 7, 22)) == "2024-07-22"
            assert {words.day(None), words.day(""), words.moment(None), words.minute(0)} == {"–"}


@pytest.mark.parametrize(
    ("code", "en", "zh"),
    [("CNY", "CNY", "元"), ("EUR", "EUR", "欧元"), ("HKD", "HKD", "港元"), ("XTS", "XTS", "XTS")],
)
def test_money_is_named_by_the_scheme(code, en, zh):
    from django.template import Context, Template

    text = Template('{% say "Price, {currency}/t, {n}" "价格（{currency}/吨），{n}" n=3 %}')
    for lang, wanted in (("en", f"Price, {en}/t, 3"), ("zh", f"价格（{zh}/吨），3")):
        assert text.render(Context({"lang": lang, "currency": currency_word(code, lang)})) == wanted


def test_no_page_names_a_currency_of_its_own(visitor):
    from capwright.web.setup import HERE

    for path in (*(HERE / "templates").rglob("*.html"), *(HERE / "static" / "web").glob("*.js")):
        found = re.search(
            r"\byuan\b|\bCNY\b|(?<![单港美欧])元(?![格素])|人民币", path.read_text(encoding="utf-8")
        )
        assert found is None, (path.name, found)
    assert "CNY/t" in visitor.get("/", {"lang": "en"}).content.decode()
    assert "元/吨" in visitor.get("/", {"lang": "zh"}).content.decode()
    assert (
        'data-price-unit="元/噸" data-volume-unit="噸"'
        in visitor.get("/", {"lang": "zh-Hant"}).content.decode()
    )


def test_every_field_and_choice_of_a_form_has_words():
    from capwright.web.command_form import by_name, fields_of, flat
    from capwright.web.templatetags.forms import CHOICES, FIELDS, called

    fields = [one for kind in COMMANDS for one in flat(fields_of(by_name(kind.__name__), {}))]
    assert {called(one.name) for one in fields if one.kind != "row"} == set(FIELDS)
    assert {choice for one in fields for choice in one.choices} <= set(CHOICES)
    for en, zh in (*FIELDS.values(), *CHOICES.values()):
        assert "_" not in en
        assert zh == "–" or re.search("[\u4e00-\u9fff]", zh)


def test_a_form_speaks_words_and_sends_codes(signed_in):
    client = signed_in("exchange-1")
    text = client.get("/desk/act/OpenCase/", {"lang": "zh"}).content.decode()
    assert '<option value="abnormal_price"' in text
    assert ">价格异常</option>" in text
    assert '<label for="f-trigger">立案事由' in text
    text = client.get("/desk/act/PlaceBid/", {"lang": "en"}).content.decode()
    if "f-price_fen_per_t" in text:
        assert "Price, CNY/t" in text


@pytest.mark.parametrize(
    ("lang", "word"), [("zh", "页面不存在"), ("zh-Hant", "頁面不存在"), ("en", "There is no such page")]
)
def test_a_page_that_is_not_there(visitor, lang, word):
    answer = visitor.get("/nothing/", {"lang": lang})
    assert answer.status_code == 404
    assert word in answer.content.decode()


def test_a_form_from_elsewhere_is_told_in_words(site):
    from django.test import Client

    answer = Client(enforce_csrf_checks=True, SERVER_NAME="127.0.0.1").post(
        "/demo/enter/", {"person": "authority-1", "lang": "zh"}
    )
    assert answer.status_code == 403
    assert "未能提交" in answer.content.decode()


CODES = re.compile(r">[^<]*\b(operator_holding|cement_clinker_large|official|secondary)\b")


@pytest.mark.parametrize(
    ("person", "address", "word"),
    [
        ("", "/rules/", "官方"),
        ("exchange-1", "/desk/exchange/members/", "控排企业账户"),
        ("authority-1", "/desk/accounts/GD-100-10000001-0-94/allocation/", "熟料"),
        ("authority-1", "/desk/", "主管部门"),
    ],
)
def test_codes_are_shown_in_words(site, signed_in, visitor, person, address, word):
    client = signed_in(person) if person else visitor
    text = client.get(address, {"lang": "zh"}).content.decode()
    assert word in text
    assert CODES.findall(text) == []


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.org/", "须使用 https"),
        ("https://name.invalid/", "域名无法解析"),
        ("https://127.0.0.1/", "内部网络"),
    ],
)
@pytest.mark.usefixtures("site")  # what is imported needs Django set up
def test_a_refusal_gives_its_reason_in_chinese_too(url, why):
    from capwright.kernel.refusal import Refused
    from capwright.web.webhooks import check_address

    with pytest.raises(Refused) as refused:
        check_address(url)
    assert why in refused.value.refusal.message("zh")
    assert why not in refused.value.refusal.message("en")


def test_a_field_that_cannot_be_read_says_why_in_chinese(signed_in):
    fields = {"account": "a", "vintage": "two", "command_id": "web/n", "try": "1"}
    answer = signed_in("authority-1").post("/desk/act/AdvanceNewProject/?lang=zh", fields)
    assert "“配额年度”无法读取：须填写整数。" in answer.content.decode()


@pytest.mark.parametrize(
    ("note", "zh"),
    [
        ("month 3", "3月"),
        ("month 12; reported in %; lab 7; month 2", "12月；上报单位：%；lab 7；month 2"),
        ("read by hand", "read by hand"),
        ("", ""),
    ],
)
def test_the_working_is_told_in_chinese_and_notes_stay(note, zh):
    from capwright.web.templatetags.reporting import datum_note

    assert datum_note(note, "zh") == zh
    assert datum_note(note, "en") == note


def test_every_command_says_what_it_does_in_both_languages():
    from capwright.projection.about import ABOUT, about
    from capwright.web.templatetags.forms import labels

    assert set(ABOUT) == {kind.__name__ for kind in COMMANDS}
    for kind in COMMANDS:
        en, zh = (about(kind, lang, labels(kind, lang)) for lang in ("en", "zh"))
        assert en != inspect.cleandoc(Command.__doc__), f"{kind.__name__} has no docstring of its own"
        assert not HAN.search(en)
        assert set(re.findall("`([^`]*)`", ABOUT[kind.__name__])) <= set(labels(kind, "zh"))
        assert "`" not in zh + en
        assert not re.search("[a-z]{3,}", zh), zh


def test_a_command_is_described_with_the_labels_of_its_form(signed_in):
    text = signed_in("exchange-1").get("/desk/act/LiftMeasure/", {"lang": "zh"}).content.decode()
    assert "该措施不再计入暂停次数" in text
    text = signed_in("cement-05:operator").get("/desk/act/SurrenderUnits/", {"lang": "zh"}).content.decode()
    assert "“数量”填0表示清缴全部欠缴数量。" in text
    assert "`" not in text


def test_what_libraries_say_of_signing_in_is_in_our_words(visitor):
    """Every text is one that a library has (a new version may word it otherwise), with the same gaps."""
    from django.utils.translation import gettext, override
    from django.utils.translation.trans_real import translation

    from capwright.web.library_words import WORDS

    known = translation("zh-hans")
    gaps = re.compile(r"%\(\w+\)s")
    with override("zh-hans"):
        for said, ours in WORDS.items():
            assert known._catalog.get(said) is not None, said
            assert gettext(said) == ours
            assert gaps.findall(said) == gaps.findall(ours)
    text = visitor.get("/identity/login/", {"lang": "zh"}).content.decode()
    assert 'placeholder="用户名或邮箱"' in text


REASONS = [
    ("Expected `int`, got `str` - at `$.year`", "$.year处：应为整数，实为文本"),
    ("Object missing required field `on`", "缺少必填的键 on"),
    ("Expected `str` of length <= 20 - at `$.a`", "$.a处：文本的长度应不大于 20"),
    ("Expected `int` >= 1", "应为不小于 1的整数"),
    ("Input data was truncated", "内容不完整"),
    ("Unclosed array (at line 2, column 1)", "数组没有结束（第2行第1列）"),
    ("Expected '=' after a key in a key/value pair (at end of document)", "键之后缺少“=”"),
    ("No space left on device", "磁盘空间不足"),
    ("as agreed with the firm", "as agreed with the firm"),
]


@pytest.mark.parametrize(("said", "zh"), REASONS)
def test_what_a_library_said_is_told_in_chinese(said, zh):
    from capwright.kernel.outside import in_chinese

    assert in_chinese(said) == zh


def test_every_reason_of_ours_has_chinese():
    """A refusal's `reason` or `why` that stands in the source in English alone is known to the catalogue."""
    import ast
    from pathlib import Path

    import capwright
    from capwright.kernel.outside import OUTSIDE, in_chinese

    found = set()
    for path in Path(capwright.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name | ast.Attribute):
                given = {one.arg: one.value for one in call.keywords}
                name = getattr(call.func, "id", getattr(call.func, "attr", ""))
                if name in {"refuse", "_refuse", "open_fault", "problem", "ChainFault"}:
                    found |= {
                        value.value
                        for key, value in given.items()
                        if key in OUTSIDE and f"{key}_zh" not in given and isinstance(value, ast.Constant)
                    }
    assert len(found) > 10
    assert {one for one in found if not HAN.search(in_chinese(one))} == set()


def test_the_api_refuses_in_one_way_only():
    """A `Fault` has both languages; what litestar has for the same is English."""
    from pathlib import Path

    import capwright.api

    home = Path(capwright.api.__file__).parent
    source = {path.name: path.read_text(encoding="utf-8") for path in home.glob("*.py")}
    assert "def of_error" in source.pop("problem.py")
    for name, text in source.items():
        assert not re.search(r"\bProblem\(|raise \w+Exception\(", text), name


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "en", "zh"),
    [
        ("GET", "/nothing", None, 404, "Not found", "不存在"),
        ("GET", "/accounts", None, 403, "Sign in", "请登录"),
        ("POST", "/commands/Nothing", {}, 404, "no such command", "没有该指令"),
        ("GET", "/commands/CancelOrder", None, 405, "by POST", "POST"),
        (
            "POST",
            "/commands/CancelOrder",
            {"account": 1},
            400,
            "Expected `str`",
            "$.account处：应为文本，实为整数",
        ),
    ],
)
def test_http_says_it_in_both_languages(site, method, path, body, status, en, zh):
    client = site.api("cement-05:operator" if body is not None else "")
    for accepted, tag in (("en", "en"), ("zh-CN", "zh-Hans"), ("zh-HK", "zh-Hant-HK")):
        answer = client.request(method, path, json=body, headers={"accept-language": accepted})
        assert answer.status_code == status, answer.text
        assert answer.headers["Content-Language"] == tag
        said = answer.json()
        assert en.lower() in said["message_en"].lower()
        assert zh in said["message_zh"]
        spelt = traditional if tag == "zh-Hant-HK" else str
        assert said["detail"] == (said["message_en"] if tag == "en" else spelt(said["message_zh"]))
        assert bool(HAN.search(said["title"])) == (tag != "en")


# Whom the walk follows; each finds one page of every kind that links lead to.
WALKERS = (
    "", "authority-1", "operator-1", "exchange-1", "verifier-01:lead", "cement-05:operator",
    "investor-25:operator", "auditor-1",
)  # fmt: skip
STARTS = (
    "/", "/apply/", "/demo/", "/identity/login/", "/identity/password/reset/", "/identity/2fa/",
    "/identity/email/", "/identity/password/change/", "/identity/sessions/", "/nothing/", "/desk/",
)  # fmt: skip
HAN_RUN = re.compile("[\u4e00-\u9fff]+")
MOST_PAGES = 110
# What the demo's firms call their facilities.
PLANTS = ("kiln", "quarry", "boiler", "dryer", "blast-furnace", "transport")
FOR_PROGRAMMERS = {"/reference/refusals/"}  # names fields, commands and options as they are written


@pytest.fixture(scope="module")
def names(site):
    """What people, firms and programs called things: names, ids, notes; not the names of the government's."""
    with site.host.look() as market:
        kinds = market.rulebook.now().account_types
        theirs = {text for one in kinds.values() if one.government for text in (one.en, one.zh)}
        snapshot = market.snapshot()
    logins = {person.replace(":", "-") for person in WALKERS}
    logins |= {f"test {person}" for person in WALKERS}  # programs of other tests
    return Names.of(snapshot, logins, plain=PLANTS, leave_out=theirs)


@pytest.mark.first
@pytest.mark.parametrize("person", WALKERS)
def test_no_page_says_a_word_in_the_other_language(site, names, person):
    client = site.client(person)
    waiting, seen, opened = list(STARTS), {kind_of(one) for one in STARTS}, 0
    wrong = {}
    while waiting:
        address = waiting.pop(0)
        opened += 1
        assert opened < MOST_PAGES, waiting[:5]
        for lang, accepted in (("zh", "zh-CN"), ("en", "en")):
            answer = client.get(address, headers={"accept-language": accepted}, follow=True)
            if not answer.headers.get("Content-Type", "").startswith("text/html"):
                continue
            html = answer.content.decode()
            assert f'<html lang="{ {"zh": "zh-Hans", "en": "en"}[lang] }"' in html, address
            for text in foreign(html, lang, names) if address not in FOR_PROGRAMMERS else ():
                wrong.setdefault(f"{lang}: {text}", address)
            for href in Reader(html).links if lang == "zh" else ():
                found = on_this_site(address, href)
                if found and kind_of(found) not in seen:
                    seen.add(kind_of(found))
                    waiting.append(found)
    assert not wrong, "\n".join(f"{text} ({where})" for text, where in sorted(wrong.items()))


@pytest.mark.first
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_command_says_a_word_in_the_other_language(site, names, lang):
    client = site.client("authority-1")
    for kind in COMMANDS:
        page = client.get(f"/desk/act/{kind.__name__}/", {"lang": lang})
        assert page.status_code == 200, kind.__name__
        assert foreign(page.content.decode(), lang, names) == set(), kind.__name__


def test_the_reader_sees_what_is_in_the_wrong_language():
    names = Names(["Cement enterprise 05", "南沙水泥"])
    html = '<html lang="{}"><p>{}</p><code>total</code><i lang="en">Total</i><input placeholder="{}"></html>'
    assert foreign(html.format("zh", "合计 Cement enterprise 05 GDEA", "价格"), "zh", names) == {"[en] Total"}
    assert foreign(html.format("zh", "合计 total", "Price"), "zh", names) == {
        "[en] Total",
        "合计 total",
        "Price",
    }
    assert foreign(html.format("en", "南沙水泥 owes", "价格"), "en", names) == {"价格"}
    assert foreign(html.format("en", "合计", ""), "en", names) == {"合计"}


def test_the_rules_in_force_are_in_the_readers_language(site, visitor):
    """Every section of every scheme in force: names of documents stay, codes do not."""
    from capwright.scheme.show import SECTIONS
    from capwright.scheme.sources import SOURCES

    with site.host.look() as market:
        schemes = {name: one.scheme for name, one in market.rulebook.by_name.items()}
    known = Names(schemes, SOURCES, ["Asia/Shanghai"])
    noted = 0
    for name, scheme in schemes.items():
        for section in (one for one in SECTIONS if getattr(scheme.body, one) is not None):
            for lang in ("zh", "en"):
                at = {"scheme": name, "section": section, "lang": lang}
                html = visitor.get("/rules/", at).content.decode()
                assert foreign(html, lang, known) == set(), at
                noted += "方案文件未写明" in html or "not in the scheme file" in html
    assert noted
    page = {lang: visitor.get("/rules/", {"lang": lang}).content.decode() for lang in ("zh", "en")}
    assert "按《综合能耗计算通则》（GB/T 2589），1.229吨标准煤/万千瓦时" in page["zh"]
    assert "as 1.229 tce per 10^4 kWh in GB/T 2589" in page["en"]
    for lang, title in zip(("en", "zh"), SOURCES["DECREE"], strict=True):
        assert f"<dt>DECREE</dt><dd>{title}</dd>" in page[lang], (
            "the legend says what a short name stands for"
        )


def test_the_workbook_comes_in_the_readers_language(signed_in):
    from openpyxl import load_workbook

    client = signed_in("cement-05:operator")
    listing = Reader(client.get("/desk/", {"lang": "zh"}).content.decode()).links
    base = next(link for link in listing if link.endswith("/reports/"))
    method = re.search(r"(guangdong-cement@[\d.]+)", client.get(base).content.decode())[1]
    first = {}
    for code in ("zh", "zh-Hant", "en"):
        raw = client.get(f"{base}template/", {"method": method, "lang": code}).content
        book = load_workbook(io.BytesIO(raw))
        first[code] = book.sheetnames[0]
        texts = [
            text
            for sheet in book.worksheets
            for row in sheet.iter_rows()
            for cell in row
            for text in (cell.value, cell.comment.text if cell.comment else None)
            if isinstance(text, str)
        ]
        assert len(texts) > 500
        if code == "zh-Hant":
            left = {run for text in texts for run in HAN_RUN.findall(text) if traditional(run) != run}
            assert left == set()
    assert first == {"zh": "填报说明", "zh-Hant": "填報説明", "en": "Guide"}
