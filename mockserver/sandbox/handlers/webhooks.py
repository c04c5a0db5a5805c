"""Webhook endpoints of a world, and what was delivered to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from mockserver import envelope
from mockserver.domain import instants
from mockserver.domain.errors import ApiError, fault, invalid
from mockserver.envelope import Answer
from mockserver.sandbox import masking
from mockserver.sandbox.bounds import require_room
from mockserver.sandbox.parts import Ask, Sandbox
from mockserver.store.deliveries import Deliveries, Delivery, Wire
from mockserver.store.endpoints import Endpoint, Endpoints
from mockserver.webhooks import addresses
from nexuscommerce.webhooks import DELIVERY, EVENT

Row = dict[str, Any]


def list_endpoints(sandbox: Sandbox, ask: Ask) -> Answer:
    return Answer({"data": [_shown(row) for row in Endpoints(sandbox.database).all(ask.id)]})


def create_endpoint(sandbox: Sandbox, ask: Ask) -> Answer:
    endpoints = Endpoints(sandbox.database)
    _require_sendable(sandbox, ask.body)
    require_room(sandbox, "endpoints of a world", len(endpoints.all(ask.id)))
    events = ask.body.get("events", list(sandbox.contract.events))
    endpoint_id, secret = endpoints.add(ask.id, ask.body["url"], events, sandbox.clocks.now(ask.id))
    return envelope.one({"id": endpoint_id, "secret": secret, "details": _shown(_endpoint(sandbox, ask.id, endpoint_id))})


def update_endpoint(sandbox: Sandbox, ask: Ask) -> Answer:
    endpoint = _named(sandbox, ask)
    _require_sendable(sandbox, ask.body)
    Endpoints(sandbox.database).change(endpoint.id, ask.body)
    return envelope.one(_shown(_named(sandbox, ask)))


def delete_endpoint(sandbox: Sandbox, ask: Ask) -> Answer:
    Endpoints(sandbox.database).remove(_named(sandbox, ask).id)
    return Answer(None)


def rotate_secret(sandbox: Sandbox, ask: Ask) -> Answer:
    endpoint = _named(sandbox, ask)
    until = sandbox.clocks.now(ask.id) + timedelta(seconds=ask.body["overlap_seconds"])
    secret = Endpoints(sandbox.database).rotate(endpoint.id, until)
    return envelope.one({"id": endpoint.id, "secret": secret, "details": _shown(_named(sandbox, ask))})


def send_test_event(sandbox: Sandbox, ask: Ask) -> Answer:
    endpoint, type_ = _named(sandbox, ask), ask.body["type"]
    if type_ not in sandbox.contract.events:
        raise invalid([fault("body", "/type", _no_event(sandbox))])
    with sandbox.database.shop(ask.id, writes=True) as shop:
        sent = shop.test(type_, instants.text(sandbox.clocks.now(ask.id)), endpoint.id)
    if sent is None:
        kind = type_.split(".")[0].replace("_", " ")
        raise ApiError("NOT_POSSIBLE", why=f"This world has no {kind} that {type_} could tell of; make one first")
    return _delivery(sandbox, ask.id, sent)


def list_deliveries(sandbox: Sandbox, ask: Ask) -> Answer:
    query = ask.query
    rows = Deliveries(sandbox.database).all(ask.id, query.get("state"), query["limit"], query.get("endpoint_id"))
    return Answer({"data": [_delivery_shown(row) | {"request": None, "response": None} for row in reversed(rows)]})


def get_delivery(sandbox: Sandbox, ask: Ask) -> Answer:
    return _delivery(sandbox, ask.id, ask.path["deliveryId"])


def redeliver(sandbox: Sandbox, ask: Ask) -> Answer:
    delivery_id = ask.path["deliveryId"]
    _delivery(sandbox, ask.id, delivery_id)
    Deliveries(sandbox.database).redeliver(delivery_id, instants.text(sandbox.clocks.now(ask.id)))
    return _delivery(sandbox, ask.id, delivery_id)


def _endpoint(sandbox: Sandbox, world_id: str, endpoint_id: str) -> Endpoint:
    found = next((row for row in Endpoints(sandbox.database).all(world_id) if row.id == endpoint_id), None)
    if found is None:
        raise ApiError("RESOURCE_NOT_FOUND", resource=f"Endpoint {endpoint_id}")
    return found


def _named(sandbox: Sandbox, ask: Ask) -> Endpoint:
    return _endpoint(sandbox, ask.id, ask.path["endpointId"])


def _require_sendable(sandbox: Sandbox, body: Row) -> None:
    """What the URL itself gives away is refused here; a name is judged when it is resolved, at each try."""
    faults = []
    if "url" in body and (what := addresses.fault(body["url"])):
        faults.append(fault("body", "/url", f"this URL {what}"))
    if "url" in body and sandbox.settings.public and not faults and addresses.is_private(body["url"]):
        faults.append(fault("body", "/url", "this server sends to public addresses alone"))
    for index, type_ in enumerate(body.get("events", ())):
        if type_ not in sandbox.contract.events:
            faults.append(fault("body", f"/events/{index}", _no_event(sandbox)))
    if faults:
        raise invalid(faults)


def _no_event(sandbox: Sandbox) -> str:
    return f"there is no such event; there are {', '.join(sandbox.contract.events)}"


def _shown(row: Endpoint) -> Row:
    shown = {name: value for name, value in row._asdict().items() if name not in ("tenant_id", "former_until")}
    return shown | {"rotated_until": row.former_until}


def _delivery(sandbox: Sandbox, world_id: str, delivery_id: str) -> Answer:
    found = Deliveries(sandbox.database).one(world_id, delivery_id)
    if found is None:
        raise ApiError("RESOURCE_NOT_FOUND", resource=f"Delivery {delivery_id}")
    row, wire = found
    return envelope.one(_delivery_shown(row) | _wire(row, wire))


def _delivery_shown(row: Delivery) -> Row:
    shown = row._asdict()
    return shown | {"test": shown.pop("is_test")}


def _wire(row: Delivery, wire: Wire) -> Row:
    sent = wire.sent_headers or [["Content-Type", "application/json"], [EVENT, row.type], [DELIVERY, row.id]]
    response = None
    if wire.answer_headers is not None:
        response = _masked(_message(wire.answer_headers, wire.answer_body or b""))
    return {"request": _message(sent, wire.body), "response": response}


def _masked(message: Row) -> Row:
    """What a receiver answered. What was sent to it stays as it is: it is what the signature is of."""
    media_type = next((value for name, value in message["headers"] if name.lower() == "content-type"), "")
    headers = [[name, masking.header(name, value)] for name, value in message["headers"]]
    return message | {"headers": headers, "body": masking.body(message["body"], media_type)}


def _message(headers: list[list[str]], body: bytes) -> Row:
    return {"headers": headers, "body": body.decode("utf-8", "replace"), "truncated": False}
