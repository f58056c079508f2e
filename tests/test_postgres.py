"""The tests' own PostgreSQL server: it runs, it is durable, and it survives a crash."""

import sqlalchemy as sa

from tests import postgres


def ask(url: str, question: str) -> object:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        answer = connection.execute(sa.text(question))
        return answer.scalar_one() if answer.returns_rows else None


def test_the_server_is_recent_and_durable(postgres_url: str) -> None:
    assert int(str(ask(postgres_url, "SHOW server_version_num"))) >= 150000
    assert ask(postgres_url, "SHOW fsync") == "on"
    assert ask(postgres_url, "SHOW synchronous_commit") == "on"


def test_a_committed_row_survives_a_crash() -> None:
    with postgres.running() as server:
        ask(server.url, "CREATE TABLE kept (answer INT)")
        ask(server.url, "INSERT INTO kept VALUES (42)")
        server.stop("immediate")
        server.start()
        assert ask(server.url, "SELECT answer FROM kept") == 42
