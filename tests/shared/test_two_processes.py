"""Two processes behind one address behave as one: each request comes by a connection of its own, so to either of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.live import Mock
from tests.shared.ledger import KEY, STARTER, STARTER_KEY, TENANT


def ask(mock: Mock, method: str, path: str, *, key: str = KEY, tenant: str = TENANT, **more: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}", "X-Tenant-ID": tenant, "Connection": "close"}
    return httpx.request(method, mock.address + path, headers=headers, timeout=30, **more)


def control(mock: Mock, method: str, path: str, **more: Any) -> httpx.Response:
    return httpx.request(method, f"{mock.address.removesuffix('/api')}/_sandbox/v1{path}", timeout=30, **more)


def at_once(work: Callable[[int], httpx.Response], times: int) -> list[httpx.Response]:
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(work, range(times)))


def test_both_answer(shared: Mock) -> None:
    """Or the rest of this file would say nothing: the log tells them apart by their process."""
    at_once(lambda _: ask(shared, "GET", "/products?limit=1"), 60)
    lines = (shared.database.parent / "mock.log").read_text().splitlines()

    assert 2 == len({pid for line in lines if (pid := _member(line, "pid"))})


def test_counters_are_exact(shared: Mock) -> None:
    """60 requests a minute are 60, whoever answers them; the minute may turn meanwhile, once."""
    seen = at_once(lambda _: ask(shared, "GET", "/products?limit=1", key=STARTER_KEY, tenant=STARTER), 200)
    left: dict[str, list[int]] = defaultdict(list)
    for answer in seen:
        if answer.status_code == 200:
            left[answer.headers["x-ratelimit-reset"]].append(int(answer.headers["x-ratelimit-remaining"]))

    assert {200, 429} == {answer.status_code for answer in seen}
    assert 60 == max(map(len, left.values()))
    assert [sorted(numbers) for numbers in left.values()] == [list(range(60 - len(n), 60)) for n in left.values()]


def test_a_sku_is_taken_once(shared: Mock) -> None:
    body = {"sku": "ONCE", "title": "One of many", "price": 1}
    seen = Counter(a.status_code for a in at_once(lambda _: ask(shared, "POST", "/products", json=body), 24))

    assert {201: 1, 409: 23} == seen


def test_no_unit_is_sold_twice(shared: Mock) -> None:
    """Orders that arrive at once reserve what there is, and no more."""
    ask(shared, "POST", "/products", json={"sku": "FEW", "title": "Few", "price": 5})
    (warehouse,) = [w for w in ask(shared, "GET", "/inventory/warehouses").json()["data"] if w["type"] == "own"][:1]
    update = {"warehouse_id": warehouse["id"], "quantity": 10, "reason": "supplier_receipt"}
    assert 200 == ask(shared, "PUT", "/inventory/FEW", json=update).status_code
    order = {"lines": [{"sku": "FEW", "quantity": 1}]}
    seen = Counter(
        a.status_code for a in at_once(lambda _: control(shared, "POST", f"/worlds/{TENANT}/orders", json=order), 30)
    )
    stock = ask(shared, "GET", "/inventory/FEW").json()["data"]

    assert 10 == seen[201]
    assert 30 == sum(seen.values())
    assert (10, 0) == (stock["total_reserved"], stock["total_available"])


def test_pages_are_walked_across_processes(shared: Mock) -> None:
    """A cursor of one is good with the other."""
    seen, cursor = [], None
    while True:
        page = ask(shared, "GET", "/products", params={"limit": 7, **({"cursor": cursor} if cursor else {})}).json()
        seen += [row["sku"] for row in page["data"]]
        cursor = page["meta"]["nextCursor"]
        if cursor is None:
            break

    assert page["meta"]["total"] == len(seen) == len(set(seen))


def test_a_key_is_good_for_nothing_once_it_is_revoked(shared: Mock) -> None:
    """With whichever process: nothing remembers it."""
    made = control(shared, "POST", f"/worlds/{TENANT}/keys", json={"name": "short-lived"}).json()["data"]
    assert {200} == {a.status_code for a in at_once(lambda _: ask(shared, "GET", "/products?limit=1", key=made["key"]), 20)}
    assert control(shared, "DELETE", f"/worlds/{TENANT}/keys/{made['id']}").is_success

    assert {401} == {a.status_code for a in at_once(lambda _: ask(shared, "GET", "/products?limit=1", key=made["key"]), 20)}


def test_a_clock_that_is_turned_shows_everywhere(shared: Mock) -> None:
    path = f"/worlds/{TENANT}/clock"
    assert 200 == control(shared, "PUT", path, json={"mode": "frozen", "at": "2031-05-06T07:08:09.000Z"}).status_code
    made = at_once(lambda n: ask(shared, "POST", "/products", json={"sku": f"THEN-{n}", "title": "Then", "price": 1}), 12)

    assert {"2031-05-06T07:08:09.000Z"} == {answer.json()["data"]["created_at"] for answer in made}


def _member(line: str, name: str) -> Any:
    import orjson

    try:
        return orjson.loads(line).get(name)
    except orjson.JSONDecodeError:
        return None


def test_a_nul_character_is_refused_and_no_mistake_of_ours(shared: Mock) -> None:
    """PostgreSQL cannot keep one; the contract's own strings may have none."""
    seen = control(shared, "PATCH", f"/worlds/{TENANT}", json={"name": "a\0b"})

    assert (400, "VALIDATION_ERROR") == (seen.status_code, seen.json()["error"]["code"])
