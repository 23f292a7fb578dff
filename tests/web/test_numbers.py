"""Numbers in forms: what cannot be read is refused, and never taken for nothing."""

import pytest

from capwright.web.numbers import fen, tonnes, whole

UNREADABLE = ["", "12.5", "all", "1e3", "10 t", "-5", "0", "１２", "1,00"]


@pytest.fixture(scope="module")
def firm(site):
    return site.client("cement-08:operator"), site.account("cement-08:operator")


@pytest.mark.parametrize("text", UNREADABLE)
@pytest.mark.parametrize("button", [{}, {"try": "1"}])
def test_a_surrender_of_what_cannot_be_read_is_not_one_of_all_that_is_owed(site, firm, text, button):
    client, number = firm
    before = site.settle()
    given = {"vintage": "2023", "quantity_t": text, **button}
    answer = client.post(f"/desk/accounts/{number}/surrender/", given)
    assert (answer.status_code, "CW-9101" in answer.content.decode()) == (422, True)
    assert site.settle() == before, "nothing was sent"


@pytest.mark.parametrize("text", ["", "12.349", "1e3", "12.3.4", "much"])
def test_an_amount_that_cannot_be_read_is_not_paid_out(site, firm, text):
    client, number = firm
    before = site.settle()
    answer = client.post(f"/desk/accounts/{number}/cash/", {"amount": text})
    assert (answer.status_code, "CW-9102" in answer.content.decode()) == (422, True)
    assert site.settle() == before, "nothing was sent"


def test_commas_of_either_width_part_thousands():
    assert (tonnes("1,234"), tonnes(" 1，234 "), tonnes("0", least=0)) == (1234, 1234, 0)
    assert (fen("1，234.5"), fen("0.05")) == (123_450, 5)


@pytest.mark.parametrize(
    ("text", "number"), [("2023", 2023), ("9" * 15, 10**15 - 1), ("9" * 16, 0), ("-1", 0), ("", 0), (None, 0)]
)
def test_whole_numbers_of_addresses_are_bounded(text, number):
    assert whole(text) == number
