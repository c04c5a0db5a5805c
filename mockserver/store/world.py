"""A world: the tenants that the mock wakes up with, and all that they have, read from one JSON file."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import chain, islice
from pathlib import Path
from typing import Any

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from mockserver.domain.pricing import incomplete
from mockserver.validation import errors
from nexuscommerce.contract import Contract

NO_PASSWORD = "$argon2id$"  # noqa: S105  a hash that no password fits
EMPTY = "empty"  # what a world without fixtures is said to have
_TOLD = 1_000  # faults of a file
_PLAN = {"type": "integer", "minimum": 1, "maximum": 1_000_000_000}


class UnreadableWorld(Exception):
    """The fixtures cannot be used; the message is one line that says where and why."""


@dataclass(frozen=True)
class World:
    """`digest` names the file's content; `signing_key` is the private JWK that users' tokens are signed with. One that
    `is_shared` has no secret that everybody can read in the file."""

    digest: str
    issuer: str
    signing_key: Mapping[str, Any]
    tenants: Sequence[Mapping[str, Any]]
    is_shared: bool = False


def slugs(world: World) -> Mapping[str, Mapping[str, Any]]:
    """What `fixtures` may name: the tenants of the fixtures by their names, as a URL would have them."""
    named: dict[str, Mapping[str, Any]] = {}
    for tenant in world.tenants:
        slug = re.sub(r"[^a-z0-9]+", "-", tenant["name"].lower()).strip("-") or tenant["id"]
        named[slug if slug not in named and slug != EMPTY else tenant["id"]] = tenant
    return named


def shared(world: World) -> World:
    """The world for a mock that many use: no key, password or signing key that everybody can read in the fixtures."""
    signing_key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True).as_dict(private=True)
    tenants = [
        {
            **tenant,
            "keys": [],
            "endpoints": [],
            "users": [{**user, "password_hash": NO_PASSWORD} for user in tenant["users"]],
        }
        for tenant in world.tenants
    ]
    return World(world.digest, world.issuer, signing_key, tenants, is_shared=True)


def bare(world: World) -> Mapping[str, Any]:
    """What the first tenant would be if it had nothing but its warehouses: the API can make no warehouse."""
    first = world.tenants[0]
    return {name: [] if isinstance(value, list) and name != "warehouses" else value for name, value in first.items()}


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
    for what in chain(_keys(data), *(_contradictions(tenant) for tenant in data["tenants"])):
        raise UnreadableWorld(f"{path}: {what}")
    return World(hashlib.sha256(raw).hexdigest(), data["auth"]["issuer"], data["auth"]["signing_key"], data["tenants"])


def faults_of(tenant: Any, contract: Contract) -> Iterator[tuple[str, str]]:
    """What is wrong with a tenant of a world: a JSON Pointer into it, and in words. Of very many faults the first."""
    found = list(errors(contract.schemas.validator(_tenant(contract)), tenant))
    for error in found:
        yield "".join(f"/{part}" for part in error.instance_path), error.message[:200]
    if not found:
        yield from (("", what) for what in islice(_own(tenant), _TOLD))


def _own(tenant: Mapping[str, Any]) -> Iterator[str]:
    for part in ("products", "orders", "warehouses", "rules", "jobs", "recommendations"):
        yield from _twice(part, (row["id"] for row in tenant[part]))
    yield from _said(tenant)


def _keys(data: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the secrets of the world, and with what must be its own in all of it."""
    try:
        ECKey.import_key(dict(data["auth"]["signing_key"])).check_key_op("sign")
    except (ValueError, JoseError) as why:
        yield f"auth/signing_key: no private EC key ({why})"
    tenants = data["tenants"]
    yield from _twice("tenant", (tenant["id"] for tenant in tenants))
    for what, member in (("key", "key"), ("user", "id")):
        yield from _twice(what, (row[member] for tenant in tenants for row in tenant[what + "s"]))
    for part in ("products", "orders", "warehouses", "rules", "jobs", "recommendations", "endpoints"):
        yield from _twice(part, (row["id"] for tenant in tenants for row in tenant[part]))
    for network in (network for tenant in tenants for key in tenant["keys"] for network in key["allowlist"]):
        try:
            ip_network(network)
        except ValueError as why:
            yield f"allowlist: {why}"


def _twice(what: str, values: Iterable[str]) -> Iterator[str]:
    return (f"{what}: {value} stands there twice" for value, count in Counter(values).items() if count > 1)


def _contradictions(tenant: Mapping[str, Any]) -> Iterator[str]:
    """What one part of a tenant says that another does not bear out."""
    return (f"tenant {tenant['id']}: {what}" for what in _said(tenant))


def _said(tenant: Mapping[str, Any]) -> Iterator[str]:
    products = {product["sku"] for product in tenant["products"]}
    stocked = {row["sku"] for row in tenant["inventory"]}
    warehouses = {warehouse["id"] for warehouse in tenant["warehouses"]}
    used = {level["warehouse_id"] for row in tenant["inventory"] for level in row["levels"]}
    jobs = {job["id"] for job in tenant["jobs"]}
    yield from (f"inventory: {sku} has a product or a record, and not both" for sku in sorted(products ^ stocked))
    yield from (f"inventory: there is no warehouse {warehouse}" for warehouse in sorted(used - warehouses))
    told = {row["job_id"] for row in tenant["recommendations"]}
    yield from (f"recommendations: there is no job {job}" for job in sorted(told - jobs))
    yield from _twice("products", (product["sku"] for product in tenant["products"]))
    for row in tenant["inventory"]:
        yield from _twice(f"inventory of {row['sku']}", (level["warehouse_id"] for level in row["levels"]))
    yield from _twice("inventory", (row["sku"] for row in tenant["inventory"]))
    for order in tenant["orders"]:
        for line in order["line_items"]:
            if line["shipped_quantity"] > line["quantity"]:
                yield f"orders: {order['id']}: more of {line['external_line_item_id']} is shipped than was ordered"
    yield from _untrue(tenant)
    for rule in tenant["rules"]:
        yield from (f"rules: {rule['id']}: {why}" for _, why in incomplete(rule))


def _untrue(tenant: Mapping[str, Any]) -> Iterator[str]:
    """Pending recommendations that are not: for no product, from another price, or beside another one."""
    prices = {product["sku"]: product["price"] for product in tenant["products"]}
    listed = {(p["sku"], listing["marketplace"]): listing["price"] for p in tenant["products"] for listing in p["listings"]}
    pending = [row for row in tenant["recommendations"] if row["status"] == "pending"]
    for row in pending:
        if row["current_price"] != listed.get((row["sku"], row["marketplace"]), prices.get(row["sku"])):
            yield f"recommendations: {row['id']} is pending, and its current_price is not the price there"
    yield from _twice("recommendations pending for", (f"{row['sku']} on {row['marketplace']}" for row in pending))


def _closed(**properties: Any) -> dict[str, Any]:
    """An object with just these members, all of them required."""
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _tenant(contract: Contract) -> dict[str, Any]:
    return _closed(
        id={"type": "string", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"},
        name={"type": "string", "minLength": 1, "maxLength": 200},
        plan={"type": "string", "enum": list(contract.plans)},
        currency=_named("CurrencyCode"),
        keys=_list(_key(contract)),
        users=_list(_user(contract)),
        products=_list(_named("ProductDetail")),
        orders=_list(_named("OrderDetail")),
        warehouses=_list(_named("Warehouse")),
        inventory=_list(_closed(sku=_named("Sku"), safety_stock=_named("SafetyStock"), levels=_list(_LEVEL))),
        rules=_list(_named("PricingRule")),
        recommendations=_list(_named("Recommendation")),
        jobs=_list(_named("Job")),
        endpoints=_list(_endpoint(contract)),
    )


def _schema(contract: Contract) -> dict[str, Any]:
    """Format 2. What has a schema in the document is what its GET answers; the rest is described in fixtures/README.md."""
    auth = _closed(
        issuer={"type": "string"}, signing_key={"type": "object", "required": ["kty", "crv", "kid", "x", "y", "d"]}
    )
    return _closed(format={"type": "integer", "enum": [2]}, auth=auth, tenants={**_list(_tenant(contract)), "minItems": 1})


def _named(schema: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{schema}"}


_INSTANT = _named("Timestamp")
_INSTANT_OR_NULL = _named("TimestampOrNull")
_LEVEL = _closed(warehouse_id=_named("WarehouseId"), on_hand=_named("Units"))


def _key(contract: Contract) -> dict[str, Any]:
    return _closed(
        name={"type": "string", "minLength": 1, "maxLength": 100},
        key={"type": "string", "pattern": "^nxc_live_[a-z0-9_]{16,64}$"},
        scopes=_list({"type": "string", "enum": list(contract.scopes)}),
        expires_at=_INSTANT_OR_NULL,
        revoked_at=_INSTANT_OR_NULL,
        allowlist=_list({"type": "string", "pattern": "^[0-9a-f:.]+/[0-9]{1,3}$"}),
        rate_limit={**_closed(per_minute=_PLAN, per_hour=_PLAN), "nullable": True},
        created_at=_INSTANT,
    )


def _user(contract: Contract) -> dict[str, Any]:
    return _closed(
        id={"type": "string", "format": "uuid"},
        email={"type": "string", "format": "email"},
        name={"type": "string", "minLength": 1, "maxLength": 200},
        role={"type": "string", "enum": list(contract.roles)},
        password_hash={"type": "string", "pattern": "^\\$argon2id\\$", "maxLength": 200},
    )


def _endpoint(contract: Contract) -> dict[str, Any]:
    return _closed(
        id={"type": "string", "pattern": "^we_[0-9A-HJKMNP-TV-Z]{22,26}$"},
        url={"type": "string", "pattern": "^https?://[!-~]+$", "maxLength": 2048},
        secret={"type": "string", "pattern": "^whsec_[!-~]{16,190}$"},
        events=_list({"type": "string", "enum": list(contract.events)}),
        created_at=_INSTANT,
    )
