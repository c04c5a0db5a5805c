"""Stock in motion: set by the merchant, reserved, taken and released by orders. Every change tells of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from mockserver.domain.errors import ApiError
from mockserver.domain.stock import READ_ONLY, Level, Reservation, Stock, reservations
from mockserver.store.shop import Row, Shop


def set_levels(shop: Shop, at: str, updates: Sequence[Row]) -> list[ApiError | None]:
    """Set what is on hand, `{sku, warehouse_id, quantity}` each by itself: why it cannot be, or None where it is done."""
    stocks = shop.stocks.of("sku", {update["sku"] for update in updates})
    warehouses = shop.stocks.warehouses()
    before = {sku: stock.held() for sku, stock in stocks.items()}
    refusals = [_set_level(stocks, warehouses, update) for update in updates]
    _save(shop, at, [stock for sku, stock in stocks.items() if stock.held() != before[sku]])
    return refusals


def _set_level(stocks: Mapping[str, Stock], warehouses: Mapping[str, tuple[str, str]], update: Row) -> ApiError | None:
    sku, warehouse_id, quantity = update["sku"], update["warehouse_id"], update["quantity"]
    if sku not in stocks:
        return ApiError("RESOURCE_NOT_FOUND", resource=f"Product with SKU {sku}")
    if warehouse_id not in warehouses:
        return ApiError("RESOURCE_NOT_FOUND", resource=f"Warehouse with id {warehouse_id}")
    name, type_ = warehouses[warehouse_id]
    if type_ in READ_ONLY:
        return ApiError("WAREHOUSE_READ_ONLY", name=name, type=type_)
    level = stocks[sku].levels.get(warehouse_id) or Level(warehouse_id, name, type_, is_new=True)
    if quantity < level.reserved:
        return ApiError("STOCK_BELOW_RESERVED", reserved=level.reserved, sku=sku, quantity=quantity)
    level.on_hand = quantity
    stocks[sku].levels[warehouse_id] = level
    return None


def reserve(shop: Shop, at: str, order: Mapping[str, Any]) -> None:
    """What a new order takes. Raises ShortOfStock, and then nothing is reserved."""
    stocks = shop.stocks.of("sku", {line["sku"] for line in order["line_items"]})
    taken = reservations(order, stocks)
    shop.stocks.reserve(taken)
    held = {row.inventory_id for row in taken}
    _save(shop, at, [stock for stock in stocks.values() if stock.id in held])


def ship(shop: Shop, at: str, order_id: str, shipped: Mapping[str, int]) -> None:
    """Take units of an order's lines, by line id, from reserved and on hand."""
    left = Counter(shipped)
    settled: list[tuple[Reservation, int]] = []
    for row in shop.stocks.reserved_by(order_id):
        units = min(left[row.line], row.quantity)
        left[row.line] -= units
        settled.append((row, row.quantity - units))
    _settle(shop, at, [(row, rest) for row, rest in settled if rest < row.quantity], leaves=True)


def release(shop: Shop, at: str, order_id: str) -> None:
    """Give back what an order has reserved."""
    _settle(shop, at, [(row, 0) for row in shop.stocks.reserved_by(order_id)], leaves=False)


def _settle(shop: Shop, at: str, settled: Collection[tuple[Reservation, int]], *, leaves: bool) -> None:
    stocks = shop.stocks.of("id", {row.inventory_id for row, _ in settled})
    for row, rest in settled:
        level = stocks[row.inventory_id].levels[row.warehouse_id]
        level.reserved -= row.quantity - rest
        level.on_hand -= row.quantity - rest if leaves else 0
    shop.stocks.settle(settled)
    _save(shop, at, stocks.values())


def _save(shop: Shop, at: str, changed: Iterable[Stock]) -> None:
    stocks = list(changed)
    if stocks:
        shop.stocks.save(stocks)
        shop.emit("inventory.updated", at, [stock.id for stock in stocks])
