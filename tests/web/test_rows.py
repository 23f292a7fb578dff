"""Lists and parts of commands as rows of fields: nobody writes JSON to fill in a form."""

import re
from decimal import Decimal

import msgspec
import pytest
from msgspec import Struct

from capwright.allocation.project_messages import ProjectLine, RegisterNewProject
from capwright.compliance.messages import SurrenderUnits
from capwright.kernel.refusal import Refused
from capwright.ledger.messages import UnitLine
from capwright.market.machine import COMMANDS
from capwright.mrv.messages import FileMonitoringPlan, SubmitReport
from capwright.registry.messages import OpenAccount, Representative
from capwright.web.command_form import fields_of, flat, told
from capwright.web.form_reading import faults_of, made, read, typed

# Files as a whole, which officers put into the market.
DOCUMENTS = {("AdoptScheme", "scheme"), ("OpenMarket", "scheme"), ("PublishMethod", "definition")}
LINES = {"account": "A", "vintage": "2023", "lines.0.series": "GDEA-2023", "lines.0.quantity_t": "1,000"}


def test_only_whole_files_are_asked_for_as_json():
    fields = [(kind.__name__, one) for kind in COMMANDS for one in flat(fields_of(kind, {}))]
    assert {(name, one.name) for name, one in fields if one.kind == "document"} == DOCUMENTS


def test_rows_become_a_list():
    given = {**LINES, "lines.1.series": " ", "lines.7.series": "GDEA-2022", "lines.7.quantity_t": "5"}
    assert read(SurrenderUnits, given, {}).lines == (UnitLine("GDEA-2023", 1000), UnitLine("GDEA-2022", 5))
    assert read(SurrenderUnits, {"account": "A", "vintage": "2023", "lines.0.series": ""}, {}).lines == ()


def test_rows_have_choices_of_their_own():
    given = {"name": "X", "kind": "enterprise", "type": "t", "representatives.0.person": "u-1"}
    given |= {"representatives.1.person": "u-2", "representatives.1.rights": "read"}
    given["opened_on"] = "2024-01-02"
    needed = {one.name: "x" for one in fields_of(OpenAccount, {}) if one.required and one.kind == "text"}
    made_of = read(OpenAccount, {**needed, **given}, {"representatives.0.rights": ["initiate", "read"]})
    wanted = (Representative("u-1", ("initiate", "read")), Representative("u-2", ("read",)))
    assert made_of.representatives == wanted


def test_a_plan_is_read_as_deep_as_it_goes():
    given = {
        "account": "A", "plan.method": "m@1", "plan.organisation": "Mill", "plan.boundary": "All",
        "plan.streams.0.code": "coal", "plan.streams.0.component": "fuel",
        "plan.streams.0.data.0.symbol": "FC", "plan.streams.0.data.0.determined": "measured",
        "plan.streams.0.data.0.accuracy": "0.005", "plan.facilities.0.code": "k",
        "plan.facilities.0.name": "Kiln",
    }  # fmt: skip
    plan = read(FileMonitoringPlan, given, {}).plan
    assert (plan.streams[0].data[0].symbol, plan.streams[0].data[0].accuracy) == ("FC", Decimal("0.005"))
    assert plan.facilities[0].name == "Kiln"
    shown = fields_of(FileMonitoringPlan, {"account": "A", "plan": msgspec.to_builtins(plan)})
    again = {one.name: one.value for one in flat(shown) if one.value}
    assert read(FileMonitoringPlan, again, {}).plan == plan, "a form that is sent as it came changes nothing"


def test_a_month_may_be_missing():
    given = {
        "account": "A", "report.enterprise": "e", "report.year": "2023", "report.method": "m@1",
        "report.streams.0.code": "coal", "report.streams.0.component": "fuel",
        "report.streams.0.data.0.symbol": "FC", "report.streams.0.data.0.unit": "t",
        "report.streams.0.data.0.months": "1.5\n-\n3", "report.streams.0.data.0.evidence.0.sha256": "00",
        "report.streams.0.data.0.evidence.0.accredited": "false",
    }  # fmt: skip
    (datum,) = read(SubmitReport, given, {}).report.streams[0].data
    assert datum.months == (Decimal("1.5"), None, Decimal(3))
    assert datum.evidence[0].accredited is False


@pytest.mark.parametrize(
    ("more", "name", "zh"),
    [
        ({"lines.1.series": "X", "lines.1.quantity_t": "ten"}, "lines.1.quantity_t", "“明细·第2行·数量”"),
        ({"lines.1.quantity_t": "10"}, "lines.1.series", "须填写"),
        ({"quantity_t": "ten"}, "quantity_t", "“数量”无法读取：须填写整数"),
        ({"vintage": ""}, "vintage", "须填写"),
    ],
)
def test_a_fault_stands_at_its_field(more, name, zh):
    fields = typed(SurrenderUnits, {**LINES, **more}, {})
    assert made(SurrenderUnits, fields) is None
    ((at, fault),) = faults_of(fields)
    assert at == name
    assert zh in fault.message("zh")


def test_every_fault_is_told_at_once():
    fields = typed(RegisterNewProject, {"account": "A", "vintage": "x", "lines.0.energy_tce": "NaN"}, {})
    assert made(RegisterNewProject, fields) is None
    assert [name for name, _ in faults_of(fields)] == ["vintage", "lines.0.process", "lines.0.energy_tce"]
    with pytest.raises(Refused, match="CW-9720"):
        read(RegisterNewProject, {"account": "A", "vintage": "2023"}, {})  # no row at all


def test_rows_are_asked_for_without_scripts(signed_in):
    client = signed_in("authority-1")
    sent = {"account": "GD-1", "vintage": "2023", "lines.0.process": "paper_making", "more": "lines"}
    page = client.post("/desk/act/RegisterNewProject/", sent).content.decode()
    assert 'name="lines.1.process"' in page
    assert "autofocus" in re.search(r'<[a-z]+ [^>]*name="lines\.1\.process"[^>]*>', page)[0]
    assert "paper_making" in page, "what was typed is kept"
    sent = {"account": "GD-1", "lines.0.energy_tce": "11", "lines.1.energy_tce": "22", "fewer": "lines.0"}
    page = client.post("/desk/act/RegisterNewProject/", sent).content.decode()
    assert re.search(r'name="lines\.0\.energy_tce"[^>]* value="22"', page)
    assert 'name="lines.1.energy_tce"' not in page


@pytest.mark.parametrize(("lang", "said"), [("en", "A number is needed."), ("zh", "须填写数值。")])
def test_a_row_says_what_is_wrong_with_it(signed_in, lang, said):
    sent = {"account": "GD-1", "vintage": "2023", "lines.0.process": "p", "lines.0.energy_tce": "a lot"}
    page = signed_in("authority-1").post(f"/desk/act/RegisterNewProject/?lang={lang}", sent).content.decode()
    field = re.search(r'<input [^>]*name="lines\.0\.energy_tce"[^>]*>', page)[0]
    assert 'aria-invalid="true" aria-describedby="e-lines.0.energy_tce"' in field
    assert 'value="a lot"' in field
    assert f'<p class="fault" id="e-lines.0.energy_tce">{said}</p>' in page
    assert 'href="#f-lines.0.energy_tce"' in page


def test_a_plan_is_changed_in_a_form(site, signed_in):
    person = "cement-09:operator"
    number, client = site.account(person), signed_in(person)
    plan = f"/desk/accounts/{number}/reports/plan/"
    assert f"{plan}form/?version=1" in client.get(plan).content.decode()
    page = client.get(f"{plan}form/?version=1").content.decode()
    assert '<option value="guangdong-cement@2022.1" selected>Cement, Guangdong · ' in page
    assert re.search(r'<option value="fuel" selected>[A-Z][^<]+</option>', page)
    form = re.search(
        r'<form method="post" action="/desk/act/FileMonitoringPlan/".*?</form>', page, re.DOTALL
    )[0]
    sent = dict(re.findall(r'<input [^>]*name="([^"]+)"[^>]* value="([^"]*)"', form))
    for name, options in re.findall(r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        sent[name] = next(iter(re.findall(r'value="([^"]*)" selected', options)), "")
    sent = {name: value for name, value in sent.items() if "__" not in name}  # not the empty rows
    sent |= {"plan.boundary": "The works and its quarry", "change": "The quarry is ours now"}
    answer = client.post("/desk/act/FileMonitoringPlan/", sent)
    assert answer.status_code == 302, answer.content.decode()
    assert answer.headers["Location"] == plan
    site.settle()
    page = client.get(f"{plan}?version=2").content.decode()
    assert "The works and its quarry" in page
    assert "The quarry is ours now" in page
    assert client.get(f"{plan}form/?version=77").status_code == 404
    assert signed_in("authority-1").get(f"{plan}form/?version=1").status_code == 403


def test_a_first_plan_begins_with_its_method(site, signed_in):
    person = "cement-10:operator"
    address = f"/desk/accounts/{site.account(person)}/reports/plan/form/"
    page = signed_in(person).get(address, {"method": "guangdong-paper@2022.1"}).content.decode()
    assert 'name="plan.streams.1.code"' in page
    assert "Pulp and paper, Guangdong" in page


@pytest.mark.parametrize(("lang", "name"), [("en", "Cement, Guangdong"), ("zh", "水泥")])
def test_methods_are_called_by_name(site, signed_in, lang, name):
    person = "cement-05:operator"
    number = site.account(person)
    for path in ("reports/", "reports/plan/"):
        page = signed_in(person).get(f"/desk/accounts/{number}/{path}", {"lang": lang}).content.decode()
        assert name in page
        assert not re.search(r">guangdong-cement@2022\.1</(?:td|dd|option|a)>", page)


def test_who_decides_reads_rows_in_words(site):
    from django.template.loader import render_to_string

    asked = RegisterNewProject("GD-1", 2023, (ProjectLine(process="paper_making", energy_tce=Decimal(7)),))
    lines = next(one for one in told(msgspec.to_builtins(asked)) if one.name == "lines")
    shown = re.sub(r"<[^>]+>|\s+", " ", render_to_string("desk/told.html", {"one": lines, "lang": "zh"}))
    assert "工序 paper_making" in " ".join(shown.split())
    assert "预计能耗（吨标准煤/年） 7" in " ".join(shown.split())
    assert "设计产能" not in shown, "what is not given is not shown"


def test_deep_names_and_odd_ones_do_no_harm():
    for name in ("lines.0.series.x.y", "account.x", "." * 50, "lines.99999999999.series", "lines.x.series"):
        read(SurrenderUnits, {"account": "A", "vintage": "2023", "quantity_t": "1"} | {name: "v"}, {})


def test_the_shape_of_a_form_follows_any_type():
    class Leaf(Struct, frozen=True):
        day: int
        table: dict[str, str] = {}

    class Made(Struct, frozen=True):
        leaves: tuple[Leaf, ...]

    given = {"leaves.0.day": "3", "leaves.0.table.0.name": "a", "leaves.0.table.0.text": "b"}
    assert read(Made, given, {}) == Made((Leaf(3, {"a": "b"}),))
