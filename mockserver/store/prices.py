"""Prices of one tenant's products: on their marketplaces, and as they are recommended."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, exists, select

from mockserver.store.statements import mine
from mockserver.store.tables import listings, products, recommendations, rules

Row = dict[str, Any]
_PENDING = (*mine(recommendations), recommendations.c.status == "pending")
_THERE = recommendations.c.marketplace == bindparam("there")


class Prices:
    """Bound to a tenant, as the Shop that it belongs to."""

    def __init__(self, connection: Connection, tenant: str) -> None:
        self._connection = connection
        self._tenant = {"tenant": tenant}

    def rules(self) -> list[Row]:
        """The active rules."""
        rows = select(rules).where(*mine(rules), rules.c.is_active)
        return [dict(row) for row in self._connection.execute(rows, self._tenant).mappings()]

    def listed(self, product_ids: Collection[str], marketplace: str) -> dict[str, float]:
        """Product id -> its price on the marketplace, for those that have a listing there."""
        among = listings.c.parent_id.in_(bindparam("ids", expanding=True))
        there = listings.c.marketplace == bindparam("there")
        rows = select(listings.c.parent_id, listings.c.price).where(*mine(listings), there, among)
        values = self._tenant | {"there": marketplace, "ids": list(product_ids)}
        return {row[0]: row[1] for row in self._connection.execute(rows, values)}

    def recommend(self, rows: list[Row]) -> None:
        """Add recommendations; those pending for the same SKU and marketplace are dismissed."""
        if not rows:
            return
        self._dismiss(_THERE, [{"its": row["sku"], "there": row["marketplace"]} for row in rows])
        self._connection.execute(recommendations.insert(), [row | self._owner() for row in rows])

    def list_at(self, prices: Iterable[tuple[str, float]], marketplace: str, at: str) -> None:
        """Change the listings of products, by their ids, on a marketplace."""
        rows = [self._tenant | {"its": product, "there": marketplace, "new": price} for product, price in prices]
        if not rows:
            return
        listing = listings.update().where(
            *mine(listings), listings.c.parent_id == bindparam("its"), listings.c.marketplace == bindparam("there")
        )
        changed = {"price": bindparam("new", type_=listings.c.price.type), "last_synced_at": at}
        self._connection.execute(listing.values(changed), rows)
        product = products.update().where(*mine(products), products.c.id == bindparam("its")).values(updated_at=at)
        self._connection.execute(product, [{name: row[name] for name in ("tenant", "its")} for row in rows])

    def changed(self, product_id: str, sku: str, price: float) -> None:
        """The product's own price is new: what was recommended from another, where it has no listing, is dismissed."""
        listed = exists().where(
            listings.c.parent_id == bindparam("product"), listings.c.marketplace == recommendations.c.marketplace
        )
        other = recommendations.c.current_price != bindparam("new", type_=recommendations.c.current_price.type)
        self._dismiss(other & ~listed, [{"its": sku, "product": product_id, "new": price}])

    def ended(self, sku: str) -> None:
        """The product is gone: nothing is recommended for it any more."""
        self._dismiss(None, [{"its": sku}])

    def _dismiss(self, condition: Any, rows: list[Row]) -> None:
        pending = recommendations.update().where(*_PENDING, recommendations.c.sku == bindparam("its"))
        statement = pending if condition is None else pending.where(condition)
        self._connection.execute(statement.values(status="dismissed"), [self._tenant | row for row in rows])

    def _owner(self) -> Row:
        return {"tenant_id": self._tenant["tenant"]}
