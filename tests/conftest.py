"""Fixtures and settings for every test."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.postgres import NoPostgresError, PostgresServer, start_postgres

ROOT = Path(__file__).resolve().parent.parent

# `ci` is the default everywhere: the same examples in every run, so a red run stays red until it is mended.
# `soak` draws new ones each time: CAPWRIGHT_HYPOTHESIS_PROFILE=soak, as `make slow` does.
hypothesis.settings.register_profile("ci", max_examples=60, deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("soak", max_examples=3000, deadline=None, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("CAPWRIGHT_HYPOTHESIS_PROFILE", "ci"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what has to come first there; several processes take tests from the beginning on."""
    items.sort(key=lambda item: item.get_closest_marker("first") is None)


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The field material beside the repository: laws, real registers, price series."""
    path = ROOT.parent / "shared"
    if not path.is_dir():
        pytest.skip("needs the field material in ../shared, which is not beside this repository")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole run (one for each worker), started when the first test asks for it."""
    try:
        server = start_postgres()
    except NoPostgresError as error:
        if os.environ.get("CAPWRIGHT_REQUIRE_POSTGRES"):
            raise
        pytest.skip(str(error))
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database of this test's own."""
    postgres_server.start()  # the test before may have stopped it
    with postgres_server.database() as url:
        yield url
