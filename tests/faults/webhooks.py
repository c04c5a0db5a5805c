"""Webhooks: what is told, to whom, in which form, and what is done when nobody has received it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import replace as with_members
from typing import Any

import httpx
import orjson
from sqlalchemy import true

from mockserver import workers
from mockserver.call import Call
from mockserver.domain import instants
from mockserver.handlers import Handler
from mockserver.store import database, outbox
from mockserver.store.database import Database
from mockserver.store.deliveries import Due
from mockserver.store.shop import Shop
from mockserver.webhooks import worker
from mockserver.webhooks.sender import Outcome, Sender
from nexuscommerce.webhooks import DELIVERY, EVENT, SIGNATURE, sign
from tests.faults.seams import Answer, fault, handle, on_the_wire, replace

Emit = Callable[[str, str, Collection[str]], None]
Event = dict[str, Any]
MAIN = "a5f4d17c-3498-45e7-9fbe-7214d722cec5"  # the tenant `main` of fixtures/targets/mock.toml
NOBODY = "6b1f3c5e-0d8a-4e52-9c47-2f7d0a9b1e63"


def _telling(operation: str, tell: Callable[[Emit, str, str, Collection[str]], None]) -> None:
    """Change what an operation tells: `tell(emit, event, at, ids)` instead of `emit(event, at, ids)`."""

    def changed(handler: Handler) -> Handler:
        def handled(shop: Shop, call: Call) -> Any:
            emit = shop.emit
            vars(shop)["emit"] = lambda event, at, ids: tell(emit, event, at, ids)
            return handler(shop, call)

        return handled

    handle(operation, changed)


def _silent(operation: str, family: str) -> None:
    """An operation does not tell of a kind of resource."""
    _telling(operation, lambda emit, event, at, ids: None if event.startswith(family) else emit(event, at, ids))


def _renamed(operation: str, old: str, new: str) -> None:
    _telling(operation, lambda emit, event, at, ids: emit(new if event == old else event, at, ids))


def requests(change: Callable[[httpx.Request, Due], object]) -> None:
    """Change every request on its way out, when it is signed."""
    make = vars(Sender)["_request"]

    def made(self: Sender, due: Due, *rest: Any) -> httpx.Request:
        request: httpx.Request = make(self, due, *rest)
        change(request, due)
        return request

    replace(Sender, "_request", made)


def sent(change: Callable[[Due], Due]) -> None:
    """Change every delivery before it is signed and sent."""
    send = vars(Sender)["__call__"]
    replace(Sender, "__call__", lambda self, due: send(self, change(due)))


def _events(change: Callable[[Event, Due], object]) -> None:
    """Change every event before it is signed."""

    def changed(due: Due) -> Due:
        event = orjson.loads(due.body)
        change(event, due)
        return with_members(due, body=orjson.dumps(event))

    sent(changed)


def _data(family: str, change: Callable[[Event], object]) -> None:
    """Change the data of the events of a kind of resource."""
    _events(lambda event, _: change(event["data"]) if event["type"].startswith(family) else None)


def _outcomes(change: Callable[[Outcome, Due], Outcome]) -> None:
    """Change what is made of an answer."""
    send = vars(Sender)["__call__"]

    async def called(self: Sender, due: Due) -> Outcome:
        return change(await send(self, due), due)

    replace(Sender, "__call__", called)


def _received(is_one: Callable[[Outcome], bool]) -> None:
    """Outcomes that count as received though they are none."""
    _outcomes(lambda outcome, _: outcome._replace(error=None) if is_one(outcome) else outcome)


@fault
def creation_not_told() -> None:
    _silent("createProduct", "product.")


@fault
def change_not_told() -> None:
    _silent("updateProduct", "product.")


@fault
def deletion_not_told() -> None:
    _silent("deleteProduct", "product.")


@fault
def new_price_not_told() -> None:
    reprice = vars(workers)["_reprice"]

    def silent(shop: Shop, *rest: Any) -> Any:
        vars(shop)["emit"] = lambda *_: None
        try:
            return reprice(shop, *rest)
        finally:
            del vars(shop)["emit"]

    replace(workers, "_reprice", silent)


@fault
def deletion_told_as_change() -> None:
    _renamed("deleteProduct", "product.deleted", "product.updated")


@fault
def move_not_told() -> None:
    _silent("updateOrder", "order.")


@fault
def cancellation_not_told() -> None:
    _silent("cancelOrder", "order.")


@fault
def shipment_told_as_new_order() -> None:
    _renamed("confirmShipment", "order.status_changed", "order.created")


@fault
def level_not_told() -> None:
    _silent("setInventory", "inventory.")


@fault
def first_of_many_told() -> None:
    _telling("bulkSetInventory", lambda emit, event, at, ids: emit(event, at, list(ids)[:1]))


@fault
def release_not_told() -> None:
    _silent("cancelOrder", "inventory.")


@fault
def end_of_job_not_told() -> None:
    emit = vars(Shop)["emit"]

    def silent(self: Shop, event: str, at: str, ids: Collection[str]) -> None:
        if not event.startswith("ai_job."):
            emit(self, event, at, ids)

    replace(Shop, "emit", silent)


@fault
def job_told_without_result() -> None:
    _data("ai_job.", lambda data: data.update(status="running", completed_at=None, result=None))


@fault
def cancelled_job_told() -> None:
    def changed(handler: Handler) -> Handler:
        def cancelled(shop: Shop, call: Call) -> Any:
            answer = handler(shop, call)
            shop.emit("ai_job.failed", call.at, [call.path["jobId"]])
            return answer

        return cancelled

    handle("cancelJob", changed)


@fault
def unsigned() -> None:
    requests(lambda request, _: request.headers.pop(SIGNATURE))


@fault
def wrong_secret() -> None:
    sent(lambda due: with_members(due, secret=due.secret.swapcase()))


@fault
def signed_anew() -> None:
    def changed(request: httpx.Request, due: Due) -> None:
        anew = json.dumps(json.loads(due.body), sort_keys=True).encode()
        request.headers[SIGNATURE] = sign(anew, due.secret)

    requests(changed)


@fault
def base64_signature() -> None:
    def changed(request: httpx.Request, _: Due) -> None:
        digest = bytes.fromhex(request.headers[SIGNATURE].removeprefix("sha256="))
        request.headers[SIGNATURE] = "sha256=" + base64.b64encode(digest).decode()

    requests(changed)


@fault
def upper_case_signature() -> None:
    def changed(request: httpx.Request, _: Due) -> None:
        request.headers[SIGNATURE] = "sha256=" + request.headers[SIGNATURE].removeprefix("sha256=").upper()

    requests(changed)


@fault
def nameless_signature() -> None:
    requests(lambda request, _: request.headers.update({SIGNATURE: request.headers[SIGNATURE].removeprefix("sha256=")}))


@fault
def tries_unsigned() -> None:
    requests(lambda request, due: request.headers.pop(SIGNATURE) if due.tries else None)


@fault
def event_not_named() -> None:
    requests(lambda request, _: request.headers.pop(EVENT))


@fault
def family_named() -> None:
    requests(lambda request, due: request.headers.update({EVENT: due.type.split(".")[0]}))


@fault
def delivery_not_named() -> None:
    requests(lambda request, _: request.headers.pop(DELIVERY))


@fault
def told_as_text() -> None:
    requests(lambda request, _: request.headers.update({"Content-Type": "text/plain"}))


@fault
def told_by_put() -> None:
    def changed(request: httpx.Request, _: Due) -> None:
        request.method = "PUT"

    requests(changed)


@fault
def told_in_part() -> None:
    _data("product.", lambda data: data.pop("listings"))


@fault
def told_when() -> None:
    _events(lambda event, _: event.pop("created_at"))


@fault
def told_before_the_change() -> None:
    known: dict[str, Event] = {}  # product -> as it was told of first

    def changed(event: Event, due: Due) -> None:
        first = known.setdefault(due.resource, event["data"])
        event["data"] = first if event["type"] == "product.updated" else event["data"]

    _events(changed)


@fault
def told_empty() -> None:
    _data("product.", lambda data: data.update(description=None))


@fault
def stock_told_before_the_change() -> None:
    empty = {"total_on_hand": 0, "total_reserved": 0, "total_available": 0, "status": "out_of_stock", "warehouses": []}
    _data("inventory.", lambda data: data.update(empty))


@fault
def told_to_all_tenants() -> None:
    asking = outbox.endpoints.select().with_only_columns(outbox.endpoints.c.id, outbox.endpoints.c.events)
    replace(outbox, "_ASKING", asking.where(true()))


@fault
def told_as_ones_own() -> None:
    told_to_all_tenants()
    _events(lambda event, _: event.update(tenant_id=MAIN))


@fault
def no_tenant_named() -> None:
    _events(lambda event, _: event.update(tenant_id=NOBODY))


@fault
def id_of_the_resource() -> None:
    def named(event: Event, due: Due) -> None:
        event["id"] = "evt_" + hashlib.sha256(due.resource.encode()).hexdigest()[:26].upper()

    _events(named)


@fault
def told_twice() -> None:
    def twice(emit: Emit, event: str, at: str, ids: Collection[str]) -> None:
        emit(event, at, ids)
        emit(event, at, ids)

    _telling("createProduct", twice)


def _refusals(method: str, event: str, sku_of: Callable[[Answer], str | None]) -> None:
    """Tell of a product though a request with this method was refused."""
    opened: list[Database] = []

    def keeping(*arguments: Any, **options: Any) -> Database:
        opened.append(open_database(*arguments, **options))
        return opened[0]

    open_database = replace(database, "open_database", keeping)

    def told(answer: Answer) -> None:
        sku = sku_of(answer) if (answer.method, answer.status // 100) == (method, 4) else None
        tenant = dict(answer.scope["headers"]).get(b"x-tenant-id", b"").decode()
        if sku:
            with opened[0].shop(tenant, writes=True) as shop:
                row = shop.row("products", ("id",), "sku", sku)
                if row:
                    shop.emit(event, instants.text(instants.now()), [row["id"]])

    on_the_wire(told)


@fault
def refused_change_told() -> None:
    start = "/api/products/"
    _refusals("PATCH", "product.updated", lambda answer: answer.path.removeprefix(start) if start in answer.path else None)


@fault
def refused_creation_told() -> None:
    def taken(answer: Answer) -> str | None:
        error = answer.json["error"]
        return str(error["message"]).split()[3] if error["code"] == "SKU_ALREADY_EXISTS" else None

    _refusals("POST", "product.created", taken)


@fault
def never_again() -> None:
    _received(lambda _: True)


@fault
def client_errors_are_final() -> None:
    _received(lambda outcome: 400 <= (outcome.status or 0) < 500)


@fault
def redirects_are_received() -> None:
    _received(lambda outcome: 300 <= (outcome.status or 0) < 400)


@fault
def silence_is_received() -> None:
    _received(lambda outcome: outcome.status is None)


@fault
def new_delivery_id() -> None:
    requests(lambda request, due: request.headers.update({DELIVERY: f"{due.id}-{due.tries}"}))


@fault
def new_event_id() -> None:
    _events(lambda event, due: event.update(id=event["id"][:-1] + str(due.tries)))


@fault
def new_bytes() -> None:
    sent(lambda due: with_members(due, body=json.dumps(json.loads(due.body)).encode()) if due.tries else due)


@fault
def delivery_is_the_endpoint() -> None:
    requests(lambda request, due: request.headers.update({DELIVERY: due.endpoint_id}))


@fault
def redirect_followed() -> None:
    make = vars(Sender)["__init__"]

    def made(self: Sender, *arguments: Any, **options: Any) -> None:
        make(self, *arguments, **options)
        self._client.follow_redirects = True

    replace(Sender, "__init__", made)


@fault
def even_pauses() -> None:
    replace(worker, "PAUSES", (2.0,) * len(worker.PAUSES))


@fault
def shrinking_pauses() -> None:
    replace(worker, "PAUSES", tuple(4.0 / tries for tries in range(1, len(worker.PAUSES) + 1)))


@fault
def received_again() -> None:
    _outcomes(lambda outcome, due: outcome if outcome.error or due.tries else outcome._replace(error="once more"))


@fault
def only_204_is_received() -> None:
    _outcomes(lambda outcome, _: outcome if outcome.status in (None, 204) else outcome._replace(error="not a 204"))
