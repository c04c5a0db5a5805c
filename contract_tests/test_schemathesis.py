"""Schemathesis against a tenant of its own: whether every answer is as the document says, whatever is sent.

It runs as a command, configured by the schemathesis.toml of the project with the target's address, tenant and orders put in.
The token goes through the environment: it is in no file and on no command line.
"""

from __future__ import annotations

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
from contract_tests.document import CONTRACT
from nexuscommerce.files import packaged

TOKEN = "NEXUS_CONTRACT_FUZZ_TOKEN"
LONGEST = 900  # seconds


@pytest.mark.rule("SCH-01")
def test_schemathesis_finds_nothing(actor: Callable[[str], Actor], tmp_path: Path, pytestconfig: pytest.Config) -> None:
    fuzz = actor("fuzz_full")
    config = tmp_path / "schemathesis.toml"
    config.write_text(tomli_w.dumps(configuration(fuzz, pytestconfig.option.examples)))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", str(packaged("openapi.yaml"))]
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
    orders = movable(fuzz)
    if orders:
        config["dictionaries"]["orders"]["values"] = orders
    else:
        del config["dictionaries"], config["parameters"]["path.orderId"]
    return config


def movable(fuzz: Actor) -> list[str]:
    """Some orders of every state, which generated requests may move."""
    states = CONTRACT.schemas.named("OrderStatus")["enum"]
    pages = [fuzz.call("listOrders", query={"status": state, "limit": 5, "fields": "id"}).ok() for state in states]
    return [str(row["id"]) for page in pages for row in page.rows]


def here() -> str:
    """Where `contract_tests` is imported from, for a process that does not start here."""
    parts = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return os.pathsep.join(part for part in parts if part)
