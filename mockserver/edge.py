"""Every request, in and out: request id, rate-limit and CORS headers, HEAD and OPTIONS, errors, and the log."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver import envelope
from mockserver.allow import Allow
from mockserver.answer import Answer, RawHeaders
from mockserver.body import Aborted, Body
from mockserver.connection import Broken, connection_of
from mockserver.cors import Cors
from mockserver.domain.clocks import Clocks
from mockserver.domain.errors import ApiError
from mockserver.fields import Fields
from mockserver.logs import line, request_id
from mockserver.quotas import Quota
from mockserver.sandbox.interference import Interference
from mockserver.sandbox.journal import Journal
from mockserver.visit import Gate, Visit
from nexuscommerce.contract import Contract

log = logging.getLogger("mockserver")

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
# Of a shared mock, whose answers browsers of many get (OWASP Secure Headers).
SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"strict-transport-security", b"max-age=31536000"),
)
PAGE_METHODS = ("GET", "HEAD", "OPTIONS")


class Edge:
    """Outermost. Whoever makes an answer, the operation, a check or a crash, it leaves with the same headers."""

    def __init__(
        self,
        app: ASGIApp,
        contract: Contract,
        allow: Allow,
        gate: Gate,
        cors: Cors,
        clocks: Clocks,
        interference: Interference,
        journal: Journal,
        *,
        shared: bool = False,
    ) -> None:
        self._security = SECURITY if shared else ()
        self._app = app
        self._gate = gate
        self._cors = cors
        self._clocks = clocks
        self._interference = interference
        self._journal = journal
        self._metrics = journal.metrics
        self._base_path = contract.base_path + "/"
        self._status = {refusal.code: refusal.status for refusal in contract.refusals}
        self._allow = allow

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        visit = scope["visit"] = self._visit(scope, receive)
        answer = Answer(send, self._finish(visit), visit)
        aborted = False
        request_id.set(visit.request_id)
        self._metrics.in_flight += 1
        try:
            await self._answered(visit, scope, answer)
        except Aborted:
            aborted = True
        except Broken:
            if visit.connection is None:
                raise
        finally:
            self._metrics.in_flight -= 1
            seconds = time.perf_counter() - started
            self._journal.note(visit, answer, seconds)
            if log.isEnabledFor(logging.INFO):
                log.info("request", extra={"visit": line(visit, answer.status, seconds, aborted=aborted)})

    async def _answered(self, visit: Visit, scope: Scope, answer: Answer) -> None:
        try:
            await self._serve(visit, scope, answer)
        except (ApiError, HTTPException) as why:
            await self._refuse(why if isinstance(why, ApiError) else self._routing_error(visit, why), visit, answer)
        except (Aborted, Broken):
            raise
        except Exception:
            log.exception("request %s failed", visit.request_id)
            if answer.started:
                raise
            await self._refuse(ApiError("INTERNAL_ERROR"), visit, answer)

    async def _serve(self, visit: Visit, scope: Scope, answer: Answer) -> None:
        if visit.method == "OPTIONS" and (headers := self._options(visit)):
            await answer({"type": "http.response.start", "status": 204, "headers": headers})
            await answer({"type": "http.response.body", "body": b""})
            return
        # HEAD is GET without its body (RFC 9110 §9.3.2); `Answer` leaves the body out.
        inner = {**scope, "method": "GET"} if visit.method == "HEAD" else scope
        try:
            await self._app(inner, visit.body, answer)
        except ApiError as why:
            if why is visit.refused:
                await self._interference.with_stranger(visit)
            raise

    def _options(self, visit: Visit) -> RawHeaders:
        """What is answered to OPTIONS; nothing where there is no such path, and no page asks for one."""
        allow = self._allow(visit.path)
        if not allow and not visit.path.startswith(self._base_path):
            allow = PAGE_METHODS
        preflight = self._cors.preflight(visit.headers, allow)
        return [(b"allow", ", ".join(allow or ("OPTIONS",)).encode()), *preflight] if allow or preflight else []

    def _visit(self, scope: Scope, receive: Receive) -> Visit:
        headers = Fields(scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
        address = scope["client"][0] if scope.get("client") else ""
        raw_path = (scope.get("raw_path") or b"").decode("latin-1")
        now, body = self._clocks.wall(), Body(receive, headers)
        return Visit(
            request_id,
            scope["method"],
            scope["path"],
            raw_path,
            scope["scheme"],
            headers,
            address,
            now,
            body,
            query=scope["query_string"],
            connection=connection_of(scope),
        )

    def _finish(self, visit: Visit) -> Callable[[], Awaitable[RawHeaders]]:
        """The headers of every answer. An answer that nothing has counted yet (no such path, a method that the path
        does not have) costs its one request here; health checks, preflights and pages cost none."""

        async def headers() -> RawHeaders:
            free = visit.method == "OPTIONS" or (visit.operation is not None and not visit.operation.scopes) or visit.page
            quota = await (self._gate.look(visit) if free else self._gate.count(visit))
            common = [
                (b"x-request-id", visit.request_id.encode()),
                *_quota_headers(quota),
                *self._cors.headers(visit.headers, visit.path),
            ]
            common += self._security
            return [*common, (b"preference-applied", visit.preferred.encode("latin-1"))] if visit.preferred else common

        return headers

    def _routing_error(self, visit: Visit, why: HTTPException) -> ApiError:
        if why.status_code == 405:
            allow = ", ".join(self._allow(visit.path) or PAGE_METHODS)
            return ApiError("METHOD_NOT_ALLOWED", headers={"Allow": allow}, path=visit.path, method=visit.method)
        return ApiError("ROUTE_NOT_FOUND", path=visit.path)

    async def _refuse(self, error: ApiError, visit: Visit, answer: Answer) -> None:
        visit.error = error
        headers, raw = envelope.refusal(error)
        await answer({"type": "http.response.start", "status": error.status or self._status[error.code], "headers": headers})
        await answer({"type": "http.response.body", "body": raw})


def _quota_headers(quota: Quota) -> RawHeaders:
    return [
        (b"x-ratelimit-limit", b"%d" % quota.limit),
        (b"x-ratelimit-remaining", b"%d" % quota.remaining),
        (b"x-ratelimit-reset", b"%d" % quota.reset),
    ]
