"""One variant for each choice of contract_tests/choices.toml, under its name."""

from __future__ import annotations

import re
from typing import Any

from starlette.types import Scope

from mockserver import validation
from mockserver.domain.errors import ApiError, invalid
from mockserver.edge import Edge
from mockserver.store import statements
from mockserver.store.shop import Shop
from mockserver.validation import Validation, Values
from tests.faults.seams import Answer, on_the_way_in, replace, with_conditions
from tests.variants.registry import answering, variant

LARGEST = 200
LIMIT = re.compile(rb"(?<![^&])limit=([1-9][0-9]*)(?![^&])")


@variant("STA-01", untrue="ERR-02")
def validation_status() -> None:
    """A VALIDATION_ERROR is 422."""
    make = Edge.__init__

    def made(self: Edge, *parts: Any, **options: Any) -> None:
        make(self, *parts, **options)
        self._status["VALIDATION_ERROR"] = 422

    replace(Edge, "__init__", made)


@variant("ERR-12")
def malformed_id() -> None:
    """Whatever stands in the path is looked for: only the query and the body are held against their schemas."""
    check = Validation.check

    def forgiving(self: Validation, path: Any, query: bytes, body: Any) -> Values:
        try:
            return check(self, path, query, body)
        except ApiError as why:
            others = [fault for fault in why.details["errors"] if fault["in"] != "path"]
            raise invalid(others) if others else ApiError("RESOURCE_NOT_FOUND", resource="It is") from why

    replace(Validation, "check", forgiving)


@variant("TEN-04")
def foreign_resource() -> None:
    """What another tenant has is 403 by its id; by its SKU it is unknown."""
    one, everyones = Shop.one, with_conditions(statements.one.__wrapped__, slice(1, None))

    def told(self: Shop, collection: str, members: Any, by: str, value: str) -> str | None:
        found, anywhere = one(self, collection, members, by, value), everyones(collection, ("id",), by)
        foreign = found is None and by == "id" and self._connection.execute(anywhere, {"value": value}).first()
        if foreign:
            raise ApiError("TENANT_ACCESS_DENIED")
        return found

    replace(Shop, "one", told)


@variant("FIL-12")
def unknown_query() -> None:
    """Unknown query parameters are passed over."""
    decoded = validation._decoded

    def forgiving(where: str, known: Any, given: Any, faults: list[Any]) -> Any:
        return decoded(where, known, {name: text for name, text in given.items() if name in known}, faults)

    replace(validation, "_decoded", forgiving)


@variant("PAG-07")
def limit_beyond() -> None:
    """A limit above the largest is the largest."""

    def lowered(found: re.Match[bytes]) -> bytes:
        return b"limit=%d" % min(int(found[1]), LARGEST)

    def clamped(scope: Scope) -> Scope:
        return {**scope, "query_string": LIMIT.sub(lowered, scope["query_string"])}

    on_the_way_in(clamped)


@variant("PAG-06")
def last_cursor() -> None:
    """The last page has no nextCursor."""

    def change(answer: Answer) -> None:
        body = answer.json if answer.status == 200 and b'"nextCursor":null' in answer.body else {}
        if body:
            del body["meta"]["nextCursor"]
            answer.json = body

    answering(change)


@variant("STA-01")
def deleted_status() -> None:
    """A deletion is 200, with the resource's path as its data."""

    def change(answer: Answer) -> None:
        if (answer.method, answer.status) == ("DELETE", 204):
            answer.status, answer.json = 200, {"data": {"deleted": answer.path}}
            answer.set("content-type", "application/json")

    answering(change)


@variant("STA-07")
def options_status() -> None:
    """OPTIONS is 200, without a body."""

    def change(answer: Answer) -> None:
        if answer.method == "OPTIONS":
            answer.status = 200
            answer.set("content-length", "0")

    answering(change)
