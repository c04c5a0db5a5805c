"""Envelopes, headers, statuses and methods."""

from __future__ import annotations

import re

from mockserver import edge
from mockserver.cors import Cors
from tests.faults.seams import Answer, fault, on_the_wire, replace


@fault("ENV-01", "a resource comes without its envelope")
def bare_resource() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 200 and answer.path.startswith("/api/products/"):
            answer.json = answer.json["data"]

    on_the_wire(change)


@fault("ENV-02", "meta lacks total")
def no_total() -> None:
    def change(answer: Answer) -> None:
        body = answer.json if answer.status == 200 and answer.body[:1] == b"{" else {}
        if "meta" in body:
            del body["meta"]["total"]
            answer.json = body

    on_the_wire(change)


@fault("ENV-02", "an internal member leaks out")
def internal_member() -> None:
    def change(answer: Answer) -> None:
        if answer.path.startswith("/api/orders/") and answer.status == 200:
            answer.json = {"data": {**answer.json["data"], "_margin": 1}}

    on_the_wire(change)


@fault("ENV-02", "money is text")
def money_as_text() -> None:
    def change(answer: Answer) -> None:
        if answer.path.startswith("/api/products/") and answer.status == 200 and "price" in answer.json["data"]:
            data = answer.json["data"]
            answer.json = {"data": {**data, "price": str(data["price"])}}

    on_the_wire(change)


@fault("ENV-06", "a resource lacks a member")
def missing_member() -> None:
    def change(answer: Answer) -> None:
        if answer.path == "/api/orders" and answer.status == 200 and not answer.scope["query_string"].count(b"fields"):
            body = answer.json
            answer.json = body | {"data": [{k: v for k, v in row.items() if k != "currency"} for row in body["data"]]}

    on_the_wire(change)


@fault("ENV-03", "JSON is called text")
def text_content_type() -> None:
    on_the_wire(lambda answer: answer.set("content-type", "text/plain") if answer.status == 404 else None)


@fault("ENV-04", "errors have no X-Request-ID")
def no_request_id_on_errors() -> None:
    on_the_wire(lambda answer: answer.drop("x-request-id") if answer.status >= 400 else None)


@fault("ENV-05", "a client's X-Request-ID is not answered back")
def own_request_id() -> None:
    replace(edge, "_REQUEST_ID", re.compile("(?!)"))


@fault("STA-01", "a create answers 200")
def created_is_200() -> None:
    def change(answer: Answer) -> None:
        answer.status = 200 if answer.status == 201 else answer.status

    on_the_wire(change)


@fault("STA-01", "a validation error is 422")
def validation_is_422() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 400 and answer.json["error"]["code"] == "VALIDATION_ERROR":
            answer.status = 422

    on_the_wire(change)


@fault("STA-03", "a create has no Location")
def no_location() -> None:
    on_the_wire(lambda answer: answer.drop("location"))


@fault("RAT-01", "remaining is no integer")
def remaining_is_text() -> None:
    on_the_wire(lambda answer: answer.set("x-ratelimit-remaining", "many"))


@fault("STA-04", "the health check wants a token")
def health_wants_a_token() -> None:
    def change(answer: Answer) -> None:
        if answer.path == "/api/health" and not any(name == b"authorization" for name, _ in answer.scope["headers"]):
            answer.status = 401
            answer.json = {"error": {"code": "UNAUTHENTICATED", "message": "x", "details": {}}}
            answer.set("www-authenticate", "Bearer")

    on_the_wire(change)


@fault("STA-07", "OPTIONS is not allowed")
def no_options() -> None:
    def change(answer: Answer) -> None:
        if answer.method == "OPTIONS":
            answer.status = 405

    on_the_wire(change)


@fault("STA-08", "405 has no Allow")
def no_allow() -> None:
    on_the_wire(lambda answer: answer.drop("allow") if answer.status == 405 else None)


@fault("STA-08", "Allow lists the methods of one operation alone")
def short_allow() -> None:
    on_the_wire(lambda answer: answer.set("allow", "GET, HEAD") if answer.status == 405 else None)


@fault("STA-09", "errors have no CORS headers")
def no_cors_on_errors() -> None:
    on_the_wire(lambda answer: answer.drop("access-control-allow-origin") if answer.status >= 400 else None)


@fault("STA-09", "a preflight does not allow the headers that were asked for")
def no_preflight() -> None:
    replace(Cors, "preflight", lambda *_: [])


@fault("AUT-01", "the challenge of a bad token has no error")
def bare_challenge() -> None:
    on_the_wire(lambda answer: answer.set("www-authenticate", "Bearer") if answer.status == 401 else None)


@fault("ERR-02", "a code stands beside a status that is not its own")
def wrong_code() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 404:
            answer.json = {"error": {**answer.json["error"], "code": "VALIDATION_ERROR"}}

    on_the_wire(change)


@fault("ERR-01", "the error envelope is a bare message")
def bare_error() -> None:
    def change(answer: Answer) -> None:
        if answer.status in (400, 404):
            answer.json = {"message": answer.json["error"]["message"]}

    on_the_wire(change)


@fault("ERR-03", "a validation error lists no fault")
def no_faults() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 400 and answer.json["error"]["code"] == "VALIDATION_ERROR":
            answer.json = {"error": {**answer.json["error"], "details": {}}}

    on_the_wire(change)


@fault("ERR-04", "a stack trace stands in the message")
def stack_trace() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 404:
            trace = 'Traceback (most recent call last):\n  File "app.py", line 1, in get\nKeyError: 1'
            answer.json = {"error": {**answer.json["error"], "message": trace}}

    on_the_wire(change)


@fault("RAT-01", "404 has no rate-limit headers")
def no_limits_on_errors() -> None:
    names = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
    on_the_wire(lambda answer: answer.drop(*names) if answer.status == 404 else None)


@fault("RAT-02", "429 has no Retry-After")
def no_retry_after() -> None:
    on_the_wire(lambda answer: answer.drop("retry-after"))


@fault("RAT-02", "Retry-After ends before the window")
def short_retry_after() -> None:
    on_the_wire(lambda answer: answer.set("retry-after", "1") if answer.status == 429 else None)


@fault("RAT-04", "reset is in milliseconds")
def reset_in_milliseconds() -> None:
    on_the_wire(lambda answer: answer.set("x-ratelimit-reset", answer.get("x-ratelimit-reset") + "000"))


@fault("RAT-04", "reset is relative")
def relative_reset() -> None:
    on_the_wire(lambda answer: answer.set("x-ratelimit-reset", "42"))


@fault("ENV-08", "a deletion answers 204 with a body")
def deleted_with_body() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 204 and answer.method == "DELETE":
            answer.set("content-length", "2")
            answer.set("content-type", "application/json")
            answer.body = b"{}"

    on_the_wire(change)


@fault("STA-02", "a selection of one member is a 500")
def selection_crash() -> None:
    def change(answer: Answer) -> None:
        query = answer.scope["query_string"]
        if b"fields=" in query and b"," not in query and b"%2C" not in query:
            answer.status = 500
            answer.json = {"error": {"code": "INTERNAL_ERROR", "message": "x", "details": {}}}

    on_the_wire(change)


@fault("STA-05", "the health check's clock stands still")
def stopped_clock() -> None:
    def change(answer: Answer) -> None:
        if answer.path == "/api/health" and answer.status == 200:
            answer.json = {**answer.json, "timestamp": "2026-03-12T14:32:01.123Z"}

    on_the_wire(change)


@fault("STA-06", "HEAD is not allowed")
def no_head() -> None:
    def change(answer: Answer) -> None:
        answer.status = 405 if answer.method == "HEAD" else answer.status

    on_the_wire(change)
