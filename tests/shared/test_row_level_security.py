"""The second wall: whatever a query forgets, a tenant's transaction sees and changes that tenant's rows alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, literal, literal_column, make_url, select, table, text
from sqlalchemy.exc import ProgrammingError

from mockserver.store.database import Database, open_database
from mockserver.store.postgres import ROLE, Postgres
from mockserver.store.tables import products, tenants
from mockserver.store.world import load_world
from nexuscommerce.contract import Contract
from nexuscommerce.files import packaged
from tests import postgres_server as postgres

FIRST, SECOND = "a5f4d17c-3498-45e7-9fbe-7214d722cec5", "369a34e8-6922-4809-a0d5-d471fc60929d"


@pytest.fixture(scope="module")
def database(postgres_server: postgres.Server, contract: Contract) -> Iterator[Database]:
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE walls")
    url = make_url(postgres_server.url).set(database="walls").render_as_string(hide_password=False)
    opened = open_database(url, contract, load_world(packaged("fixtures/world.json"), contract))
    yield opened
    opened.close()


def _as(database: Database, tenant: str, *, writes: bool = False) -> Any:
    assert isinstance(database.backend, Postgres)
    return database.backend.transaction(tenant, writes=writes)


def _owners(connection: Connection) -> set[str]:
    return set(connection.execute(select(products.c.tenant_id).distinct()).scalars())


def test_a_query_that_forgets_its_tenant_sees_that_tenants_rows(database: Database) -> None:
    with database.transaction(writes=False) as connection:
        assert {FIRST, SECOND} < _owners(connection)
    with _as(database, FIRST) as connection:
        assert {FIRST} == _owners(connection)
        assert [FIRST] == list(connection.execute(select(tenants.c.id)).scalars())


def test_without_a_tenant_there_are_no_rows(database: Database) -> None:
    """The role alone shows nothing, nor does a tenant that there is not."""
    with database.transaction(writes=False) as connection:
        connection.execute(text(f"SET LOCAL ROLE {ROLE}"))
        assert set() == _owners(connection)
    with _as(database, "00000000-0000-4000-8000-000000000000") as connection:
        assert set() == _owners(connection)


@pytest.mark.parametrize(
    "statement",
    [
        products.update().where(products.c.tenant_id == SECOND).values(title="Taken"),
        products.update().values(tenant_id=SECOND),
        products.insert().from_select(
            [column.name for column in products.c],
            select(*(literal(SECOND) if c.name == "tenant_id" else c for c in products.c)),
        ),
        products.delete().where(products.c.tenant_id == SECOND),
    ],
    ids=["update", "give away", "insert", "delete"],
)
def test_another_tenants_rows_cannot_be_changed(database: Database, statement: Any) -> None:
    def rows() -> int:
        with _as(database, SECOND) as connection:
            return len(connection.execute(select(products.c.id, products.c.title)).all())

    before = rows()
    try:
        with _as(database, FIRST, writes=True) as connection:
            assert 0 == connection.execute(statement).rowcount
    except ProgrammingError as why:
        assert "row-level security" in str(why)  # noqa: PT017  either is a wall

    assert before == rows()


@pytest.mark.parametrize("name", ["keys", "users", "sessions", "refresh_tokens", "facts", "clocks"])
def test_what_lets_somebody_in_is_out_of_a_tenants_reach(database: Database, name: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), _as(database, FIRST) as connection:
        connection.execute(select(literal_column("1")).select_from(table(name)))


def test_every_table_with_a_tenant_is_behind_the_wall_or_out_of_reach(database: Database) -> None:
    """A table that is added is decided about: this is the twin of what postgres.py grants."""
    granted = text(
        "SELECT c.relname, c.relrowsecurity, has_table_privilege(:role, c.oid, 'SELECT') FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r'"
    )
    with database.transaction(writes=False) as connection:
        rows = connection.execute(granted, {"role": ROLE}).all()

    assert [] == [name for name, is_walled, is_reachable in rows if is_reachable and not is_walled]
    assert 15 < len(rows)


def test_a_tenants_transaction_asks_for_nothing_beyond_it(database: Database) -> None:
    """Such a mistake of ours is an error, and no hole."""
    with _as(database, FIRST, writes=True), pytest.raises(RuntimeError, match="of one tenant"):
        database.platform.user("1")
