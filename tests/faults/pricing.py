"""Pricing rules, and what repricing makes of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockserver import workers
from mockserver.domain import pricing as domain
from mockserver.handlers import pricing, products
from mockserver.handlers.jobs import dispatched
from mockserver.store.prices import Prices
from mockserver.store.shop import Shop
from tests.faults.seams import Answer, fault, handle, on_the_wire, replace

Row = dict[str, Any]


def _rules(change: Callable[[Answer, Row], None]) -> None:
    """Change every rule on its way out."""

    def changed(answer: Answer) -> None:
        if answer.path.startswith("/api/pricing/rules") and answer.status < 300 and answer.body:
            body = answer.json
            for row in body["data"] if isinstance(body["data"], list) else [body["data"]]:
                change(answer, row)
            answer.json = body

    on_the_wire(changed)


def _recommended(change: Callable[[Row], Row]) -> None:
    """Change every recommendation before it is stored."""
    recommend = Prices.recommend
    replace(Prices, "recommend", lambda self, rows: recommend(self, [row | change(row) for row in rows]))


def _price(change: Callable[..., tuple[int, list[str]]]) -> None:
    """Change how a price is made: `change(price, rules, market)`."""
    price = domain.price
    replace(domain, "price", lambda rules, market: change(price, rules, market))


def _concerning(change: Callable[[Row], Row]) -> None:
    """Which rules concern a product is told from changed ones."""
    concerning = domain.concerning
    replace(workers, "concerning", lambda rules, product, there: concerning([r | change(r) for r in rules], product, there))


def _body(operation: str, change: Callable[[Row], Row]) -> None:
    """Change a body before its handler sees it."""

    def changed(original: Any) -> Any:
        def handler(shop: Any, call: Any) -> Any:
            body = change(dict(call.body))
            call.body.clear()
            call.body.update(body)
            return original(shop, call)

        return handler

    handle(operation, changed)


@fault
def skus_not_shown() -> None:
    def change(_: Answer, row: Row) -> None:
        if row.get("skus"):
            row["skus"] = None

    _rules(change)


@fault
def both_pending() -> None:
    replace(Prices, "_dismiss", lambda *_: None)


@fault
def not_active_by_default() -> None:
    def changed(original: Any) -> Any:
        def create(shop: Any, call: Any) -> Any:
            if call.body["is_active"] and call.body["priority"] >= 1000:
                call.body["is_active"] = False
            return original(shop, call)

        return create

    handle("createPricingRule", changed)


@fault
def value_rounded() -> None:
    insert = Shop.insert

    def rounded(self: Shop, collection: str, row: Row) -> None:
        insert(self, collection, row | {"value": float(int(row["value"]))} if collection == "rules" else row)

    replace(Shop, "insert", rounded)


@fault
def rule_without_location() -> None:
    on_the_wire(lambda answer: answer.set("location", "/api/products/x") if answer.path.endswith("/rules") else None)


@fault
def rule_change_not_stored() -> None:
    update = Shop.update

    def only_time(self: Shop, collection: str, row_id: str, changes: Row) -> None:
        kept = (
            {"updated_at": changes.get("updated_at")} if collection == "rules" and "deleted_at" not in changes else changes
        )
        update(self, collection, row_id, kept)

    replace(Shop, "update", only_time)


@fault
def change_activates() -> None:
    _body("updatePricingRule", lambda body: {"is_active": True, **body})


@fault
def half_a_rule() -> None:
    replace(pricing, "_require_whole", lambda _: None)


@fault
def lack_not_named() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 400 and answer.method == "POST" and answer.path == "/api/pricing/rules":
            error = answer.json["error"]
            errors = [{**each, "pointer": ""} for each in error["details"].get("errors", ())]
            answer.json = {"error": {**error, "details": {"errors": errors}}}

    on_the_wire(change)


@fault
def rule_stays() -> None:
    delete = Shop.delete

    def other_than_rules(self: Shop, collection: str, row_id: str, at: str) -> None:
        if collection != "rules":
            delete(self, collection, row_id, at)

    replace(Shop, "delete", other_than_rules)


@fault
def skus_not_counted() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 202 and answer.path.endswith("/recalculate"):
            answer.json = {"data": {**answer.json["data"], "sku_count": 1}}

    on_the_wire(change)


@fault
def hurried_recalculation() -> None:
    replace(pricing, "dispatched", lambda shop, call, kind, body, _: dispatched(shop, call, kind, body, "high"))


def _any_sku(where: Any) -> None:
    """Unknown SKUs are dispatched all the same."""
    replace(
        where,
        "dispatched",
        lambda shop, call, kind, params, priority: workers.dispatch(shop, call.now, kind, params, priority),
    )


@fault
def unknown_repriced() -> None:
    _any_sku(pricing)


@fault
def always_applied() -> None:
    reprice = workers._reprice

    def applying(shop: Any, job: Row, products: Any, at: str) -> Row:
        return reprice(shop, {**job, "params": {**job["params"], "apply": True}}, products, at)

    replace(workers, "_reprice", applying)


@fault
def first_sku_only() -> None:
    reprice = workers._reprice
    replace(workers, "_reprice", lambda shop, job, products, at: reprice(shop, job, products[:1], at))


@fault
def listing_unchanged() -> None:
    replace(Prices, "list_at", lambda *_: None)


@fault
def applied_stays_pending() -> None:
    _recommended(lambda row: {"status": "pending"})


@fault
def every_listing() -> None:
    from mockserver.store.tables import listings, products

    list_at = Prices.list_at

    def everywhere(self: Prices, prices: Any, there: str, at: str) -> None:
        list_at(self, prices, there, at)
        for product, price in prices:
            self._connection.execute(listings.update().where(listings.c.parent_id == product).values(price=price))
            self._connection.execute(products.update().where(products.c.id == product).values(price=price))

    replace(Prices, "list_at", everywhere)


@fault
def no_floors() -> None:
    _price(lambda price, rules, market: price([rule for rule in rules if rule["type"] != "floor"], market))


@fault
def no_ceilings() -> None:
    _price(lambda price, rules, market: price([rule for rule in rules if rule["type"] != "ceiling"], market))


@fault
def highest_wins() -> None:
    _price(lambda price, rules, market: price(rules[::-1], market))


@fault
def ceiling_over_floor() -> None:
    def last(price: Any, rules: Any, market: Any) -> Any:
        return price(sorted(rules, key=lambda rule: rule["type"] != "ceiling"), market)

    _price(last)


@fault
def percentage_of_cost() -> None:
    amount = domain.amount

    def of_cost(rule: Any, cost: int | None) -> int | None:
        found = amount(rule, cost)
        return found if rule["value_type"] == "fixed" or found is None or cost is None else found - cost

    replace(domain, "amount", of_cost)


@fault
def percentage_without_cost() -> None:
    amount = domain.amount
    replace(domain, "amount", lambda rule, cost: domain.cents(rule["value"]) if cost is None else amount(rule, cost))


@fault
def margin_without_cost() -> None:
    domain._AIMS["margin_target"] = lambda rule, market: domain.cents(rule["value"])  # type: ignore[index]


@fault
def matched_at_any_price() -> None:
    domain._AIMS["competitor_match"] = lambda rule, market: market.lowest  # type: ignore[index]


@fault
def inactive_decides() -> None:
    rules = Prices.rules

    def every(self: Prices) -> list[Row]:
        from mockserver.store import tables

        rows = tables.rules.select().where(
            tables.rules.c.tenant_id == self._tenant["tenant"], tables.rules.c.deleted_at.is_(None)
        )
        found = [dict(row) | {"is_active": True} for row in self._connection.execute(rows).mappings()]
        return [row for row in found if row["applies_to"] != "all"] or rules(self)

    replace(Prices, "rules", every)


@fault
def rule_everywhere() -> None:
    _concerning(lambda rule: {"marketplace": "all"})


@fault
def rule_for_all() -> None:
    _concerning(lambda rule: {"applies_to": "all"})


@fault
def products_price() -> None:
    def change(row: Row) -> Row:
        return {"current_price": 50.0} if row["status"] == "pending" else {}

    _recommended(change)


@fault
def margin_of_cost() -> None:
    def change(row: Row) -> Row:
        margin = row["estimated_margin"]
        return (
            {} if not margin or margin == 1 else {"estimated_margin": round(margin / (1 - margin), 4) if margin < 0.5 else 1}
        )

    _recommended(change)


@fault
def margin_without_a_cost() -> None:
    _recommended(lambda row: {"estimated_margin": 1} if row["estimated_margin"] is None else {})


@fault
def outlives_its_price() -> None:
    replace(Prices, "changed", lambda *_: None)


@fault
def any_change_dismisses() -> None:
    def changed(original: Any) -> Any:
        def update_product(shop: Any, call: Any) -> Any:
            shop.prices.ended(call.path["sku"])
            return original(shop, call)

        return update_product

    handle("updateProduct", lambda _: changed(products.update_product))
