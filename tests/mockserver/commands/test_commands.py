"""Each command asks the control API what it should, as sandbox.yaml has it, and prints what came."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mockserver.commands import COMMANDS
from tests.mockserver.commands import fake as samples
from tests.mockserver.commands.conftest import Run
from tests.mockserver.commands.fake import OTHER, USER, USUAL, WORLD, Error, Fake

IN = ("--world", WORLD)
# What is typed, and what is asked: the operation, its path's parameters beside the world's, its body.
ASKED: list[tuple[tuple[str, ...], str, dict[str, str], Any]] = [
    (("world", "list"), "listWorlds", {}, None),
    (("world", "create"), "createWorld", {}, {}),
    (
        ("world", "create", "CI", "--fixtures", "empty", "--plan", "starter", "--currency", "EUR"),
        "createWorld",
        {},
        {"name": "CI", "fixtures": "empty", "plan": "starter", "currency": "EUR"},
    ),
    (("world", "show", WORLD), "getWorld", {}, None),
    (("world", "rename", "New", "--plan", "starter", *IN), "updateWorld", {}, {"name": "New", "plan": "starter"}),
    (("world", "delete", WORLD), "deleteWorld", {}, None),
    (("world", "delete", *IN), "deleteWorld", {}, None),
    (("world", "fork", WORLD), "forkWorld", {}, {}),
    (("world", "fork", *IN, "--name", "B", "--snapshot", "s"), "forkWorld", {}, {"name": "B", "snapshot": "s"}),
    (("world", "export", "-", *IN), "exportWorld", {}, None),
    (("reset", *IN), "resetWorld", {}, None),
    (("snapshot", "before checkout", *IN), "createSnapshot", {}, {"name": "before checkout"}),
    (("snapshot", *IN, "s"), "createSnapshot", {}, {"name": "s"}),
    (("snapshot", "create", "list", *IN), "createSnapshot", {}, {"name": "list"}),
    (("snapshot", "list", *IN), "listSnapshots", {}, None),
    (("snapshot", "delete", "before checkout", *IN), "deleteSnapshot", {"name": "before checkout"}, None),
    (("restore", "before checkout", *IN), "restoreSnapshot", {"name": "before checkout"}, None),
    (("key", "list", *IN), "listKeys", {}, None),
    (("key", "create", *IN), "createKey", {}, {}),
    (
        ("key", "create", "reader", "--scope", "products:read", "--expires", "2026-12-24", "--from", "10.0.0.0/8", *IN),
        "createKey",
        {},
        {
            "name": "reader",
            "scopes": ["products:read"],
            "expires_at": "2026-12-24T00:00:00.000Z",
            "allowlist": ["10.0.0.0/8"],
        },
    ),
    (
        ("key", "create", "--per-minute", "5", "--per-hour", "50", *IN),
        "createKey",
        {},
        {"rate_limit": {"per_minute": 5, "per_hour": 50}},
    ),
    (("key", "create", "--expires-in", "90s", *IN), "createKey", {}, {"expires_at": "2026-03-12T14:33:31.000Z"}),
    (("key", "revoke", "key_1", *IN), "revokeKey", {"keyId": "key_1"}, None),
    (("user", "list", *IN), "listUsers", {}, None),
    (
        ("user", "create", "a@b.example", "--name", "A", "--role", "viewer", "--password", "long-enough", *IN),
        "createUser",
        {},
        {"email": "a@b.example", "name": "A", "role": "viewer", "password": "long-enough"},
    ),
    (("user", "role", "mia@example.com", "manager", *IN), "updateUser", {"userId": USER}, {"role": "manager"}),
    (("user", "delete", USER, *IN), "deleteUser", {"userId": USER}, None),
    (("token", *IN), "issueToken", {"userId": OTHER}, {"expires_in": 86400}),
    (("token", *IN, "--role", "viewer", "--expires-in", "-60"), "issueToken", {"userId": USER}, {"expires_in": -60}),
    (("token", *IN, "--user", "mia@example.com"), "issueToken", {"userId": USER}, {"expires_in": 86400}),
    (("clock", "show", *IN), "getClock", {}, None),
    (("clock", "freeze", *IN), "setClock", {}, {"mode": "frozen"}),
    (
        ("clock", "freeze", "2026-03-12T15:32:00+01:00", *IN),
        "setClock",
        {},
        {"mode": "frozen", "at": "2026-03-12T14:32:00.000Z"},
    ),
    (("clock", "set", "2026-12-24", *IN), "setClock", {}, {"mode": "running", "at": "2026-12-24T00:00:00.000Z"}),
    (("clock", "advance", "1h30m", *IN), "advanceClock", {}, {"seconds": 5400.0}),
    (("clock", "release", *IN), "setClock", {}, {"mode": "released"}),
    (("clock", "show", "--server"), "getServerClock", {}, None),
    (("clock", "freeze", "--server"), "setServerClock", {}, {"mode": "frozen"}),
    (("clock", "advance", "P1D", "--server"), "advanceServerClock", {}, {"seconds": 86400.0}),
    (
        ("fault", "add", "--operation", "listOrders", "--code", "RATE_LIMITED", "--times", "2", *IN),
        "createFault",
        {},
        {"operation_id": "listOrders", "code": "RATE_LIMITED", "times": 2},
    ),
    (
        ("fault", "add", "--method", "post", "--path", "/orders/*", "--key", "k", "--share", "0.1", "--seed", "7", *IN),
        "createFault",
        {},
        {"method": "POST", "path": "/orders/*", "key_id": "k", "share": 0.1, "seed": 7},
    ),
    (
        ("fault", "add", "--delay", "200-800", "--connection", "drop", "--server"),
        "createServerFault",
        {},
        {"delay": {"min_ms": 200, "max_ms": 800}, "connection": "drop"},
    ),
    (
        ("fault", "add", "--delay", "500ms", "--status", "429", "--retry-after", "3", *IN),
        "createFault",
        {},
        {"delay": {"min_ms": 500, "max_ms": 500}, "status": 429, "retry_after": 3},
    ),
    (("fault", "list", *IN), "listFaults", {}, None),
    (("fault", "list", "--server"), "listServerFaults", {}, None),
    (("fault", "remove", "flt_1", *IN), "deleteFault", {"faultId": "flt_1"}, None),
    (("fault", "remove", "flt_1", "--server"), "deleteServerFault", {"faultId": "flt_1"}, None),
    (("fault", "clear", *IN), "deleteFaults", {}, None),
    (("fault", "clear", "--server"), "deleteServerFaults", {}, None),
    (("trigger", "order.created", *IN), "triggerEvent", {}, {"type": "order.created"}),
    (
        ("trigger", "product.updated", "--resource", "SKU-001", *IN),
        "triggerEvent",
        {},
        {"type": "product.updated", "resource": "SKU-001"},
    ),
    (("logs",), "listRequests", {}, None),
    (("logs", "req_1"), "getRequest", {"requestId": "req_1"}, None),
    (("logs", "--clear"), "deleteRequests", {}, None),
    (("coverage",), "getCoverage", {}, None),
    (("coverage", "--clear", *IN), "deleteCoverage", {}, None),
    (("deliveries", *IN), "listDeliveries", {}, None),
    (("deliveries", "del_1", *IN), "getDelivery", {"deliveryId": "del_1"}, None),
    (("redeliver", "del_1", *IN), "redeliver", {"deliveryId": "del_1"}, None),
    (("open",), "getServer", {}, None),
]
TOLD = [row for row in ASKED if row[0] != ("open",)]  # it prints an address, which is of no operation


@pytest.mark.parametrize(("words", "operation", "path", "body"), ASKED, ids=[" ".join(row[0]) for row in ASKED])
def test_a_command_asks_for_its_operation(
    run: Run, fake: Fake, words: tuple[str, ...], operation: str, path: dict[str, str], body: Any
) -> None:
    """With just what was typed, in the world that was named. That it is valid, the fake sees to."""
    done = run(*words)

    assert 0 == done.exit_code, done.output
    asked = fake.ledger[-1]
    named = {"worldId": WORLD} if "worldId" in asked.path else {}
    assert (operation, named | path, body) == (asked.operation, asked.path, asked.body)
    assert "" == done.stderr


@pytest.mark.parametrize(("words", "operation"), [row[:2] for row in TOLD], ids=[" ".join(row[0]) for row in TOLD])
def test_json_is_the_apis_data_and_nothing_else(run: Run, words: tuple[str, ...], operation: str) -> None:
    assert USUAL[operation] == json.loads(run(*words, "--json").stdout)


def test_every_command_but_those_on_the_state_file_is_in_these_tests() -> None:
    elsewhere = {"listen", "completion", "order", "webhook"}

    assert set(COMMANDS) == {row[0][0] for row in ASKED} | elsewhere


def test_a_world_is_told_to_people_and_to_shells(run: Run, fake: Fake) -> None:
    """The lines of --export survive a shell, whatever they hold."""
    told = run("world", "create").stdout
    exported = run("world", "create", "--export").stdout
    names = ("NEXUS_MOCK_URL", "NEXUS_MOCK_WORLD", "NEXUS_API_KEY", "NEXUS_TENANT_ID", "NEXUS_BASE_URL")
    printed = subprocess.run(
        ["bash", "-c", exported + "\nprintf '%s\\n' " + " ".join(f'"${name}"' for name in names)],
        capture_output=True,
        text=True,
        check=True,
    )

    new = samples.new_world()
    assert [fake.url, WORLD, new["key"], WORLD, new["base_url"]] == printed.stdout.splitlines()
    assert all(value in told for value in (new["key"], new["token"], new["base_url"], "owner@growth.example", "it's $ecret"))


def test_a_shared_mock_exports_the_worlds_token_to_whoever_has_none(run: Run, fake: Fake) -> None:
    """Nothing else would open the world in the lines that follow."""
    fake.answers["getServer"] = USUAL["getServer"] | {"public": True}

    without, with_token = run("world", "create", "--export"), run("world", "create", "--export", "--token", "nxs_admin")

    assert f"export NEXUS_MOCK_TOKEN={shlex.quote(samples.new_world()['token'])}" in without.stdout
    assert "NEXUS_MOCK_TOKEN" not in with_token.stdout


def test_an_export_is_a_file_that_import_takes(run: Run, fake: Fake, tmp_path: Path) -> None:
    file = tmp_path / "world.json"

    assert 0 == run("world", "export", str(file), *IN).exit_code
    assert 0 == run("world", "import", str(file), "--name", "copy").exit_code
    assert ("importWorld", {"name": "copy", "world": USUAL["exportWorld"]}) == fake.last()
    assert 0 == run("world", "import", "-", stdin=file.read_text()).exit_code
    assert ("importWorld", {"world": USUAL["exportWorld"]}) == fake.last()


def test_a_world_is_deleted_by_its_name_alone_and_never_by_chance(run: Run, fake: Fake) -> None:
    done = run("world", "delete")

    assert 2 == done.exit_code
    assert "deleteWorld" not in [row.operation for row in fake.ledger]


def test_a_table_has_a_line_for_each(run: Run) -> None:
    lines = run("fault", "list", *IN).stdout.splitlines()

    assert ["id", "matches", "share", "times", "applied", "does"] == lines[0].split()
    assert re.fullmatch(r"flt_1\s+listOrders\s+1\s+2\s+1\s+answers RATE_LIMITED", lines[1])


def test_coverage_counts_and_can_show_what_nobody_called(run: Run) -> None:
    assert "1 of 2 pairs" in run("coverage").stdout
    assert ["getOrder"] == [
        row["operation_id"] for row in json.loads(run("coverage", "--untouched", "--json").stdout)["operations"]
    ]


def test_a_refusal_is_one_line_with_its_code_and_ends_with_1(run: Run, fake: Fake) -> None:
    fault = {"in": "body", "pointer": "/plan", "message": "is not one of starter, growth, enterprise"}
    fake.answers["createWorld"] = Error(400, "VALIDATION_ERROR", "1 fault in the request", {"errors": [fault]})
    done = run("world", "create")

    expected = "VALIDATION_ERROR: 1 fault in the request; body /plan is not one of starter, growth, enterprise"
    assert (1, "", f"nexus-mock: {expected}\n") == (done.exit_code, done.stdout, done.stderr)


def test_without_a_token_where_one_is_needed_it_says_where_it_goes(run: Run, fake: Fake) -> None:
    fake.answers["listWorlds"] = Error(401, "UNAUTHENTICATED", "A token is needed")
    done = run("world", "list")

    assert (1, 1) == (done.exit_code, len(done.stderr.splitlines()))
    assert "NEXUS_MOCK_TOKEN" in done.stderr


def test_the_token_is_that_of_the_option_or_the_environment(run: Run, fake: Fake) -> None:
    run("world", "list")
    run("world", "list", NEXUS_MOCK_TOKEN="env")
    run("world", "list", NEXUS_MOCK_SANDBOX_TOKEN="the-servers-own-token-0123")
    run("world", "list", "--token", "option", NEXUS_MOCK_TOKEN="env")

    assert [None, "env", "the-servers-own-token-0123", "option"] == [row.token for row in fake.ledger]


def test_where_nobody_answers_it_says_what_to_start(run: Run) -> None:
    done = run("world", "list", "--url", "http://127.0.0.1:9")

    assert (2, "") == (done.exit_code, done.stdout)
    assert "no mock answers at http://127.0.0.1:9; start one with `nexus-mock`" in done.stderr


def test_a_proxy_is_not_asked_for_what_is_here(run: Run) -> None:
    assert 0 == run("world", "list", HTTP_PROXY="http://127.0.0.1:9", ALL_PROXY="http://127.0.0.1:9").exit_code


@pytest.mark.parametrize("path", ["", "/", "/api", "/api/", "/_sandbox/", "/_sandbox/v1", "/docs"])
def test_any_address_that_the_mock_prints_is_the_mocks(run: Run, fake: Fake, path: str) -> None:
    assert 0 == run("world", "list", "--url", fake.url + path).exit_code


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://", "127.0.0.1:8080"])
def test_what_is_no_address_is_said_so(run: Run, url: str) -> None:
    done = run("world", "list", "--url", url)

    assert (2, 1) == (done.exit_code, len(done.stderr.splitlines()))
    assert "one looks like http://127.0.0.1:8080" in done.stderr


def test_no_control_character_of_the_api_reaches_the_terminal(run: Run, fake: Fake) -> None:
    """A name, and whatever else others choose, cannot move the cursor or write a line of its own."""
    fake.answers["listWorlds"] = [samples.world(name="a\x1b[2J\nforged")]
    done = run("world", "list")

    assert "\x1b" not in done.stdout
    assert 2 == len(done.stdout.splitlines())
