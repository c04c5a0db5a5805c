"""Envelopes, headers, statuses and methods."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from mockserver import edge
from mockserver.cors import Cors
from tests.faults.seams import Answer, fault, header, on_the_wire, replace


@fault
def bare_resource() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 200 and answer.path.startswith("/api/products/"):
            answer.json = answer.json["data"]

    on_the_wire(change)


@fault
def no_total() -> None:
    def change(answer: Answer) -> None:
        body = answer.json if answer.status == 200 and answer.body[:1] == b"{" else {}
        if "meta" in body:
            del body["meta"]["total"]
            answer.json = body

    on_the_wire(change)


@fault
def internal_member() -> None:
    def change(answer: Answer) -> None:
        if answer.path.startswith("/api/orders/") and answer.status == 200:
            answer.json = {"data": {**answer.json["data"], "_margin": 1}}

    on_the_wire(change)


@fault
def money_as_text() -> None:
    def change(answer: Answer) -> None:
        if answer.path.startswith("/api/products/") and answer.status == 200 and "price" in answer.json["data"]:
            data = answer.json["data"]
            answer.json = {"data": {**data, "price": str(data["price"])}}

    on_the_wire(change)


@fault
def missing_member() -> None:
    def change(answer: Answer) -> None:
        if answer.path == "/api/orders" and answer.status == 200 and not answer.scope["query_string"].count(b"fields"):
            body = answer.json
            answer.json = body | {"data": [{k: v for k, v in row.items() if k != "currency"} for row in body["data"]]}

    on_the_wire(change)


@fault
def text_content_type() -> None:
    on_the_wire(lambda answer: answer.set("content-type", "text/plain") if answer.status == 404 else None)


@fault
def no_request_id_on_errors() -> None:
    on_the_wire(lambda answer: answer.drop("x-request-id") if answer.status >= 400 else None)


@fault
def own_request_id() -> None:
    replace(edge, "_REQUEST_ID", re.compile("(?!)"))


@fault
def created_is_200() -> None:
    def change(answer: Answer) -> None:
        answer.status = 200 if answer.status == 201 else answer.status

    on_the_wire(change)


@fault
def validation_is_422() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 400 and answer.json["error"]["code"] == "VALIDATION_ERROR":
            answer.status = 422

    on_the_wire(change)


@fault
def no_location() -> None:
    on_the_wire(lambda answer: answer.drop("location"))


@fault
def remaining_is_text() -> None:
    on_the_wire(lambda answer: answer.set("x-ratelimit-remaining", "many"))


@fault
def health_wants_a_token() -> None:
    def change(answer: Answer) -> None:
        if answer.path == "/api/health" and not any(name == b"authorization" for name, _ in answer.scope["headers"]):
            answer.status = 401
            answer.json = {"error": {"code": "UNAUTHENTICATED", "message": "x", "details": {}}}
            answer.set("www-authenticate", "Bearer")

    on_the_wire(change)


@fault
def no_options() -> None:
    def change(answer: Answer) -> None:
        if answer.method == "OPTIONS":
            answer.status = 405

    on_the_wire(change)


@fault
def no_allow() -> None:
    on_the_wire(lambda answer: answer.drop("allow") if answer.status == 405 else None)


@fault
def short_allow() -> None:
    on_the_wire(lambda answer: answer.set("allow", "GET, HEAD") if answer.status == 405 else None)


@fault
def no_cors_on_errors() -> None:
    on_the_wire(lambda answer: answer.drop("access-control-allow-origin") if answer.status >= 400 else None)


@fault
def no_preflight() -> None:
    replace(Cors, "preflight", lambda *_: [])


@fault
def bare_challenge() -> None:
    on_the_wire(lambda answer: answer.set("www-authenticate", "Bearer") if answer.status == 401 else None)


@fault
def wrong_code() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 404:
            answer.json = {"error": {**answer.json["error"], "code": "VALIDATION_ERROR"}}

    on_the_wire(change)


@fault
def bare_error() -> None:
    def change(answer: Answer) -> None:
        if answer.status in (400, 404):
            answer.json = {"message": answer.json["error"]["message"]}

    on_the_wire(change)


@fault
def no_faults() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 400 and answer.json["error"]["code"] == "VALIDATION_ERROR":
            answer.json = {"error": {**answer.json["error"], "details": {}}}

    on_the_wire(change)


@fault
def stack_trace() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 404:
            trace = 'Traceback (most recent call last):\n  File "app.py", line 1, in get\nKeyError: 1'
            answer.json = {"error": {**answer.json["error"], "message": trace}}

    on_the_wire(change)


@fault
def no_limits_on_errors() -> None:
    names = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
    on_the_wire(lambda answer: answer.drop(*names) if answer.status == 404 else None)


@fault
def no_retry_after() -> None:
    on_the_wire(lambda answer: answer.drop("retry-after"))


@fault
def short_retry_after() -> None:
    on_the_wire(lambda answer: answer.set("retry-after", "1") if answer.status == 429 else None)


@fault
def reset_in_milliseconds() -> None:
    on_the_wire(lambda answer: answer.set("x-ratelimit-reset", answer.get("x-ratelimit-reset") + "000"))


@fault
def relative_reset() -> None:
    on_the_wire(lambda answer: answer.set("x-ratelimit-reset", "42"))


@fault
def deleted_with_body() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 204 and answer.method == "DELETE":
            answer.set("content-length", "2")
            answer.set("content-type", "application/json")
            answer.body = b"{}"

    on_the_wire(change)


@fault
def selection_crash() -> None:
    def change(answer: Answer) -> None:
        query = answer.scope["query_string"]
        if b"fields=" in query and b"," not in query and b"%2C" not in query:
            answer.status = 500
            answer.json = {"error": {"code": "INTERNAL_ERROR", "message": "x", "details": {}}}

    on_the_wire(change)


@fault
def stopped_clock() -> None:
    def change(answer: Answer) -> None:
        if answer.path == "/api/health" and answer.status == 200:
            answer.json = {**answer.json, "timestamp": "2026-03-12T14:32:01.123Z"}

    on_the_wire(change)


@fault
def no_head() -> None:
    def change(answer: Answer) -> None:
        answer.status = 405 if answer.method == "HEAD" else answer.status

    on_the_wire(change)


@fault
def rules_without_meta() -> None:
    def change(answer: Answer) -> None:
        if answer.path == "/api/pricing/rules" and answer.method == "GET" and answer.status == 200:
            answer.json = {"data": answer.json["data"]}

    on_the_wire(change)


def _order(change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Change what getOrder answers."""

    def changed(answer: Answer) -> None:
        if answer.path.startswith("/api/orders/") and answer.method == "GET" and answer.status == 200:
            answer.json = {"data": change(answer.json["data"])}

    on_the_wire(changed)


def _stamped(change: Callable[[str], str]) -> None:
    _order(lambda row: {name: change(value) if name.endswith("_at") else value for name, value in row.items()})


@fault
def float_money() -> None:
    _order(lambda row: {**row, "total_amount": row["total_amount"] + 2e-12} if "total_amount" in row else row)


@fault
def no_milliseconds() -> None:
    _stamped(lambda stamp: stamp[:19] + "Z")


@fault
def offset_timestamps() -> None:
    _stamped(lambda stamp: stamp[:-1] + "+00:00")


@fault
def ids_without_prefix() -> None:
    _order(lambda row: {**row, "id": row["id"].partition("_")[2]} if "id" in row else row)


@fault
def health_in_an_envelope() -> None:
    def change(answer: Answer) -> None:
        if answer.path == "/api/health" and answer.status == 200 and answer.body:
            answer.json = {"data": answer.json}

    on_the_wire(change)


def _presented(answer: Answer) -> str:
    """The token that an answer refuses."""
    return header(answer.scope, b"authorization").decode("latin-1").partition(" ")[2] if answer.status == 401 else ""


@fault
def token_repeated() -> None:
    def change(answer: Answer) -> None:
        if answer.body and (token := _presented(answer)):
            answer.json = {"error": {**answer.json["error"], "message": f"There is no token {token}"}}

    on_the_wire(change)


@fault
def token_in_challenge() -> None:
    def change(answer: Answer) -> None:
        if token := _presented(answer):
            challenge = answer.get("www-authenticate")
            answer.set("www-authenticate", f'{challenge}, error_description="{token} is not known"')

    on_the_wire(change)


@fault
def query_repeated() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 400 and answer.body:
            error = answer.json["error"]
            answer.json = {"error": {**error, "message": f"{error['message']}: {answer.scope['query_string'].decode()}"}}

    on_the_wire(change)


@fault
def second_page_breaks() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 200 and b"limit=1" in answer.scope["query_string"].split(b"&"):
            answer.status = 404
            answer.json = {"error": {"code": "RESOURCE_NOT_FOUND", "message": "No such page", "details": {}}}

    on_the_wire(change)
