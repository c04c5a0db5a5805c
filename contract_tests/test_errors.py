"""Bodies and routes that are not right, each with the one answer that the contract has for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from contract_tests.client import Actor
from contract_tests.document import CONTRACT, WITH_BODY, WITH_PATH, choice, named
from contract_tests.population import Population, existing, nowhere, sample
from nexuscommerce.contract import Operation

JSON = {"Content-Type": "application/json"}
UNKNOWN = choice("unknown_query") == "refuse"  # whether an unknown parameter is a fault
MALFORMED = choice("malformed_id") == "400"  # whether a malformed name in a path is one
bodies = pytest.mark.parametrize("operation", WITH_BODY, ids=named)

NO_JSON = {
    "empty": b"",
    "blank": b"  \n",
    "cut": b'{"title": "x"',
    "trailing-comma": b'{"title": "x",}',
    "single-quotes": b"{'title': 'x'}",
    "two-values": b"{} {}",
    "form": b"title=x&price=1",
    "comment": b'{"title": "x" /* why */}',
    "nan": b'{"title": "x", "price": NaN}',
    "infinity": b'{"title": "x", "price": Infinity}',
    "leading-zero": b'{"title": "x", "price": 012}',
    "no-utf-8": b'{"title": "\xff\xfe"}',
    "latin-1": b'{"title": "caf\xe9"}',
    "utf-16": '{"title": "x"}'.encode("utf-16"),
    "control-character": b'{"title": "a\nb"}',
    "cut-deep": b"[" * 100_000,
}

# Whether a parser or the schema refuses these differs; that they are refused, and with what status, does not.
ODD = {
    "null": b"null",
    "list": b"[]",
    "text": b'"x"',
    "number": b"1",
    "nothing": b"{}",
    "lone-surrogate": b'{"title": "\\ud800"}',
    "nul": b'{"title": "a\\u0000b"}',
    "deep": b'{"title": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep-objects": b'{"title": ' * 20_000 + b"1" + b"}" * 20_000,
    "long-number": b'{"price": ' + b"9" * 5_000 + b"}",
    "huge-exponent": b'{"price": 1e400}',
    "long-fraction": b'{"price": 0.' + b"1" * 5_000 + b"}",
    "prototype": b'{"__proto__": {"admin": true}}',
}

MEDIA = (
    "text/plain",
    "text/json",
    "application/xml",
    "application/jsonx",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/vnd.api+json",
    "json",
    "*/*",
)
SPELLINGS = (
    "application/json",
    "Application/JSON",
    "APPLICATION/JSON",
    "application/json; charset=utf-8",
    "application/json;charset=UTF-8",
    'application/json; charset="utf-8"',
    "application/json ; charset=utf-8",
    "Application/Json;Charset=Utf-8",
)


ODD_NAMES = (
    *("%0A", "a%0Ab", "a%0Db", "%00", "a%09b", "%20", "%25", "a%3Fb", "a%23b", "%C2%85", "%E2%80%A8", "%FF"),
    "x" * 300,
)


@bodies
@pytest.mark.parametrize("name", NO_JSON)
@pytest.mark.rule("ERR-05")
def test_a_body_that_is_no_json_is_refused(
    operation: Operation, name: str, full: Actor, url: Callable[[Operation], str]
) -> None:
    full.send(operation.method, url(operation), (), JSON, NO_JSON[name]).refused("MALFORMED_JSON")


@bodies
@pytest.mark.parametrize("name", ODD)
@pytest.mark.rule("ERR-06")
def test_odd_json_is_refused(operation: Operation, name: str, full: Actor, url: Callable[[Operation], str]) -> None:
    full.send(operation.method, url(operation), (), JSON, ODD[name]).refused("VALIDATION_ERROR", "MALFORMED_JSON")


@bodies
@pytest.mark.parametrize("media", [*MEDIA, None])
@pytest.mark.rule("ERR-07")
def test_another_media_type_is_refused(
    operation: Operation, media: str | None, full: Actor, url: Callable[[Operation], str]
) -> None:
    content = json.dumps(sample(operation)).encode()
    full.send(operation.method, url(operation), (), {"Content-Type": media}, content).refused("UNSUPPORTED_MEDIA_TYPE")


@bodies
@pytest.mark.parametrize("media", ["application/json; charset=iso-8859-1", "application/json; charset=nonsense"])
@pytest.mark.rule("ERR-07")
def test_another_charset_is_refused(operation: Operation, media: str, full: Actor, url: Callable[[Operation], str]) -> None:
    """RFC 8259: JSON is UTF-8. Whether the header or the bytes are blamed is left open."""
    content = '{"title": "café"}'.encode("latin-1")
    full.send(operation.method, url(operation), (), {"Content-Type": media}, content).refused(
        "UNSUPPORTED_MEDIA_TYPE", "MALFORMED_JSON"
    )


@pytest.mark.parametrize("media", SPELLINGS)
@pytest.mark.rule("ERR-08")
def test_a_media_type_may_be_spelled_so(media: str, full: Actor, population: Population) -> None:
    product = population.product()
    content = json.dumps({"title": "Größe"}, ensure_ascii=False).encode()
    url = f"/products/{product['sku']}"

    assert full.send("PATCH", url, (), {"Content-Type": media}, content).ok().data["title"] == "Größe"
    full.send("PATCH", url, (), {"Content-Type": media}, b'{"title": 1, "nonsense": 2}').refused("VALIDATION_ERROR")
    full.send("PATCH", url, (), {"Content-Type": media}, b"{").refused("MALFORMED_JSON")


@bodies
@pytest.mark.rule("ERR-09")
def test_a_body_above_the_limit_is_refused(operation: Operation, full: Actor, url: Callable[[Operation], str]) -> None:
    content = json.dumps(sample(operation)).encode()
    for length in (CONTRACT.body_bytes + 1, 3 * CONTRACT.body_bytes):
        full.send(operation.method, url(operation), (), JSON, content.ljust(length)).refused("PAYLOAD_TOO_LARGE")
    full.send(operation.method, url(operation), (), JSON, chunks(content.ljust(CONTRACT.body_bytes + 1))).refused(
        "PAYLOAD_TOO_LARGE"
    )


@pytest.mark.rule("ERR-09")
def test_a_body_of_exactly_the_limit_is_read(full: Actor, population: Population) -> None:
    url = f"/products/{population.product()['sku']}"
    content = b'{"title": "padded"}'.ljust(CONTRACT.body_bytes)

    assert full.send("PATCH", url, (), JSON, content).ok().data["title"] == "padded"
    assert full.send("PATCH", url, (), JSON, chunks(content)).ok().data["title"] == "padded"


@pytest.mark.rule("ERR-10")
def test_a_body_may_come_in_chunks(full: Actor, population: Population) -> None:
    body = {"sku": population.sku(), "title": "In chunks", "price": 1.5}
    made = full.send("POST", "/products", (), JSON, chunks(json.dumps(body).encode(), 7)).ok()

    assert made.data["title"] == "In chunks"


@pytest.mark.rule("ERR-11")
def test_all_faults_are_named_at_once(full: Actor) -> None:
    body = {"title": "", "price": "much", "status": "sold", "nonsense": 1, "images": ["https://ok.example/a.png", 5]}
    answer = full.call("createProduct", query={"odd": "1"}, body=body).refused("VALIDATION_ERROR")
    expected = [("body", f"/{name}") for name in ("sku", "title", "price", "status", "nonsense", "images/1")]
    expected += [("query", "/odd")] * UNKNOWN

    assert missing(answer.details, expected) == []


@pytest.mark.rule("ERR-11")
def test_faults_of_path_query_and_body_are_named_at_once(full: Actor) -> None:
    path = {"sku": "!" if MALFORMED else existing(full)["sku"]}
    answer = full.call("updateProduct", path, {"odd": "1", "odder": "2"}, {"title": 5, "sku": "NEW"})
    answer.refused("VALIDATION_ERROR")
    expected = [("body", "/title"), ("body", "/sku")] + [("path", "/sku")] * MALFORMED
    expected += [("query", "/odd"), ("query", "/odder")] * UNKNOWN

    assert missing(answer.details, expected) == []


@pytest.mark.rule("ERR-11")
def test_faults_of_a_list_are_named_at_once(full: Actor) -> None:
    query = {
        "limit": "0",
        "status": "sold",
        "sort": "taste",
        "order": "up",
        "start_date": "then",
        "fields": "taste",
        **({"odd": "1"} if UNKNOWN else {}),
    }
    answer = full.call("listOrders", query=query).refused("VALIDATION_ERROR")

    assert missing(answer.details, [("query", f"/{name}") for name in query]) == []


@pytest.mark.rule("ERR-11")
def test_faults_deep_in_a_body_are_named(full: Actor) -> None:
    lines = [
        {"external_line_item_id": "a", "quantity": 1},
        {"external_line_item_id": "b", "quantity": 0},
        {"quantity": "2", "odd": 1},
    ]
    body = {"carrier": "", "tracking_number": "1", "shipped_date": "yesterday", "line_items": lines}
    answer = full.call("confirmShipment", existing(full), body=body).refused("VALIDATION_ERROR")
    deep = ("1/quantity", "2/quantity", "2/odd", "2/external_line_item_id")
    expected = [("body", f"/{name}") for name in ("carrier", "shipped_date", *(f"line_items/{end}" for end in deep))]

    assert missing(answer.details, expected) == []


@pytest.mark.parametrize(
    ("operation", "body", "expected"),
    [
        (
            "bulkSetInventory",
            {"updates": [{}, {"sku": "!", "warehouse_id": "x", "quantity": -1, "reason": "lost", "note": 5, "odd": 1}]},
            ["0/sku", "0/quantity", "1/sku", "1/warehouse_id", "1/quantity", "1/reason", "1/note", "1/odd"],
        ),
        (
            "createPricingRule",
            {"applies_to": "skus", "skus": ["ok", "!"], "name": "", "value": 0.001, "priority": 0, "odd": 1},
            ["skus/1", "name", "value", "priority", "odd", "type", "marketplace"],
        ),
        (
            "dispatchJob",
            {"type": "review_sentiment", "params": {"skus": ["!"], "lookback_days": 0, "odd": 1}, "priority": "urgent"},
            ["params/skus/0", "params/lookback_days", "params/odd", "priority"],
        ),
    ],
    ids=["bulk", "rule", "job"],
)
@pytest.mark.rule("ERR-11")
def test_faults_are_named_of_the_body_that_was_meant(
    operation: str, body: dict[str, Any], expected: list[str], full: Actor
) -> None:
    """Where a member chooses among several bodies, the faults are those of the chosen one."""
    answer = full.call(operation, body=body).refused("VALIDATION_ERROR")
    within = "/updates/" if operation == "bulkSetInventory" else "/"

    assert missing(answer.details, [("body", within + name) for name in expected]) == []


@pytest.mark.parametrize("parameter", ["access_token", "token", "api_key", "key", "authorization"])
@pytest.mark.rule("ERR-04")
def test_a_token_in_the_query_is_not_repeated(parameter: str, full: Actor, anonymous: Actor) -> None:
    """Beside valid credentials and without; the law looks for the token in the header of the request alone."""
    for caller in (full, anonymous):
        said = caller.call("listProducts", query={parameter: full.token}).said
        assert str(full.token) not in said, f"{parameter} is repeated"


ROUTES = (
    "/inventory/",
    "/inventory/SKU-001/levels",
    "/pricing",
    "/pricing/rules/",
    "/ai-jobs/x/retry",
    "/",
    "/product",
    "/Products",
    "/products/",
    "/products/SKU-001/",
    "/products/SKU-001/listings",
    "/orders/",
    "/orders/x/refund",
    "/health/",
    "//products",
    "/products//",
    "/v1/products",
    "/api/products",
    "/products.json",
    "/.env",
)


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.rule("ERR-12")
def test_an_unknown_path_is_not_found(path: str, full: Actor, anonymous: Actor) -> None:
    """With a token and without: whether there is such a path is no secret."""
    for actor in (full, anonymous.at(None)):
        for method in ("GET", "POST", "DELETE"):
            actor.send(method, path).refused("ROUTE_NOT_FOUND")


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("operation", WITH_PATH, ids=named)
@pytest.mark.rule("ERR-12")
def test_an_odd_name_is_no_unknown_path(operation: Operation, name: str, full: Actor) -> None:
    """The path is known, whatever the characters of its parameter: 400, not 404, unless the target chose 404."""
    path = re.sub(r"\{\w+\}", name, operation.path)
    content = json.dumps(sample(operation)).encode() if operation.body else None
    headers = JSON if operation.body else {}
    answer = full.send(operation.method, path, (), headers, content)
    if not MALFORMED:
        answer.refused("RESOURCE_NOT_FOUND", "ROUTE_NOT_FOUND")
        return

    assert "path" in {error.get("in") for error in answer.refused("VALIDATION_ERROR").details.get("errors", ())}


@pytest.mark.parametrize("operation", WITH_PATH, ids=named)
@pytest.mark.rule("ERR-14")
def test_a_resource_that_does_not_exist_is_not_found(operation: Operation, full: Actor, chance: Random) -> None:
    full.call(operation.id, nowhere(full, chance), body=sample(operation)).refused("RESOURCE_NOT_FOUND")


@pytest.fixture(scope="module")
def url(full: Actor) -> Callable[[Operation], str]:
    """An operation's path with the parameters of resources that exist."""
    path = existing(full)
    return lambda operation: operation.path.format_map(path)


def chunks(content: bytes, size: int = 65_536) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def missing(details: Any, expected: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The expected faults that were not told."""
    told = {(error.get("in"), error.get("pointer")) for error in details.get("errors", ())}
    return [fault for fault in expected if fault not in told]
