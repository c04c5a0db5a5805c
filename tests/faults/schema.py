"""What the schema layer must catch: a fault for each of its families, that none of the others would notice."""

from __future__ import annotations

from typing import Any

from starlette.types import Scope

from mockserver import validation
from mockserver.domain.errors import ApiError, invalid
from mockserver.envelope import Answer as Made
from tests.faults.seams import Answer, fault, handle, header, on_the_way_in, on_the_wire, replace

Row = dict[str, Any]


def _checking(before: Any) -> None:
    """Look at every JSON object before it is validated."""
    check = validation.Validation.check

    def changed(self: Any, path: Any, query: bytes, given: Any) -> Any:
        if isinstance(given, dict):
            before(given)
        return check(self, path, query, given)

    replace(validation.Validation, "check", changed)


@fault
def astral_crash() -> None:
    def crash(given: Row) -> None:
        if any(ord(letter) > 0xFFFF for letter in str(given.get("title", ""))):
            raise RuntimeError("surrogates not allowed")

    _checking(crash)


@fault
def short_titles_refused() -> None:
    def refuse(given: Row) -> None:
        if isinstance(given.get("title"), str) and len(given["title"]) == 1:
            raise invalid([{"in": "body", "pointer": "/title", "message": "is too short"}])

    _checking(refuse)


@fault
def long_names_accepted() -> None:
    def shorten(given: Row) -> None:
        if "value_type" in given and isinstance(given.get("name"), str):
            given["name"] = given["name"][:100]

    _checking(shorten)


@fault
def weight_as_text() -> None:
    def change(answer: Answer) -> None:
        if answer.method == "PATCH" and answer.path.startswith("/api/products/") and answer.status == 200:
            data = answer.json["data"]
            answer.json = {"data": {**data, "weight_kg": str(data["weight_kg"])}}

    on_the_wire(change)


@fault
def trace_answered() -> None:
    def change(answer: Answer) -> None:
        answer.status = 200 if answer.method == "TRACE" and answer.status == 405 else answer.status

    on_the_wire(change)


@fault
def open_recommendations() -> None:
    def change(scope: Scope) -> Scope:
        if scope["path"] != "/api/pricing/recommendations" or header(scope, b"authorization"):
            return scope
        token = (b"authorization", b"Bearer nxc_live_rehearsal_c_full_28ca1e099e33")
        return {**scope, "headers": [*scope["headers"], token]}

    on_the_way_in(change)


@fault
def undead_rules() -> None:
    handle("deletePricingRule", lambda _: lambda *_: Made(None))


@fault
def stillborn_rules() -> None:
    new: set[str] = set()

    def creating(create: Any) -> Any:
        def handler(shop: Any, call: Any) -> Any:
            answer = create(shop, call)
            new.add(answer.headers["Location"].rpartition("/")[2])
            return answer

        return handler

    def using(use: Any) -> Any:
        def handler(shop: Any, call: Any) -> Any:
            if call.path["ruleId"] in new:
                raise ApiError("RESOURCE_NOT_FOUND", resource="Pricing rule")
            return use(shop, call)

        return handler

    handle("createPricingRule", creating)
    handle("updatePricingRule", using)
    handle("deletePricingRule", using)
