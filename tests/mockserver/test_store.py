"""The state file: tenants apart, sorts from indexes, transactions whole, and refusals that say what to do."""

from __future__ import annotations

import inspect
import sqlite3
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy.dialects import sqlite

from mockserver.cursors import Cursors, Position
from mockserver.domain.errors import ApiError
from mockserver.store import statements
from mockserver.store.backend import UnusableDatabase
from mockserver.store.database import _WAKES, _WAKING, open_database
from mockserver.store.shop import Shop
from mockserver.store.tables import CHILDREN, COLLECTIONS
from mockserver.store.world import UnreadableWorld, load_world
from nexuscommerce.contract import Contract, Operation, load
from nexuscommerce.files import packaged
from tests.inside import Inside, open_inside

LISTS = [operation for operation in load().operations.values() if operation.is_list]


def test_no_method_of_a_shop_takes_a_tenant() -> None:
    """Isolation by construction: a query cannot name a tenant, so it cannot name the wrong one, or forget it."""
    taken = {
        name: set(inspect.signature(method).parameters) for name, method in inspect.getmembers(Shop, inspect.isfunction)
    }

    assert [] == [name for name, parameters in taken.items() if name != "__init__" and {"tenant", "tenant_id"} & parameters]


@pytest.mark.parametrize("operation", LISTS, ids=lambda operation: operation.id)
def test_every_statement_binds_the_tenant_for_every_table_in_it(operation: Operation) -> None:
    """The table, the count beside it, and each child table."""
    shape = (operation.collection, operation.filters, operation.sorts[0], "asc", True, operation.members)
    text = str(statements.page(*shape).compile(dialect=sqlite.dialect()))

    assert text.count("FROM ") - text.count("FROM (") == text.count("tenant_id = ?")


@pytest.mark.state_file
@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize(
    ("operation", "sort"), [(o, s) for o in LISTS for s in o.sorts], ids=lambda part: getattr(part, "id", part)
)
def test_every_sort_is_read_from_an_index(inside: Inside, operation: Operation, sort: str, order: str) -> None:
    """From the first page and from any later one: the last page costs what the first does."""
    for after in (False, True):
        statement = statements.page(operation.collection, (), sort, order, after, operation.members)
        compiled = statement.compile(dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True})
        with inside.database.transaction(writes=False) as connection:
            values = ("x",) * len(compiled.positiontup or ())
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values).all()

        steps = " ".join(str(row[-1]) for row in plan)
        assert steps.startswith(f"SEARCH {COLLECTIONS[operation.collection].name} USING INDEX")
        assert "TEMP B-TREE" not in steps


@pytest.mark.state_file
@pytest.mark.parametrize(("statement", "step"), [(_WAKES, "SEARCH"), (_WAKING, "SCAN")])
def test_whether_a_job_wakes_is_read_from_those_that_do(inside: Inside, statement: Any, step: str) -> None:
    """Asked with every request: of all jobs of a tenant it would take longer with each of them."""
    compiled = statement.compile(dialect=sqlite.dialect())
    with inside.database.transaction(writes=False) as connection:
        values = ("x",) * len(compiled.positiontup or ())
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values).all()

    assert str(plan[0][-1]).startswith(f"{step} jobs USING COVERING INDEX jobs_that_wake")


def test_every_member_of_the_document_is_a_column_or_a_table(contract: Contract) -> None:
    for operation in LISTS:
        detail = contract.operations[operation.detail.operation_id] if operation.detail else operation
        known = {*COLLECTIONS[operation.collection].c.keys(), *CHILDREN}

        assert set() == {*operation.members, *detail.members} - known


def test_a_handler_that_raises_changes_nothing(inside: Inside) -> None:
    tenant = inside.world.tenants[0]["id"]
    row = {"id": "prod_X", "sku": "HALF", "title": "x", "status": "draft", "price": 1, "currency": "USD", "images": []}
    row |= {"created_at": "2026-01-01T00:00:00.000Z", "updated_at": "2026-01-01T00:00:00.000Z"}

    def insert_and_fail() -> None:
        with inside.database.shop(tenant, writes=True) as shop:
            shop.insert("products", row)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        insert_and_fail()
    with inside.database.shop(tenant, writes=False) as shop:
        assert shop.one("products", ("id",), "sku", "HALF") is None


def test_state_survives_a_restart_and_cursors_with_it(tmp_path: Path, contract: Contract) -> None:
    first = open_inside(tmp_path, contract)
    first.call("POST", "/api/products", json={"sku": "KEPT", "title": "x", "price": 1})
    cursor = first.call("GET", "/api/products?limit=1").json()["meta"]["nextCursor"]
    first.database.close()
    second = open_inside(tmp_path, contract)
    kept = second.call("GET", "/api/products/KEPT").status_code
    page = second.call("GET", "/api/products", params={"limit": 1, "cursor": cursor}).json()["meta"]["page"]
    second.database.close()

    assert (200, 2) == (kept, page)


def test_fresh_begins_anew(tmp_path: Path, contract: Contract) -> None:
    first = open_inside(tmp_path, contract)
    first.call("POST", "/api/products", json={"sku": "GONE", "title": "x", "price": 1})
    first.database.close()
    second = open_inside(tmp_path, contract, fresh=True)
    status = second.call("GET", "/api/products/GONE").status_code
    second.database.close()

    assert 404 == status


@pytest.mark.state_file
def test_a_database_of_another_version_is_refused_and_kept(inside: Inside, tmp_path: Path, contract: Contract) -> None:
    inside.database.close()
    with sqlite3.connect(tmp_path / "inside.db") as connection:
        connection.execute("UPDATE facts SET value = 'old' WHERE name = 'version'")
    connection.close()

    with pytest.raises(UnusableDatabase, match="another version of the mock; begin anew with --fresh"):
        open_database(tmp_path / "inside.db", contract, inside.world)
    open_database(tmp_path / "inside.db", contract, inside.world, fresh=True).close()


def test_a_database_of_something_else_is_never_touched(tmp_path: Path, inside: Inside, contract: Contract) -> None:
    """Not even by --fresh: the file may be somebody's data."""
    path = tmp_path / "theirs.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE precious (a)")
    connection.close()

    with pytest.raises(UnusableDatabase, match="something else"):
        open_database(path, contract, inside.world, fresh=True)
    assert b"precious" in path.read_bytes()


@pytest.mark.state_file
def test_other_fixtures_than_the_states_are_refused(inside: Inside, tmp_path: Path, contract: Contract) -> None:
    data = orjson.loads(packaged("fixtures/world.json").read_bytes())
    data["tenants"] = data["tenants"][:1]
    (tmp_path / "small.json").write_bytes(orjson.dumps(data))

    with pytest.raises(UnusableDatabase, match="other fixtures; begin anew with --fresh"):
        open_database(tmp_path / "inside.db", contract, load_world(tmp_path / "small.json", contract))


BREAKS: dict[str, Any] = {
    "tenants/0/plan": lambda world: world["tenants"][0].update(plan="gold"),
    "tenants/0/keys/0/scopes/0": lambda world: world["tenants"][0]["keys"][0].update(scopes=["everything"]),
    "tenants/0/products/3/price": lambda world: world["tenants"][0]["products"][3].update(price="x"),
    "tenants/1/orders/0": lambda world: world["tenants"][1]["orders"][0].update(colour="red"),
    "the file": lambda world: world.pop("auth"),
}


@pytest.mark.parametrize("where", BREAKS)
def test_a_broken_fixture_is_refused_with_its_place(tmp_path: Path, contract: Contract, where: str) -> None:
    data = orjson.loads(packaged("fixtures/world.json").read_bytes())
    BREAKS[where](data)
    (tmp_path / "broken.json").write_bytes(orjson.dumps(data))

    with pytest.raises(UnreadableWorld, match=f"broken.json: {where}: "):
        load_world(tmp_path / "broken.json", contract)


ISSUER = {"operation": "listProducts", "tenant": "a", "filters": {"status": "draft"}, "sort": "sku", "order": "asc"}


@pytest.mark.parametrize("changed", ["operation", "tenant", "filters", "sort", "order"])
def test_a_cursor_is_bound_to_all_that_issued_it(changed: str) -> None:
    cursors = Cursors("secret")
    cursor = cursors.issue(ISSUER, Position(1, "x", "id"))

    assert Position(1, "x", "id") == cursors.open(dict(reversed(ISSUER.items())), cursor)
    with pytest.raises(ApiError, match="INVALID_CURSOR"):
        cursors.open({**ISSUER, changed: "other"}, cursor)


def test_a_cursor_of_another_secret_is_forged() -> None:
    with pytest.raises(ApiError, match="INVALID_CURSOR"):
        Cursors("secret").open(ISSUER, Cursors("guess").issue(ISSUER, Position(1, "x", "id")))


def test_the_longest_title_fits_into_a_cursor_of_the_documents_length(contract: Contract) -> None:
    longest = Position(10**9, "\U0001f600" * 200, "prod_" + "0" * 26)
    issuer = {**ISSUER, "filters": {"search": "é" * 200, "marketplace": "m" * 32}}

    bound = contract.operations["listProducts"].parameter("cursor").schema["maxLength"]

    assert len(Cursors("secret").issue(issuer, longest)) <= bound


@pytest.mark.state_file
def test_two_mocks_on_one_file_see_each_others_keys_at_once(inside: Inside, tmp_path: Path) -> None:
    """A key that is revoked by another process is refused by this one's next request, though keys are remembered."""
    before = inside.call("GET", "/api/products", key="reader").status_code
    with sqlite3.connect(tmp_path / "inside.db") as connection:
        connection.execute("UPDATE keys SET revoked_at = '2026-01-01T00:00:00.000Z' WHERE name = 'reader'")
    connection.close()

    assert [200, 401] == [before, inside.call("GET", "/api/products", key="reader").status_code]
