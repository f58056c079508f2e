"""What every test may ask for."""

import os
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from hypothesis import Phase, settings
from sqlalchemy import create_engine, make_url

from tests import postgres

# Laws over whole histories take seconds an example: shrinking one for minutes would tell little more.
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
settings.register_profile("default", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=50, deadline=None, derandomize=True)
settings.register_profile("proof", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server that tests may stop, crash and start; one that does not start is a failure."""
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: postgres.Server) -> str:
    """The address of an empty database on a running PostgreSQL server, for SQLAlchemy."""
    return postgres_server.url


@pytest.fixture(scope="session")
def clean_postgres(postgres_url: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases on the server, each with its own address."""
    server = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    made = count(1)

    def make() -> str:
        name = f"clean_{next(made)}"
        with server.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        return make_url(postgres_url).set(database=name).render_as_string(hide_password=False)

    yield make
    server.dispose()
