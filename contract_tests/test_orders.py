"""Orders: every move that the document's table has, and none that it has not.

Orders cannot be created by the API. The judge takes existing ones by status, as few as it can.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from contract_tests.absence import Why, not_run
from contract_tests.client import Actor, Answer
from contract_tests.document import CONTRACT, by_id
from contract_tests.population import sample
from contract_tests.seen import Row
from contract_tests.stock import levels, listed
from nexuscommerce.contract import Operation

UPDATE, SHIP, CANCEL = (by_id(name) for name in ("updateOrder", "confirmShipment", "cancelOrder"))
STATES: tuple[str, ...] = tuple(CONTRACT.schemas.named("OrderStatus")["enum"])
MERCHANT, *MARKETPLACES = CONTRACT.schemas.named("FulfillmentMethod")["enum"]


class Move(NamedTuple):
    """An operation asked to lead an order from one state to another."""

    state: str
    operation: Operation
    to: str

    @property
    def legal(self) -> bool:
        return self.to in self.operation.transitions.get(self.state, ())

    def __str__(self) -> str:
        return f"{self.state}-{self.operation.id}-{self.to}"


MOVES = [
    *(Move(state, UPDATE, to) for state in STATES for to in STATES),
    *(Move(state, CANCEL, "cancelled") for state in STATES),
    *(Move(state, SHIP, "shipped") for state in STATES),
]
Take = Callable[..., Row]


@pytest.fixture
def take(full: Actor) -> Take:
    """An order of this state, whole, that has `units` left to ship and `of_line` of them in one line.

    `method` is how it is fulfilled; None is any way, but by the merchant last: those are needed for shipments.
    Where none is left, one is moved there from the state before.
    """

    def find(state: str, method: str | None = MERCHANT, units: int = 1, of_line: int = 1) -> Row:
        found = next(fitting(state, method, units, of_line), None)
        if found:
            return found
        for before in (each for each in STATES if state in UPDATE.transitions.get(each, ())):
            found = next(fitting(before, method, units, of_line), None)
            if found:
                full.call("updateOrder", {"orderId": found["id"]}, body={"status": state}).ok()
                return read(full, found)
        kind = f"{method} order" if method else "order"
        return not_run(Why.TOO_LITTLE, f"tenant `main` has no {kind} of status {state} with enough to ship")

    def fitting(state: str, method: str | None, units: int, of_line: int) -> Iterator[Row]:
        query = {"status": state, "limit": 200, "sort": "updated_at", "order": "asc"}
        rows = full.call("listOrders", query=query | ({"fulfillment_method": method} if method else {})).ok().rows
        for row in sorted(rows, key=lambda row: row["fulfillment_method"] == MERCHANT):
            open_ = left(row).values()
            if not open_ or (sum(open_) >= units and max(open_) >= of_line):
                yield read(full, row)

    return find


def left(order: Row) -> Mapping[str, int]:
    """Line -> units left to ship."""
    items = {item["external_line_item_id"]: item["quantity"] - item["shipped_quantity"] for item in order["line_items"]}
    return {name: units for name, units in items.items() if units}


def read(actor: Actor, order: Row) -> Row:
    row: Row = actor.call("getOrder", {"orderId": order["id"]}).ok().data
    return row


def ship(actor: Actor, order: Row, lines: Mapping[str, int]) -> Answer:
    named = [{"external_line_item_id": name, "quantity": units} for name, units in lines.items()]
    return actor.call("confirmShipment", {"orderId": order["id"]}, body={**sample(SHIP), "line_items": named})


def attempt(actor: Actor, order: Row, move: Move) -> Answer:
    """Ask for a move in the way of its operation; a shipment is of all that is left, or of one unit where nothing is."""
    if move.operation is SHIP:
        return ship(actor, order, left(order) or {order["line_items"][0]["external_line_item_id"]: 1})
    body = {"status": move.to} if move.operation is UPDATE else None
    return actor.call(move.operation.id, {"orderId": order["id"]}, body=body)


def steady(order: Row) -> Row:
    """What no move may change."""
    moving = ("status", "updated_at", "sync_history", "line_items")
    lines = [{name: value for name, value in item.items() if name != "shipped_quantity"} for item in order["line_items"]]
    return {**{name: value for name, value in order.items() if name not in moving}, "line_items": lines}


def shipped(order: Row) -> list[int]:
    return [item["shipped_quantity"] for item in order["line_items"]]


@pytest.mark.parametrize("move", [move for move in MOVES if move.legal], ids=str)
@pytest.mark.rule("ORD-03")
def test_a_move_of_the_table_is_made_and_stored(move: Move, full: Actor, take: Take) -> None:
    before = take(move.state, MERCHANT if move.operation is SHIP else None)
    time.sleep(0.05)  # longer than a clock may stand still: updated_at shall move
    answered = attempt(full, before, move).ok().data
    after = read(full, before)

    assert (answered["status"], after["status"]) == (move.to, move.to)
    assert steady(after) == steady(before)
    assert after["updated_at"] > before["updated_at"]
    assert answered == {name: after[name] for name in answered}
    for state in (move.state, move.to):
        page = full.call("listOrders", query={"status": state, "sort": "updated_at", "order": "desc", "limit": 5}).ok()
        assert (after["id"] in [row["id"] for row in page.rows]) == (state == move.to), f"the list of status {state}"


@pytest.mark.parametrize("move", [move for move in MOVES if not move.legal], ids=str)
@pytest.mark.rule("ORD-04")
def test_another_move_is_refused_and_changes_nothing(move: Move, full: Actor, take: Take) -> None:
    before = take(move.state, MERCHANT if move.operation is SHIP else None)
    answer = attempt(full, before, move).refused("INVALID_STATE_TRANSITION")
    allowed = move.operation.transitions.get(move.state, ())

    assert answer.details["from"] == move.state
    assert answer.details["to"] in ((move.to, "processing") if move.operation is SHIP else (move.to,))
    assert set(answer.details["allowed"]) == set(allowed)
    assert read(full, before) == before


@pytest.mark.parametrize("state", [state for state in STATES if CANCEL.transitions.get(state)])
@pytest.mark.rule("ORD-04")
def test_a_move_is_made_once(state: str, full: Actor, take: Take) -> None:
    order = take(state, None)
    cancel = Move(state, CANCEL, "cancelled")
    attempt(full, order, cancel).ok()
    after = read(full, order)

    attempt(full, order, cancel).refused("INVALID_STATE_TRANSITION")
    assert read(full, order) == after


@pytest.mark.parametrize("method", MARKETPLACES)
@pytest.mark.parametrize("state", [state for state in STATES if SHIP.transitions.get(state)])
@pytest.mark.rule("ORD-05")
def test_what_a_marketplace_fulfils_is_not_shipped_here(state: str, method: str, full: Actor, take: Take) -> None:
    before = take(state, method)
    ship(full, before, left(before)).refused("FULFILLMENT_NOT_BY_MERCHANT")
    ship(full, before, {name: units + 1 for name, units in left(before).items()}).refused("FULFILLMENT_NOT_BY_MERCHANT")

    assert read(full, before) == before


@pytest.mark.parametrize("method", MARKETPLACES)
@pytest.mark.rule("ORD-05")
def test_the_state_is_looked_at_before_the_fulfilment(method: str, full: Actor, take: Take) -> None:
    order = take("pending", method)

    attempt(full, order, Move("pending", SHIP, "shipped")).refused("INVALID_STATE_TRANSITION")


@pytest.mark.parametrize("state", [state for state in STATES if SHIP.transitions.get(state)])
@pytest.mark.rule("ORD-06")
def test_more_than_is_left_is_refused(state: str, full: Actor, take: Take) -> None:
    before = take(state)
    name, units = next(iter(left(before).items()))
    line = {"external_line_item_id": name, "quantity": units}
    ship(full, before, {**left(before), name: units + 1}).refused("SHIPMENT_EXCEEDS_ORDER")
    ship(full, before, {name: 1_000_000}).refused("SHIPMENT_EXCEEDS_ORDER")
    twice = {**sample(SHIP), "line_items": [line, {**line, "quantity": 1}]}
    full.call("confirmShipment", {"orderId": before["id"]}, body=twice).refused("SHIPMENT_EXCEEDS_ORDER")

    assert read(full, before) == before


@pytest.mark.parametrize("state", [state for state in STATES if SHIP.transitions.get(state)])
@pytest.mark.rule("ORD-07")
def test_an_unknown_line_is_refused(state: str, full: Actor, take: Take) -> None:
    """Alone and beside known ones, which are not shipped then either."""
    before = take(state)
    for lines in ({"no-such-line": 1}, {**left(before), "no-such-line": 1}):
        ship(full, before, lines).refused("VALIDATION_ERROR")

    assert read(full, before) == before


@pytest.mark.rule("ORD-07")
def test_a_line_of_another_order_is_unknown(full: Actor, take: Take) -> None:
    order, other = take("confirmed"), take("processing")
    theirs = next(
        (name for name in left(other) if name not in {item["external_line_item_id"] for item in order["line_items"]}), None
    )
    if theirs is None:
        not_run(Why.TOO_LITTLE, "both orders name their lines alike")

    ship(full, order, {theirs: 1}).refused("VALIDATION_ERROR")


@pytest.mark.rule("ORD-08")
def test_shipments_add_up(full: Actor, take: Take) -> None:
    """One unit, one more, then the rest: processing, processing, shipped."""
    order = take("confirmed", units=3)
    name = next(iter(left(order)))
    for step in (1, 2):
        before = read(full, order)
        first = name if left(before).get(name) else next(iter(left(before)))
        answered = ship(full, order, {first: 1}).ok().data
        after = read(full, order)
        expected = [item["shipped_quantity"] + (item["external_line_item_id"] == first) for item in before["line_items"]]
        assert (after["status"], shipped(after)) == ("processing", expected), f"after {step} units"
        assert answered == {member: after[member] for member in answered}
        assert steady(after) == steady(order)
        ship(full, order, {first: before["line_items"][0]["quantity"] + 1_000}).refused("SHIPMENT_EXCEEDS_ORDER")
    ship(full, order, left(read(full, order))).ok()
    final = read(full, order)

    assert (final["status"], left(final)) == ("shipped", {})


@pytest.mark.rule("ORD-08")
def test_quantities_of_a_line_named_twice_add_up(full: Actor, take: Take) -> None:
    order = take("processing", of_line=2)
    lines = left(order)
    name = max(lines, key=lines.__getitem__)
    twice = [{"external_line_item_id": name, "quantity": 1}] * 2
    full.call("confirmShipment", {"orderId": order["id"]}, body={**sample(SHIP), "line_items": twice}).ok()

    assert sum(shipped(read(full, order))) == sum(shipped(order)) + 2


@pytest.mark.rule("ORD-08")
def test_a_partly_shipped_order_can_be_cancelled(full: Actor, take: Take) -> None:
    """ "An order that is not yet shipped as a whole can be cancelled"; what was shipped stays told."""
    order = take("confirmed", units=2)
    ship(full, order, {next(iter(left(order))): 1}).ok()
    partly = read(full, order)
    attempt(full, order, Move("processing", CANCEL, "cancelled")).ok()
    after = read(full, order)

    assert (after["status"], shipped(after)) == ("cancelled", shipped(partly))


def stocks(actor: Actor, order: Row) -> dict[str, Row]:
    """The inventory records of an order's SKUs, of those that still are in the catalogue."""
    found = {item["sku"]: listed(actor, item["sku"]) for item in order["line_items"]}
    return {sku: rows[0] for sku, rows in found.items() if rows} or not_run(Why.TOO_LITTLE, "the order's products are gone")


def moved(before: Mapping[str, Row], after: Mapping[str, Row], member: str) -> dict[str, int]:
    """SKU -> by how much a total fell."""
    return {sku: before[sku][member] - after[sku][member] for sku in before}


@pytest.mark.parametrize("state", [state for state in STATES if SHIP.transitions.get(state)])
@pytest.mark.rule("INV-14")
def test_a_shipment_takes_from_reserved_and_on_hand(state: str, full: Actor, take: Take) -> None:
    """One unit, then the rest; what can be sold stays as it is, in every warehouse."""
    order = take(state, units=2)
    first = {next(iter(left(order))): 1}
    for lines in (first, None):
        order = read(full, order)
        before, shipping = stocks(full, order), lines or left(order)
        ship(full, order, shipping).ok()
        after = stocks(full, order)
        units = Counter({item["sku"]: 0 for item in order["line_items"]})
        for item in order["line_items"]:
            units[item["sku"]] += shipping.get(item["external_line_item_id"], 0)
        expected = {sku: units[sku] for sku in before}
        assert moved(before, after, "total_reserved") == expected, "units that are no longer reserved"
        assert moved(before, after, "total_on_hand") == expected, "units that are no longer on hand"
        assert not any(moved(before, after, "total_available").values()), "what can be sold has changed"
        for sku in before:
            assert free(after[sku]) == free(before[sku]), f"{sku}: on hand less reserved, by warehouse"


@pytest.mark.parametrize("method", [MERCHANT, *MARKETPLACES])
@pytest.mark.rule("INV-15")
def test_a_cancellation_releases_what_was_reserved(method: str, full: Actor, take: Take) -> None:
    order = take("confirmed", method)
    before = stocks(full, order)
    full.call("cancelOrder", {"orderId": order["id"]}).ok()
    after = stocks(full, order)
    units = Counter({item["sku"]: 0 for item in order["line_items"]})
    for item in order["line_items"]:
        units[item["sku"]] += item["quantity"] - item["shipped_quantity"]
    expected = {sku: units[sku] for sku in before}

    assert moved(before, after, "total_reserved") == expected, "units that are no longer reserved"
    assert moved(after, before, "total_available") == expected, "units that can be sold again"
    assert not any(moved(before, after, "total_on_hand").values()), "what is on hand has changed"


@pytest.mark.rule("INV-15")
def test_a_move_of_the_status_alone_moves_no_stock(full: Actor, take: Take) -> None:
    order = take("pending", None)
    before = stocks(full, order)
    full.call("updateOrder", {"orderId": order["id"]}, body={"status": "confirmed"}).ok()

    assert stocks(full, order) == before


def free(record: Row) -> dict[str, int]:
    return {place: on_hand - reserved for place, (on_hand, reserved) in levels(record).items()}


@pytest.mark.parametrize(
    "body", [{}, {"status": "sold"}, {"status": None}, {"status": "confirmed", "total_amount": 1}, {"total_amount": 1}, []]
)
@pytest.mark.rule("WRT-09")
def test_nothing_but_the_status_of_an_order_is_set(body: Any, full: Actor, take: Take) -> None:
    before = take("pending", None)
    full.call("updateOrder", {"orderId": before["id"]}, body=body).refused("VALIDATION_ERROR")

    assert read(full, before) == before
