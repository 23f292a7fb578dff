"""Every address and every command as every kind of person, held against docs/permissions.md."""

import re
from pathlib import Path

import pytest

from capwright.kernel.examples import example_of
from capwright.market.machine import COMMANDS

PAGE = (Path(__file__).parents[2] / "docs" / "permissions.md").read_text(encoding="utf-8")
PEOPLE = {
    "public": "",
    "firm": "paper-01:operator",
    "other": "paper-02:operator",
    "authority": "authority-1",
    "operator": "operator-1",
    "exchange": "exchange-1",
    "auditor": "watcher-1",
}
SAID_NO = {401, 403, 404, 405}
# What stands in an address for a part that differs.
PARTS = {"int": "1", "str": "x", "path": "x", "slug": "x", "uuid": "00000000-0000-0000-0000-000000000000"}


def tables():
    """The tables of the page, each as a list of rows."""
    found = []
    for block in re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE):
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.strip().splitlines()]
        found.append([dict(zip(rows[0], row, strict=True)) for row in rows[2:]])
    return found


def routes():
    """Every address of the pages, as patterns."""
    from django.urls import get_resolver
    from django.urls.resolvers import URLResolver

    def walk(patterns, before):
        for one in patterns:
            text = before + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, text)
            else:
                yield "/" + text

    return sorted(set(walk(get_resolver().url_patterns, "")))


def address(pattern, account):
    """An address that fits a pattern, for an account."""
    text = re.sub(r"\(\?P<[^>]+>[^)]*\)", "x", pattern).replace("^", "").replace("$", "").replace("\\Z", "")
    text = re.sub(r"<(?:str:)?(?:number|account)>", account, text)
    return re.sub(r"<(?:(\w+):)?\w+>", lambda m: PARTS.get(m[1] or "str", "x"), text)


@pytest.fixture(scope="module")
def people(site):
    """Clients by kind of person; an auditor is appointed by two of the authority."""
    first, second = site.client("authority-1"), site.client("authority-2")
    fields = {"person": "watcher-1", "roles": ["auditor"], "command_id": "web/watcher"}
    first.post("/desk/act/AppointOfficer/", fields)
    with site.host.look() as market:
        (proposal,) = [key for key, one in market.state.proposals.items() if one.proposer == "authority-1"]
    second.post(f"/desk/approvals/{proposal}/", {"approve": "1", "command_id": "web/watcher-yes"})
    with site.host.look() as market:
        assert market.registry.state.officers["watcher-1"] == ("auditor",)
        verifiers = market.rooms["mrv"].state.verifiers.values()
        verifier = next(v.record.people[0] for v in verifiers if v.record.people)
    return {kind: site.client(person) for kind, person in {**PEOPLE, "verifier": verifier}.items()}


def row_of(rows, path, account):
    """The first row of the page whose address fits."""
    return next(row for row in rows if path.startswith(row["address"].strip("`").format(number=account)))


def said_no(answer):
    """Whether an answer keeps somebody out."""
    if answer.status_code == 302:
        return "/identity/login/" in answer.headers["Location"]
    return answer.status_code in SAID_NO


def test_every_page_opens_to_whom_it_should(site, people):
    rows, account = tables()[0], site.account("paper-01:operator")
    wrong = []
    for pattern in routes():
        path = address(pattern, account)
        row = row_of(rows, path, account)
        for kind, client in people.items():
            answer = client.get(path)
            assert answer.status_code < 500 or answer.status_code == 503, (path, kind)
            if row[kind] == "no" and not said_no(answer):
                wrong.append(f"{path} opens to {kind}: {answer.status_code}")
            if row[kind] == "yes" and answer.status_code in {401, 403} and "/identity/" not in path:
                wrong.append(f"{path} is shut to {kind}: {answer.status_code}")
    assert wrong == []


def test_a_posted_form_is_kept_out_like_the_page(site, people):
    rows, account = tables()[0], site.account("paper-01:operator")
    wrong = []
    for pattern in routes():
        path = address(pattern, account)
        if not path.startswith("/desk/"):
            continue
        row = row_of(rows, path, account)
        for kind in ("public", "other", "verifier"):
            if row[kind] == "no":
                head = site.settle()
                if not said_no(people[kind].post(path, {})):
                    wrong.append(f"{path} takes a form from {kind}")
                assert site.settle() == head, (path, kind)
    assert wrong == []


def test_reads_of_the_api(site, people):
    account = site.account("paper-01:operator")
    with site.host.look() as market:
        verifiers = market.rooms["mrv"].state.verifiers.values()
        verifier = next(v.record.people[0] for v in verifiers if v.record.people)
    addresses = {
        "`/api/v1/accounts/{number}` and below": [
            f"/accounts/{account}{more}" for more in ("", "/holdings", "/orders", "/history")
        ],
        "`/api/v1/trades?account=`": [f"/trades?account={account}"],
        "`/api/v1/journal`": ["/journal?limit=1"],
        "`/api/v1/serials/{serial}`": ["/serials/GDEA-2023-1"],
        "`/api/v1/market` and the other lists": [
            "/market", "/products", "/trades", "/days", "/auctions", "/announcements", "/schemes",
            "/journal/head",
        ],
    }  # fmt: skip
    wrong = []
    clients = {kind: site.api(person) for kind, person in {**PEOPLE, "verifier": verifier}.items()}
    for row in tables()[1]:
        for path in addresses[row["address"]]:
            for kind, client in clients.items():
                status = client.get(path).status_code
                if (status == 200) != (row[kind] == "yes"):
                    wrong.append(f"{path} for {kind}: {status}")
    assert wrong == []


def test_every_command_is_kept_from_those_who_lack_the_role_or_right(site):
    account = site.account("paper-01:operator")
    roles = {"authority-1": "authority", "operator-1": "operator", "exchange-1": "exchange"}
    wrong = []
    for kind in COMMANDS:
        fields = example_of(kind)
        if kind.permit.account_field:
            fields[kind.permit.account_field] = account
        command = _made(kind, fields)
        for person in ("paper-02:operator", "nobody", *roles):
            code = site.host.refusal_of(command, person)["code"]
            if kind.permit.roles and roles.get(person) not in kind.permit.roles and code != "CW-4001":
                wrong.append(f"{kind.__name__} from {person}: {code}")
            if kind.permit.account_field and not kind.permit.roles and code != "CW-4002":
                wrong.append(f"{kind.__name__} from {person}: {code}")
            if not kind.permit.roles and not kind.permit.account_field and not code:
                wrong.append(f"{kind.__name__} from {person} would be carried out")
    assert wrong == []


def _made(kind, fields):
    import msgspec

    return msgspec.convert(fields, kind, strict=False)


def test_no_command_comes_from_nobody(site):
    client = site.api()
    for kind in COMMANDS:
        assert client.post(f"/commands/{kind.__name__}", json=example_of(kind)).status_code == 401
