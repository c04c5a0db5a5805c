"""`Prefer` asks for an answer, for one request (RFC 7240)."""

from __future__ import annotations

import time

import httpx
import pytest
from starlette.datastructures import Headers

from mockserver.sandbox.prefer import preferences
from tests.inside import Inside
from tests.mockserver.sandbox.turning import code, entry, fault, faults


def _prefer(
    inside: Inside, prefer: str, path: str = "/api/orders", method: str = "GET", **options: object
) -> httpx.Response:
    return inside.call(method, path, headers={"Prefer": prefer}, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["code=429"], {"code": "429"}),
        (["code=429, delay=800"], {"code": "429", "delay": "800"}),
        (["code=429,delay=800"], {"code": "429", "delay": "800"}),
        (["code=429", "delay=800"], {"code": "429", "delay": "800"}),
        (['code="429"'], {"code": "429"}),
        (["Code = 429"], {"code": "429"}),
        (["code=429; foo=bar, delay=1"], {"code": "429", "delay": "1"}),
        (['foo; some="a, code=500", code=404'], {"foo": "", "code": "404"}),
        (["code=429, code=500"], {"code": "429"}),
        (["respond-async, wait=100"], {"respond-async": "", "wait": "100"}),
        (['example="a \\"b\\""'], {"example": 'a "b"'}),
        ([", ,code=404"], {"code": "404"}),
        (["code=404, ???, delay=1"], {"code": "404"}),
        ([""], {}),
    ],
)
def test_preferences_are_read_as_the_rfc_writes_them(headers: list[str], expected: dict[str, str]) -> None:
    """Several headers and lists, quoted values, parameters; of a name the first. What cannot be read ends a list."""
    raw = [(b"prefer", header.encode()) for header in headers]

    assert expected == preferences(Headers(raw=raw))


@pytest.mark.parametrize(
    ("prefer", "path", "expected"),
    [
        ("code=429", "/api/orders", (429, "RATE_LIMITED")),
        ("code=RATE_LIMITED", "/api/orders", (429, "RATE_LIMITED")),
        ("code=404", "/api/orders/ord_01HXK9MZPQ3B8C7D2E5F6G", (404, "RESOURCE_NOT_FOUND")),
        ("code=token_expired", "/api/orders", (401, "TOKEN_EXPIRED")),
        ("code=500", "/api/health", (500, "INTERNAL_ERROR")),
        ("code=400, example=INVALID_CURSOR", "/api/orders", (400, "INVALID_CURSOR")),
        ("code=TENANT_ACCESS_DENIED", "/api/products", (403, "TENANT_ACCESS_DENIED")),
    ],
)
def test_an_error_is_answered_that_is_asked_for(inside: Inside, prefer: str, path: str, expected: tuple[int, str]) -> None:
    answer = _prefer(inside, prefer, path)

    assert expected == (answer.status_code, code(answer))
    assert prefer == answer.headers["Preference-Applied"]


def test_nothing_is_done_where_an_error_is_asked_for(inside: Inside) -> None:
    assert 404 == _prefer(inside, "code=404", "/api/products/SKU-001", "DELETE").status_code
    assert 200 == inside.call("GET", "/api/products/SKU-001").status_code


@pytest.mark.parametrize(
    ("prefer", "said"),
    [
        ("code=409", "listOrders never answers 409, but 200, 400, 401, 403, 429, 500"),
        ("code=201", "listOrders never answers 201"),
        ("code=SKU_ALREADY_EXISTS", "listOrders never answers SKU_ALREADY_EXISTS"),
        ("code=nonsense", "never answers nonsense"),
        ("delay=-1", "delay"),
        ("delay=1.5", "delay"),
        ("delay=60001", "from 0 to 60000"),
        ("example=nothing", "there are: none with a name"),
        ("code=401, example=INVALID_CURSOR", "UNAUTHENTICATED, TOKEN_INVALID, TOKEN_EXPIRED"),
    ],
)
def test_what_the_operation_cannot_do_is_refused_and_what_it_can_is_said(inside: Inside, prefer: str, said: str) -> None:
    answer = _prefer(inside, prefer)
    (found,) = answer.json()["error"]["details"]["errors"]

    assert (400, "VALIDATION_ERROR", "header", "/Prefer") == (
        answer.status_code,
        code(answer),
        found["in"],
        found["pointer"],
    )
    assert said in found["message"]
    assert "Preference-Applied" not in answer.headers


def test_the_status_of_success_carries_on(inside: Inside) -> None:
    answer = _prefer(inside, "code=204", "/api/products/SKU-001", "DELETE")

    assert (204, "code=204") == (answer.status_code, answer.headers["Preference-Applied"])
    assert 404 == inside.call("GET", "/api/products/SKU-001").status_code


def test_an_example_is_answered_as_it_stands_in_the_document(inside: Inside) -> None:
    contract = inside.call("GET", "/openapi.json").json()
    examples = contract["components"]["responses"]["StockRefused"]["content"]["application/json"]["examples"]
    for name, example in examples.items():
        answer = _prefer(inside, f'code=409, example="{name}"', "/api/inventory/SKU-001", "PUT", json={})

        assert (409, example["value"]) == (answer.status_code, answer.json())
        assert f"code=409, example={name}" == answer.headers["Preference-Applied"]


def test_a_delay_is_waited(inside: Inside) -> None:
    started = time.perf_counter()
    answer = _prefer(inside, "delay=150, code=429")

    assert (429, "delay=150, code=429") == (answer.status_code, answer.headers["Preference-Applied"])
    assert time.perf_counter() - started >= 0.15


def test_other_preferences_are_ignored(inside: Inside) -> None:
    answer = _prefer(inside, "respond-async, return=minimal; foo")

    assert 200 == answer.status_code
    assert "Preference-Applied" not in answer.headers
    assert entry(inside)["fault"] is None


def test_what_is_asked_for_goes_before_faults_and_is_in_the_log(inside: Inside) -> None:
    fault(inside, status=500)

    assert 429 == _prefer(inside, "code=429").status_code
    assert 0 == faults(inside)[0]["applied"]
    assert "prefer" == entry(inside)["fault"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": None}, 401),
        ({"X-Tenant-ID": None}, 400),
        ({"X-Tenant-ID": "0" * 8 + "-0000" * 3 + "-" + "0" * 12}, 403),
    ],
)
def test_what_the_gate_refuses_is_refused_as_ever(inside: Inside, headers: dict[str, str | None], status: int) -> None:
    answer = inside.call("GET", "/api/orders", headers={"Prefer": "code=500", **headers})

    assert status == answer.status_code


def test_a_request_that_asks_counts_and_head_has_no_body(inside: Inside) -> None:
    before = int(inside.call("GET", "/api/orders").headers["X-RateLimit-Remaining"])
    answer = _prefer(inside, "code=500", method="HEAD")

    assert (500, b"", before - 1) == (
        answer.status_code,
        answer.content,
        int(answer.headers["X-RateLimit-Remaining"]),
    )


def test_a_page_may_ask_and_read_what_was_applied(inside: Inside) -> None:
    origin = {"Origin": "https://shop.example"}
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "prefer"}
    preflight = inside.call("OPTIONS", "/api/orders", key=None, headers={**origin, **asked})
    answer = inside.call("GET", "/api/orders", headers={**origin, "Prefer": "code=429"})

    assert "prefer" == preflight.headers["Access-Control-Allow-Headers"]
    assert "Preference-Applied" in answer.headers["Access-Control-Expose-Headers"]


def test_a_preference_that_cannot_be_read_costs_no_time() -> None:
    """Spaces between parameters can be shared out in many ways; trying them all took 2 s here, and a year for a few more."""
    started = time.perf_counter()

    assert {} == preferences(Headers(raw=[(b"prefer", b"a" + b";   " * 11 + b"(")]))
    assert {} == preferences(Headers(raw=[(b"prefer", b"a" + b" " * 60_000 + b"(")]))
    assert time.perf_counter() - started < 0.5
