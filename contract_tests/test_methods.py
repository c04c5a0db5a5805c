"""Methods, the health check, request ids and what browsers need: all that is the same on every path."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from contract_tests.client import Actor
from contract_tests.document import CONTRACT, OPERATIONS, named
from contract_tests.population import existing
from contract_tests.seen import RATE_LIMIT, clock
from nexuscommerce.contract import Operation

METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH")
ABSENT = [(path, method) for path, has in CONTRACT.methods.items() for method in METHODS if method not in has]
paths = pytest.mark.parametrize("path", CONTRACT.methods)
gets = pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.method == "GET"], ids=named)
LASTING = {"content-type", *map(str.lower, CONTRACT.document["components"]["headers"])} - {
    "x-request-id",
    *map(str.lower, RATE_LIMIT),
}
ORIGIN = "https://shop.example"
HEADERS = ("Authorization", "Content-Type", "X-Tenant-ID")


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer nonsense"}, {"X-Tenant-ID": "nonsense"}, {"Authorization": "Basic eDp5"}]
)
@pytest.mark.rule("STA-04")
def test_the_health_check_needs_nothing(headers: dict[str, str], anonymous: Actor) -> None:
    body = anonymous.at(None).call("getHealth", headers=headers).ok().body

    assert (set(body), body["status"]) == ({"status", "version", "timestamp"}, "ok")


@pytest.mark.rule("STA-05")
def test_the_health_check_tells_the_time(anonymous: Actor) -> None:
    answer = anonymous.call("getHealth").ok()
    told = datetime.fromisoformat(answer.body["timestamp"]).timestamp()

    assert abs(told - clock(answer.seen)) < 300


@gets
@pytest.mark.rule("STA-06")
def test_head_answers_as_get_does(operation: Operation, full: Actor, anonymous: Actor) -> None:
    """The same status and headers for the success, and for refusals before and after the token is known."""
    path = existing(full)
    url = operation.path.format_map(path)
    for actor, query in ((full, {}), (anonymous, {}), (full, {"nonsense": "1"}), (full.at(None), {})):
        get, head, again = (actor.send(method, url, query) for method in ("GET", "HEAD", "GET"))
        assert head.status == get.status
        assert _lasting(head.headers) == _lasting(get.headers)
        length = head.headers.get("content-length")
        if get.seen.content == again.seen.content and "content-length" in get.headers:
            assert length in (None, get.headers["content-length"]), f"Content-Length: {length}"


@paths
@pytest.mark.rule("STA-07")
def test_options_needs_no_token(path: str, anonymous: Actor, full: Actor) -> None:
    url = path.format_map(existing(full))
    for actor in (anonymous.at(None), anonymous.with_token("garbage", "nonsense"), full):
        answer = actor.send("OPTIONS", url).ok()
        assert _list(answer.headers.get("allow", "")) == set(CONTRACT.methods[path]), f"Allow: {answer.headers.get('allow')}"


@pytest.mark.parametrize(("path", "method"), ABSENT, ids=[f"{method}-{path}" for path, method in ABSENT])
@pytest.mark.rule("STA-08")
def test_a_method_that_the_path_has_not(path: str, method: str, full: Actor) -> None:
    """With a body and without: 405 comes before both are looked at."""
    url = path.format_map(existing(full))
    for content, headers in ((None, {}), (b"{", {"Content-Type": "text/plain"})):
        answer = full.send(method, url, (), headers, content).refused("METHOD_NOT_ALLOWED")
        assert _list(answer.headers.get("allow", "")) == set(CONTRACT.methods[path]), f"Allow: {answer.headers.get('allow')}"


@paths
@pytest.mark.rule("STA-09")
def test_a_browser_may_ask_beforehand(path: str, full: Actor) -> None:
    url = path.format_map(existing(full))
    for method in CONTRACT.methods[path]:
        if method in METHODS:
            asked = {
                "Origin": ORIGIN,
                "Access-Control-Request-Method": method,
                "Access-Control-Request-Headers": ", ".join(HEADERS).lower(),
            }
            answer = full.at(None).with_token("browser", None).send("OPTIONS", url, (), dict(asked)).ok()
            assert answer.headers.get("access-control-allow-origin") in ("*", ORIGIN)
            methods = {"GET", "HEAD", "POST", *_list(answer.headers.get("access-control-allow-methods", ""))}
            assert {method, "*"} & methods, answer.headers
            allowed = {name.lower() for name in _list(answer.headers.get("access-control-allow-headers", ""))}
            needed = {"authorization"} if "*" in allowed else {name.lower() for name in HEADERS}
            assert needed <= allowed, f"Access-Control-Allow-Headers: {sorted(allowed)}"


@pytest.mark.parametrize(
    ("url", "tenant", "query"),
    [
        ("/products", True, ""),
        ("/products", True, "nonsense"),
        ("/products", False, ""),
        ("/nowhere", True, ""),
        ("/health", False, ""),
    ],
    ids=["success", "bad-request", "no-tenant", "not-found", "health"],
)
@pytest.mark.rule("STA-09")
def test_a_browser_may_read_the_headers(url: str, tenant: bool, query: str, full: Actor) -> None:
    actor = full if tenant else full.at(None)
    answer = actor.send("GET", url, {query: "1"} if query else {}, {"Origin": ORIGIN})
    exposed = {name.lower() for name in _list(answer.headers.get("access-control-expose-headers", ""))}

    assert answer.headers.get("access-control-allow-origin") in ("*", ORIGIN), f"{answer}"
    assert "*" in exposed or {"x-request-id", *map(str.lower, RATE_LIMIT)} <= exposed, (
        f"Access-Control-Expose-Headers: {sorted(exposed)}"
    )


@pytest.mark.parametrize("url", ["/products", "/nowhere", "/health"])
@pytest.mark.parametrize("own", ["a", "A-b_c.9", "x" * 128])
@pytest.mark.rule("ENV-05")
def test_a_clients_request_id_comes_back(url: str, own: str, full: Actor) -> None:
    assert full.send("GET", url, (), {"X-Request-ID": own}).headers.get("x-request-id") == own


@pytest.mark.parametrize("odd", ["", "x" * 129, "with space", "semi;colon", "<b>", "a/b", "{}"])
@pytest.mark.rule("ENV-05")
def test_a_malformed_request_id_is_replaced(odd: str, full: Actor) -> None:
    answer = full.call("getHealth", headers={"X-Request-ID": odd})
    got = answer.headers.get("x-request-id", "")

    assert got != odd
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", got), f"X-Request-ID: {got!r}"


@pytest.mark.rule("ENV-05")
def test_request_ids_differ(full: Actor) -> None:
    names = [full.call("getHealth").headers.get("x-request-id") for _ in range(20)]

    assert len(set(names)) == 20


def _list(text: str) -> set[str]:
    return {name.strip() for name in text.split(",") if name.strip()}


def _lasting(headers: object) -> dict[str, str]:
    assert isinstance(headers, dict)
    return {name: value for name, value in headers.items() if name in LASTING or name.startswith("access-control-")}
