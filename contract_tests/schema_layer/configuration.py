"""The project's schemathesis.toml for one target: where it is, what it has, and what may be done to it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from contract_tests.client import Actor
from contract_tests.document import CONTRACT, VIEW, has
from contract_tests.schema_layer.errand import TOKEN
from contract_tests.schema_layer.sequences import SEQUENCED
from contract_tests.view import View
from nexuscommerce.files import packaged

TIMEOUT = 30  # seconds, as the judge's own client waits
SEQUENCES = 3  # times the examples: few of them lead from what was made to its use
WRITING = ["POST", "PUT", "PATCH", "DELETE"]
UNIT_PHASES = ("examples", "coverage", "fuzzing")  # those that take one operation after the other


def configuration(fuzz: Actor, examples: int, writes: bool, only: Collection[str] = ()) -> dict[str, Any]:
    """The configuration. Without `writes` nothing but GET and OPTIONS is sent; `only` these operations are tested one by
    one, so that a finding can be looked for again, while sequences may still use all; none means all of them."""
    config = tomllib.loads(packaged("schemathesis.toml").read_text("utf-8"))
    config["color"] = False
    config["suppress-health-check"] = ["all"]  # of Hypothesis: a machine that is busy is no matter of the target
    config["warnings"]["fail-on"] = False  # the judge reads them, and they are no verdict on a target
    config["request-timeout"] = TIMEOUT
    config["base-url"] = fuzz.service.address
    config["auth"]["openapi"]["bearerAuth"]["bearer"] = f"${{{TOKEN}}}"
    config["parameters"]["header.X-Tenant-ID"] = fuzz.tenant
    config["generation"]["max-examples"] = examples
    config["operations"] = list(_left_out(writes, only))
    config["phases"] = {"stateful": {"generation": {"max-examples": SEQUENCES * examples, "mode": "positive"}}}
    if not writes:
        config["phases"]["coverage"] = {"unexpected-methods": ["OPTIONS"]}
    known = {
        "orders": movable(fuzz),
        "skus": some(fuzz, "listInventory" if has("listInventory") else "listProducts", "sku"),
        "warehouses": some(fuzz, "listWarehouses", "id"),
    }
    for name, values in known.items():
        config["dictionaries"][name]["values"] = values
    empty = {name for name, values in known.items() if not values}
    config["dictionaries"] = {name: each for name, each in config["dictionaries"].items() if name not in empty}
    config["parameters"] = {name: each for name, each in config["parameters"].items() if not names(each, empty)}
    if not has("bulkSetInventory"):
        config["parameters"].pop("body.updates[*].sku", None)
    return config


def _left_out(writes: bool, only: Collection[str]) -> Iterator[dict[str, Any]]:
    if not writes:
        yield {"include-method": WRITING, "enabled": False}
    elif SEQUENCED:
        yield {"exclude-operation-id": sorted(SEQUENCED), "phases": {"stateful": {"enabled": False}}}
    if only:
        phases = {name: {"enabled": False} for name in UNIT_PHASES}
        yield {"exclude-operation-id": sorted(only), "phases": phases}


def document(directory: Path) -> Path:
    """The packaged document, or as the target's tags and choices have it."""
    if View() == VIEW:
        return packaged("openapi.yaml")
    part = directory / "openapi.json"
    part.write_text(json.dumps(CONTRACT.document, default=lambda moment: moment.isoformat()))
    return part


def names(parameter: Any, dictionaries: set[str]) -> bool:
    """Whether a parameter takes its values from one of these dictionaries."""
    return isinstance(parameter, dict) and parameter.get("dictionary") in dictionaries


def some(fuzz: Actor, listing: str, member: str) -> list[str]:
    """A member of the first rows of a list; none where the list is not as it should be, which other rules tell."""
    return _members(fuzz, listing, member, {"limit": 10})


def movable(fuzz: Actor) -> list[str]:
    """Some orders of every state, which generated requests may move."""
    states = CONTRACT.schemas.named("OrderStatus")["enum"]
    return [name for state in states for name in _members(fuzz, "listOrders", "id", {"status": state, "limit": 5})]


def _members(fuzz: Actor, listing: str, member: str, query: dict[str, Any]) -> list[str]:
    if not has(listing):
        return []
    try:
        rows = fuzz.call(listing, query={**query, "fields": member}).ok().rows
        return [str(row[member]) for row in rows]
    except (AssertionError, KeyError, TypeError):
        return []
