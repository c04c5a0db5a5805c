"""Stock Schemathesis: its own checks and phases, with all that it needs to be fair, and none of the judge's laws."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomli_w

from contract_tests.laws import LAWS
from tests.kills.results import ROOT

OURS = tuple(LAWS)  # the checks that contract_tests.hooks adds to its own
MAIN, OTHER = "Rehearsal A", "Rehearsal B"  # where the judge works too: some faults show in no other tenant
MOVABLE = ("pending", "confirmed", "processing", "shipped")
EACH = 4  # orders of each status


def command(directory: Path, address: str, seed: int, seconds: int) -> list[str]:
    """One run, bounded by time and over at its first failure; its report is `report.json` in the directory."""
    written = directory / "schemathesis.toml", directory / "users.json"
    for path, text in zip(written, (tomli_w.dumps(configuration(address, written[1])), json.dumps(users())), strict=True):
        path.write_text(text, "utf-8")
    bounds = ["--max-time", str(seconds), "--max-failures", "1", "--no-shrink", "--seed", str(seed)]
    told = ["--report", "json", "--report-json-path", str(directory / "report.json"), "--exclude-checks", ",".join(OURS)]
    own = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(written[0]), "run", str(ROOT / "openapi.yaml")]
    return [*own, *bounds, *told, "--suppress-health-check", "all"]


def configuration(address: str, file: Path) -> dict[str, Any]:
    """schemathesis.toml, in the tenant that the judge works in. A peer in another tenant arms the check of foreign objects.

    Warnings are off: within the time the healthy mock gets some, as most generated queries are refused, and must be.
    """
    config = tomllib.loads((ROOT / "schemathesis.toml").read_text("utf-8"))
    tenant = _tenant(MAIN)
    config |= {"base-url": address, "color": False, "warnings": False}
    config["auth"] = {"wfc": {"path": str(file), "user": MAIN, "peers": [MAIN, OTHER]}}
    config["parameters"]["header.X-Tenant-ID"] = tenant["id"]
    config["dictionaries"]["orders"]["values"] = [
        row["id"] for status in MOVABLE for row in [row for row in tenant["orders"] if row["status"] == status][:EACH]
    ]
    config["dictionaries"]["warehouses"]["values"] = [row["id"] for row in tenant["warehouses"]]
    config.pop("operations")  # they are about warnings alone
    return config


def users() -> dict[str, Any]:
    """Both peers, as Web Fuzzing Commons has it."""
    return {
        "schemaVersion": "0.2.0",
        "auth": [
            {
                "name": name,
                "fixedHeaders": [
                    {"name": "Authorization", "value": f"Bearer {_key(name)}"},
                    {"name": "X-Tenant-ID", "value": _tenant(name)["id"]},
                ],
            }
            for name in (MAIN, OTHER)
        ],
    }


def found(report: Path) -> tuple[bool, str, int]:
    """Whether it raised anything, what, and how many requests it took. Errors count as failures do."""
    said = json.loads(report.read_text("utf-8"))
    titles = [each["title"] for each in (*said["failures"], *said["errors"])]
    return bool(titles), "; ".join(dict.fromkeys(titles)) or str(said["stop_reason"]), int(said["test_cases"]["generated"])


def _tenant(name: str) -> Mapping[str, Any]:
    world = json.loads((ROOT / "fixtures" / "world.json").read_text("utf-8"))
    return next(each for each in world["tenants"] if each["name"] == name)


def _key(name: str) -> str:
    return next(str(row["key"]) for row in _tenant(name)["keys"] if row["name"] == "full")
