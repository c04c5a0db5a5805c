"""The machine: random requests to the mock, the same to the model, and the answers, events and lists compared."""

from __future__ import annotations

import copy
import gc
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from mockserver.arrivals import Unsellable
from nexuscommerce.contract import Contract
from tests.machine import comparison, jobs, model, pricing
from tests.machine.inside import Answer, Mock
from tests.machine.model import Expected, Row
from tests.machine.world import made_id

SKUS = st.sampled_from(("S-1", "S-1", "S-1", "S-2", "S-2", "S-3", "S-4", "S-4", "S-5", "S-6", "FAIL-1"))
MARKETPLACES = st.sampled_from(("amazon_us", "shopify", "ebay"))
PRICES = st.sampled_from((0, 0.01, 4.99, 5, 7.77, 10, 19.5, 20, 1234.56))
WAREHOUSES = st.sampled_from([made_id("wh", number) for number in (1, 2, 2, 3, 4, 4, 5, 6, 7)])
QUANTITIES = st.sampled_from((30, 0, 1, 5, 13, 40, 80, 100))
REASONS = st.sampled_from(("supplier_receipt", "cycle_count", "damage", "return_restock", "correction"))
STATUSES = st.sampled_from(("confirmed", "processing", "shipped", "delivered", "completed", "cancelled", "pending"))
INDEX = st.sampled_from((0, 0, 1, 1, 2, 3, 4, 5, 8, 13, 40))  # of what there is, the newest first
SECONDS = st.sampled_from((0.2, 0.7, 1, 1, 3, 12, 30, 61, 125, 600))
FULL_EVERY = 25  # steps between comparisons of everything
RESTART_AFTER = 60  # steps after which the mock may be started anew

NAMED = {"title": st.sampled_from(("One", "Zwei, größer", "Three")), "price": PRICES}
UNNAMED = {
    "cost_price": st.sampled_from((None, 0, 4.2, 12, 99)),
    "category": st.sampled_from((None, "Tools", "Toys")),
    "status": st.sampled_from(("active", "draft")),
}
PRODUCTS = st.fixed_dictionaries(NAMED, optional=UNNAMED)
CHANGES = st.fixed_dictionaries({}, optional=NAMED | UNNAMED)
# A member, and a value that its schema refuses.
SPOILED_PRODUCT = st.sampled_from((("price", -1), ("price", 1.001), ("title", ""), ("status", "on"), ("sku", 5), ("x", 1)))
RULES = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ("floor", "floor", "ceiling", "ceiling", "competitor_match", "buy_box_target", "margin_target")
        ),
        "value": st.sampled_from((0, 1.5, 6, 12.34, 33, 80, 150)),
        "value_type": st.sampled_from(("fixed", "percentage")),
        "marketplace": st.sampled_from(("all", "all", "amazon_us", "shopify")),
        "priority": st.integers(1, 6),
    },
    optional={"is_active": st.booleans()},
)
SCOPES = st.sampled_from(
    (
        {"applies_to": "all"},
        {"applies_to": "category", "category": "Tools"},
        {"applies_to": "category", "category": "Toys"},
        {"applies_to": "skus", "skus": ["S-1", "S-5"]},
        {"applies_to": "skus", "skus": ["S-2", "S-3", "S-4"]},
    )
)
NEW_SCOPES = st.sampled_from(
    (
        {"value": 7.5},
        {"priority": 1, "is_active": True},
        {"is_active": False},
        {"type": "ceiling", "value": 3},
        {"applies_to": "all"},
        {"applies_to": "all", "category": None, "skus": None},
        {"applies_to": "category", "category": "Tools", "skus": None},
        {"applies_to": "skus", "skus": ["S-1"]},
        {"category": "Toys"},
        {"skus": None},
    )
)
SPOILED_RULE = st.sampled_from(
    (("value", -1), ("priority", 0), ("type", "roof"), ("applies_to", "none"), ("skus", []), ("x", 1))
)
TYPES = st.sampled_from(tuple(jobs.SECONDS))
LOCAL = ("pricing_recalculate", "competitor_scan", "listing_optimize")  # the types that need a marketplace
SKU_SETS = st.one_of(
    st.lists(st.sampled_from(("S-1", "S-2", "S-3", "S-4")), min_size=1, max_size=3, unique=True),
    st.lists(SKUS, min_size=1, max_size=3, unique=True),
)
SELDOM = st.integers(0, 11).map(lambda chance: chance == 7)


Step = tuple[str, Row]
Method = TypeVar("Method", bound=Callable[..., None])
_WEIGHTED: list[str] = []
_STEPS: dict[str, st.SearchStrategy[Row]] = {}


def step(weight: int, **values: st.SearchStrategy[Any]) -> Callable[[Method], Method]:
    """A step of the machine and how often it is taken. Hypothesis leaves out half of a machine's rules in each example
    (swarm testing), and then orders arrive for products that nobody makes: so this machine has one rule that takes them all.
    """

    def register(method: Method) -> Method:
        _WEIGHTED.extend([method.__name__] * weight)
        _STEPS[method.__name__] = st.fixed_dictionaries(values)
        return method

    return register


def _steps() -> st.SearchStrategy[Step]:
    return st.sampled_from(_WEIGHTED).flatmap(lambda name: st.tuples(st.just(name), _STEPS[name]))


@dataclass
class Run:
    """What all examples of one run share: where they live, and how much has been done."""

    directory: Path
    contract: Contract
    steps: int = 0
    examples: int = 0
    seen: Counter[tuple[str, int, str]] = field(default_factory=Counter)


class Machine(RuleBasedStateMachine):
    """One example: a mock on a new state file, and the model of its first tenant."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        run.examples += 1
        self.run = run
        self.mock = Mock(run.directory, run.contract, seen=run.seen)
        self.state = model.opened(self.mock.tenants[0])
        self.began = self.mock.at
        self.position = 0
        self.moved, self.agrees = False, True
        self.since_full = self.since_restart = 0
        self.other = comparison.everything(self.mock, key=1)

    def teardown(self) -> None:
        try:
            if self.agrees:  # else a step has failed, and what follows from it would hide it
                self._catch_up()
                comparison.compare(self.mock, self.state, self.began)
                assert self.other == comparison.everything(self.mock, key=1), "the other tenant has changed"
        finally:
            self.mock.close()
            if self.run.examples % 10 == 0:  # an app's validators are large, and Python does not see how large
                gc.collect()

    @rule(chosen=st.deferred(_steps))
    def take(self, chosen: Step) -> None:
        name, values = chosen
        self.agrees = False
        getattr(self, name)(**values)
        self.agrees = True

    # One step

    def _send(self, operation: str, body: Any, predict: Callable[[Answer], Expected], **path: str) -> Answer:
        """A request to both, and whether they agree."""
        answer = self.mock.send(operation, body, path)
        self._catch_up()
        expected = predict(answer)
        told = (operation, path, body)
        assert (expected.status, expected.code) == (answer.status, answer.code), (told, expected, answer)
        if expected.data is not None:
            assert expected.data == answer.data, (told, expected.data, answer.data)
        if expected.details is not None:
            assert expected.details == answer.body["error"]["details"], (told, expected, answer)
        self._done()
        return answer

    def _catch_up(self) -> None:
        """The clock has moved: let the model see which jobs have ended, and follow."""
        if not self.moved:
            return
        self.moved = False
        if self.state.waking:
            shown = {row["id"]: row for row in self.mock.all("listJobs")}
            advice = {row["id"]: row for row in self.mock.all("listRecommendations")}
            jobs.catch_up(self.state, self.mock.at, shown, advice)

    def _done(self) -> None:
        """After every step: the events that were told are those of the changes, and now and then everything is compared."""
        self.run.steps += 1
        self.position, told = self.mock.told(self.position)
        comparison.compare_events(self.state.told, told)
        self.state.told.clear()
        self.since_full += 1
        self.since_restart += 1
        if self.since_full >= FULL_EVERY and not self.moved:
            self.since_full = 0
            comparison.compare(self.mock, self.state, self.began)

    def _pick(self, rows: dict[str, Row], prefix: str, index: int) -> str:
        """The id of one of these, the newest first; or one that does not exist."""
        ids = [*reversed(rows), made_id(prefix, 999999)]
        return ids[index % len(ids)]

    # Orders

    @step(
        6,
        wanted=st.lists(st.tuples(SKUS, st.sampled_from((3, 1, 2, 4, 7, 30))), min_size=1, max_size=2),
        marketplace=MARKETPLACES,
        method=st.sampled_from(("FBM", "FBM", "FBM", "FBA", "FBS")),
    )
    def order_arrives(self, wanted: list[tuple[str, int]], marketplace: str, method: str) -> None:
        try:
            made = self.mock.arrives(wanted, marketplace, method)
        except Unsellable:
            made = None
        self._catch_up()
        assert model.sellable(self.state, wanted, method) == (made is not None), (wanted, method, made)
        self.run.seen["order_arrives", 201 if made else 409, ""] += 1
        if made:
            given = copy.deepcopy(dict(made)) | {"shipping_address": dict(made["shipping_address"])}
            order = model.order_arrives(self.state, self.mock.at, wanted, given)
            assert (marketplace, method) == (made["marketplace"], made["fulfillment_method"])
            assert order == made, (order, made)
        self._done()

    @step(1, index=INDEX, status=STATUSES)
    def update_order(self, index: int, status: str) -> None:
        order_id = self._pick(self.state.orders, "ord", index)
        self._move(order_id, status)

    @step(5, index=INDEX)
    def update_order_onwards(self, index: int) -> None:
        """A step that is right, so that orders get somewhere."""
        order_id = self._pick(self.state.orders, "ord", index)
        order = self.state.orders.get(order_id, {"status": "pending"})
        self._move(order_id, model.MOVES.get(order["status"], "completed"))

    def _move(self, order_id: str, status: str) -> None:
        self._send(
            "updateOrder",
            {"status": status},
            lambda _: model.update_order(self.state, self.mock.at, order_id, status),
            orderId=order_id,
        )

    @step(3, index=INDEX, items=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 9)), min_size=1, max_size=3))
    def confirm_shipment(self, index: int, items: list[tuple[int, int]]) -> None:
        order_id = self._pick(self.state.orders, "ord", index)
        self._ship(order_id, [(f"item_{number}", quantity) for number, quantity in items])

    @step(4, index=INDEX, all_of_it=st.booleans())
    def confirm_right_shipment(self, index: int, all_of_it: bool) -> None:
        """One unit of each line, or all that is left."""
        order_id = self._pick(self.state.orders, "ord", index)
        lines = self.state.orders.get(order_id, {"line_items": []})["line_items"]
        left = [(line["external_line_item_id"], line["quantity"] - line["shipped_quantity"]) for line in lines]
        self._ship(order_id, [(name, units if all_of_it else 1) for name, units in left if units] or [("item_1", 1)])

    def _ship(self, order_id: str, items: list[tuple[str, int]]) -> None:
        body = {
            "carrier": "DHL",
            "tracking_number": "1",
            "shipped_date": "2026-03-12T10:00:00Z",
            "line_items": [{"external_line_item_id": name, "quantity": quantity} for name, quantity in items],
        }
        self._send(
            "confirmShipment",
            body,
            lambda _: model.confirm_shipment(self.state, self.mock.at, order_id, items),
            orderId=order_id,
        )

    @step(2, index=INDEX)
    def cancel_order(self, index: int) -> None:
        order_id = self._pick(self.state.orders, "ord", index)
        self._send("cancelOrder", None, lambda _: model.cancel_order(self.state, self.mock.at, order_id), orderId=order_id)

    # Products

    @step(3, sku=SKUS, body=PRODUCTS, spoiled=SELDOM, how=SPOILED_PRODUCT)
    def create_product(self, sku: str, body: Row, spoiled: bool, how: tuple[str, Any]) -> None:
        body = {"sku": sku, **body}
        if spoiled:
            self._send("createProduct", body | dict([how]), lambda _: model.invalid())
        else:
            self._send(
                "createProduct", body, lambda answer: model.create_product(self.state, self.mock.at, body, answer.data)
            )

    @step(4, sku=SKUS, body=CHANGES, spoiled=SELDOM, how=SPOILED_PRODUCT)
    def update_product(self, sku: str, body: Row, spoiled: bool, how: tuple[str, Any]) -> None:
        if spoiled or not body:
            self._send("updateProduct", body | dict([how] if spoiled else []), lambda _: model.invalid(), sku=sku)
        else:
            self._send("updateProduct", body, lambda _: model.update_product(self.state, self.mock.at, sku, body), sku=sku)

    @step(1, sku=SKUS)
    def delete_product(self, sku: str) -> None:
        self._send("deleteProduct", None, lambda _: model.delete_product(self.state, self.mock.at, sku), sku=sku)

    # Inventory

    @step(5, sku=SKUS, warehouse=WAREHOUSES, quantity=QUANTITIES, reason=REASONS, spoiled=SELDOM)
    def set_inventory(self, sku: str, warehouse: str, quantity: int, reason: str, spoiled: bool) -> None:
        body = {"warehouse_id": warehouse, "quantity": -1 if spoiled else quantity, "reason": reason}

        def predict(_: Answer) -> Expected:
            return model.invalid() if spoiled else model.set_inventory(self.state, self.mock.at, sku, body)

        self._send("setInventory", body, predict, sku=sku)

    @step(2, updates=st.lists(st.tuples(SKUS, WAREHOUSES, QUANTITIES), min_size=1, max_size=6))
    def bulk_set_inventory(self, updates: Sequence[tuple[str, str, int]]) -> None:
        rows = [
            {"sku": sku, "warehouse_id": warehouse, "quantity": quantity, "reason": "cycle_count"}
            for sku, warehouse, quantity in updates
        ]

        def predict(answer: Answer) -> Expected:
            expected = model.bulk_set_inventory(self.state, self.mock.at, rows)
            if expected.status == answer.status == 200:
                results = [
                    (row["sku"], row["warehouse_id"], row["error"]["code"] if row["error"] else "", row["inventory"])
                    for row in answer.data["results"]
                ]
                assert expected.data == answer.data | {"results": results}, (rows, expected.data, answer.data)
                assert [row["status"] for row in answer.data["results"]] == [
                    "failed" if code else "updated" for *_, code, _ in results
                ]
            return expected._replace(data=None)

        self._send("bulkSetInventory", {"updates": rows}, predict)

    # Pricing

    @step(2, body=RULES, scope=SCOPES, spoiled=SELDOM, how=SPOILED_RULE)
    def create_rule(self, body: Row, scope: Row, spoiled: bool, how: tuple[str, Any]) -> None:
        body = {"name": "A rule", **body, **scope}
        if spoiled:
            self._send("createPricingRule", body | dict([how]), lambda _: model.invalid())
        else:
            self._send(
                "createPricingRule", body, lambda answer: pricing.create_rule(self.state, self.mock.at, body, answer.data)
            )

    @step(2, index=INDEX, body=NEW_SCOPES)
    def update_rule(self, index: int, body: Row) -> None:
        rule_id = self._pick(self.state.rules, "rule", index)
        self._send(
            "updatePricingRule",
            body,
            lambda _: pricing.update_rule(self.state, self.mock.at, rule_id, body),
            ruleId=rule_id,
        )

    @step(2, index=INDEX)
    def delete_rule(self, index: int) -> None:
        rule_id = self._pick(self.state.rules, "rule", index)
        self._send("deletePricingRule", None, lambda _: pricing.delete_rule(self.state, rule_id), ruleId=rule_id)

    @step(6, skus=SKU_SETS, marketplace=MARKETPLACES, apply=st.booleans())
    def recalculate_prices(self, skus: list[str], marketplace: str, apply: bool) -> None:
        body = {"skus": skus, "marketplace": marketplace} | ({"apply": True} if apply else {})

        def predict(answer: Answer) -> Expected:
            shown = self.mock.send("getJob", path={"jobId": answer.data["job_id"]}).data if answer.status == 202 else {}
            expected = jobs.dispatch(self.state, self.mock.at, "pricing_recalculate", body, "normal", shown)
            if expected.status != 202:
                return expected
            assert expected.data == shown, (expected.data, shown)
            told = {"job_id": shown.get("id"), "status": "queued", "sku_count": len(skus)}
            seconds = comparison.seconds_up(self.mock.at, shown["estimated_completion_at"])
            return Expected(202, data=told | {"estimated_completion_seconds": seconds})

        self._send("recalculatePrices", body, predict)

    # Jobs

    @step(
        3, type_=TYPES, skus=SKU_SETS, marketplace=MARKETPLACES, priority=st.sampled_from((*jobs.RANKS, "")), spoiled=SELDOM
    )
    def dispatch_job(self, type_: str, skus: list[str], marketplace: str, priority: str, spoiled: bool) -> None:
        params = {"skus": skus} | ({"marketplace": marketplace} if type_ in LOCAL else {})
        body = {"type": type_, "params": params} | ({"priority": priority} if priority else {})
        if spoiled:
            params["skus"] = [*skus, skus[0]]

        def predict(answer: Answer) -> Expected:
            if spoiled:
                return model.invalid()
            return jobs.dispatch(self.state, self.mock.at, type_, params, priority or "normal", answer.data)

        self._send("dispatchJob", body, predict)

    @step(2, index=INDEX)
    def cancel_job(self, index: int) -> None:
        job_id = self._pick(self.state.jobs, "job", index)
        self._send("cancelJob", None, lambda _: jobs.cancel(self.state, self.mock.at, job_id), jobId=job_id)

    # Time, other callers, other processes

    @step(5, seconds=SECONDS, more=SECONDS)
    def time_passes(self, seconds: float, more: float) -> None:
        """The next request, whichever it is, finds what has happened meanwhile."""
        self.mock.clock.advance(seconds=seconds + more / 1000)
        self.moved = True
        self._done()

    @step(2, seconds=SECONDS)
    def time_passes_watched(self, seconds: float) -> None:
        self.mock.clock.advance(seconds=seconds)
        self.moved = True
        self._catch_up()
        self._done()

    @step(1, index=INDEX)
    def read_one(self, index: int) -> None:
        """A detail, of what exists or has never existed."""
        order_id, job_id = self._pick(self.state.orders, "ord", index), self._pick(self.state.jobs, "job", index)
        reads: tuple[tuple[str, dict[str, str], Callable[[], Any]], ...] = (
            ("getOrder", {"orderId": order_id}, lambda: self.state.orders.get(order_id)),
            ("getJob", {"jobId": job_id}, lambda: self.state.jobs.get(job_id)),
        )
        operation, path, shown = reads[index % len(reads)]
        answer = self.mock.send(operation, path=path)
        self._catch_up()
        expected = shown()
        assert (200 if expected else 404) == answer.status, (operation, path, answer)
        assert comparison.plain(expected or {}) == comparison.plain(answer.data)
        self._done()

    @step(3, which=st.sampled_from(comparison.QUERIES), limit=st.integers(1, 7))
    def read_list(self, which: comparison.Query, limit: int) -> None:
        rows = self.mock.all(which.operation, which.query, limit=limit)
        self._catch_up()
        comparison.compare_list(self.state, which, rows)
        self._done()

    @step(1, index=INDEX, operation=st.sampled_from(tuple(comparison.FOREIGN)), wrong_header=SELDOM)
    def another_tenant(self, index: int, operation: str, wrong_header: bool) -> None:
        """With another tenant's key all of this does not exist; and its key does not open this tenant."""
        prefix, parameter, body = comparison.FOREIGN[operation]
        rows = {"ord": self.state.orders, "rule": self.state.rules, "job": self.state.jobs, "": {}}[prefix]
        path = {parameter: self._pick(rows, prefix, index)} if prefix else {"sku": "S-1"}
        answer = self.mock.send(operation, body, path, key=1, tenant=0 if wrong_header else 1)
        refusal = (403, "TENANT_ACCESS_DENIED") if wrong_header else (404, "RESOURCE_NOT_FOUND")
        assert refusal == (answer.status, answer.code), (operation, path, answer)
        self._done()

    @step(1)
    def restart(self) -> None:
        if self.since_restart <= RESTART_AFTER:
            return
        self.since_restart = 0
        self.mock.restart()
        self._done()


def drive(run: Run, examples: int, steps: int, *, seeded: bool, shrinks: bool = True) -> None:
    """Drive so many mocks so many steps each. The same in every run, unless a seed is given (`--hypothesis-seed`)."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=not seeded,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink) if shrinks else (Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: Machine(run), settings=chosen)  # type: ignore[arg-type]  # any maker will do
