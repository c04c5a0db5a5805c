"""Every trap of the wire ends in the envelope, with the code of the contract and all headers."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.live import Mock, Response, exchange, request, running

TENANT = "3714240b-2e06-4c35-8856-ccc1c096323e"
FULL = "nxc_live_growth_full_4f9a1c0e2b7d"
JSON = ("Content-Type", "application/json")
PRODUCT = b'{"sku":"TRAP-%s","title":"x","price":1}'
REQUIRED = ("x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")

Headers = tuple[tuple[str, str], ...]
AUTH: Headers = (("Authorization", f"Bearer {FULL}"),)
USUAL: Headers = (*AUTH, ("X-Tenant-ID", TENANT))


class Trap(NamedTuple):
    """A request and the answer that the contract gives it; `code` is empty for a success."""

    name: str
    status: int
    code: str
    method: str = "GET"
    path: str = "/api/products"
    headers: Headers = USUAL
    body: bytes = b""


def _write(name: str, status: int, code: str, body: bytes, *content_type: tuple[str, str]) -> Trap:
    return Trap(name, status, code, "POST", "/api/products", (*USUAL, *(content_type or (JSON,))), body)


def _query(query: str, code: str = "VALIDATION_ERROR") -> Trap:
    return Trap(f"query {query[:40]}", 400, code, path=f"/api/products?{query}")


def _token(name: str, status: int, code: str, value: str) -> Trap:
    return Trap(name, status, code, headers=(("Authorization", value), ("X-Tenant-ID", TENANT)))


def _product(number: object) -> bytes:
    return PRODUCT.replace(b"%s", str(number).encode())


BAD_LIMITS = ("abc", "0", "201", "-1", "", "1_0", "%205", "%D9%A3", "5.0", "1e1", "null", "9" * 5000, "+5", "01")
BAD_QUERIES = (
    *("limit=1&limit=2", "foo=1", "limit[]=1", "filter[status][x]=1", "status=ACTIVE", "status=", "search=%00"),
    *("search=%FF", "search=%ED%A0%80", "sort=bogus", "sort=sku,title", "sort=", "order=up", "fields="),
    *("fields=sku,,title", "fields=nope", "fields=sku,%20title", "fields=deleted_at", "fields=tenant_id"),
    *("a=1;b=2", "=", "&".join(f"p{n}=1" for n in range(2000))),
)

TRAPS = [
    Trap("list", 200, ""),
    # Routes and methods
    Trap("unknown route", 404, "ROUTE_NOT_FOUND", path="/api/nope"),
    Trap("unknown route outside the API", 404, "ROUTE_NOT_FOUND", path="/zzz"),
    Trap("unknown route without a token", 404, "ROUTE_NOT_FOUND", path="/api/nope", headers=()),
    Trap("the base path alone", 404, "ROUTE_NOT_FOUND", path="/api"),
    Trap("trailing slash", 404, "ROUTE_NOT_FOUND", path="/api/products/"),
    Trap("double slash", 404, "ROUTE_NOT_FOUND", path="/api//products"),
    Trap("encoded slash in a SKU", 404, "ROUTE_NOT_FOUND", path="/api/products/a%2Fb"),
    Trap("dots", 404, "ROUTE_NOT_FOUND", path="/api/products/../../etc/passwd"),
    Trap("dots in the reference's files", 404, "ROUTE_NOT_FOUND", path="/docs/files/../../../setup.py"),
    Trap("encoded dots in the reference's files", 404, "ROUTE_NOT_FOUND", path="/docs/files/%2e%2e/%2e%2e/etc/passwd"),
    Trap("PUT on a collection", 405, "METHOD_NOT_ALLOWED", "PUT", headers=(*USUAL, JSON), body=b"{}"),
    Trap("PUT without a token", 405, "METHOD_NOT_ALLOWED", "PUT", headers=()),
    Trap("DELETE on a collection", 405, "METHOD_NOT_ALLOWED", "DELETE"),
    Trap("TRACE", 405, "METHOD_NOT_ALLOWED", "TRACE"),
    Trap("QUERY", 405, "METHOD_NOT_ALLOWED", "QUERY"),
    Trap("GET on an action", 405, "METHOD_NOT_ALLOWED", path="/api/orders/ord_01HXK9MZPQ3B8C7D2E5F6G/cancel"),
    Trap("POST on a page", 405, "METHOD_NOT_ALLOWED", "POST", path="/docs"),
    Trap("a method that HTTP does not know", 405, "METHOD_NOT_ALLOWED", "FOO"),
    Trap("raw bytes in the path", 400, "MALFORMED_REQUEST", path="/api/products/\xe9"),
    Trap("raw bytes in the query", 400, "MALFORMED_REQUEST", path="/api/products?search=\xe9"),
    # Credentials
    Trap("no token", 401, "UNAUTHENTICATED", headers=(("X-Tenant-ID", TENANT),)),
    Trap("no token and no tenant", 401, "UNAUTHENTICATED", headers=()),
    _token("Basic", 401, "UNAUTHENTICATED", "Basic abc"),
    _token("an empty header", 401, "UNAUTHENTICATED", ""),
    _token("the token alone", 401, "UNAUTHENTICATED", FULL),
    _token("the scheme alone", 401, "TOKEN_INVALID", "Bearer"),
    _token("an unknown key", 401, "TOKEN_INVALID", "Bearer nxc_live_unknown"),
    _token("another case", 401, "TOKEN_INVALID", f"Bearer {FULL.upper()}"),
    _token("a key with more behind it", 401, "TOKEN_INVALID", f"Bearer {FULL} x"),
    _token("a key cut short", 401, "TOKEN_INVALID", f"Bearer {FULL[:-1]}"),
    _token("non-ASCII in a token", 401, "TOKEN_INVALID", "Bearer nxc_live_\xe9"),
    _token("two dots", 401, "TOKEN_INVALID", "Bearer a.b.c"),
    _token("a long token", 401, "TOKEN_INVALID", "Bearer " + "a" * 30000),
    _token("another case of the scheme", 200, "", f"bEARER {FULL}"),
    Trap("two tokens", 401, "TOKEN_INVALID", headers=(*AUTH, *USUAL)),
    Trap(
        "a token in the query",
        401,
        "UNAUTHENTICATED",
        path=f"/api/products?access_token={FULL}",
        headers=(("X-Tenant-ID", TENANT),),
    ),
    # Tenants
    Trap("no tenant", 400, "TENANT_HEADER_MISSING", headers=AUTH),
    Trap("no UUID", 400, "TENANT_HEADER_INVALID", headers=(*AUTH, ("X-Tenant-ID", "acme"))),
    Trap("a UUID in braces", 400, "TENANT_HEADER_INVALID", headers=(*AUTH, ("X-Tenant-ID", "{" + TENANT + "}"))),
    Trap("an empty tenant", 400, "TENANT_HEADER_INVALID", headers=(*AUTH, ("X-Tenant-ID", ""))),
    Trap("two tenants", 400, "TENANT_HEADER_INVALID", headers=(*USUAL, ("X-Tenant-ID", TENANT))),
    Trap("a UUID in capitals", 200, "", headers=(*AUTH, ("X-Tenant-ID", TENANT.upper()))),
    Trap("an unknown tenant", 403, "TENANT_ACCESS_DENIED", headers=(*AUTH, ("X-Tenant-ID", TENANT.replace("3", "4")))),
    # Parameters
    *[_query(f"limit={limit}") for limit in BAD_LIMITS],
    *[_query(query) for query in BAD_QUERIES],
    *[_query(f"cursor={cursor}", "INVALID_CURSOR") for cursor in ("!!!", "cursor_abc123", "%zz", "a.b", ".", "a" * 4000)],
    Trap("a date that is none", 400, "VALIDATION_ERROR", path="/api/orders?start_date=2026-02-30"),
    Trap("a date before all dates", 200, "", path="/api/orders?start_date=0001-01-01T00:00:00%2B23:59"),
    Trap("a date after all dates", 200, "", path="/api/orders?end_date=9999-12-31T23:59:59-23:59"),
    Trap("a leap second", 200, "", path="/api/orders?end_date=2016-12-31T23:59:60Z"),
    Trap("start after end", 400, "VALIDATION_ERROR", path="/api/orders?start_date=2026-03-02&end_date=2026-03-01"),
    Trap("a Boolean that is none", 400, "VALIDATION_ERROR", path="/api/orders?has_returns=1"),
    Trap("a SKU that is none", 400, "VALIDATION_ERROR", path="/api/products/%00"),
    Trap("a SKU of spaces", 400, "VALIDATION_ERROR", path="/api/products/%20"),
    Trap("a SKU that is not UTF-8", 400, "VALIDATION_ERROR", path="/api/products/%FF"),
    Trap("a line feed in a SKU", 400, "VALIDATION_ERROR", path="/api/products/a%0Ab"),
    Trap("a line feed behind a SKU", 400, "VALIDATION_ERROR", path="/api/products/SKU-001%0A"),
    Trap("a line feed behind a path", 404, "ROUTE_NOT_FOUND", path="/api/products%0A"),
    Trap("an unknown SKU", 404, "RESOURCE_NOT_FOUND", path="/api/products/nope"),
    Trap("a query on the health check", 400, "VALIDATION_ERROR", path="/api/health?x=1", headers=()),
    # Bodies
    _write("text/plain", 415, "UNSUPPORTED_MEDIA_TYPE", _product(1), ("Content-Type", "text/plain")),
    _write("a form", 415, "UNSUPPORTED_MEDIA_TYPE", b"sku=1", ("Content-Type", "application/x-www-form-urlencoded")),
    _write("+json", 415, "UNSUPPORTED_MEDIA_TYPE", _product(1), ("Content-Type", "application/vnd.a+json")),
    _write("no slash", 415, "UNSUPPORTED_MEDIA_TYPE", _product(1), ("Content-Type", "json")),
    _write(
        "an unknown charset", 415, "UNSUPPORTED_MEDIA_TYPE", _product(1), ("Content-Type", "application/json; charset=nope")
    ),
    _write(
        "another charset", 415, "UNSUPPORTED_MEDIA_TYPE", _product(1), ("Content-Type", "application/json; charset=latin-1")
    ),
    _write("no media type", 415, "UNSUPPORTED_MEDIA_TYPE", _product(1), ("X-None", "1")),
    _write("the media type in capitals", 201, "", _product(2), ("Content-Type", "Application/JSON")),
    _write("the media type in capitals, invalid", 400, "VALIDATION_ERROR", b"{}", ("Content-Type", "Application/JSON")),
    _write("charset", 201, "", _product(3), ("Content-Type", 'application/json ; charset="UTF-8"')),
    _write("no body", 400, "MALFORMED_JSON", b""),
    Trap("no body and no media type", 400, "MALFORMED_JSON", "POST", headers=(*USUAL, ("Content-Length", "0"))),
    *[
        _write(f"no JSON: {body[:20]!r}", 400, "MALFORMED_JSON", body)
        for body in (
            b'{"a":',
            b"{'a':1}",
            b"\xef\xbb\xbf{}",
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b"[" * 100_000 + b"]" * 100_000,
            b"nul",
            b"{}x",
        )
    ],
    *[
        _write(f"{depth} levels", 400, "VALIDATION_ERROR", b'{"zz":' + b"[" * depth + b"]" * depth + b"}")
        for depth in (254, 255, 256, 900)
    ],
    _write("NaN", 400, "MALFORMED_JSON", b'{"sku":"a","title":"x","price":NaN}'),
    _write("infinity by digits", 400, "MALFORMED_JSON", b'{"sku":"a","title":"x","price":' + b"9" * 5000 + b"}"),
    _write("a large number", 400, "VALIDATION_ERROR", b'{"sku":"a","title":"x","price":' + b"9" * 30 + b"}"),
    _write("not UTF-8", 400, "MALFORMED_JSON", b'{"sku":"a","title":"\xff","price":1}'),
    _write("a lone surrogate", 400, "MALFORMED_JSON", b'{"sku":"a","title":"\\ud800","price":1}'),
    _write("NUL in a title", 400, "VALIDATION_ERROR", b'{"sku":"a","title":"a\\u0000","price":1}'),
    _write("NUL in a description", 400, "VALIDATION_ERROR", b'{"sku":"a","title":"a","price":1,"description":"\\u0000"}'),
    _write("a line break in a title", 400, "VALIDATION_ERROR", b'{"sku":"a","title":"a\\n","price":1}'),
    *[
        _write(f"JSON that is no object: {body!r}", 400, "VALIDATION_ERROR", body)
        for body in (b"null", b"[]", b'"a"', b"1", b"true")
    ],
    _write("a Boolean for a number", 400, "VALIDATION_ERROR", b'{"sku":"a","title":"x","price":true}'),
    _write("three decimals", 400, "VALIDATION_ERROR", b'{"sku":"a","title":"x","price":1.001}'),
    _write("an unknown member", 400, "VALIDATION_ERROR", b'{"sku":"a","title":"x","price":1,"tenant_id":"x"}'),
    _write(
        "a read-only member",
        400,
        "VALIDATION_ERROR",
        b'{"sku":"a","title":"x","price":1,"created_at":"2026-01-01T00:00:00.000Z"}',
    ),
    _write("a body too large", 413, "PAYLOAD_TOO_LARGE", b'{"sku":"' + b"x" * 1_100_000 + b'"}'),
    _write("a body too large of another type", 413, "PAYLOAD_TOO_LARGE", b"x" * 1_100_000, ("Content-Type", "text/plain")),
    Trap("GET with a body", 200, "", headers=(*USUAL, JSON), body=b"{}"),
    Trap("GET with a large body", 200, "", headers=USUAL, body=b"x" * 2_000_000),
    Trap("DELETE with a body", 404, "RESOURCE_NOT_FOUND", "DELETE", "/api/products/nope", (*USUAL, JSON), b"{}"),
    Trap("a large body without a token", 401, "UNAUTHENTICATED", "POST", headers=(JSON,), body=b"x" * 2_000_000),
    Trap(
        "an unknown line",
        400,
        "VALIDATION_ERROR",
        "POST",
        "/api/orders/ord_01HXK9MZPQ3B8C7D2E5F6G/shipment",
        (*USUAL, JSON),
        b'{"carrier":"a","tracking_number":"1","shipped_date":"2026-03-12T10:00:00Z","line_items":[{"external_line_item_id":"nope","quantity":1}]}',
    ),
]


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name)
def test_every_trap_ends_in_the_envelope(mock: Mock, trap: Trap) -> None:
    """One request of each kind; `mock` is a real server on a real socket."""
    seen = exchange(mock.port, request(trap.method, trap.path, trap.headers, trap.body))

    assert (trap.status, trap.code) == (seen.status, _code(seen))
    assert [] == [name for name in REQUIRED if not seen.headers.get(name)]
    assert "application/json" == seen.headers["content-type"]


def _code(response: Response) -> str:
    if response.status < 400:
        return ""
    error = response.json["error"]
    assert {"code", "message", "details"} == set(error)
    assert "Traceback" not in error["message"]
    return response.code


@pytest.mark.parametrize(
    "sent",
    [
        b"GARBAGE\r\n\r\n",
        b"POST /api/products HTTP/1.1\r\nContent-Length: abc\r\n\r\n",
        b"GET /api/products HTTP/9\r\n\r\n",
        b"\x16\x03\x01\x00\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_in_the_envelope(mock: Mock, sent: bytes) -> None:
    """uvicorn alone would answer in plain text."""
    seen = exchange(mock.port, sent)

    assert (400, "MALFORMED_REQUEST") == (seen.status, seen.code)
    assert [] == [name for name in REQUIRED if not seen.headers.get(name)]


@pytest.mark.parametrize("size", [40, 1_100_000])
def test_a_chunked_body_is_read_like_any_other(mock: Mock, size: int) -> None:
    """Connexion alone refuses it (400); its size is bounded although no header tells it."""
    body = json.dumps({"sku": f"CHUNK-{size}", "title": "x", "price": 1, "description": "y" * size}).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:10], body[10:])) + b"0\r\n\r\n"
    head = request("POST", "/api/products", (*USUAL, JSON, ("Transfer-Encoding", "chunked")))

    seen = exchange(mock.port, head + chunks)

    assert (201 if size < 1_000_000 else 413) == seen.status


def test_head_answers_as_get_does_without_a_body(mock: Mock) -> None:
    """RFC 9110 §9.3.2: the same header fields."""
    get = exchange(mock.port, request("GET", "/api/products?limit=3", USUAL))
    head = exchange(mock.port, request("HEAD", "/api/products?limit=3", USUAL))

    assert b"" == head.body
    assert (get.status, set(get.headers), get.headers["content-length"]) == (
        head.status,
        set(head.headers),
        head.headers["content-length"],
    )


@pytest.mark.parametrize(
    ("path", "status"), [("/api/products/nope", 404), ("/api/nope", 404), ("/api/orders/x/cancel", 405)]
)
def test_head_has_no_body_when_it_is_refused_either(mock: Mock, path: str, status: int) -> None:
    seen = exchange(mock.port, request("HEAD", path, USUAL))

    assert (status, b"") == (seen.status, seen.body)


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/api/products", "GET, HEAD, OPTIONS, POST"),
        ("/api/orders/x/cancel", "OPTIONS, POST"),
        ("/api/health", "GET, HEAD, OPTIONS"),
    ],
)
def test_options_answers_allow_without_a_token(mock: Mock, path: str, allow: str) -> None:
    """contract: OPTIONS answers 204 with Allow."""
    seen = exchange(mock.port, request("OPTIONS", path, ()))

    assert (204, allow, b"") == (seen.status, seen.headers["allow"], seen.body)


def test_a_405_lists_every_method_of_the_path(mock: Mock) -> None:
    """Starlette lists the methods of the first route that matches."""
    seen = exchange(mock.port, request("PUT", "/api/products", USUAL))

    assert "GET, HEAD, OPTIONS, POST" == seen.headers["allow"]


def test_all_faults_of_a_request_are_told_at_once(mock: Mock) -> None:
    """Parameters of every kind and the body, each with its pointer."""
    body = b'{"title":"","price":-1,"colour":"red","images":["x"]}'

    seen = exchange(mock.port, request("POST", "/api/products?a=1&b=2&b=3", (*USUAL, JSON), body))

    faults = sorted((fault["in"], fault["pointer"]) for fault in seen.json["error"]["details"]["errors"])
    expected = [("body", "/colour"), ("body", "/images/0"), ("body", "/price"), ("body", "/sku"), ("body", "/title")]
    assert [*expected, ("query", "/a"), ("query", "/b"), ("query", "/b")] == faults


def test_a_clients_request_id_is_answered_and_a_bad_one_replaced(mock: Mock) -> None:
    """So that a client can find its request in the log; a header could smuggle anything else."""
    good = exchange(mock.port, request("GET", "/api/health", (("X-Request-ID", "my-id.1"),)))
    bad = exchange(mock.port, request("GET", "/api/health", (("X-Request-ID", "a b<script>"),)))

    assert "my-id.1" == good.headers["x-request-id"]
    assert "<" not in bad.headers["x-request-id"]


BROKEN = {
    "a body shorter than its length": (("Content-Length", "999"),),
    "a body without its last chunk": (("Transfer-Encoding", "chunked"),),
    "a body with a broken chunk": (("Transfer-Encoding", "chunked"),),
}


@pytest.mark.parametrize("name", BROKEN)
def test_nothing_is_done_for_a_request_that_breaks_off(mock: Mock, name: str) -> None:
    """Its JSON may be complete; the request is not."""
    sku = name.replace(" ", "-")
    body = json.dumps({"sku": sku, "title": "x", "price": 1}).encode()
    chunk = b"%x\r\n%s\r\n" % (len(body), body)
    sent = {"a body shorter than its length": body, "a body without its last chunk": chunk}.get(name, chunk + b"ZZ\r\n")
    with socket.create_connection(("127.0.0.1", mock.port), timeout=5) as connection:
        connection.sendall(request("POST", "/api/products", (*USUAL, JSON, *BROKEN[name])) + sent)
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(1)
        with contextlib.suppress(TimeoutError):
            connection.recv(65536)

    assert 404 == exchange(mock.port, request("GET", f"/api/products/{sku}", USUAL)).status


def test_an_action_without_a_body_is_not_done_for_a_broken_request(mock: Mock) -> None:
    order = "/api/orders/ord_01HXK9MZPQ3B8C7D2E5F6G"
    head = request("POST", f"{order}/cancel", (*USUAL, ("Transfer-Encoding", "chunked")))

    assert 400 == exchange(mock.port, head + b"ZZ\r\n").status
    assert "confirmed" == exchange(mock.port, request("GET", order, USUAL)).json["data"]["status"]


@pytest.mark.parametrize("upgrade", ["websocket", "h2c"])
def test_an_upgrade_is_ignored(mock: Mock, upgrade: str) -> None:
    """RFC 9110 §7.8. `curl --http2` asks for h2c, and its body must not be lost, nor read as another request."""
    headers = (
        *USUAL,
        JSON,
        ("Upgrade", upgrade),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Version", "13"),
    )
    sent = request("POST", "/api/products", headers, _product(upgrade)).replace(
        b"Connection: close", b"Connection: Upgrade, close"
    )

    assert 201 == exchange(mock.port, sent).status


def test_a_pipelined_request_is_answered_before_the_garbage_behind_it(mock: Mock) -> None:
    first = request("GET", "/api/health", ()).replace(b"Connection: close\r\n", b"")
    with socket.create_connection(("127.0.0.1", mock.port), timeout=5) as connection:
        connection.sendall(first + b"GARBAGE\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(65536), b""))

    assert received.startswith(b"HTTP/1.1 200")
    assert 1 == received.count(b"HTTP/1.1 400")


def test_trailers_are_no_headers(mock: Mock) -> None:
    """RFC 9110 §6.5.1: a token that comes after the body is no credential."""
    body = _product("TRAILER")
    head = request("POST", "/api/products", (JSON, ("Transfer-Encoding", "chunked"), ("X-Tenant-ID", TENANT)))
    trailer = b"0\r\nAuthorization: Bearer " + FULL.encode() + b"\r\n\r\n"

    assert 401 == exchange(mock.port, head + b"%x\r\n%s\r\n" % (len(body), body) + trailer).status


def test_white_space_around_a_header_is_no_part_of_it(mock: Mock) -> None:
    """RFC 9110 §5.5."""
    headers = (("Authorization", f" Bearer {FULL}\t"), ("X-Tenant-ID", f"  {TENANT} "))

    assert 200 == exchange(mock.port, request("GET", "/api/products", headers)).status


def test_a_body_of_very_many_faults_is_refused_at_once(mock: Mock) -> None:
    """Half a million faults took 13 seconds and a gigabyte; 5,000 values are explained one by one, more are not."""
    body = b'{"images":[' + b",".join([b"1"] * 500_000) + b"]}"
    started = time.monotonic()
    seen = exchange(mock.port, request("POST", "/api/products", (*USUAL, JSON), body))

    assert (400, 1) == (seen.status, len(seen.json["error"]["details"]["errors"]))
    assert time.monotonic() - started < 5  # a bound against hanging, not a measurement


def test_a_refusal_does_not_wait_for_a_body_that_never_comes(mock: Mock) -> None:
    for extra in ((("Expect", "100-continue"),), ()):
        seen = exchange(mock.port, request("POST", "/api/products", (JSON, ("Content-Length", "99"), *extra)))

        assert 401 == seen.status


@pytest.mark.parametrize("path", ["/docs", "/openapi.yaml"])
def test_pages_answer_options_too(mock: Mock, path: str) -> None:
    seen = exchange(mock.port, request("OPTIONS", path, ()))

    assert (204, "GET, HEAD, OPTIONS") == (seen.status, seen.headers["allow"])


def test_a_header_of_64_kib_does_not_stop_the_server(mock: Mock) -> None:
    exchange(mock.port, request("GET", "/api/health", (("X-Long", "a" * 65_536),)))

    assert 200 == exchange(mock.port, request("GET", "/api/health", ())).status


def test_a_client_that_goes_away_leaves_no_error_in_the_log(tmp_path: Path) -> None:
    """Before its body, in the middle of it, and while it is being refused."""
    with running(tmp_path, "--log", "text") as mock:
        for headers in ((*USUAL, JSON), (JSON,), USUAL):
            for path in ("/api/products", "/api/orders/ord_01HXK9MZPQ3B8C7D2E5F6G/cancel", "/api/nope"):
                with socket.create_connection(("127.0.0.1", mock.port), timeout=5) as connection:
                    connection.sendall(request("POST", path, (*headers, ("Content-Length", "999"))) + b'{"sku":')
        order = exchange(mock.port, request("GET", "/api/orders/ord_01HXK9MZPQ3B8C7D2E5F6G", USUAL)).json["data"]

    assert "confirmed" == order["status"]
    assert "Traceback" not in (tmp_path / "mock.log").read_text()
