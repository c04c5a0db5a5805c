"""One tenant's data, inside one transaction.

A `Shop` is bound to its tenant when it is made and no method takes a tenant, so no query can forget one. Collections,
filters, sorts and members come from the document's words (an `Operation`): a new list needs a table and nothing here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import IntegrityError

from mockserver.store import outbox, statements
from mockserver.store.prices import Prices
from mockserver.store.queue import Queue
from mockserver.store.stocks import Stocks
from mockserver.store.tables import tenants
from mockserver.store.totals import Counted, Remembered
from nexuscommerce.contract import Filter

Row = dict[str, Any]


class Taken(Exception):
    """A unique value is in use already."""


class Window(NamedTuple):
    """Which rows of a list: filtered, sorted, after a position (`None`: from the start), at most `limit`."""

    filters: Mapping[Filter, Any]
    sort: str
    order: str
    after: tuple[Any, str] | None
    limit: int


class Placed(NamedTuple):
    """A row as JSON text, and its position in the sort: its sort value and its id."""

    text: str
    value: Any
    id: str


# What an event's type begins with -> the list whose rows such events tell of.
_TOLD = {"product": "products", "order": "orders", "inventory": "inventory", "ai_job": "ai-jobs"}


_CURRENCY = select(tenants.c.currency).where(tenants.c.id == bindparam("tenant"))


class Shop:
    """Reads and writes of one tenant. Deleted rows are never seen. `events` are the document's: type -> members told."""

    def __init__(
        self, connection: Connection, tenant: str, events: Mapping[str, tuple[str, ...]], remembered: Remembered
    ) -> None:
        self._remembered = remembered
        self._connection = connection
        self._tenant = tenant
        self.events = events
        self.stocks = Stocks(connection, tenant)
        self.prices = Prices(connection, tenant)
        self.queue = Queue(connection, tenant)

    def currency(self) -> str:
        """The tenant's own currency."""
        return str(self._connection.execute(_CURRENCY, {"tenant": self._tenant}).scalar_one())

    def page(self, collection: str, members: Sequence[str], window: Window) -> tuple[list[Placed], int]:
        """The rows of a window, each with `members`, and how many rows match its filters, at one moment."""
        shape = (collection, tuple(window.filters), window.sort, window.order, window.after is not None, tuple(members))
        values = self._values(window.filters) | {"limit": window.limit}
        if window.after:
            values |= {"after_value": window.after[0], "after_id": window.after[1]}
        name = (collection, *self._values(window.filters).items()) if window.filters else None
        known = self._remembered.get(name) if name else None
        rows = self._connection.execute(statements.page(*shape, known is None), values).all()
        if known and rows and known.version != rows[0][4]:
            known, rows = None, self._connection.execute(statements.page(*shape, True), values).all()
        if not rows:
            total = statements.total(collection, tuple(window.filters))
            return [], int(self._connection.execute(total, self._values(window.filters)).scalar_one())
        if name and known is None:
            self._remembered.keep(name, Counted(rows[0][4], rows[0][3]))
        return [Placed(*row[:3]) for row in rows], known.total if known else rows[0][3]

    def one(self, collection: str, members: Sequence[str], by: str, value: str) -> str | None:
        """The row whose member `by` has this value, as JSON text with `members`."""
        statement = statements.one(collection, tuple(members), by)
        text = self._connection.execute(statement, {"tenant": self._tenant, "value": value}).scalar()
        return None if text is None else str(text)

    def row(self, collection: str, members: Sequence[str], by: str, value: str) -> Row | None:
        """The same as a dictionary, for who wants to change it."""
        text = self.one(collection, members, by, value)
        row: Row | None = orjson.loads(text) if text else None
        return row

    def some(self, collection: str, members: Sequence[str], by: str, values: Collection[str]) -> dict[str, Row]:
        """The rows whose member `by` is among these values, by that member, each with `members`."""
        statement = statements.some(collection, tuple(members), by)
        rows = self._connection.execute(statement, {"tenant": self._tenant, "values": list(values)})
        return {value: orjson.loads(text) for value, text in rows}

    def all(self, collection: str, members: Sequence[str]) -> list[str]:
        """Every row as JSON text with `members`."""
        rows = self._connection.execute(statements.every(collection, tuple(members)), {"tenant": self._tenant})
        return [str(row[0]) for row in rows]

    def latest(self, collection: str) -> str | None:
        """The id of the row that was made last."""
        return self._connection.execute(statements.latest(collection), {"tenant": self._tenant}).scalar()

    def insert(self, collection: str, row: Row) -> None:
        """Raises Taken if a unique value of the row is in use."""
        try:
            self._connection.execute(statements.insertion(collection), {**row, "tenant_id": self._tenant})
        except IntegrityError as why:
            raise Taken from why

    def update(self, collection: str, row_id: str, changes: Row) -> None:
        self._connection.execute(statements.change(collection), {"tenant": self._tenant, "row": row_id, **changes})

    def delete(self, collection: str, row_id: str, at: str) -> None:
        """Softly: what refers to the row keeps its meaning, and its unique values are free again."""
        self.update(collection, row_id, {"deleted_at": at})

    def emit(self, event: str, at: str, ids: Collection[str]) -> None:
        """Tell of what has become of these rows, in the transaction that changed them; of one that ends, before it does."""
        outbox.emit(self._connection, self._tenant, event, at, self._told(event, ids))

    def test(self, event: str, at: str, endpoint_id: str) -> str | None:
        """Tell an endpoint, whatever it asked for, of the latest row that such events tell of, as if it had just changed.
        The delivery's id; None where there is no such row."""
        row = self.latest(_TOLD[event.split(".")[0]])
        told = self._told(event, [row]) if row else []
        return outbox.test(self._connection, self._tenant, event, at, *told[0], endpoint_id) if told else None

    def last_event(self, event: str) -> outbox.Event:
        """The one of this type that was told of last."""
        return outbox.last(self._connection, self._tenant, event)

    def _told(self, event: str, ids: Collection[str]) -> list[tuple[str, str]]:
        """What events name the rows, and what they show of them."""
        family = event.split(".")[0]
        if len(ids) == 1:
            (row_id,) = ids
            return [(f"{family} {row_id}", str(self.one(_TOLD[family], self.events[event], "id", row_id)))]
        statement = statements.some(_TOLD[family], self.events[event], "id")
        found = self._connection.execute(statement, {"tenant": self._tenant, "values": list(ids)})
        rows = {row[0]: row[1] for row in found}
        return [(f"{family} {row}", rows[row]) for row in ids]

    def _values(self, filters: Mapping[Filter, Any]) -> Row:
        return {"tenant": self._tenant} | {statements.bound(chosen): value for chosen, value in filters.items()}
