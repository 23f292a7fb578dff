"""What lay in accounts at earlier times, against the auditor's own reading of the whole journal."""

import random

import pytest

from capwright.history import balances_at
from capwright.journal.replay import chained
from capwright.journal.store import open_store
from capwright.projection.past import holdings_at
from capwright.projection.records import holdings


def told(found):
    return sorted((one.bucket, one.series, one.quantity_t, one.cash_fen) for one in found)


def audited(balances, number):
    for place, series in balances.units_t.items():
        account, _, bucket = place.partition("#")
        if account == number:
            yield from ((bucket, name, quantity_t, 0) for name, quantity_t in series.items() if quantity_t)
    for place, cash_fen in balances.cash_fen.items():
        account, _, bucket = place.partition("#")
        if account == number and cash_fen:
            yield bucket, "", 0, cash_fen


@pytest.mark.parametrize("share", [0.0, 0.15, 0.4, 0.8, 0.99])
def test_an_account_is_what_the_auditor_finds(site, share):
    site.settle()
    first, last = site.host.views.rows("SELECT min(at_ms) AS first, max(at_ms) AS last FROM act")[0]
    until_ms = round(first + share * (last - first))
    store = open_store(site.host.settings.db, read_only=True)
    balances = balances_at(chained(store), until_ms)
    store.close()
    with site.host.look() as market:
        numbers = list(market.book.state.accounts)
    for number in random.Random(5).sample(numbers, 90):
        found, seq = holdings_at(site.host.views, site.host.settings.db, number, until_ms)
        assert seq == balances.seq
        assert told(found) == sorted(audited(balances, number)), number


def test_now_is_what_the_state_holds(site):
    site.settle()
    now_ms = site.host.head.at
    with site.host.look() as market:
        state = {number: told(holdings(market, number)) for number in market.book.state.accounts}
    busy = sorted(state, key=lambda number: -len(state[number]))[:40]
    for number in busy:
        found, _ = holdings_at(site.host.views, site.host.settings.db, number, now_ms)
        assert told(found) == [one for one in state[number] if one[2] or one[3]], number
