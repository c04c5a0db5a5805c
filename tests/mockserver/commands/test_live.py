"""The commands on a mock that runs, as they are typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live import Mock, running
from tests.receiver import receiving

README = Path(__file__).parent.parent.parent.parent / "README.md"
Typed = Callable[..., Any]


@pytest.fixture
def typed(mock: Mock) -> Typed:
    """Types a command and gives what it printed, with --json parsed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEXUS_MOCK")}
    environment["NEXUS_MOCK_URL"] = mock.address

    def command(*words: str, **more: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "mockserver", *words], env=environment | more, capture_output=True, text=True, timeout=60
        )
        assert 0 == done.returncode, done.stderr
        return json.loads(done.stdout) if "--json" in words else done.stdout

    return command


@pytest.fixture
def world(typed: Typed) -> Any:
    return typed("world", "create", "commands", "--fixtures", "kleines-kontor", "--json")


def _get(world: Any, path: str, token: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token or world['key']}", "X-Tenant-ID": world["tenant_id"]}
    return httpx.get(world["base_url"] + path, headers=headers, trust_env=False)


def test_a_world_is_made_changed_put_back_and_deleted(typed: Typed, world: Any, tmp_path: Path) -> None:
    at = ("--world", world["world"]["id"])
    before = _get(world, "/orders").json()["meta"]["total"]
    typed("snapshot", "before checkout", *at)
    happened = typed("trigger", "order.created", *at, "--json")
    after = _get(world, "/orders").json()["meta"]["total"]
    typed("restore", "before checkout", *at)

    assert (before + 1, before) == (after, _get(world, "/orders").json()["meta"]["total"])
    assert "order.created" == happened["type"]
    typed("trigger", "order.created", *at)
    assert before == typed("reset", *at, "--json")["counts"]["orders"]
    typed("world", "rename", "renamed", *at)
    assert "renamed" in typed("world", "list")
    typed("world", "export", str(tmp_path / "world.json"), *at)
    copy = typed("world", "import", str(tmp_path / "world.json"), "--json")
    assert before == _get(copy, "/orders").json()["meta"]["total"]
    fork = typed("world", "fork", *at, "--snapshot", "before checkout", "--json")
    assert before == _get(fork, "/orders").json()["meta"]["total"]
    for gone in (world, copy, fork):
        typed("world", "delete", gone["world"]["id"])
    assert 401 == _get(world, "/orders").status_code


def test_the_shell_can_work_with_what_was_exported(typed: Typed, mock: Mock) -> None:
    """One line to begin, and every command and every curl is about that world."""
    lines = typed("world", "create", "--fixtures", "empty", "--export")
    program = f"{sys.executable} -m mockserver"
    curl = 'curl -sS "$NEXUS_BASE_URL/products" -H "Authorization: Bearer $NEXUS_API_KEY" -H "X-Tenant-ID: $NEXUS_TENANT_ID"'
    script = f"{lines}\n{program} clock freeze 2026-03-12T14:32:00Z && {curl} && {program} token | wc -c"
    done = subprocess.run(["bash", "-ec", script], capture_output=True, text=True, check=True, timeout=60)

    assert "2026-03-12T14:32:00.000Z" in done.stdout
    assert '"total":0' in done.stdout


def test_keys_users_and_tokens_open_what_they_should(typed: Typed, world: Any) -> None:
    at = ("--world", world["world"]["id"])
    reader = typed("key", "create", "reader", "--scope", "orders:read", *at, "--json")
    typed("user", "create", "mia@example.com", "--role", "manager", *at)
    token = typed("token", "--user", "mia@example.com", *at).strip()

    assert [200, 403] == [_get(world, path, reader["key"]).status_code for path in ("/orders", "/products")]
    assert 200 == _get(world, "/products", token).status_code
    typed("key", "revoke", reader["id"], *at)
    typed("user", "delete", "mia@example.com", *at)
    assert [401, 401] == [_get(world, "/orders", secret).status_code for secret in (reader["key"], token)]


def test_a_key_expires_when_its_worlds_clock_says_so(typed: Typed, world: Any) -> None:
    at = ("--world", world["world"]["id"])
    typed("clock", "freeze", "2026-03-12T14:32:00Z", *at)
    key = typed("key", "create", "--expires-in", "2h", *at, "--json")["key"]
    before = _get(world, "/orders", key).status_code
    typed("clock", "advance", "2h1s", *at)
    after = _get(world, "/orders", key)
    typed("clock", "release", *at)

    assert (200, 401, "TOKEN_EXPIRED") == (before, after.status_code, after.json()["error"]["code"])
    assert not typed("clock", "show", *at, "--json")["own"]


def test_faults_logs_and_coverage_see_each_other(typed: Typed, world: Any) -> None:
    at = ("--world", world["world"]["id"])
    typed("fault", "add", "--operation", "listOrders", "--code", "RATE_LIMITED", "--times", "1", *at)
    statuses = [_get(world, "/orders").status_code for _ in range(2)]
    logged = typed("logs", *at, "--json")
    covered = typed("coverage", *at, "--json")

    assert [429, 200] == statuses
    assert [200, 429] == [row["status"] for row in logged]
    assert 1 == typed("fault", "list", *at, "--json")[0]["applied"]
    assert 2 == next(row["requests"] for row in covered["operations"] if row["operation_id"] == "listOrders")
    assert "RATE_LIMITED" in typed("logs", logged[1]["id"])


def test_following_shows_what_comes(typed: Typed, world: Any, mock: Mock) -> None:
    at = ("--world", world["world"]["id"])
    _get(world, "/orders")
    command = [sys.executable, "-m", "mockserver", "logs", "--follow", "--url", mock.address, *at]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        first = process.stdout.readline()
        _get(world, "/products/NOPE")
        second = process.stdout.readline()
        process.terminate()

    assert "listOrders" in first
    assert "404" in second


def test_listen_forwards_what_the_mock_sends_and_the_local_server_verifies_it(typed: Typed, world: Any, mock: Mock) -> None:
    at = ("--world", world["world"]["id"])
    with receiving() as local:
        command = [sys.executable, "-m", "mockserver", "listen", "--forward-to", local.url, "--url", mock.address, *at]
        with subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout
            secret = json.loads(process.stdout.readline())["secret"]
            typed("trigger", "order.created", *at)
            seen = [json.loads(process.stdout.readline()) for _ in range(2)]
            deliveries = typed("deliveries", *at, "--json")
            process.terminate()
            _, said = process.communicate(timeout=20)

    assert {"order.created", "inventory.updated"} == {row["type"] for row in seen}
    assert all(came.verified(secret) for came in local.ledger)
    assert {204} == {row["last_status"] for row in deliveries if row["state"] == "delivered"}
    assert "removed the endpoint" in said


def test_on_a_shared_mock_whoever_makes_a_world_can_work_in_it_and_in_no_other(tmp_path: Path) -> None:
    """From this machine too a token is needed there, but to make a world; what --export prints has it."""
    with running(tmp_path, "--public", "--self-service", "--log", "off") as shared:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NEXUS_")}
        environment["NEXUS_MOCK_URL"] = shared.address
        program = f"{sys.executable} -m mockserver"
        script = f"""
            {program} clock show; echo "$?"
            eval "$({program} world create mine --fixtures empty --export)"
            {program} clock show; echo "$?"
            unset NEXUS_MOCK_WORLD
            {program} trigger product.created; echo "$?"
            {program} world list; echo "$?"
        """
        done = subprocess.run(["bash", "-uc", script], env=environment, capture_output=True, text=True, timeout=120)

    lines = done.stdout.splitlines()
    assert ["1", "0", "0", "1"] == [line for line in lines if len(line) == 1], done.stderr
    assert "UNAUTHENTICATED" in done.stderr
    assert "SANDBOX_ACCESS_DENIED" in done.stderr


def test_the_readmes_commands_work_as_they_stand(mock: Mock, tmp_path: Path) -> None:
    """One after the other, in one shell, on a mock whose address is the only thing that is set."""
    chapter = README.read_text(encoding="utf-8").split("## Commands")[1].split("\n## ")[0]
    lines = chapter.split("```sh\n")[1].split("```")[0].replace(".venv/bin/nexus-mock", f"{sys.executable} -m mockserver")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NEXUS_")}
    done = subprocess.run(
        ["bash", "-euc", lines],
        env=environment | {"NEXUS_MOCK_URL": mock.address},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert '"code":"RATE_LIMITED"' in done.stdout
    assert "  429  GET     /api/orders  listOrders  RATE_LIMITED  fault " in done.stdout
