"""Stock levels and reservations of one tenant, read and written many at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, select

from mockserver.domain.stock import Level, Reservation, Stock
from mockserver.store.statements import mine
from mockserver.store.tables import inventory, levels, reservations, warehouses

_RESERVATION = [reservations.c[name] for name in Reservation._fields]
_LEVEL = [levels.c[name] for name in ("parent_id", "warehouse_id", "name", "type", "on_hand", "reserved")]
_KEY = ("order_id", "line", "warehouse_id")


class Stocks:
    """Bound to a tenant, as the Shop that it belongs to."""

    def __init__(self, connection: Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = {"tenant": tenant}

    def of(self, by: str, values: Collection[str]) -> dict[str, Stock]:
        """The records whose member `by` (sku or id) is among the values, by that member."""
        wanted = self._tenant | {"values": list(values)}
        chosen = and_(*mine(inventory), inventory.c[by].in_(bindparam("values", expanding=True)))
        records = select(inventory.c[by], inventory.c.id, inventory.c.sku, inventory.c.safety_stock).where(chosen)
        found = {row[0]: Stock(*row[1:], levels={}) for row in self._connection.execute(records, wanted)}
        of_id = {stock.id: stock for stock in found.values()}
        rows = select(*_LEVEL).join(inventory, inventory.c.id == levels.c.parent_id).where(chosen, *mine(levels))
        for parent_id, *row in self._connection.execute(rows, wanted):
            of_id[parent_id].levels[row[0]] = Level(*row)
        return found

    def warehouses(self) -> dict[str, tuple[str, str]]:
        """Every warehouse: id -> name and type."""
        rows = select(warehouses.c.id, warehouses.c.name, warehouses.c.type).where(*mine(warehouses))
        return {row.id: (row.name, row.type) for row in self._connection.execute(rows, self._tenant)}

    def save(self, changed: Collection[Stock]) -> None:
        """The levels of these records, and their totals."""
        held = [(stock, level) for stock in changed for level in stock.levels.values()]
        new = [
            {"parent_id": stock.id, "warehouse_id": level.warehouse_id, "name": level.name, "type": level.type}
            | _numbers(stock, level)
            for stock, level in held
            if level.is_new
        ]
        self._insert(levels, new)
        one = (levels.c.parent_id == bindparam("its"), levels.c.warehouse_id == bindparam("there"))
        old = [
            {"its": stock.id, "there": level.warehouse_id, **_as_new(_numbers(stock, level))}
            for stock, level in held
            if not level.is_new
        ]
        self._update(levels, one, ("on_hand", "reserved", "available"), old)
        totals = [{"its": stock.id, **_as_new(stock.totals())} for stock in changed]
        names = ("total_on_hand", "total_reserved", "total_available", "status")
        self._update(inventory, (inventory.c.id == bindparam("its"),), names, totals)

    def reserved_by(self, order_id: str) -> list[Reservation]:
        """What an order still takes, in the order of its lines' ids and warehouses."""
        rows = select(*_RESERVATION).where(*mine(reservations), reservations.c.order_id == bindparam("order"))
        rows = rows.order_by(reservations.c.line, reservations.c.warehouse_id)
        return [Reservation(*row) for row in self._connection.execute(rows, self._tenant | {"order": order_id})]

    def reserve(self, new: Iterable[Reservation]) -> None:
        self._insert(reservations, [row._asdict() for row in new])

    def settle(self, settled: Iterable[tuple[Reservation, int]]) -> None:
        """Each reservation with the units that are left of it; with none left it is gone."""
        one = tuple(reservations.c[name] == bindparam(f"its_{name}") for name in _KEY)
        rows = [({f"its_{name}": getattr(row, name) for name in _KEY}, left) for row, left in settled]
        self._update(reservations, one, ("quantity",), [key | {"new_quantity": left} for key, left in rows if left])
        if gone := [key | self._tenant for key, left in rows if not left]:
            self._connection.execute(reservations.delete().where(*mine(reservations), *one), gone)

    def forget(self, inventory_id: str) -> None:
        """The reservations of a record that ends."""
        its = reservations.c.inventory_id == bindparam("inventory")
        self._connection.execute(
            reservations.delete().where(*mine(reservations), its), self._tenant | {"inventory": inventory_id}
        )

    def _insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(table.insert(), [{**row, "tenant_id": self._tenant["tenant"]} for row in rows])

    def _update(
        self, table: Table, one: Iterable[ColumnElement[bool]], names: Iterable[str], rows: list[dict[str, Any]]
    ) -> None:
        """Many rows at once, each found by `one` and given the values `new_…` of these columns."""
        if rows:
            values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
            statement = table.update().where(*mine(table), *one).values(values)
            self._connection.execute(statement, [row | self._tenant for row in rows])


def _numbers(stock: Stock, level: Level) -> dict[str, int]:
    return {"on_hand": level.on_hand, "reserved": level.reserved, "available": level.available(stock.safety_stock)}


def _as_new(values: dict[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in values.items()}
