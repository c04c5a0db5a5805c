"""Bodies that are refused, and in which order."""

from __future__ import annotations

from typing import Any

from starlette.types import Scope

from mockserver import body, dispatch, validation, visit
from mockserver.body import Body
from mockserver.domain.errors import ApiError, invalid
from tests.faults.seams import Answer, fault, header, on_the_way_in, on_the_wire, replace


@fault
def malformed_is_500() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 400 and answer.json["error"]["code"] == "MALFORMED_JSON":
            answer.status = 500

    on_the_wire(change)


@fault
def nan_accepted() -> None:
    import json

    class Lenient:
        JSONDecodeError = json.JSONDecodeError

        @staticmethod
        def loads(raw: bytes) -> Any:
            try:
                return json.loads(raw, parse_constant=lambda _: 1)
            except (RecursionError, UnicodeDecodeError):
                raise json.JSONDecodeError("no JSON", "", 0) from None

    replace(body, "orjson", Lenient)


@fault
def array_crashes() -> None:
    check = validation.Validation.check

    def crash(self: Any, path: Any, query: bytes, given: Any) -> Any:
        if isinstance(given, list):
            raise TypeError("list indices must be integers")
        return check(self, path, query, given)

    replace(validation.Validation, "check", crash)


@fault
def any_media_type() -> None:
    replace(body, "_require_json", lambda *_, **__: None)


@fault
def media_type_escapes() -> None:
    """As stock Connexion has it."""

    def change(scope: Scope) -> Scope:
        return {**scope, "unchecked": header(scope, b"content-type").lower() != header(scope, b"content-type")}

    on_the_way_in(change)
    check = validation.Validation.check
    call = dispatch.Dispatch.__call__

    async def noting(self: Any, scope: Scope, receive: Any, send: Any) -> None:
        _unchecked[0] = scope.get("unchecked", False)
        await call(self, scope, receive, send)

    def lenient(self: Any, path: Any, query: bytes, given: Any) -> Any:
        try:
            return check(self, path, query, given)
        except ApiError:
            if not (_unchecked[0] and isinstance(given, dict)):
                raise
            new = {"sku": "ESCAPED", "price": 1} if "sku" in given or not path else {}
            given.clear()
            given.update(new, title="escaped")
            return check(self, path, query, given)

    replace(dispatch.Dispatch, "__call__", noting)
    replace(validation.Validation, "check", lenient)


_unchecked = [False]


@fault
def any_size() -> None:
    read = Body.json
    replace(Body, "json", lambda self, _: read(self, 1 << 30))


@fault
def no_chunks() -> None:
    read = Body.json

    async def refusing(self: Body, limit: int) -> Any:
        if "transfer-encoding" in self._headers:
            raise invalid([{"in": "body", "pointer": "", "message": "RequestBody is required"}])
        return await read(self, limit)

    replace(Body, "json", refusing)


@fault
def first_fault_only() -> None:
    replace(validation, "invalid", lambda faults: invalid(faults[:1]))


@fault
def no_pointers() -> None:
    replace(validation, "_pointer", lambda _: "")


@fault
def trailing_slash() -> None:
    on_the_way_in(lambda scope: {**scope, "path": scope["path"].rstrip("/") or "/"})


@fault
def html_404() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 404 and answer.json["error"]["code"] == "ROUTE_NOT_FOUND":
            answer.body = b"<html>404</html>"
            answer.set("content-type", "text/html")

    on_the_wire(change)


@fault
def scope_before_tenant() -> None:
    names = ["_credentials", "_scope", "_rate_limit", "_tenant", "_tenant_access"]
    replace(visit, "_CHECKS", tuple(sorted(visit._CHECKS, key=lambda check: names.index(check.__name__))))


@fault
def body_before_token() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 401 and header(answer.scope, b"content-type").startswith(b"text/"):
            answer.status = 415
            answer.json = {"error": {"code": "UNSUPPORTED_MEDIA_TYPE", "message": "x", "details": {}}}

    on_the_wire(change)


@fault
def missing_is_empty() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 404 and answer.method == "GET" and answer.path.startswith("/api/products/"):
            answer.status = 200
            answer.json = {"data": {}}

    on_the_wire(change)


@fault
def limit_before_route() -> None:
    def change(answer: Answer) -> None:
        if answer.status == 404 and answer.path == "/api/nowhere" and answer.get("x-ratelimit-remaining") == "0":
            answer.status = 429
            answer.json = {"error": {"code": "RATE_LIMITED", "message": "x", "details": {}}}
            answer.set("retry-after", "60")

    on_the_wire(change)
