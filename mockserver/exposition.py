"""`/_sandbox/metrics`: the figures as Prometheus reads them. No label holds a tenant, a caller or a path."""

from __future__ import annotations

import platform
from collections.abc import Awaitable, Callable, Iterable, Iterator
from importlib.metadata import version
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver.metrics import BUCKETS, Figures, Rows, Sample
from mockserver.sandbox.access import Access
from mockserver.store.aside import Aside
from mockserver.store.database import Database
from mockserver.store.deliveries import Deliveries

if TYPE_CHECKING:  # imported at the first scrape
    from prometheus_client import Metric

PATH = "/_sandbox/metrics"
_NAME = "nexus_mock"
_PROCESS = {
    "process_cpu_seconds_total": "CPU time that the process has taken.",
    "process_open_fds": "Open file descriptors.",
    "process_resident_memory_bytes": "Resident memory.",
    "process_start_time_seconds": "When the process started, by the Unix epoch.",
}


class State(NamedTuple):
    """What the database says when it is asked."""

    worlds: int
    pending: int


def route(access: Access, database: Database, figures: Callable[[], Awaitable[Figures]]) -> Route:
    """Whoever may turn the whole mock may read its figures."""
    aside: Aside = database.aside

    def state() -> State:
        return State(database.worlds.number(), Deliveries(database).pending())

    async def answer(request: Request) -> Response:
        await aside(access.require_operator, request.scope["visit"])
        shown = await figures(), await aside(state)
        body, media_type = _written(_families(*shown), request.headers.get("accept", ""))
        return Response(body, headers={"content-type": media_type, "cache-control": "no-store"})

    return Route(PATH, answer, methods=["GET"])


def _written(families: Iterable[Metric], accept: str) -> tuple[bytes, str]:
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import choose_encoder
    from prometheus_client.registry import Collector

    class Once(Collector):
        def collect(self) -> Iterable[Metric]:
            return families

        def describe(self) -> Iterable[Metric]:
            return ()

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Once())
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type


def _families(figures: Figures, state: State) -> Iterator[Metric]:
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

    build = GaugeMetricFamily(f"{_NAME}_build_info", "Always 1.", labels=["version", "python"])
    build.add_metric([version("nexuscommerce-contract"), platform.python_version()], 1)
    yield build
    if figures.requests is not None:
        yield from _requests(figures.requests)
    if figures.tries is not None:
        what = "Tries of webhook deliveries, by the state that the delivery is in then."
        tries = CounterMetricFamily(f"{_NAME}_webhook_tries", what, labels=["state"])
        for name, number in figures.tries.items():
            tries.add_metric([name], number)
        yield tries
    what = "Webhook deliveries that wait for their first or next try."
    yield GaugeMetricFamily(f"{_NAME}_webhook_deliveries_pending", what, value=state.pending)
    yield GaugeMetricFamily(f"{_NAME}_worlds", "Worlds that there are.", value=state.worlds)
    yield from _workers(figures.workers)


def _requests(rows: Rows) -> Iterator[Metric]:
    from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily

    what = "Requests to /api and /auth; status 0 was not answered, a code is why a request was refused."
    requests = CounterMetricFamily(f"{_NAME}_requests", what, labels=["operation", "status", "code"])
    by_operation: dict[str, list[int]] = {}
    for (operation, status, code), row in sorted(rows.items()):
        requests.add_metric([operation, str(status), code], sum(row[:-1]))
        total = by_operation.setdefault(operation, [0] * len(row))
        by_operation[operation] = [mine + its for mine, its in zip(total, row, strict=True)]
    yield requests
    what = "Seconds from a request's head to its answer's end."
    durations = HistogramMetricFamily(f"{_NAME}_request_duration_seconds", what, labels=["operation"])
    names = [*map(str, BUCKETS), "+Inf"]
    for operation, total in by_operation.items():
        durations.add_metric([operation], [*zip(names, accumulate(total[:-1]), strict=True)], total[-1] / 1e6)
    yield durations


def _workers(workers: list[Sample]) -> Iterator[Metric]:
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

    flying = GaugeMetricFamily(f"{_NAME}_requests_in_flight", "Requests under way, streams too.", labels=["worker"])
    what = "How late the event loop was, at most, within the last 15 seconds."
    lags = GaugeMetricFamily(f"{_NAME}_event_loop_lag_seconds", what, labels=["worker"])
    for one in workers:
        flying.add_metric([one.worker], one.in_flight)
        lags.add_metric([one.worker], one.lag)
    yield from (flying, lags)
    for name, what in _PROCESS.items():
        kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
        family = kind(name.removesuffix("_total"), what, labels=["worker"])
        for one in workers:
            if name in one.process:
                family.add_metric([one.worker], one.process[name])
        yield family
