"""From a request to its answer, in the order of x-refusals."""

from __future__ import annotations

import re
import secrets
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from tests.second import arguments, instants, orders, products
from tests.second.callers import Caller, Callers
from tests.second.calls import Call, Request
from tests.second.document import Document, Operation, Route
from tests.second.lists import Lists
from tests.second.quotas import Quotas
from tests.second.refusals import Answer, Refusal
from tests.second.schemas import UUID
from tests.second.store import Store, Tenant

HANDLERS: dict[str, Callable[[Call], Answer]] = {
    "listProducts": products.list_products,
    "createProduct": products.create_product,
    "getProduct": products.get_product,
    "updateProduct": products.update_product,
    "deleteProduct": products.delete_product,
    "listOrders": orders.list_orders,
    "getOrder": orders.get_order,
    "updateOrder": orders.update_order,
    "confirmShipment": orders.confirm_shipment,
    "cancelOrder": orders.cancel_order,
}
PUBLIC_KEYS = "/keys"
NAME = re.compile(r"[A-Za-z0-9._-]{1,128}\Z")
EXPOSED = "X-Request-ID, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, Location"


class App:
    """The whole server but for the sockets."""

    def __init__(self, document: Path, world: Path, manners: frozenset[str]) -> None:
        """Reads both files."""
        self.document = Document(document, {*HANDLERS, "getHealth"})
        self.manners = manners
        self.store = Store(world)
        self.callers = Callers(self.store, self.document, manners)
        self.quotas = Quotas()
        self.lists = Lists(manners)

    def answer(self, request: Request) -> Answer:
        """The answer with all its headers, whatever happens."""
        moment = time.time()
        with self.store.lock:
            caller = self.callers.identify(request.values("authorization"), request.address)
            try:
                answer = self._answer(request, caller, moment)
            except Refusal as why:
                answer = why.answer()
            except Exception:  # noqa: BLE001 - whatever it is, the client is owed an envelope
                traceback.print_exc(file=sys.stderr)
                answer = Refusal("INTERNAL_ERROR", "Not your fault").answer()
            self._complete(answer, request, caller, moment)
        return answer

    def refuse(self, request: Request, why: Refusal) -> Answer:
        """The answer to something that never was a request."""
        answer = why.answer()
        with self.store.lock:
            caller = self.callers.identify([], request.address)
            self._complete(answer, request, caller, time.time())
        return answer

    def _complete(self, answer: Answer, request: Request, caller: Caller, moment: float) -> None:
        """Puts on what every answer carries."""
        asked = request.values("x-request-id")
        own = len(asked) == 1 and NAME.match(asked[0])
        name = asked[0] if own else f"second.{secrets.token_hex(secrets.choice(range(9, 30)))}"
        answer.headers += [
            *self.quotas.headers(caller, moment),
            ("X-REQUEST-ID", name),
            ("access-control-allow-origin", "*"),
            ("access-control-expose-headers", "*" if "starred-cors" in self.manners else EXPOSED),
        ]
        if answer.status >= 400 and "telling-details" in self.manners:
            answer.body["error"]["details"] |= {"request_id": name, "at": instants.now()}
        if "server-timing" in self.manners:
            answer.headers.append(("server-timing", f"all;dur={(time.time() - moment) * 1000:.3f}"))

    def _answer(self, request: Request, caller: Caller, moment: float) -> Answer:
        if request.path == PUBLIC_KEYS and request.method in {"GET", "HEAD"}:
            return Answer(200, self.callers.public_keys, media_type="application/jwk-set+json")
        base = f"{self.document.base}/"
        segments = [unquote(part, errors="surrogateescape") for part in request.path.removeprefix(base).split("/")]
        found = self.document.find(segments) if request.path.startswith(base) else None
        if found is None:
            raise Refusal("ROUTE_NOT_FOUND", "Nothing is here")
        route, path = found
        if request.method == "OPTIONS":
            return Answer(204, headers=[*self._allow(route), *self._preflight(request, route)])
        operation = route.operations.get("GET" if request.method == "HEAD" else request.method)
        if operation is None:
            raise Refusal("METHOD_NOT_ALLOWED", "Not with this method", None, *self._allow(route))
        if operation.name == "getHealth":
            arguments.check(self.document, operation, path, request.query, arguments.NOTHING)
            return Answer(200, {"status": "ok", "version": "0.9.17-second", "timestamp": instants.now()})
        self.quotas.count(caller, moment)
        tenant = self._admitted(request, caller, operation)
        body = arguments.body_of(operation, request.values("content-type"), request.body, request.too_large)
        values = arguments.check(self.document, operation, path, request.query, body)
        host = (request.values("host") or ["127.0.0.1"])[0]
        call = Call(self.document, self.lists, operation, tenant, path, values, body, host, self.document.base, self.manners)
        return HANDLERS[operation.name](call)

    def _admitted(self, request: Request, caller: Caller, operation: Operation) -> Tenant:
        """The tenant to act in, if the caller may act so there."""
        if caller.refusal is not None:
            raise caller.refusal
        named = request.values("x-tenant-id")
        if not named:
            raise Refusal("TENANT_HEADER_MISSING", "Which tenant?")
        if len(named) > 1 or not UUID.match(named[0]):
            raise Refusal("TENANT_HEADER_INVALID", "That is no tenant's name")
        if named[0].lower() != caller.tenant:
            whither = f" into {named[0]}" if "named-tenant" in self.manners else ""
            raise Refusal("TENANT_ACCESS_DENIED", f"This token does not lead{whither}")
        if not caller.may(operation.alternatives):
            required = sorted(set().union(*operation.alternatives))
            challenge = f'{self.callers.challenge("insufficient_scope")}, scope="{" ".join(required)}"'
            details = {"required": required, "granted": sorted(caller.scopes)}
            raise Refusal("INSUFFICIENT_SCOPE", "The token's scopes do not reach here", details, WWW_Authenticate=challenge)
        return self.store.tenants[caller.tenant]

    def _allow(self, route: Route) -> list[tuple[str, str]]:
        if "split-allow" in self.manners:
            return [("ALLOW", method) for method in route.allow]
        return [("ALLOW", ",".join(route.allow))]

    def _preflight(self, request: Request, route: Route) -> list[tuple[str, str]]:
        methods = ",".join(route.allow)
        headers = request.values("access-control-request-headers") or [
            "Authorization, Content-Type, X-Request-ID, X-Tenant-ID"
        ]
        if "starred-cors" in self.manners:
            methods = ",".join(method for method in route.allow if method not in {"GET", "HEAD", "POST"})
            headers = ["*, Authorization"]
        return [
            ("access-control-allow-methods", methods),
            ("access-control-allow-headers", headers[0]),
            ("access-control-max-age", "60"),
        ]
