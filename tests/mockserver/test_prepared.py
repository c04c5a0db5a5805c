"""What is handed to sqlite3 directly comes to the same as what SQLAlchemy executes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import bindparam, func, select, tuple_
from sqlalchemy.exc import IntegrityError, OperationalError

from mockserver.store import statements
from mockserver.store.outbox import deliveries, endpoints, events
from mockserver.store.prepared import Prompt, prepare
from mockserver.store.tables import COLLECTIONS, keys, levels, tenants
from tests.inside import Inside

pytestmark = pytest.mark.state_file

AT = "2026-03-12T15:00:00.000Z"


@pytest.fixture
def prompt(inside: Inside) -> Iterator[Prompt]:
    """A connection that is rolled back."""
    with inside.database.transaction(writes=True) as connection:
        assert isinstance(connection, Prompt)
        yield connection
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _both(prompt: Prompt, statement: Any, values: Any) -> tuple[Any, Any]:
    """Rows by SQLAlchemy, which takes a statement the first time, and directly."""
    return prompt.execute(statement, values).all(), prompt.execute(statement, values).all()


@pytest.mark.parametrize("table", [*COLLECTIONS.values(), keys, tenants, levels], ids=lambda table: table.name)
def test_rows_are_the_same_whatever_their_types(prompt: Prompt, table: Any) -> None:
    everything = select(table).order_by(*table.primary_key)
    theirs, mine = _both(prompt, everything, {})

    assert prepare(everything, (), prompt.dialect)
    assert theirs
    assert theirs == mine
    assert [row._asdict() for row in theirs] == [row._asdict() for row in mine]


def test_values_are_bound_with_their_types_and_beside_a_statements_own(inside: Inside, prompt: Prompt) -> None:
    products = COLLECTIONS["products"]
    statement = select(products.c.sku).where(
        products.c.tenant_id == bindparam("tenant"),
        products.c.price >= bindparam("price", type_=products.c.price.type),
        products.c.status == "active",
        tuple_(products.c.price, products.c.id) > tuple_(bindparam("price", type_=products.c.price.type), bindparam("id")),
    )
    theirs, mine = _both(prompt, statement, {"tenant": inside.world.tenants[0]["id"], "price": 20.5, "id": ""})

    assert theirs
    assert theirs == mine


def test_a_row_is_written_and_changed_as_sqlalchemy_does(inside: Inside, prompt: Prompt) -> None:
    tenant = inside.world.tenants[0]["id"]
    members = {"title": "t", "price": 12.34, "images": ["a", "b"], "status": "draft", "currency": "USD", "cost_price": None}
    made = [
        {"id": f"prod_{n}", "sku": f"P-{n}", "created_at": AT, "updated_at": AT, "tenant_id": tenant} | members
        for n in "abc"
    ]
    for row in made:
        prompt.execute(statements.insertion("products"), row)
        changed = {"tenant": tenant, "row": row["id"], "price": 0.29, "images": []}
        assert 1 == prompt.execute(statements.change("products"), changed).rowcount
    table = COLLECTIONS["products"]
    shown = [column for column in table.c if column.name not in ("id", "sku")]
    rows = prompt.execute(select(*shown).where(table.c.sku.like("P-_"))).all()

    assert 3 == len(rows)
    assert 1 == len({repr(row) for row in rows})
    assert (0.29, []) == (rows[0].price, rows[0].images)


def test_many_rows_at_once(prompt: Prompt) -> None:
    statement = events.insert()
    tenant = prompt.execute(select(tenants.c.id).limit(1)).scalar_one()
    for first in (1000, 2000, 3000):
        rows = [
            {
                "position": n,
                "id": f"evt_{n}",
                "tenant_id": tenant,
                "type": "x",
                "resource": "y",
                "created_at": AT,
                "body": b"\0",
            }
            for n in range(first, first + 3)
        ]
        prompt.execute(statement, rows)
    counted = prompt.execute(select(func.count()).select_from(events).where(events.c.body == b"\0")).scalar_one()

    assert 9 == counted


def test_mistakes_are_told_as_sqlalchemy_tells_them(inside: Inside, prompt: Prompt) -> None:
    row = {"id": "end_1", "tenant_id": inside.world.tenants[0]["id"], "url": "x", "secret": "y", "events": []}
    row |= {"paused": False, "created_at": AT}
    statement = endpoints.insert()
    prompt.execute(statement, row)
    for values in (row, [row, row]):
        with pytest.raises(IntegrityError):
            prompt.execute(statement, values)
    broken: Any = select(bindparam("n")).where(func.no_such_function() == 1)
    for _ in range(2):
        with pytest.raises(OperationalError):
            prompt.execute(broken, {"n": 1})


def test_what_only_sqlalchemy_can_do_is_left_to_it(prompt: Prompt) -> None:
    listed = select(tenants.c.id).where(tenants.c.id.in_(bindparam("ids", expanding=True)))
    theirs, mine = _both(prompt, listed, {"ids": ["a", "b"]})

    assert [] == theirs == mine
    assert prepare(listed, ("ids",), prompt.dialect) is None
    assert prepare(deliveries.insert(), ("id",), prompt.dialect) is None  # is_test has a default that Python computes


def test_only_what_is_executed_again_is_kept(prompt: Prompt) -> None:
    known = prompt._known
    for _ in range(3):
        prompt.execute(select(tenants.c.id).where(tenants.c.id == bindparam("id")), {"id": "a"})
    assert not any(known.values())

    statement = select(tenants.c.id).where(tenants.c.id == bindparam("id"))
    for _ in range(2):
        prompt.execute(statement, {"id": "a"})
    assert ("id",) in known[statement]
