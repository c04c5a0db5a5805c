"""Stock: what is on hand, what orders have reserved of it, and what is left to sell (contract: Resources, Inventory)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

OWN = "own"
# Whose stock an order takes, by its way of fulfilment: the first kind first.
KINDS: Mapping[str, tuple[str, ...]] = {"FBM": (OWN, "3PL"), "FBA": ("FBA",), "FBS": ("FBS",)}
# Kept by the marketplace, which alone can set it.
READ_ONLY = frozenset({"FBA", "FBS"})


class Reservation(NamedTuple):
    """What a line of an open order still takes of one level."""

    order_id: str
    line: str
    warehouse_id: str
    inventory_id: str
    quantity: int


class ShortOfStock(Exception):
    """No marketplace sells what is not there."""


@dataclass
class Level:
    """What one warehouse holds of a product: 0 <= reserved <= on_hand. `is_new` until it is stored."""

    warehouse_id: str
    name: str
    type: str
    on_hand: int = 0
    reserved: int = 0
    is_new: bool = False

    def available(self, safety_stock: int) -> int:
        """The safety stock is kept in each of the merchant's own warehouses."""
        return self.on_hand - self.reserved - (safety_stock if self.type == OWN else 0)


@dataclass
class Stock:
    """The inventory record of one product, its levels by warehouse."""

    id: str
    sku: str
    safety_stock: int
    levels: dict[str, Level]

    def totals(self) -> dict[str, Any]:
        """The members of the record that its levels decide."""
        levels = self.levels.values()
        available = sum(level.available(self.safety_stock) for level in levels)
        return {
            "total_on_hand": sum(level.on_hand for level in levels),
            "total_reserved": sum(level.reserved for level in levels),
            "total_available": available,
            "status": status(available, self.safety_stock),
        }

    def held(self) -> dict[str, tuple[int, int]]:
        """Warehouse id -> what is on hand and reserved there."""
        return {warehouse_id: (level.on_hand, level.reserved) for warehouse_id, level in self.levels.items()}

    def allocate(self, method: str, quantity: int) -> dict[str, int]:
        """Reserve units for an order of this way of fulfilment: warehouse id -> units. Raises ShortOfStock."""
        taken: dict[str, int] = {}
        for level in self._sources(method):
            units = min(quantity - sum(taken.values()), level.on_hand - level.reserved)
            if units > 0:
                taken[level.warehouse_id] = units
        if (found := sum(taken.values())) < quantity:
            raise ShortOfStock(f"{self.sku} has {found} left for {method} orders, not {quantity}")
        for warehouse_id, units in taken.items():
            self.levels[warehouse_id].reserved += units
        return taken

    def _sources(self, method: str) -> Iterator[Level]:
        for kind in KINDS[method]:
            yield from (level for _, level in sorted(self.levels.items()) if level.type == kind)


def status(available: int, safety_stock: int) -> str:
    """out_of_stock at 0 or below; critical up to the safety stock; low up to twice that; else normal."""
    if available <= 0:
        return "out_of_stock"
    if available <= safety_stock:
        return "critical"
    return "low" if available <= 2 * safety_stock else "normal"


def reservations(order: Mapping[str, Any], stocks: Mapping[str, Stock]) -> list[Reservation]:
    """Take what is left to ship of an order out of the stocks, by SKU. A line without a product takes nothing.

    Raises ShortOfStock.
    """
    method = order["fulfillment_method"]
    return [
        Reservation(order["id"], line["external_line_item_id"], warehouse_id, stocks[line["sku"]].id, units)
        for line in order["line_items"]
        if line["sku"] in stocks
        for warehouse_id, units in stocks[line["sku"]].allocate(method, line["quantity"] - line["shipped_quantity"]).items()
    ]
