"""Inventory: levels, totals, statuses, and what orders do to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockserver import movements
from mockserver.domain import stock as domain
from mockserver.domain.errors import ApiError
from mockserver.domain.stock import Level, Stock
from mockserver.handlers import inventory, products
from mockserver.store.shop import Shop
from tests.faults.seams import Answer, fault, handle, on_the_wire, replace

Record = dict[str, Any]


def _each_record(change: Callable[[Record], None]) -> None:
    """Change every whole inventory record on its way out."""

    def changed(answer: Answer) -> None:
        if not answer.path.startswith("/api/inventory") or answer.status != 200 or answer.method == "HEAD":
            return
        body = answer.json
        rows = body["data"] if isinstance(body["data"], list) else [body["data"]]
        rows += [outcome["inventory"] for row in rows for outcome in row.get("results", ()) if outcome["inventory"]]
        for row in rows:
            if {"warehouses", "total_available", "status"} <= set(row):
                change(row)
        if isinstance(body["data"], list):
            body["data"] = rows
        answer.json = body

    on_the_wire(changed)


def _level(change: Callable[..., ApiError | None]) -> None:
    """Change how one level is set: `change(set, stocks, warehouses, update)`."""
    set_level = movements._set_level
    replace(movements, "_set_level", lambda stocks, places, update: change(set_level, stocks, places, update))


def _never_refused(code: str) -> None:
    """A refusal of this code is not made: the level is set all the same."""

    def lenient(set_level: Any, stocks: Any, places: Any, update: Any) -> ApiError | None:
        refusal: ApiError | None = set_level(stocks, places, update)
        if refusal is None or refusal.code != code:
            return refusal
        name, type_ = places[update["warehouse_id"]]
        level = stocks[update["sku"]].levels.get(update["warehouse_id"])
        level = level or Level(update["warehouse_id"], name, type_, is_new=True)
        level.on_hand = update["quantity"]
        stocks[update["sku"]].levels[update["warehouse_id"]] = level
        return None

    _level(lenient)


@fault
def total_of_one_warehouse() -> None:
    def change(row: Record) -> None:
        row["total_on_hand"] = row["warehouses"][0]["on_hand"] if row["warehouses"] else 0

    _each_record(change)


@fault
def stale_totals() -> None:
    replace(Stock, "totals", lambda self: {**_NOTHING, "status": "out_of_stock"})


_NOTHING = {"total_on_hand": 0, "total_reserved": 0, "total_available": 0}


@fault
def no_safety_stock() -> None:
    replace(Level, "available", lambda self, _: self.on_hand - self.reserved)


@fault
def safety_everywhere() -> None:
    replace(Level, "available", lambda self, safety: self.on_hand - self.reserved - safety)


def _status(of: Callable[[int, int], str]) -> None:
    replace(domain, "status", of)


@fault
def critical_exclusive() -> None:
    status = domain.status
    _status(lambda available, safety: "low" if 0 < available == safety else status(available, safety))


@fault
def nothing_is_critical() -> None:
    status = domain.status
    _status(lambda available, safety: "critical" if available == 0 and safety else status(available, safety))


@fault
def low_exclusive() -> None:
    status = domain.status
    _status(lambda available, safety: "normal" if 0 < available == 2 * safety else status(available, safety))


@fault
def over_reserved() -> None:
    def change(row: Record) -> None:
        for level in row["warehouses"]:
            level["reserved"] = level["on_hand"] + 1

    _each_record(change)


def _bulk(change: Callable[[dict[str, Any]], None]) -> None:
    """Change what a bulk answers."""

    def changed(answer: Answer) -> None:
        if answer.path == "/api/inventory/bulk" and answer.status == 200:
            body = answer.json
            change(body["data"])
            answer.json = body

    on_the_wire(changed)


@fault
def failures_not_counted() -> None:
    _bulk(lambda data: data.update(updated=len(data["results"]), failed=0))


@fault
def failure_without_error() -> None:
    def change(data: dict[str, Any]) -> None:
        for row in data["results"]:
            row["error"] = None

    _bulk(change)


@fault
def no_record() -> None:
    insert = Shop.insert

    def without(self: Shop, collection: str, row: dict[str, Any]) -> None:
        if collection != "inventory":
            insert(self, collection, row)

    replace(Shop, "insert", without)


@fault
def born_with_stock() -> None:
    replace(products, "_NO_STOCK", {**products._NO_STOCK, "status": "normal"})


@fault
def old_title() -> None:
    update = Shop.update

    def forgetful(self: Shop, collection: str, row_id: str, changes: dict[str, Any]) -> None:
        if collection != "inventory" or "title" not in changes:
            update(self, collection, row_id, changes)

    replace(Shop, "update", forgetful)


@fault
def level_not_stored() -> None:
    set_inventory = inventory.set_inventory

    def forgetful(shop: Shop, call: Any) -> Any:
        answer = set_inventory(shop, call)
        shop._connection.exec_driver_sql("ROLLBACK")
        shop._connection.exec_driver_sql("BEGIN")
        return answer

    handle("setInventory", lambda _: forgetful)


@fault
def added() -> None:
    def add(set_level: Any, stocks: Any, places: Any, update: Any) -> Any:
        held = stocks[update["sku"]].levels.get(update["warehouse_id"]) if update["sku"] in stocks else None
        more = held.on_hand if held else 0
        return set_level(stocks, places, {**update, "quantity": min(update["quantity"] + more, 10**9)})

    _level(add)


@fault
def reservation_lost() -> None:
    def clear(set_level: Any, stocks: Any, places: Any, update: Any) -> Any:
        refusal = set_level(stocks, places, update)
        if refusal is None:
            stocks[update["sku"]].levels[update["warehouse_id"]].reserved = 0
        return refusal

    _level(clear)


@fault
def unknown_warehouse_passed_over() -> None:
    _level(
        lambda set_level, stocks, places, update: (
            set_level(stocks, places, update) if update["warehouse_id"] in places else None
        )
    )


@fault
def unknown_sku_is_empty() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 404 and answer.method == "PUT":
            answer.status = 200
            answer.json = {"data": {}}

    on_the_wire(change)


@fault
def kept_is_set() -> None:
    _never_refused("WAREHOUSE_READ_ONLY")


@fault
def fbs_is_set() -> None:
    replace(movements, "READ_ONLY", frozenset({"FBA"}))


@fault
def below_reserved() -> None:
    _never_refused("STOCK_BELOW_RESERVED")


@fault
def exactly_reserved_refused() -> None:
    def stricter(set_level: Any, stocks: Any, places: Any, update: Any) -> Any:
        level = stocks[update["sku"]].levels.get(update["warehouse_id"]) if update["sku"] in stocks else None
        if level and 0 < level.reserved == update["quantity"]:
            return ApiError("STOCK_BELOW_RESERVED", reserved=level.reserved, sku=update["sku"], quantity=level.reserved)
        return set_level(stocks, places, update)

    _level(stricter)


def _set_levels(change: Callable[..., Any]) -> None:
    """Change how a bulk is set: `change(set, shop, at, updates)`."""
    set_levels = movements.set_levels
    replace(inventory, "set_levels", lambda shop, at, updates: change(set_levels, shop, at, updates))


@fault
def all_or_nothing() -> None:
    def strict(set_levels: Any, shop: Any, at: str, updates: Any) -> Any:
        shop._connection.exec_driver_sql("SAVEPOINT bulk")
        refusals = set_levels(shop, at, updates)
        wrong = next((refusal for refusal in refusals if refusal), None)
        if wrong is None:
            return refusals
        shop._connection.exec_driver_sql("ROLLBACK TO bulk")
        return [refusal or wrong for refusal in refusals]

    _set_levels(strict)


@fault
def failures_last() -> None:
    _bulk(lambda data: data["results"].sort(key=lambda row: row["status"], reverse=True))


@fault
def one_level_of_a_sku() -> None:
    def once(set_levels: Any, shop: Any, at: str, updates: Any) -> Any:
        last = {update["sku"]: update for update in updates}
        made = dict(zip(last, set_levels(shop, at, list(last.values())), strict=True))
        return [made[update["sku"]] for update in updates]

    _set_levels(once)


@fault
def twice_is_taken() -> None:
    replace(inventory, "_require_distinct", lambda updates: None)


@fault
def fewer_updates() -> None:
    require = inventory._require_distinct

    def stricter(updates: list[dict[str, Any]]) -> None:
        require([*updates, *updates[:1]] if len(updates) > 400 else updates)

    replace(inventory, "_require_distinct", stricter)


@fault
def shipped_and_reserved() -> None:
    replace(movements, "ship", lambda *_: None)


@fault
def shipped_from_nowhere() -> None:
    settle = movements._settle
    replace(movements, "_settle", lambda shop, at, settled, *, leaves: settle(shop, at, settled, leaves=False))


@fault
def takes_all() -> None:
    ship = movements.ship
    replace(movements, "ship", lambda shop, at, order, lines: ship(shop, at, order, dict.fromkeys(lines, 10**6)))


@fault
def nothing_released() -> None:
    replace(movements, "release", lambda *_: None)


@fault
def cancelled_is_gone() -> None:
    settle = movements._settle
    replace(movements, "_settle", lambda shop, at, settled, *, leaves: settle(shop, at, settled, leaves=True))


@fault
def inventory_stays() -> None:
    delete = Shop.delete

    def product_alone(self: Shop, collection: str, row_id: str, at: str) -> None:
        if collection != "inventory":
            delete(self, collection, row_id, at)

    replace(Shop, "delete", product_alone)
