"""Stock levels and reservations of one tenant, read and written many at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Insert, Select, Table, Update, bindparam, select

from mockserver.domain.stock import Level, Reservation, Stock
from mockserver.store.statements import mine
from mockserver.store.tables import inventory, levels, reservations, warehouses

_LEVEL = [levels.c[name] for name in ("parent_id", "warehouse_id", "name", "type", "on_hand", "reserved")]
_KEY = ("order_id", "line", "warehouse_id")
_WAREHOUSES = select(warehouses.c.id, warehouses.c.name, warehouses.c.type).where(*mine(warehouses))
_RESERVED = (
    select(*(reservations.c[name] for name in Reservation._fields))
    .where(*mine(reservations), reservations.c.order_id == bindparam("order"))
    .order_by(reservations.c.line, reservations.c.warehouse_id)
)
_NEW_LEVELS, _RESERVE = levels.insert(), reservations.insert()
_FORGET = reservations.delete().where(*mine(reservations), reservations.c.inventory_id == bindparam("inventory"))
_ONE = tuple(reservations.c[name] == bindparam(f"its_{name}") for name in _KEY)
_SETTLED = reservations.delete().where(*mine(reservations), *_ONE)


def _setting(table: Table, one: Iterable[ColumnElement[bool]], *names: str) -> Update:
    """Gives the row that is found by `one` the values `new_…` of these columns."""
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return table.update().where(*mine(table), *one).values(values)


_LEFT = _setting(reservations, _ONE, "quantity")
_SET_LEVELS = _setting(
    levels,
    (levels.c.parent_id == bindparam("its"), levels.c.warehouse_id == bindparam("there")),
    *("on_hand", "reserved", "available"),
)
_SET_TOTALS = _setting(
    inventory,
    (inventory.c.id == bindparam("its"),),
    *("total_on_hand", "total_reserved", "total_available", "status"),
)


@cache
def _records(by: str, *, many: bool) -> tuple[Select[Any], Select[Any]]:
    """Records, and their levels: those whose member `by` is `value`, or (`many`) among the `values`."""
    column = inventory.c[by]
    wanted = column.in_(bindparam("values", expanding=True)) if many else column == bindparam("value")
    chosen = (*mine(inventory), wanted)
    joined = select(*_LEVEL).join(inventory, inventory.c.id == levels.c.parent_id).where(*chosen, *mine(levels))
    return select(column, inventory.c.id, inventory.c.sku, inventory.c.safety_stock).where(*chosen), joined


class Stocks:
    """Bound to a tenant, as the Shop that it belongs to."""

    def __init__(self, connection: Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = {"tenant": tenant}

    def of(self, by: str, values: Collection[str]) -> dict[str, Stock]:
        """The records whose member `by` (sku or id) is among the values, by that member."""
        records, rows = _records(by, many=len(values) != 1)
        wanted = self._tenant | ({"value": next(iter(values))} if len(values) == 1 else {"values": list(values)})
        found = {row[0]: Stock(row[1], row[2], row[3], {}) for row in self._connection.execute(records, wanted)}
        of_id = {stock.id: stock for stock in found.values()}
        for parent_id, *row in self._connection.execute(rows, wanted):
            of_id[parent_id].levels[row[0]] = Level(*row)
        return found

    def warehouses(self) -> dict[str, tuple[str, str]]:
        """Every warehouse: id -> name and type."""
        return {row[0]: (row[1], row[2]) for row in self._connection.execute(_WAREHOUSES, self._tenant)}

    def save(self, changed: Collection[Stock]) -> None:
        """The levels of these records, and their totals."""
        held = [(stock, level) for stock in changed for level in stock.levels.values()]
        new = [
            {"parent_id": stock.id, "warehouse_id": level.warehouse_id, "name": level.name, "type": level.type}
            | _numbers(stock, level)
            for stock, level in held
            if level.is_new
        ]
        self._write(_NEW_LEVELS, new)
        old = [
            {"its": stock.id, "there": level.warehouse_id, **_as_new(_numbers(stock, level))}
            for stock, level in held
            if not level.is_new
        ]
        self._write(_SET_LEVELS, old)
        self._write(_SET_TOTALS, [{"its": stock.id, **_as_new(stock.totals())} for stock in changed])

    def reserved_by(self, order_id: str) -> list[Reservation]:
        """What an order still takes, in the order of its lines' ids and warehouses."""
        rows = self._connection.execute(_RESERVED, self._tenant | {"order": order_id})
        return [Reservation(*row) for row in rows]

    def reserve(self, new: Iterable[Reservation]) -> None:
        self._write(_RESERVE, [row._asdict() for row in new])

    def settle(self, settled: Iterable[tuple[Reservation, int]]) -> None:
        """Each reservation with the units that are left of it; with none left it is gone."""
        rows = [({f"its_{name}": getattr(row, name) for name in _KEY}, left) for row, left in settled]
        self._write(_LEFT, [key | {"new_quantity": left} for key, left in rows if left])
        self._write(_SETTLED, [key for key, left in rows if not left])

    def forget(self, inventory_id: str) -> None:
        """The reservations of a record that ends."""
        self._write(_FORGET, [{"inventory": inventory_id}])

    def _write(self, statement: Executable, rows: list[dict[str, Any]]) -> None:
        """For each row, with its values bound, and the tenant."""
        if rows:
            tenant = {"tenant_id": self._tenant["tenant"]} if isinstance(statement, Insert) else self._tenant
            bound = [row | tenant for row in rows]
            self._connection.execute(statement, bound[0] if len(bound) == 1 else bound)


def _numbers(stock: Stock, level: Level) -> dict[str, int]:
    return {"on_hand": level.on_hand, "reserved": level.reserved, "available": level.available(stock.safety_stock)}


def _as_new(values: dict[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in values.items()}
