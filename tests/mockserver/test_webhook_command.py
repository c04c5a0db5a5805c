"""nexus-mock webhook: endpoints and deliveries, on the state file of a mock that runs or does not."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from nexuscommerce.contract import Contract
from tests.live import Mock, running
from tests.mockserver.outbox import OTHER, TENANT
from tests.receiver import receiving, status

KEY = "nxc_live_growth_full_4f9a1c0e2b7d"


def _run(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mockserver", "--database", str(directory / "state.db"), "webhook", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def _said(directory: Path, *words: str) -> str:
    done = _run(directory, *words)
    assert 0 == done.returncode, done.stderr
    return done.stdout


def _rows(directory: Path, *words: str) -> Any:
    return orjson.loads(_said(directory, *words, "--json"))


def _until(condition: Callable[[], Any]) -> Any:
    """What it answers once that is true, in at most 10 s."""
    deadline = time.monotonic() + 10
    while not (seen := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return seen


def _price(mock: Mock, price: float) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "X-Tenant-ID": TENANT}
    httpx.patch(f"{mock.address}/products/SKU-001", json={"price": price}, headers=headers).raise_for_status()


def test_an_endpoint_that_is_added_while_the_mock_runs_gets_events_and_one_that_is_removed_none(tmp_path: Path) -> None:
    with receiving() as receiver, running(tmp_path) as mock:
        endpoint, secret = _said(tmp_path, "add", receiver.url, "--event", "product.updated").split()
        _price(mock, 1.5)
        received = _until(lambda: receiver.ledger)[0]
        listed = _said(tmp_path, "list")
        _said(tmp_path, "remove", endpoint)
        _price(mock, 1.75)
        time.sleep(0.3)

        assert re.fullmatch("we_[0-9A-Z]{26} whsec_[A-Za-z0-9_-]{43}", f"{endpoint} {secret}")
        assert received.verified(secret)
        assert ["product.updated", 1.5] == [received.event["type"], received.event["data"]["price"]]
        assert endpoint in listed
        assert secret not in listed
        assert 1 == len(receiver.ledger)
    log = (tmp_path / "mock.log").read_text()
    assert secret not in log


def test_before_the_first_start_an_endpoint_can_be_added_too(tmp_path: Path) -> None:
    with receiving() as receiver:
        _said(tmp_path, "add", receiver.url)
        with running(tmp_path) as mock:
            _price(mock, 1.5)

            assert _until(lambda: receiver.ledger)


def test_a_shared_mock_sends_nothing_to_this_machine_and_says_so(tmp_path: Path) -> None:
    with receiving() as receiver, running(tmp_path, "--public") as mock:
        made = httpx.post(f"http://127.0.0.1:{mock.port}/_sandbox/v1/worlds", json={}, trust_env=False).json()["data"]
        _said(tmp_path, "add", receiver.url, "--event", "product.created", "--tenant", made["tenant_id"])
        headers = {"Authorization": f"Bearer {made['key']}", "X-Tenant-ID": made["tenant_id"]}
        product = {"sku": "NEW-1", "title": "New", "price": 1}
        httpx.post(f"{mock.address}/products", json=product, headers=headers, trust_env=False).raise_for_status()
        row = _until(lambda: [row for row in _rows(tmp_path, "deliveries") if row["tries"]])[0]

        assert ("pending", None, "address not public") == (row["state"], row["last_status"], row["last_error"])
        assert [] == receiver.ledger


def test_sent_again_is_at_once_by_the_clock_of_its_world(tmp_path: Path) -> None:
    with receiving() as receiver, running(tmp_path) as mock:
        clock = f"http://127.0.0.1:{mock.port}/_sandbox/v1/worlds/{TENANT}/clock"
        httpx.put(clock, json={"mode": "frozen", "at": "2026-03-12T14:32:00Z"}).raise_for_status()
        _said(tmp_path, "add", receiver.url, "--event", "product.updated")
        _price(mock, 1.5)
        row = _until(lambda: _rows(tmp_path, "deliveries", "--state", "delivered"))[0]
        _said(tmp_path, "redeliver", row["id"])

        assert 2 == len(_until(lambda: receiver.ledger if len(receiver.ledger) > 1 else []))


def test_a_parked_delivery_is_listed_and_sent_again(tmp_path: Path) -> None:
    with receiving() as receiver, running(tmp_path, "--webhook-pauses", "0") as mock:
        receiver.answer = status(500)
        _said(tmp_path, "add", receiver.url, "--event", "product.updated")
        _price(mock, 1.5)
        row = _until(lambda: _rows(tmp_path, "deliveries", "--state", "failed"))[0]
        table = _said(tmp_path, "deliveries", "--tenant", TENANT)
        receiver.answer = status(204)
        _said(tmp_path, "redeliver", row["id"])
        again = _until(lambda: _rows(tmp_path, "deliveries", "--state", "delivered"))[0]

    assert (8, "answered 500") == (row["tries"], row["last_error"])
    assert {row["id"]} == {received.delivery for received in receiver.ledger}
    assert (row["id"], 1, 204, None) == (again["id"], again["tries"], again["last_status"], again["last_error"])
    title, line = table.splitlines()
    assert ["id", "event", "resource", "state", "tries", "due", "last", "answer"] == title.split()
    assert re.fullmatch(rf"{row['id']}  product\.updated  product prod_\w+  failed +8 +\S+Z +answered 500", line)


def test_a_paused_endpoint_gets_what_it_had_when_it_is_resumed(tmp_path: Path) -> None:
    with receiving() as receiver, running(tmp_path) as mock:
        endpoint = _said(tmp_path, "add", receiver.url).split()[0]
        _said(tmp_path, "pause", endpoint)
        listed = _rows(tmp_path, "list")
        _price(mock, 1.5)
        _said(tmp_path, "resume", endpoint)
        _price(mock, 1.75)
        _until(lambda: receiver.ledger)

    assert [True] == [row["paused"] for row in listed]
    assert [1.75] == [received.event["data"]["price"] for received in receiver.ledger]


def test_what_is_listed_is_of_one_tenant_or_of_all_and_for_all_events_unless_named(
    tmp_path: Path, contract: Contract
) -> None:
    _said(tmp_path, "add", "http://localhost:3000/a")
    _said(tmp_path, "add", "http://localhost:3000/b", "--tenant", OTHER, "--event", "order.created")
    rows = _rows(tmp_path, "list")

    assert [(TENANT, list(contract.events)), (OTHER, ["order.created"])] == [(r["tenant_id"], r["events"]) for r in rows]
    assert [OTHER] == [row["tenant_id"] for row in _rows(tmp_path, "list", "--tenant", OTHER)]
    assert [] == _rows(tmp_path, "deliveries", "--tenant", OTHER)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("add", "ftp://hook.example/"), "is no http or https URL"),
        (("add", "http://a\nb/"), "cannot be read"),
        (("add", "https://user:hush@hook.example/"), "user name or password"),
        (("add", "http://hook.example/", "--tenant", "nobody"), "the tenants are "),
        (("add", "http://hook.example/", "--event", "order.eaten"), "there are product.created, "),
        (("list", "--tenant", "nobody"), "there is no tenant nobody"),
        (("deliveries", "--tenant", "nobody"), "there is no tenant nobody"),
        (("remove", "we_none"), "webhook list"),
        (("pause", "we_none"), "webhook list"),
        (("resume", "we_none"), "webhook list"),
        (("redeliver", "dlv_none"), "webhook deliveries"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(tmp_path: Path, words: tuple[str, ...], hint: str) -> None:
    done = _run(tmp_path, *words)

    assert (2, 1, "") == (done.returncode, len(done.stderr.splitlines()), done.stdout), done.stderr
    assert hint in done.stderr
    assert "hush" not in done.stderr


def test_fresh_does_not_take_the_state_from_a_mock(tmp_path: Path) -> None:
    """It is for the start: NEXUS_MOCK_FRESH may stand in the environment of both."""
    _said(tmp_path, "add", "http://localhost:3000/a")
    command = [sys.executable, "-m", "mockserver", "--database", str(tmp_path / "state.db"), "--fresh", "webhook", "list"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)

    assert "http://localhost:3000/a" in done.stdout


def test_a_script_can_refuse_to_begin_a_new_state_file(tmp_path: Path) -> None:
    refused = _run(tmp_path, "add", "http://127.0.0.1:9/hook", "--existing")
    before = list(tmp_path.iterdir())
    _said(tmp_path, "add", "http://127.0.0.1:9/hook")

    assert (2, "", []) == (refused.returncode, refused.stdout, before)
    assert f"there is no state file {tmp_path / 'state.db'}; run this in the directory of the mock" in refused.stderr
    assert 2 == len(_said(tmp_path, "add", "http://127.0.0.1:9/hook", "--existing").split())
