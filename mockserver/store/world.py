"""A world: the tenants, keys, users, products and orders that the mock wakes up with, read from one JSON file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from nexuscommerce.contract import Contract

_INSTANT = {"$ref": "#/components/schemas/Timestamp"}
_PLAN = {"type": "integer", "minimum": 1, "maximum": 1_000_000_000}


class UnreadableWorld(Exception):
    """The fixtures cannot be used; the message is one line that says where and why."""


@dataclass(frozen=True)
class World:
    """`digest` names the file's content; `signing_key` is the private JWK that users' tokens are signed with."""

    digest: str
    issuer: str
    signing_key: Mapping[str, Any]
    tenants: Sequence[Mapping[str, Any]]


def load_world(path: Path, contract: Contract) -> World:
    """Read and check a world. Raises UnreadableWorld."""
    try:
        raw = path.read_bytes()
        data = orjson.loads(raw)
    except (OSError, orjson.JSONDecodeError) as why:
        raise UnreadableWorld(f"{path}: {why}") from why
    for error in contract.schemas.validator(_schema(contract)).iter_errors(data):
        where = "/".join(str(part) for part in error.instance_path) or "the file"
        raise UnreadableWorld(f"{path}: {where}: {error.message[:200]}")
    return World(hashlib.sha256(raw).hexdigest(), data["auth"]["issuer"], data["auth"]["signing_key"], data["tenants"])


def _closed(**properties: Any) -> dict[str, Any]:
    """An object with just these members, all of them required."""
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _schema(contract: Contract) -> dict[str, Any]:
    """Format 1. Products and orders are what getProduct and getOrder answer."""
    key = _closed(
        name={"type": "string", "minLength": 1, "maxLength": 100},
        key={"type": "string", "pattern": "^nxc_live_[a-z0-9_]{16,64}$"},
        scopes=_list({"type": "string", "enum": list(contract.scopes)}),
        expires_at=_INSTANT_OR_NULL,
        revoked_at=_INSTANT_OR_NULL,
        allowlist=_list({"type": "string", "pattern": "^[0-9a-f:.]+/[0-9]{1,3}$"}),
        rate_limit={**_closed(per_minute=_PLAN, per_hour=_PLAN), "nullable": True},
        created_at=_INSTANT,
    )
    user = _closed(
        id={"type": "string", "format": "uuid"},
        email={"type": "string", "format": "email"},
        name={"type": "string", "minLength": 1, "maxLength": 200},
        role={"type": "string", "enum": list(contract.roles)},
    )
    tenant = _closed(
        id={"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
        name={"type": "string", "minLength": 1, "maxLength": 200},
        plan={"type": "string", "enum": list(contract.plans)},
        currency={"$ref": "#/components/schemas/CurrencyCode"},
        keys=_list(key),
        users=_list(user),
        products=_list({"$ref": "#/components/schemas/ProductDetail"}),
        orders=_list({"$ref": "#/components/schemas/OrderDetail"}),
    )
    auth = _closed(
        issuer={"type": "string"}, signing_key={"type": "object", "required": ["kty", "crv", "kid", "x", "y", "d"]}
    )
    return _closed(format={"type": "integer", "enum": [1]}, auth=auth, tenants={**_list(tenant), "minItems": 1})


_INSTANT_OR_NULL = {"anyOf": [_INSTANT, {"type": "string", "nullable": True, "enum": [None]}]}
