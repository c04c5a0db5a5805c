"""What an attack on the mock has found, each as a test."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from mockserver.arrivals import LINES, Unsellable, Wanted, arrive
from mockserver.domain import pricing
from mockserver.store.world import UnreadableWorld, load_world
from nexuscommerce.contract import Contract
from nexuscommerce.files import packaged
from tests.inside import Inside
from tests.live import running

RULE = {
    "name": "x",
    "type": "floor",
    "value": 1,
    "value_type": "fixed",
    "applies_to": "all",
    "marketplace": "all",
    "priority": 1,
}
DEEP = b"[" + b",".join([b"[" * 50 + b"]" * 50] * 9000) + b"]"


def _faults(inside: Inside, path: str, body: Any) -> set[tuple[str, str]]:
    response = inside.call("POST", path, json=body)
    return {(row["pointer"], row["message"]) for row in response.json()["error"]["details"]["errors"]}


def _run(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mockserver", "--database", str(directory / "state.db"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize("path", ["/api/ai-jobs", "/api/pricing/rules"])
def test_a_body_that_is_no_object_is_not_held_against_every_shape(inside: Inside, path: str) -> None:
    """A million brackets took 4 s, with everybody else waiting. The message is that of the short way."""
    response = inside.call("POST", path, content=DEEP, headers={"Content-Type": "application/json"})

    assert [{"in": "body", "pointer": "", "message": "is not an object"}] == response.json()["error"]["details"]["errors"]


def test_without_a_known_shape_the_faults_that_every_shape_has_are_told(inside: Inside) -> None:
    told = _faults(inside, "/api/pricing/rules", {**RULE, "applies_to": "ALL", "value": -1, "junk": 1})

    assert {
        ("/applies_to", "is not one of all, category, skus"),
        ("/value", "-1 is less than the minimum of 0"),
        ("/junk", "there is no such member, or it cannot be set"),
    } == told
    assert ("/type", "is missing") in _faults(inside, "/api/ai-jobs", {"priority": "x"})


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
@pytest.mark.parametrize(("path", "allow"), [("bulk", "OPTIONS, POST"), ("warehouses", "GET, HEAD, OPTIONS")])
def test_a_path_that_is_written_out_is_no_sku(inside: Inside, method: str, path: str, allow: str) -> None:
    inside.call("POST", "/api/products", json={"sku": path, "title": "x", "price": 1})
    response = inside.call(method, f"/api/inventory/{path}", json={} if method == "PUT" else None)
    is_list = path == "warehouses" and method != "PUT"

    assert (200 if is_list else 405) == response.status_code
    assert is_list or allow == response.headers["allow"]


@pytest.mark.parametrize(
    ("text", "status"), [("1e-7", 200), ("9e-1", 200), ("0." + "9" * 40, 200), ("1e5", 400), ("1e999", 400)]
)
def test_numbers_are_read_as_json_writes_them(inside: Inside, text: str, status: int) -> None:
    assert status == inside.call("GET", "/api/pricing/recommendations", params={"min_confidence": text}).status_code


def test_there_is_one_zero(inside: Inside) -> None:
    made = inside.call(
        "POST",
        "/api/pricing/rules",
        content=orjson.dumps(RULE | {"value": -0.0}),
        headers={"Content-Type": "application/json"},
    )

    assert b'"value":0.0' in made.content


def test_what_changes_nothing_is_no_event(inside: Inside) -> None:
    record = inside.call("GET", "/api/inventory/SKU-001").json()["data"]
    level = next(row for row in record["warehouses"] if row["type"] == "own")
    body = {"warehouse_id": level["warehouse_id"], "quantity": level["on_hand"], "reason": "cycle_count"}
    again = inside.call("PUT", "/api/inventory/SKU-001", json=body)
    with inside.database.transaction(writes=False) as connection:
        told = connection.exec_driver_sql("SELECT count(*) FROM events").scalar_one()

    assert (200, record, 0) == (again.status_code, again.json()["data"], told)


def test_a_cursor_has_one_spelling(inside: Inside) -> None:
    cursor = inside.call("GET", "/api/pricing/rules", params={"limit": "3"}).json()["meta"]["nextCursor"]
    others = [
        f"{cursor}=",
        *(cursor[:-1] + end for end in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if end != cursor[-1]),
    ]
    statuses = [
        inside.call("GET", "/api/pricing/rules", params={"limit": "3", "cursor": text}).status_code for text in others
    ]

    assert {400} == set(statuses)


def test_an_order_is_no_larger_than_the_document_allows(inside: Inside, contract: Contract) -> None:
    assert LINES == contract.schemas.named("LineItems")["maxItems"]
    assert pricing.HIGHEST == contract.schemas.named("Money")["maximum"] * 100
    for wanted in ([Wanted("SKU-001", 1)] * (LINES + 1), [Wanted("SKU-001", 1), Wanted("MOST-1", 2)]):
        with pytest.raises(Unsellable), inside.database.shop(inside.world.tenants[0]["id"], writes=True) as shop:
            arrive(shop, inside.clock.now, wanted, "amazon_us", "FBM")


def test_a_reasoning_keeps_the_names_of_its_rules_and_ends_with_a_sentence() -> None:
    names = ["İ-1 " + "x" * 200, "pf-3", "PF-12"]
    kinds = ["margin_target", "floor", "ceiling"]
    rules = [
        {**RULE, "name": name, "type": kind, "value": value, "priority": number}
        for number, (name, kind, value) in enumerate(zip(names, kinds, (5, 50, 40), strict=True))
    ]
    told = pricing.recommendation(rules, pricing.Market(1000, 500, []), "seed")["reasoning"]

    assert told.startswith("İ-1 xxx")
    assert told.endswith("the floor pf-3 is 50.00.")
    assert len(told) <= 500


def test_a_mock_that_cannot_listen_has_touched_no_state(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        (tmp_path / "state.db").write_text("precious")
        done = _run(tmp_path, "--fresh", "--port", str(taken.getsockname()[1]))

    assert (2, "precious") == (done.returncode, (tmp_path / "state.db").read_text())


def test_fresh_takes_no_state_from_a_mock_that_runs(tmp_path: Path) -> None:
    with running(tmp_path, "--log", "off"):
        done = _run(tmp_path, "--fresh", "--port", "0")

    assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert "in use by another mock" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--webhook-pauses", "nan"), "is a number from 0 to 1000"),
        (("--origin", "not an origin"), "is no origin"),
        (("webhook", "add", "http://xn--.example"), "cannot be read"),
        (("webhook", "add", "http://a b/c"), "this URL"),
        (("webhook", "add", f"http://{'a' * 300}/"), "this URL"),
    ],
)
def test_a_wrong_option_is_told_in_one_line(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = _run(tmp_path, *words)

    assert 2 == done.returncode
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_token_for_ever_is_refused(tmp_path: Path) -> None:
    assert 2 == _run(tmp_path, "token", "--expires-in", "99999999999999").returncode


def test_a_command_says_that_it_made_a_new_state_file(tmp_path: Path) -> None:
    assert "state.db is a new state file" in _run(tmp_path, "webhook", "list").stderr


def test_a_state_file_without_one_of_its_tables_is_refused(inside: Inside, tmp_path: Path) -> None:
    _run(tmp_path, "webhook", "list")
    with sqlite3.connect(tmp_path / "state.db") as connection:
        connection.execute("DROP TABLE reservations")
    connection.close()

    assert "lacks some of its tables; begin anew with --fresh" in _run(tmp_path, "webhook", "list").stderr


def _world(change: Any) -> bytes:
    world = orjson.loads(packaged("fixtures/world.json").read_bytes())
    change(world, world["tenants"][0])
    return orjson.dumps(world)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda w, t: t["keys"][0].update(allowlist=["300.1.1.1/8"]), "allowlist"),
        (lambda w, t: w["auth"]["signing_key"].update(d="AAAA"), "no private EC key"),
        (lambda w, t: w["auth"]["signing_key"].update(x="AAAA"), "no private EC key"),
        (lambda w, t: w["tenants"].append(t), "stands there twice"),
        (lambda w, t: t["products"].append(t["products"][0]), "stands there twice"),
        (lambda w, t: t["products"][1].update(sku=t["products"][0]["sku"]), "has a product or a record"),
        (lambda w, t: t["rules"][0].update(applies_to="category", category=None), "a rule that applies to category needs"),
        (lambda w, t: t["inventory"][0]["levels"].extend(t["inventory"][0]["levels"] * 2), "stands there twice"),
    ],
)
def test_fixtures_that_contradict_themselves_are_refused(tmp_path: Path, contract: Contract, change: Any, said: str) -> None:
    (tmp_path / "world.json").write_bytes(_world(change))

    with pytest.raises(UnreadableWorld, match=said):
        load_world(tmp_path / "world.json", contract)
