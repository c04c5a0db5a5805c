"""A control API by hand, which answers what `samples` has. It checks requests against sandbox.yaml, as the real one does."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol
from urllib.parse import urlencode

from mockserver.domain.errors import ApiError
from mockserver.validation import Validation
from mockserver.visit import Guest
from nexuscommerce.contract import Document, load_sandbox
from tests.mockserver.sandbox.samples import (
    BAZAAR,
    COUNTS,
    DELIVERIES,
    ENDPOINT,
    FAULTS,
    HOSTILE,
    KEY,
    KEYS,
    KONTOR,
    LOG,
    NOW,
    ORDER,
    OWNER,
    PASSWORD,
    SECRET,
    VIEWER,
    WORLDS_TOKEN,
    coverage,
    fault,
    key,
    message,
    user,
    world,
)


class Answers(Protocol):
    def __call__(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any: ...


@cache
def document() -> Document:
    return load_sandbox()


@cache
def _validation(operation_id: str) -> Validation:
    return Validation(document().operations[operation_id])


@dataclass
class FakeControl:
    """Answers as told; keeps what was asked. `refuses`: operation -> the refusal that it answers."""

    asked: list[tuple[str, dict[str, str], dict[str, Any], Any]] = field(default_factory=list)
    guests: list[Guest] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)
    self_service: bool = False
    refuses: dict[str, ApiError] = field(default_factory=dict)
    worlds: list[dict[str, Any]] = field(
        default_factory=lambda: [world(BAZAAR, "Grand Bazaar"), world(KONTOR, HOSTILE, "starter", orders=40)]
    )
    log: list[dict[str, Any]] = field(default_factory=lambda: deepcopy(LOG))
    endpoints: list[dict[str, Any]] = field(default_factory=lambda: [ENDPOINT, {**ENDPOINT, "id": "end_02", "paused": True}])
    deliveries: list[dict[str, Any]] = field(default_factory=lambda: deepcopy(DELIVERIES))
    faults: list[dict[str, Any]] = field(default_factory=lambda: deepcopy(FAULTS))
    snapshots: list[dict[str, Any]] = field(
        default_factory=lambda: [{"name": "before checkout", "created_at": NOW, "counts": COUNTS}]
    )
    clock: dict[str, Any] = field(default_factory=lambda: {"mode": "running", "now": NOW, "own": False})

    def __call__(
        self,
        operation_id: str,
        path: Mapping[str, str],
        query: Mapping[str, Any],
        body: Any,
        guest: Guest,
        origin: str,
        address: str,
    ) -> Any:
        _validation(operation_id).check(path, urlencode(query).encode(), body)
        self.asked.append((operation_id, dict(path), dict(query), body))
        if operation_id != "getServer":  # which anybody may ask
            self.guests.append(guest)
        self.addresses.add(address)
        if operation_id in self.refuses:
            raise self.refuses[operation_id]
        if "worldId" in path and path["worldId"] not in [row["id"] for row in self.worlds]:
            raise ApiError("RESOURCE_NOT_FOUND", resource=f"World {path['worldId']}")
        answers: Answers = getattr(self, f"_{re.sub('([A-Z])', lambda found: '_' + found[1].lower(), operation_id)}")
        return answers(path, query, body)

    def asked_of(self, operation_id: str) -> Any:
        """The body, or else the query, of the last request of this operation."""
        return next(
            (body if body is not None else query for name, _, query, body in reversed(self.asked) if name == operation_id)
        )

    def _get_server(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        fixtures = ["empty", "widget-works", "kleines-kontor", "grand-bazaar"]
        flags = {"version": "0.4.0", "public": False, "self_service": self.self_service, "fixtures": fixtures}
        return {"data": {**flags, "worlds": len(self.worlds), "requests": len(self.log), "now": NOW}}

    def _list_worlds(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": self.worlds, "meta": {"total": len(self.worlds), "next": None}}

    def _get_world(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": next(row for row in self.worlds if row["id"] == path["worldId"])}

    def _create_world(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        made = {**self.worlds[0], "name": body.get("name") or "World"}
        return {
            "data": {
                "world": made,
                "base_url": "http://localhost/api",
                "tenant_id": made["id"],
                "key": KEY,
                "token": WORLDS_TOKEN,
                "owner": {"id": OWNER, "email": "owner@example.com", "password": PASSWORD},
            }
        }

    _import_world = _create_world

    def _fork_world(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        made = self._create_world(path, query, body)["data"]
        return {"data": {**made, "world": self.worlds[1], "tenant_id": KONTOR}}

    def _update_world(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return self._get_world(path, query, body)

    _reset_world = _restore_snapshot = _update_world

    def _nothing(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return None

    _delete_world = _delete_snapshot = _delete_user = _delete_endpoint = _delete_fault = _delete_faults = _nothing
    _delete_server_fault = _delete_server_faults = _delete_requests = _delete_coverage = _nothing

    def _export_world(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {
            "data": {"format": 2, "tenant": {"name": "Grand Bazaar", "products": [{"sku": "SKU-001"}], "orders": [ORDER]}}
        }

    def _list_snapshots(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": self.snapshots}

    def _create_snapshot(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": {**self.snapshots[0], "name": body["name"]}}

    def _list_keys(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": KEYS}

    def _create_key(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {
            "data": {
                "id": "key_03",
                "key": KEY,
                "details": key("key_03", body.get("name", "key"), *body.get("scopes", ["*"])),
            }
        }

    def _revoke_key(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": {**KEYS[0], "revoked_at": NOW}}

    def _list_users(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": [user(OWNER, "mia@example.com", "owner"), user(VIEWER, "tom@example.com", "viewer")]}

    def _create_user(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": user(OWNER, body["email"], body.get("role", "owner"))}

    def _update_user(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": user(VIEWER, "tom@example.com", body.get("role", "viewer"))}

    def _issue_token(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": {"token": "eyJhbGciOiJFUzI1NiJ9.payload.signature", "expires_at": NOW}}

    def _list_endpoints(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": self.endpoints}

    def _create_endpoint(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": {"id": "end_01", "secret": SECRET, "details": {**ENDPOINT, "rotated_until": NOW}}}

    _rotate_secret = _create_endpoint

    def _update_endpoint(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": {**ENDPOINT, **body}}

    def _send_test_event(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": {**self.deliveries[0], "type": body.get("type", "order.created"), "test": True}}

    def _list_deliveries(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": [row for row in self.deliveries if query.get("state", row["state"]) == row["state"]]}

    def _get_delivery(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        row = next((row for row in self.deliveries if row["id"] == path["deliveryId"]), None)
        if row is None:
            raise ApiError("RESOURCE_NOT_FOUND", resource="Delivery")
        sent = message('{"type":"order.created","data":{"id":"ord_01"}}', ("X-NexusCommerce-Event", "order.created"))
        return {"data": {**row, "request": sent, "response": row["last_status"] and message("no", ("Server", "x"))}}

    def _redeliver(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": {**self.deliveries[0], "state": "pending"}}

    def _get_clock(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": self.clock}

    def _set_clock(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        self.clock = {
            "mode": "running" if body["mode"] == "released" else body["mode"],
            "now": body.get("at", NOW),
            "own": True,
        }
        return {"data": self.clock}

    def _advance_clock(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": {**self.clock, "own": True}}

    _get_server_clock, _set_server_clock, _advance_server_clock = _get_clock, _set_clock, _advance_clock

    def _trigger_event(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": {"type": body["type"], "resource": "product SKU-001", "event_id": "evt_01", "data": {}}}

    def _create_order(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": ORDER}

    _move_order = _create_order

    def _list_faults(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": self.faults}

    def _create_fault(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": fault("flt_09", **body)}

    _list_server_faults, _create_server_fault = _list_faults, _create_fault

    def _list_requests(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        found = [row for row in self.log if query.get("method", row["method"]) == row["method"]]
        return {"data": found[: int(query.get("limit", 50))], "meta": {"total": len(found), "next": "log_0001"}}

    def _get_request(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        row = next((row for row in self.log if row["id"] == path["requestId"]), None)
        if row is None:
            raise ApiError("RESOURCE_NOT_FOUND", resource="Entry")
        sent = message(
            f'{{"title":"{HOSTILE[:8]}"}}', ("Authorization", "Bearer nxc_live_4f0a…"), ("Content-Type", "application/json")
        )
        got = message(json.dumps({"error": {"code": "X", "message": HOSTILE}}), ("content-type", "application/json"))
        curl = f"curl -X {row['method']} 'http://localhost{row['path']}' -H \"Authorization: Bearer $NEXUS_TOKEN\""
        return {"data": {**row, "request": sent, "response": got, "curl": curl}}

    def _get_coverage(self, path: Mapping[str, str], query: Mapping[str, Any], body: Any) -> Any:
        return {"data": coverage()}
