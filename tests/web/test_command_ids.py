"""Ids of commands from programs: one for a caller and key, of nobody's name, and in order of time."""

import uuid
from types import SimpleNamespace

import pytest

from capwright.client import new_key

ANN, BEN = SimpleNamespace(person="ann"), SimpleNamespace(person="ben")
# The example of RFC 9562, appendix A.6: 2022-02-22 19:22:22.000 UTC is 0x017F22E279B0 ms.
TIMED = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@pytest.fixture
def id_of(site):
    """The id that the site gives a caller's command."""
    from capwright.api.commands import command_id_of

    return lambda caller, key: command_id_of(SimpleNamespace(host=site.host), caller, key)


@pytest.mark.parametrize("key", ["order-1", TIMED, TIMED.upper(), str(uuid.UUID(int=0))])
def test_the_same_caller_and_key_have_one_id_and_others_another(id_of, key):
    first = id_of(ANN, key)
    assert id_of(ANN, key) == first
    assert id_of(BEN, key) != first
    assert "ann" not in first
    assert key not in first


def test_a_key_with_a_time_gives_its_time_alone(id_of):
    first, second = id_of(ANN, TIMED), id_of(BEN, TIMED)
    assert first[:16] == second[:16] == "api/017f22e279b0"
    assert first[16:] != second[16:]
    assert "7cc3" not in (first + second)[16:20]


def test_ids_without_a_key_are_new_and_in_order_of_time(id_of):
    made = [id_of(ANN, "") for _ in range(1_000)]
    assert len(set(made)) == 1_000
    assert [one[:16] for one in made] == sorted(one[:16] for one in made)


def test_the_client_draws_keys_of_version_7(monkeypatch):
    monkeypatch.setattr("capwright.client.client.time.time_ns", lambda: 1_645_557_742_000_000_000)
    drawn = [uuid.UUID(new_key()) for _ in range(100)]
    assert {(one.version, one.variant, one.int >> 80) for one in drawn} == {
        (7, uuid.RFC_4122, 0x017F22E279B0)
    }
    assert len(set(drawn)) == 100
