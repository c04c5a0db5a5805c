"""Schemathesis against a tenant of its own: whether every answer is as the document says, whatever is sent.

It runs as a command, configured by the schemathesis.toml of the project with the target's address, tenant and orders put in.
The token goes through the environment: it is in no file and on no command line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from contract_tests.client import Actor
from contract_tests.document import CONTRACT, STATUS, VIEW, by_id, has
from contract_tests.paging import walk
from contract_tests.view import View
from nexuscommerce.files import packaged

TOKEN = "NEXUS_CONTRACT_FUZZ_TOKEN"
LONGEST = 900  # seconds


@pytest.mark.rule("SCH-01")
def test_schemathesis_finds_nothing(actor: Callable[[str], Actor], tmp_path: Path, pytestconfig: pytest.Config) -> None:
    fuzz = actor("fuzz_full")
    config = tmp_path / "schemathesis.toml"
    config.write_text(tomli_w.dumps(configuration(fuzz, pytestconfig.option.examples)))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", str(document(tmp_path))]
    before = set(unfinished(fuzz))
    done = subprocess.run(
        [*command, "--seed", str(pytestconfig.option.seed)],
        cwd=tmp_path,
        env={
            **os.environ,
            TOKEN: str(fuzz.token),
            "PYTHONPATH": here(),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path / "hypothesis"),
        },
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )
    for job in set(unfinished(fuzz)) - before:
        fuzz.call("cancelJob", {"jobId": job})
    if done.returncode != 0:
        pytest.fail(f"Schemathesis says:\n{done.stdout[-20_000:]}{done.stderr[-2_000:]}", pytrace=False)


def configuration(fuzz: Actor, examples: int) -> dict[str, Any]:
    """The project's schemathesis.toml for this target."""
    config = tomllib.loads(packaged("schemathesis.toml").read_text("utf-8"))
    config["color"] = False
    config["base-url"] = fuzz.service.address
    config["auth"]["openapi"]["bearerAuth"]["bearer"] = f"${{{TOKEN}}}"
    config["parameters"]["header.X-Tenant-ID"] = fuzz.tenant
    config["generation"]["max-examples"] = examples
    refused = config["checks"]["negative_data_rejection"]["expected-statuses"]
    refused += {STATUS["VALIDATION_ERROR"]} - {*refused}
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
        config["parameters"].pop("body.updates[*].sku")
    for each in config["operations"]:
        each["include-operation-id"] = [name for name in each["include-operation-id"] if has(name)]
    return config


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
    """A member of the first rows of a list, if there is that list."""
    if not has(listing):
        return []
    return [str(row[member]) for row in fuzz.call(listing, query={"limit": 10, "fields": member}).ok().rows]


def movable(fuzz: Actor) -> list[str]:
    """Some orders of every state, which generated requests may move."""
    if not has("listOrders"):
        return []
    states = CONTRACT.schemas.named("OrderStatus")["enum"]
    pages = [fuzz.call("listOrders", query={"status": state, "limit": 5, "fields": "id"}).ok() for state in states]
    return [str(row["id"]) for page in pages for row in page.rows]


def unfinished(fuzz: Actor) -> list[str]:
    """The jobs that are queued or running."""
    if not has("listJobs"):
        return []
    walks = [walk(fuzz, by_id("listJobs"), {"status": state}) for state in ("queued", "running")]
    return [str(value) for seen in walks for value in seen.values("id")]


def here() -> str:
    """Where `contract_tests` is imported from, for a process that does not start here."""
    parts = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return os.pathsep.join(part for part in parts if part)
