"""The judge on two processes behind one address, while others work: what it promises of one it promises of both."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.live import Mock
from tests.postgres_server import Server
from tests.shared.ledger import Ledger

TARGET = "fixtures/targets/mock.toml"


@pytest.mark.parametrize("profile", ["smoke", pytest.param("full", marks=pytest.mark.slow)])
def test_the_judge_finds_nothing(shared: Mock, postgres_server: Server, tmp_path: Path, profile: str) -> None:
    base = shared.address.removesuffix("/api")
    made = httpx.post(f"{base}/_sandbox/v1/worlds", json={"name": "Others", "plan": "enterprise"}, timeout=60).json()["data"]
    limits = {"name": "busy", "rate_limit": {"per_minute": 1_000_000, "per_hour": 10_000_000}}
    path = f"{base}/_sandbox/v1/worlds/{made['tenant_id']}/keys"
    key = httpx.post(path, json=limits, timeout=60).json()["data"]["key"]
    others = Ledger(shared.address, key, made["tenant_id"])
    report = tmp_path / "report"
    command = [sys.executable, "-m", "contract_tests.cli", "run", TARGET, "--address", shared.address, "--profile", profile]
    command += ["--time-limit", "0"]  # others work too: a minute may not do
    with others.working(2):
        environment = {**shared.environment, "NEXUS_MOCK_DATABASE": postgres_server.url}
        judged = subprocess.run(
            [*command, "--report", str(report)], capture_output=True, text=True, env=environment, check=False
        )
    print(judged.stdout[-4000:])  # the verdict, for who runs this by hand

    assert 0 == judged.returncode, judged.stdout[-6000:] + judged.stderr[-2000:]
    assert [] == others.wrong
    assert {} == others.lost()
    assert others.statuses[200] > 100
