"""One request, many faults: the answer is the first that applies, in the order of `x-refusals`.

A fault is a change to a request that deserves a certain refusal. Every pair of faults that fits into one request is tried.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations
from random import Random
from typing import Any, NamedTuple

import pytest

from contract_tests.absence import Why, not_run
from contract_tests.client import Actor, Answer
from contract_tests.document import CONTRACT, by_id, choice, has
from contract_tests.paging import walk
from contract_tests.population import Population, nowhere
from contract_tests.stock import KEPT, update

RANK = {row.code: n for n, row in enumerate(CONTRACT.refusals)}
JSON = "application/json"


@dataclass(frozen=True)
class Request:
    """A request as faults change it. `credential` names an actor."""

    method: str
    path: str
    credential: str = "full"
    tenant: str = "own"
    media: str | None = None
    content: bytes | None = None
    query: dict[str, str] = field(default_factory=dict)


class Fault(NamedTuple):
    """What deserves `code`. Two faults at the same `place` of a request exclude each other."""

    code: str
    place: str
    change: Callable[[Request], Request]


def _absent(method: str) -> str:
    """A method that the path of no ground has."""
    return "PATCH" if method == "PUT" else "PUT"


def _changing(code: str, place: str, **change: Any) -> Fault:
    return Fault(code, place, lambda request: replace(request, **change))


def _asking(code: str = "VALIDATION_ERROR", place: str = "query", **query: str) -> Fault:
    return Fault(code, place, lambda request: replace(request, query={**request.query, **query}))


ANYWHERE = (
    _changing("ROUTE_NOT_FOUND", "path", path="/nowhere"),
    Fault("METHOD_NOT_ALLOWED", "method", lambda request: replace(request, method=_absent(request.method))),
    _changing("UNAUTHENTICATED", "credential", credential="anonymous"),
    _changing("TOKEN_INVALID", "credential", credential="garbage"),
    _changing("TOKEN_EXPIRED", "credential", credential="expired"),
    _changing("IP_NOT_ALLOWED", "credential", credential="elsewhere"),
    _changing("TENANT_HEADER_MISSING", "tenant", tenant="none"),
    _changing("TENANT_HEADER_INVALID", "tenant", tenant="malformed"),
    _changing("TENANT_ACCESS_DENIED", "tenant", tenant="another"),
    _changing("INSUFFICIENT_SCOPE", "credential", credential="nothing"),
    *[_asking(nonsense="1")] * (choice("unknown_query") == "refuse"),
)
IN_BODY = (
    Fault(
        "PAYLOAD_TOO_LARGE",
        "length",
        lambda request: replace(request, content=(request.content or b"").ljust(CONTRACT.body_bytes + 1)),
    ),
    _changing("UNSUPPORTED_MEDIA_TYPE", "media", media="text/plain"),
    _changing("MALFORMED_JSON", "body", content=b'{"title": '),
)
IN_LIST = (_asking(limit="0"), _asking("INVALID_CURSOR", "cursor", cursor="forged"))


class Ground(NamedTuple):
    """A request of an operation on which faults are tried; `own` are the faults that only it can have."""

    name: str
    operation: str
    faults: tuple[Fault, ...]


EVERY_GROUND = (
    Ground("list", "listProducts", (*ANYWHERE, *IN_LIST)),
    Ground(
        "create",
        "createProduct",
        (
            *ANYWHERE,
            *IN_BODY,
            _changing("VALIDATION_ERROR", "body", content=b"{}"),
            Fault("SKU_ALREADY_EXISTS", "own", lambda r: r),
        ),
    ),
    Ground(
        "update",
        "updateProduct",
        (
            *ANYWHERE,
            *IN_BODY,
            _changing("VALIDATION_ERROR", "body", content=b"{}"),
            Fault("RESOURCE_NOT_FOUND", "own", lambda r: r),
        ),
    ),
    Ground("cancel", "cancelOrder", (*ANYWHERE, Fault("RESOURCE_NOT_FOUND", "own", lambda r: r))),
    Ground(
        "stock",
        "setInventory",
        (
            *ANYWHERE,
            *IN_BODY,
            _changing("VALIDATION_ERROR", "body", content=b"{}"),
            _changing("RESOURCE_NOT_FOUND", "path", path="/inventory/JT-nowhere"),
            Fault("WAREHOUSE_READ_ONLY", "own", lambda r: r),
        ),
    ),
    Ground(
        "rule",
        "updatePricingRule",
        (
            *ANYWHERE,
            *IN_BODY,
            _changing("VALIDATION_ERROR", "body", content=b'{"category": "of a rule for all"}'),
            _changing("VALIDATION_ERROR", "body", content=b"{}"),
        ),
    ),
    Ground("job", "cancelJob", (*ANYWHERE, Fault("INVALID_STATE_TRANSITION", "own", lambda r: r))),
)
GROUNDS = tuple(ground for ground in EVERY_GROUND if has(ground.operation))
PAIRS = [
    (ground, pair)
    for ground in GROUNDS
    for pair in combinations(ground.faults, 2)
    if pair[0].place != pair[1].place and {"path", "method"} != {pair[0].place, pair[1].place}
]


def _named(value: Any) -> str:
    return value.name if isinstance(value, Ground) else "+".join(fault.code for fault in value)


@pytest.mark.parametrize(("ground", "faults"), PAIRS, ids=_named)
@pytest.mark.rule("ERR-13")
def test_of_two_faults_the_first_is_answered(
    ground: Ground, faults: tuple[Fault, ...], ask: Callable[[Ground, Any], Answer]
) -> None:
    ask(ground, faults).refused(min((fault.code for fault in faults), key=RANK.__getitem__))


@pytest.mark.parametrize("ground", GROUNDS, ids=_named)
@pytest.mark.rule("ERR-13")
def test_of_many_faults_the_first_is_answered(ground: Ground, ask: Callable[[Ground, Any], Answer], chance: Random) -> None:
    """One fault at each place, drawn; then one less at the front, until one is left."""
    for _ in range(5):
        faults = sorted(_one_per_place(ground.faults, chance), key=lambda fault: RANK[fault.code])
        while faults:
            ask(ground, faults).refused(faults[0].code)
            faults.pop(0)


@pytest.fixture(scope="module")
def ask(
    full: Actor, other_full: Actor, anonymous: Actor, actor: Callable[[str], Actor], population: Population, chance: Random
) -> Callable[[Ground, Any], Answer]:
    taken = population.product()["sku"]
    missing = nowhere(full, chance)
    makers: dict[str, Callable[[], Request]] = {
        "list": lambda: Request("GET", "/products"),
        "create": lambda: Request(
            "POST", "/products", media=JSON, content=b'{"sku": "%s", "title": "x", "price": 1}' % taken.encode()
        ),
        "update": lambda: Request("PATCH", f"/products/{missing['sku']}", media=JSON, content=b'{"title": "x"}'),
        "cancel": lambda: Request("POST", f"/orders/{missing['orderId']}/cancel"),
        "stock": lambda: Request("PUT", f"/inventory/{taken}", media=JSON, content=_kept(full)),
        "rule": lambda: Request("PATCH", f"/pricing/rules/{population.rule()['id']}", media=JSON, content=b'{"value": 1}'),
        "job": lambda: Request("POST", f"/ai-jobs/{population.job()['id']}/cancel"),
    }
    grounds = {ground.name: makers[ground.name]() for ground in GROUNDS}
    tenants = {"own": full.tenant, "none": None, "malformed": "no-uuid", "another": other_full.tenant}
    own = {"full": full, "anonymous": anonymous, "garbage": full.with_token("garbage", "nxc_live_nothing")}

    def send(ground: Ground, faults: Any) -> Answer:
        request = grounds[ground.name]
        if request.media and request.content is None:
            not_run(Why.TOO_LITTLE, "tenant `main` has no warehouse that a marketplace keeps")
        for fault in _applied_in_order(faults):
            request = fault.change(request)
        caller = own[request.credential] if request.credential in own else actor(request.credential)
        headers = {"Content-Type": request.media}
        return caller.at(tenants[request.tenant]).send(request.method, request.path, request.query, headers, request.content)

    return send


def _kept(actor: Actor) -> bytes | None:
    """An update of a level that a marketplace keeps, where there is such a warehouse."""
    rows = walk(actor, by_id("listWarehouses")).rows if has("listWarehouses") else []
    return next((json.dumps(update(row["id"], 5)).encode() for row in rows if row["type"] in KEPT), None)


def _applied_in_order(faults: Any) -> list[Fault]:
    """The length last: it pads whatever body the others made."""
    return sorted(faults, key=lambda fault: fault.place == "length")


def _one_per_place(faults: tuple[Fault, ...], chance: Random) -> Iterator[Fault]:
    for place in dict.fromkeys(fault.place for fault in faults):
        if place not in ("path", "method"):
            yield chance.choice([fault for fault in faults if fault.place == place])
