"""A tenant that has little, or nothing: what cannot be judged there is not run, and nothing is held against the server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import running

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "fixtures/targets/mock.toml"
REHEARSALS = ("Rehearsal A", "Rehearsal B")
# What the judge cannot make, and what there is at all.
UNMADE = ("orders", "jobs", "recommendations")
EVERYTHING = (*UNMADE, "products", "inventory", "rules", "warehouses")


@pytest.mark.slow
@pytest.mark.parametrize("lacking", [UNMADE, EVERYTHING], ids=["no-orders", "nothing"])
def test_a_bare_tenant_is_no_fault(lacking: tuple[str, ...], tmp_path: Path) -> None:
    world = json.loads((ROOT / "fixtures/world.json").read_text("utf-8"))
    for tenant in world["tenants"]:
        tenant.update({name: [] for name in lacking} if tenant["name"].startswith(REHEARSALS) else {})
    (tmp_path / "world.json").write_text(json.dumps(world), "utf-8")
    options = ["--profile", "smoke", "--time-limit", "0", "--seed", "1", "--report", str(tmp_path)]
    with running(tmp_path, "--log", "off", "--fixtures", str(tmp_path / "world.json")) as mock:
        command = [sys.executable, "-m", "contract_tests.cli", "run", str(TARGET), "--address", mock.address, *options]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr
    rules = {rule["id"]: rule["verdict"] for rule in json.loads((tmp_path / "report.json").read_text("utf-8"))["rules"]}

    assert set(rules.values()) == {"pass", "not_run"}
    assert {rules[name] for name in rules if name.startswith("ORD-")} == {"not_run"}
    assert rules["FIL-06"] == "not_run"
