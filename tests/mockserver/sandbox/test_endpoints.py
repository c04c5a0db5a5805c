"""Webhook endpoints of a world: made, turned, tested; and what was delivered, with request and answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from mockserver.domain.clocks import Clocks
from mockserver.store.deliveries import Deliveries
from mockserver.webhooks.sender import Sender
from mockserver.webhooks.worker import PAUSES, Worker
from nexuscommerce.webhooks import SIGNATURE, verify
from tests.mockserver.sandbox.control import Turning, World, opened
from tests.receiver import Received, receiving, status

CREATED = {"sku": "NEW-1", "title": "New", "price": 1}


def _deliver(turning: Turning) -> None:
    """What is due now, as the mock sends it."""

    async def drain() -> None:
        database = turning.inside.database
        async with Sender() as send:
            clocks = Clocks(turning.inside.clock, database.platform)
            await asyncio.wait_for(Worker(Deliveries(database), send, clocks).drain(), 10)

    asyncio.run(drain())


def test_a_secret_is_shown_once_and_verifies_what_comes(world: World) -> None:
    with receiving() as receiver:
        made = world.data("createEndpoint", body={"url": receiver.url, "events": ["product.created"]})
        world.call("POST", "/products", json=CREATED)
        _deliver(world.turning)
        (received,) = receiver.ledger

    assert verify(received.body, received.headers[SIGNATURE.lower()], made["secret"])
    assert [made["details"]] == world.data("listEndpoints")
    assert made["secret"] not in str(world.data("listEndpoints"))


def test_a_delivery_shows_what_was_sent_and_what_was_answered(world: World) -> None:
    with receiving() as receiver:
        made = world.data("createEndpoint", body={"url": receiver.url})
        world.call("POST", "/products", json=CREATED)
        (waiting,) = world.data("listDeliveries")
        assert ("pending", None, None) == tuple(waiting[name] for name in ("state", "request", "response"))
        _deliver(world.turning)

    shown = world.data("getDelivery", deliveryId=waiting["id"])
    assert ("delivered", 1, 204) == (shown["state"], shown["tries"], shown["last_status"])
    sent = dict(shown["request"]["headers"])
    assert verify(shown["request"]["body"].encode(), sent[SIGNATURE], made["secret"])
    assert "server" in dict(shown["response"]["headers"])
    assert waiting["id"] == sent["X-NexusCommerce-Delivery"]


def test_secrets_in_a_receivers_answer_are_masked(world: World) -> None:
    with receiving() as receiver:
        receiver.answer = status(200, **{"Set-Cookie": "session=planted0123", "X-Echo": "nxc_live_planted_0123456789"})
        world.data("createEndpoint", body={"url": receiver.url})
        world.call("POST", "/products", json=CREATED)
        (waiting,) = world.data("listDeliveries")
        _deliver(world.turning)

    shown = str(world.data("getDelivery", deliveryId=waiting["id"])["response"])
    assert "set-cookie" in shown
    assert "planted_0123" not in shown
    assert "planted0123" not in shown


def test_a_delivery_that_was_parked_is_sent_again_under_the_same_id(world: World) -> None:
    def broken(handler: Any, received: Received) -> None:
        status(500)(handler, received)

    with receiving() as receiver:
        receiver.answer = broken
        world.data("createEndpoint", body={"url": receiver.url})
        world.call("POST", "/products", json=CREATED)
        _deliver(world.turning)
        for pause in PAUSES:
            world.data("advanceClock", body={"seconds": pause})
            _deliver(world.turning)
        (parked,) = world.data("listDeliveries", query={"state": "failed"})
        assert (8, "answered 500") == (parked["tries"], parked["last_error"])

        receiver.answer = status(204)
        again = world.data("redeliver", deliveryId=parked["id"])
        assert ("pending", 0) == (again["state"], again["tries"])
        _deliver(world.turning)

    assert "delivered" == world.data("getDelivery", deliveryId=parked["id"])["state"]
    assert 1 == len({each.headers["x-nexuscommerce-delivery"] for each in receiver.ledger})


def test_retries_come_by_the_worlds_clock(world: World) -> None:
    """The pauses of one world pass while another's stand still."""
    other = world.turning.world()
    with receiving() as receiver:
        receiver.answer = status(500)
        for each in (world, other):
            each.data("createEndpoint", body={"url": f"{receiver.url}?{each.id}", "events": ["product.created"]})
            each.data("setClock", body={"mode": "frozen"})
            each.call("POST", "/products", json=CREATED)
        _deliver(world.turning)
        world.data("advanceClock", body={"seconds": PAUSES[0]})
        _deliver(world.turning)

    paths = [each.path.split("?")[1] for each in receiver.ledger]
    assert (2, 1) == (paths.count(world.id), paths.count(other.id))


def _knows(secret: Callable[[], str]) -> Callable[[Any, Received], None]:
    """A receiver that takes what one secret signs."""

    def answer(handler: Any, received: Received) -> None:
        is_right = verify(received.body, received.headers[SIGNATURE.lower()], secret())
        status(204 if is_right else 401)(handler, received)

    return answer


def test_while_a_secret_is_rotated_receivers_of_either_take_what_comes(world: World) -> None:
    """Whichever a receiver knows, the old or the new, no delivery has to wait for a retry."""
    with receiving() as receiver:
        made = world.data("createEndpoint", body={"url": receiver.url, "events": ["product.updated"]})
        new = world.data("rotateSecret", body={"overlap_seconds": 600}, endpointId=made["id"])
        assert made["secret"] != new["secret"]
        for known in (made["secret"], new["secret"]):
            receiver.answer = _knows(lambda known=known: known)  # type: ignore[misc]
            world.call("PATCH", f"/products/{world.skus()[0]}", json={"title": "Changed"})
            _deliver(world.turning)
        assert {("delivered", 1)} == {(row["state"], row["tries"]) for row in world.data("listDeliveries")}

        world.data("advanceClock", body={"seconds": 600})
        receiver.answer = _knows(lambda: str(made["secret"]))
        world.call("PATCH", f"/products/{world.skus()[0]}", json={"title": "Changed again"})
        _deliver(world.turning)
        assert ["pending", "delivered", "delivered"] == [row["state"] for row in world.data("listDeliveries")]


def test_a_test_event_tells_of_what_is_there_and_changes_nothing(world: World) -> None:
    with receiving() as receiver:
        made = world.data("createEndpoint", body={"url": receiver.url, "events": ["product.created"]})
        other = world.data("createEndpoint", body={"url": receiver.url + "?other"})
        before = world.call("GET", "/orders?limit=100").text
        for type_ in world.turning.inside.database._events:
            sent = world.data("sendTestEvent", body={"type": type_}, endpointId=made["id"])
            assert (type_, True) == (sent["type"], sent["test"])
        _deliver(world.turning)

    assert before == world.call("GET", "/orders?limit=100").text
    assert [] == world.data("listDeliveries", query={"endpoint_id": other["id"]})
    assert len(receiver.ledger) == len(world.turning.inside.database._events)


def test_a_test_event_needs_something_to_tell_of(turning: Turning) -> None:
    world = turning.world(fixtures="empty")
    made = world.data("createEndpoint", body={"url": "http://127.0.0.1:9/"})

    assert (409, "NOT_POSSIBLE") == world.refusal("sendTestEvent", body={"type": "order.created"}, endpointId=made["id"])
    assert (400, "VALIDATION_ERROR") == world.refusal("sendTestEvent", body={"type": "none"}, endpointId=made["id"])


def test_a_paused_endpoint_is_sent_nothing_and_a_removed_one_is_gone(world: World) -> None:
    made = world.data("createEndpoint", body={"url": "http://127.0.0.1:9/"})
    changed = world.data("updateEndpoint", body={"paused": True, "events": ["order.created"]}, endpointId=made["id"])

    assert (True, ["order.created"]) == (changed["paused"], changed["events"])
    world.data("createOrder", body={})
    assert [] == world.data("listDeliveries")
    world.data("updateEndpoint", body={"paused": False}, endpointId=made["id"])
    world.data("createOrder", body={})
    assert ["order.created"] == [row["type"] for row in world.data("listDeliveries")]
    world.data("deleteEndpoint", endpointId=made["id"])
    assert ([], []) == (world.data("listEndpoints"), world.data("listDeliveries"))


def test_endpoints_and_deliveries_of_another_world_are_not_found(world: World) -> None:
    other = world.turning.world()
    made = other.data("createEndpoint", body={"url": "http://127.0.0.1:9/"})
    sent = other.data("sendTestEvent", body={"type": "product.created"}, endpointId=made["id"])

    for operation, body in (
        ("updateEndpoint", {"paused": True}),
        ("deleteEndpoint", None),
        ("rotateSecret", {}),
        ("sendTestEvent", {}),
    ):
        assert (404, "RESOURCE_NOT_FOUND") == world.refusal(operation, body=body, endpointId=made["id"])
    for operation in ("getDelivery", "redeliver"):
        assert (404, "RESOURCE_NOT_FOUND") == world.refusal(operation, deliveryId=sent["id"])


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"url": "ftp://a.example/"}, "/url"),
        ({"url": "http://user:secret@a.example/"}, "/url"),
        ({"url": "http://a.example/", "events": ["none"]}, "/events/0"),
        ({"url": "http://a.example/", "events": []}, "/events"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused(world: World, body: dict[str, Any], pointer: str) -> None:
    status_, answer = world.turning.ask("createEndpoint", body=body, worldId=world.id)

    assert (400, [pointer]) == (status_, [fault["pointer"] for fault in answer["error"]["details"]["errors"]])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "[::1]", "169.254.169.254", "app.localhost."])
def test_a_shared_server_takes_no_address_of_its_own_network(tmp_path: Any, contract: Any, host: str) -> None:
    turning = opened(tmp_path, contract, public=True, sandbox_token="t" * 40)
    world = turning.world()
    token = {"headers": {"Authorization": f"Bearer {world.new['token']}"}}

    refused = turning.refusal("createEndpoint", body={"url": f"http://{host}/"}, worldId=world.id, **token)

    assert (400, "VALIDATION_ERROR") == refused
