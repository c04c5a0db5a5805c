"""Stock as the judge reads and sets it: warehouses by type, records, levels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contract_tests.absence import Why, not_run
from contract_tests.arithmetic import OWN
from contract_tests.client import Actor, Answer
from contract_tests.document import by_id
from contract_tests.paging import walk
from contract_tests.seen import Row

WAREHOUSES = by_id("listWarehouses")
MERCHANTS = (OWN, "3PL")  # the types whose stock the merchant sets
KEPT = ("FBA", "FBS")  # the types whose stock a marketplace keeps


def of_types(actor: Actor, *types: str) -> list[str]:
    """The ids of the tenant's warehouses of these types."""
    return [str(row["id"]) for row in walk(actor, WAREHOUSES).rows if row["type"] in types]


def warehouses(actor: Actor, *types: str) -> list[str]:
    """The same; not run where there is none."""
    return of_types(actor, *types) or not_run(Why.TOO_LITTLE, f"tenant `main` has no warehouse of type {' or '.join(types)}")


def record(actor: Actor, sku: str) -> Row:
    """The inventory record of a SKU."""
    row: Row = actor.call("getInventory", {"sku": sku}).ok().data
    return row


def listed(actor: Actor, sku: str) -> list[Row]:
    """The records of a SKU that the list shows."""
    return actor.call("listInventory", query={"sku": sku}).ok().rows


def update(warehouse: str, quantity: Any, **members: Any) -> dict[str, Any]:
    return {"warehouse_id": warehouse, "quantity": quantity, "reason": "cycle_count", **members}


def set_level(actor: Actor, sku: str, warehouse: str, quantity: int) -> Answer:
    return actor.call("setInventory", {"sku": sku}, body=update(warehouse, quantity))


def levels(row: Row) -> Mapping[str, tuple[int, int]]:
    """Warehouse -> on hand and reserved."""
    return {level["warehouse_id"]: (level["on_hand"], level["reserved"]) for level in row["warehouses"]}
