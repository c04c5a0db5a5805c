"""`/_sandbox/metrics`: what Prometheus reads, whom it is for, and what it does not tell."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mockserver.metrics import BUCKETS, Metrics
from nexuscommerce.contract import Contract
from tests.inside import Inside
from tests.mockserver.sandbox.control import Turning, opened

PATH = "/_sandbox/metrics"
_TOKEN = "x" * 24


class Sample(NamedTuple):
    name: str
    labels: dict[str, str]
    value: float


def samples(text: str) -> list[Sample]:
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return [Sample(sample.name.removeprefix("nexus_mock_"), sample.labels, sample.value) for sample in found]


def requests(text: str) -> Counter[tuple[str, str, str]]:
    rows = [sample for sample in samples(text) if sample.name == "requests_total"]
    return Counter({(row.labels["operation"], row.labels["status"], row.labels["code"]): int(row.value) for row in rows})


def value(text: str, name: str, **labels: str) -> float:
    (found,) = [row.value for row in samples(text) if row.name == name and labels.items() <= row.labels.items()]
    return found


def _read(inside: Inside) -> str:
    answer = inside.call("GET", PATH, key=None, headers={"Host": "localhost", "X-Tenant-ID": None})
    assert 200 == answer.status_code
    return answer.text


def test_requests_are_counted_by_operation_status_and_code(inside: Inside) -> None:
    for _ in range(3):
        inside.call("GET", "/api/products")
    inside.call("GET", "/api/products", key=None)
    inside.call("GET", "/api/products/NONE")
    inside.call("GET", "/api/nowhere")
    inside.call("POST", "/auth/v1/logout", key=None)
    inside.call("GET", "/docs", key=None)

    assert {
        ("listProducts", "200", ""): 3,
        ("listProducts", "401", "UNAUTHENTICATED"): 1,
        ("getProduct", "404", "RESOURCE_NOT_FOUND"): 1,
        ("", "404", "ROUTE_NOT_FOUND"): 1,
        ("", "401", ""): 1,
    } == requests(_read(inside))


def test_refusals_for_the_rate_limit_are_told_by_their_code(inside: Inside) -> None:
    for _ in range(62):
        inside.call("GET", "/api/products?limit=1", tenant=1)

    assert 2 == requests(_read(inside))["listProducts", "429", "RATE_LIMITED"]


def test_a_histogram_of_durations_adds_up(inside: Inside) -> None:
    for _ in range(4):
        inside.call("GET", "/api/orders")
    text = _read(inside)
    buckets = [row.value for row in samples(text) if row.name == "request_duration_seconds_bucket"]

    assert sorted(buckets) == buckets
    assert [4, 4] == [buckets[-1], value(text, "request_duration_seconds_count", operation="listOrders")]
    assert 0 < value(text, "request_duration_seconds_sum", operation="listOrders")
    assert len(BUCKETS) + 1 == len(buckets)


def test_a_duration_falls_into_the_bucket_that_includes_it() -> None:
    metrics, seconds = Metrics(), (0.0001, 0.001, 0.0011, 10, 11)
    for each in seconds:
        metrics.request(_Entry("listOrders", 200, None, each))  # type: ignore[arg-type]  # as much of one as is read
    (row,) = metrics.requests.values()

    assert [2, 1, *[0] * (len(BUCKETS) - 3), 1, 1] == row[:-1]
    assert pytest.approx(sum(seconds)) == row[-1] / 1e6


def test_the_process_the_worlds_and_what_waits_are_told(inside: Inside) -> None:
    text = _read(inside)

    assert len(inside.world.tenants) == value(text, "worlds")
    assert 0 == value(text, "webhook_deliveries_pending")
    assert 1 == value(text, "requests_in_flight")  # the scrape itself
    assert 1e6 < value(text, "process_resident_memory_bytes")
    assert 0 < value(text, "process_cpu_seconds_total")
    assert 0 <= value(text, "event_loop_lag_seconds")
    assert 1 == value(text, "build_info")


def test_tries_of_webhooks_are_counted_by_their_state(turning: Turning) -> None:
    """By the worker that an app's background runs; here by hand."""
    from mockserver.app import delivering
    from mockserver.settings import Settings
    from mockserver.stores import Stores

    stores = Stores()
    world = turning.world()
    turning.data("createEndpoint", worldId=world.id, body={"url": "http://127.0.0.1:1/", "events": ["order.created"]})
    turning.data("createOrder", worldId=world.id, body={})

    async def until_tried() -> None:
        async with delivering(Settings(), turning.inside.database, turning.inside.clock, stores):
            while not stores.metrics.tries:
                await asyncio.sleep(0.01)

    asyncio.run(until_tried())

    assert {"pending": 1} == stores.metrics.tries
    assert 1 == value(turning.send("GET", PATH).text, "webhook_deliveries_pending")


def test_no_label_names_a_tenant_a_caller_or_a_path(inside: Inside) -> None:
    tenant = inside.world.tenants[0]
    for path in ("/api/products/SECRET-SKU", "/api/x?token=secret", "/auth/v1/user"):
        inside.call("GET", path)
    text = _read(inside)

    assert {"operation", "status", "code", "le", "worker", "version", "python", "state"} >= {
        name for sample in samples(text) for name in sample.labels
    }
    assert not re.search(f"SECRET-SKU|secret|{tenant['id']}|{inside.key('full')}", text)


@pytest.mark.parametrize(("token", "status"), [(None, 401), ("nonsense", 401), ("world", 403), ("operator", 200)], ids=str)
def test_of_a_shared_mock_they_are_for_its_operator(public: Turning, token: str | None, status: int) -> None:
    known = {"operator": _TOKEN, "world": _world_token(public)}
    headers = {"Authorization": f"Bearer {known.get(token, token)}"} if token else {}
    answer = public.send("GET", PATH, headers)

    assert status == answer.status_code
    assert ("requests_total" in answer.text) == (status == 200)


def test_of_a_mock_of_ones_own_they_are_open_to_this_machine_and_to_no_page(turning: Turning) -> None:
    elsewhere = Turning(turning.inside, address="192.0.2.1")
    page = {"Origin": "https://evil.example"}

    assert [200, 401, 401] == [
        turning.send("GET", PATH).status_code,
        elsewhere.send("GET", PATH).status_code,
        turning.send("GET", PATH, page).status_code,
    ]
    assert "access-control-allow-origin" not in turning.send("GET", PATH, page).headers


def test_head_options_and_other_methods(turning: Turning) -> None:
    head, options, post = (turning.send(method, PATH) for method in ("HEAD", "OPTIONS", "POST"))

    assert (200, b"") == (head.status_code, head.content)
    assert (204, "GET, HEAD, OPTIONS") == (options.status_code, options.headers["Allow"])
    assert (405, "GET, HEAD, OPTIONS") == (post.status_code, post.headers["Allow"])


def test_who_asks_for_openmetrics_gets_it(turning: Turning) -> None:
    answer = turning.send("GET", PATH, {"Accept": "application/openmetrics-text; version=1.0.0"})

    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


@pytest.fixture
def public(tmp_path: Path, contract: Contract) -> Iterator[Turning]:
    made = opened(tmp_path, contract, public=True, sandbox_token=_TOKEN, fresh=True)
    yield made
    made.inside.database.close()


@pytest.fixture
def turning(tmp_path: Path, contract: Contract) -> Iterator[Turning]:
    made = opened(tmp_path, contract)
    yield made
    made.inside.database.close()


def _world_token(public: Turning) -> str:
    headers = {"Authorization": f"Bearer {_TOKEN}"}
    answer = public.send("POST", "/_sandbox/v1/worlds", headers, json={"fixtures": "empty"})
    return str(answer.json()["data"]["token"])


class _Entry(NamedTuple):
    operation_id: str
    status: int
    code: str | None
    seconds: float
