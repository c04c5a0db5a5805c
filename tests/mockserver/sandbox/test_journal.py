"""The request log: what it has of a request, what it leaves out, how it is bounded and searched."""

from __future__ import annotations

import gc
import json
import resource
import shlex
import subprocess
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers

from mockserver.body import KEPT
from mockserver.sandbox.journal import BYTES, ENTRIES, Journal
from mockserver.sandbox.selection import Selection, selection
from mockserver.visit import Visit
from nexuscommerce.contract import Contract
from tests.inside import START, Inside, open_inside
from tests.mockserver.sandbox.turning import breaches, code, control, entries, entry, of, pointers

WORLDS = ("3714240b-2e06-4c35-8856-ccc1c096323e", "a5f4d17c-3498-45e7-9fbe-7214d722cec5")


def test_an_entry_has_the_request_the_answer_and_why(inside: Inside) -> None:
    answer = inside.call("PATCH", "/api/products/SKU-001?x=1", json={"price": "much"}, headers={"X-Request-ID": "mine"})
    seen = entry(inside)

    assert [] == breaches("Request", seen)
    assert {
        "request_id": "mine",
        "world_id": inside.world.tenants[0]["id"],
        "at": "2026-03-12T15:00:10.000Z",
        "method": "PATCH",
        "path": "/api/products/SKU-001",
        "query": "x=1",
        "operation_id": "updateProduct",
        "status": 400,
        "error_code": "VALIDATION_ERROR",
        "message": "2 faults in the request",
        "fault": None,
    }.items() <= seen.items()
    assert {"headers": seen["request"]["headers"], "body": '{"price":"much"}', "truncated": False} == seen["request"]
    assert answer.text == seen["response"]["body"]
    assert [[name, value] for name, value in answer.headers.items()] == seen["response"]["headers"]
    assert ["content-type", "application/json"] in seen["request"]["headers"]


def test_a_caller_is_a_key_by_its_id_a_user_or_an_address(inside: Inside) -> None:
    keys = control(inside, "GET", f"{of(inside, 0)}/keys").json()["data"]
    user = inside.world.tenants[0]["users"][0]
    token = control(inside, "POST", f"{of(inside, 0)}/users/{user['id']}/token", {}).json()["data"]["token"]
    inside.call("GET", "/api/orders")
    inside.call("GET", "/api/orders", token=token)
    inside.call("GET", "/api/orders", key=None)

    (full,) = (row["id"] for row in keys if row["name"] == "full")
    assert ["127.0.0.1", f"user {user['id']}", full] == [row["caller"] for row in entries(inside)]
    assert [None, inside.world.tenants[0]["id"]] == [row["world_id"] for row in entries(inside)][:2]


def test_the_api_and_the_login_are_logged_and_nothing_else(inside: Inside) -> None:
    preflight = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    for method, path, headers in [
        ("GET", "/docs", {}),
        ("GET", "/openapi.yaml", {}),
        ("GET", "/nowhere", {}),
        ("OPTIONS", "/api/orders", preflight),
        ("OPTIONS", "/api/orders", {}),
        ("GET", "/api/nowhere", {}),
        ("GET", "/api/health", {}),
        ("POST", "/auth/v1/logout", {}),
    ]:
        inside.call(method, path, key=None, headers=headers)
    control(inside, "GET", "/coverage")

    assert ["/auth/v1/logout", "/api/health", "/api/nowhere", "/api/orders"] == [row["path"] for row in entries(inside)]


def test_the_logins_own_refusals_are_known(inside: Inside) -> None:
    inside.call("POST", "/auth/v1/logout", key=None)

    assert (401, "no_authorization", "This endpoint requires a valid Bearer token") == tuple(
        entries(inside)[0][name] for name in ("status", "error_code", "message")
    )


def test_head_is_logged_without_the_body_that_was_not_sent(inside: Inside) -> None:
    inside.call("HEAD", "/api/orders")
    seen = entry(inside)

    assert ("HEAD", "listOrders", 200, None) == (
        seen["method"],
        seen["operation_id"],
        seen["status"],
        seen["response"]["body"],
    )


def test_the_body_of_a_request_that_was_refused_is_there_too(inside: Inside) -> None:
    inside.call("POST", "/api/products", key=None, json={"sku": "NEW-1"})

    assert '{"sku":"NEW-1"}' == entry(inside)["request"]["body"]


@pytest.mark.parametrize(("length", "truncated"), [(KEPT, False), (KEPT + 1, True), (KEPT * 4, True)])
def test_a_long_body_is_cut_and_marked(inside: Inside, length: int, truncated: bool) -> None:
    inside.call("POST", "/api/products", content=b"x" * length, headers={"Content-Type": "text/plain"})
    seen = entry(inside)["request"]

    assert ("x" * min(length, KEPT), truncated) == (seen["body"], seen["truncated"])


def test_the_log_is_filtered(inside: Inside) -> None:
    inside.call("GET", "/api/orders")
    inside.call("GET", "/api/products/SKU-001")
    inside.call("GET", "/api/products/NO-SUCH")
    inside.call("DELETE", "/api/products/NO-SUCH")
    inside.call("GET", "/api/orders", tenant=1)
    inside.call("GET", "/api/orders", key=None)
    first, second = (row["id"] for row in inside.world.tenants[:2])

    for query, count in [
        ({}, 6),
        ({"world_id": first}, 4),
        ({"world_id": second}, 1),
        ({"world_id": "none"}, 1),
        ({"operation_id": "listOrders"}, 3),
        ({"method": "DELETE"}, 1),
        ({"status": "404"}, 2),
        ({"status": "4xx"}, 3),
        ({"status": "2xx"}, 3),
        ({"path": "/api/products/*"}, 3),
        ({"path": "*SKU*"}, 1),
        ({"path": "/products"}, 0),
        ({"error_code": "UNAUTHENTICATED"}, 1),
        ({"status": "404", "method": "GET", "world_id": first}, 1),
    ]:
        answer = control(inside, "GET", "/requests", params=query).json()

        assert (count, count, None) == (len(answer["data"]), answer["meta"]["total"], answer["meta"]["next"]), query
        assert [] == breaches("RequestSummary", answer["data"][0]) if answer["data"] else True


def test_the_log_is_read_in_pages_the_latest_first(inside: Inside) -> None:
    for number in range(5):
        inside.call("GET", "/api/orders", headers={"X-Request-ID": str(number)})
    seen: list[str] = []
    before: dict[str, Any] = {}
    for _ in range(3):
        page = control(inside, "GET", "/requests", params={"limit": 2, **before}).json()
        seen += [row["request_id"] for row in page["data"]]
        before = {"before": page["meta"]["next"]}

        assert 5 == page["meta"]["total"]
    assert ["4", "3", "2", "1", "0"] == seen
    assert {"before": None} == before


def test_a_page_goes_on_where_it_was_though_its_entry_is_gone(inside: Inside) -> None:
    inside.call("GET", "/api/orders", headers={"X-Request-ID": "old"})
    inside.call("GET", "/api/orders", key=None)
    (last, _) = entries(inside)
    control(inside, "DELETE", "/requests", params={"world_id": "none"})

    assert ["old"] == [row["request_id"] for row in entries(inside, before=last["id"])]


@pytest.mark.parametrize("before", ["req_1", "nonsense", "req_00000000_1"])
def test_what_is_no_entry_of_this_log_is_refused(inside: Inside, before: str) -> None:
    assert ["/before"] == pointers(control(inside, "GET", "/requests", params={"before": before}))
    assert 404 == control(inside, "GET", f"/requests/{before}").status_code


def test_the_log_is_emptied_of_a_world_or_of_all(inside: Inside) -> None:
    for tenant in (0, 1):
        inside.call("GET", "/api/orders", tenant=tenant)
    inside.call("GET", "/api/orders", key=None)
    first = inside.world.tenants[0]["id"]

    assert 204 == control(inside, "DELETE", "/requests", params={"world_id": first}).status_code
    assert {None, inside.world.tenants[1]["id"]} == {row["world_id"] for row in entries(inside)}
    assert 204 == control(inside, "DELETE", "/requests").status_code
    assert [] == entries(inside)


def test_the_time_of_an_entry_is_the_worlds(inside: Inside) -> None:
    control(inside, "PUT", f"{of(inside, 0)}/clock", {"mode": "frozen", "at": "2030-01-01T00:00:00.000Z"})
    inside.call("GET", "/api/orders")

    assert "2030-01-01T00:00:00.000Z" == entries(inside)[0]["at"]


def _world(inside: Inside, name: str) -> tuple[str, str, str]:
    made = control(inside, "POST", "/worlds", {"name": name}).json()["data"]
    return made["world"]["id"], made["key"], made["token"]


def test_a_token_of_a_world_sees_its_own_part_and_knows_of_no_other(inside: Inside) -> None:
    world, key, token = _world(inside, "mine")
    inside.call("GET", "/api/orders", token=key, headers={"X-Tenant-ID": world})
    inside.call("GET", "/api/orders")
    inside.call("GET", "/api/orders", key=None)
    other = entries(inside, world_id=inside.world.tenants[0]["id"])[0]

    def mine(method: str, path: str, **query: Any) -> Any:
        return control(inside, method, path, token=token, params=query)

    assert [world] == [row["world_id"] for row in mine("GET", "/requests").json()["data"]]
    assert [world] == [row["world_id"] for row in mine("GET", "/requests", world_id=world).json()["data"]]
    assert world == mine("GET", "/coverage").json()["data"]["world_id"]
    for wanted in (other["world_id"], "none", "nonsense"):
        for method, path in [
            ("GET", "/requests"),
            ("DELETE", "/requests"),
            ("GET", "/coverage"),
            ("GET", "/requests/stream"),
        ]:
            assert "RESOURCE_NOT_FOUND" == code(mine(method, path, world_id=wanted)), (path, wanted)
    assert 404 == mine("GET", f"/requests/{other['id']}").status_code
    assert 204 == mine("DELETE", "/requests").status_code
    assert 2 == len(entries(inside))


def test_what_is_kept_of_a_world_goes_with_it_whoever_deletes_it(inside: Inside) -> None:
    """The operator, or (of a shared mock) the clock."""
    for delete in (
        lambda world: control(inside, "DELETE", f"/worlds/{world}"),
        lambda world: inside.database.worlds.delete(world),
    ):
        world, key, _ = _world(inside, "short")
        control(inside, "POST", f"/worlds/{world}/faults", {"status": 500})
        inside.call("GET", "/api/orders", token=key, headers={"X-Tenant-ID": world})
        assert [500] == [row["status"] for row in entries(inside, world_id=world)]
        delete(world)

        assert [] == entries(inside, world_id=world)
        assert 0 == control(inside, "GET", "/coverage", params={"world_id": world}).json()["data"]["exercised"]
        assert [] == inside.app._interference._faults.all(world)  # type: ignore[attr-defined]


def _as_the_shell_reads_it(line: str, token: str) -> list[str]:
    """The arguments that curl is given."""
    script = "curl() { printf '%s\\0' \"$@\"; }; " + line
    environment = {"NEXUS_TOKEN": token, "PATH": "/usr/bin:/bin"}
    ran = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=True)
    return ran.stdout.split("\0")[:-1]


def test_a_curl_line_sends_the_request_again(inside: Inside) -> None:
    """As a shell reads it: quotes, dollars, backslashes and line feeds are those of the request."""
    body = json.dumps({"sku": "it's", "title": '"$HOME" `x` \\ %\n!'}, indent=1)
    headers = {"Content-Type": "application/json", "X-Odd": "it's $(x)"}
    inside.call("POST", "/api/products?a='b'", content=body, headers=headers)
    given = _as_the_shell_reads_it(entry(inside)["curl"], inside.key("full"))

    assert ["-X", "POST", "http://localhost/api/products?a='b'"] == given[:3]
    assert body == given[given.index("--data-binary") + 1]
    assert {f"Authorization: Bearer {inside.key('full')}", "x-odd: it's $(x)", "content-type: application/json"} <= {*given}
    assert not [each for each in given if each.startswith(("host:", "content-length:", "cookie:"))]


@pytest.mark.parametrize(("method", "expected"), [("GET", []), ("HEAD", ["--head"]), ("DELETE", ["-X", "DELETE"])])
def test_a_curl_line_has_the_method(inside: Inside, method: str, expected: list[str]) -> None:
    inside.call(method, "/api/orders/x")
    given = _as_the_shell_reads_it(entry(inside)["curl"], "")

    assert [*expected, "http://localhost/api/orders/x"] == given[: len(expected) + 1]


class _Answered:
    """As much of an Answer as the log looks at."""

    status = 200
    headers: Sequence[tuple[bytes, bytes]] = ()
    kept = b"{}"
    length = 2


class _Read:
    """As much of a Body."""

    kept = b""
    length = 0


def _visit(number: int, **more: Any) -> Visit:
    headers = Headers(raw=[(b"host", b"mock"), (b"x-number", b"%d" % number)])
    visit = Visit(
        str(number),
        "GET",
        "/api/orders",
        "/api/orders",
        "http",
        headers,
        "127.0.0.1",
        START + timedelta(seconds=number),
        _Read(),  # type: ignore[arg-type]
    )
    for name, value in more.items():
        setattr(visit, name, value)
    return visit


class _Caller:
    counter = "address"

    def __init__(self, world: str) -> None:
        self.tenant_id = world


def test_each_world_has_so_many_entries_and_the_oldest_go_first(contract: Contract) -> None:
    journal = Journal(contract, entries=3)
    for number in range(5):
        journal.note(_visit(number), _Answered(), 0.0)  # type: ignore[arg-type]
        journal.note(_visit(10 + number, principal=_Caller("w")), _Answered(), 0.0)  # type: ignore[arg-type]

    assert ["2", "3", "4"] == [entry.request_id for entry in journal.select(Selection(""))]
    assert ["12", "13", "14"] == [entry.request_id for entry in journal.select(Selection("w"))]
    assert 6 == len(journal)


def test_all_of_it_takes_so_many_bytes_and_the_oldest_goes_first(contract: Contract) -> None:
    journal = Journal(contract, entries=1_000, limit=100_000)
    for number in range(300):
        journal.note(_visit(number, principal=_Caller(f"w{number % 7}")), _Answered(), 0.0)  # type: ignore[arg-type]
    left = [int(entry.request_id) for entry in journal.select(Selection())]

    assert left == list(range(300 - len(left), 300))
    assert 70 < len(left) < 110
    assert journal.bytes <= 100_000
    journal.clear(None)
    assert (0, 0) == (journal.bytes, len(journal))


def test_a_filter_of_a_path_takes_the_rest_of_the_pattern_literally() -> None:
    chosen = selection(None, {"path": "/a.b*?"})

    assert chosen.path is not None
    assert [True, False] == [bool(chosen.path.fullmatch(path)) for path in ("/a.b/c?", "/aXb/c?")]


@pytest.mark.slow
def test_200_000_requests_leave_the_memory_flat(tmp_path: Path, contract: Contract) -> None:
    """Bodies of 20 kB and many worlds: the bound of the bytes holds, and so does the process's size."""
    journal = Journal(contract)
    body = _Answered()
    for number in range(200_000):
        body = _Answered()
        body.kept = bytes(20_000)
        body.length = 20_000
        journal.note(_visit(number, principal=_Caller(f"w{number % 100}")), body, 0.0)  # type: ignore[arg-type]
        if number == 20_000:
            gc.collect()
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024

    assert journal.bytes <= BYTES
    assert len(journal) < 100 * ENTRIES
    assert grown < BYTES / 4


def test_the_log_of_this_process_is_no_other_ones(tmp_path: Path, contract: Contract) -> None:
    """An id that a page or a reader has kept over a restart means no entry of the new log."""
    ids = []
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        inside = open_inside(tmp_path / str(number), contract)
        inside.call("GET", "/api/health")
        ids.append(entries(inside)[0]["id"])
        inside.database.close()

    assert ids[0] != ids[1]
    assert shlex.quote(ids[0]) == ids[0]
