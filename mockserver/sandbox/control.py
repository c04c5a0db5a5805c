"""The control API, served from sandbox.yaml as the API is from openapi.yaml: Connexion guards, Dispatch answers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from connexion.middleware import ConnexionMiddleware
from connexion.middleware.abstract import ROUTING_CONTEXT
from connexion.middleware.security import SecurityMiddleware
from connexion.security import AbstractSecurityHandler
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.dispatch import Dispatch
from mockserver.domain.errors import ApiError
from mockserver.envelope import Answer, Stream
from mockserver.routing import StrictRouting, Unresolved
from mockserver.sandbox.access import Access
from mockserver.sandbox.bounds import BODY_BYTES
from mockserver.sandbox.handlers import HANDLERS
from mockserver.sandbox.parts import Ask, Sandbox
from mockserver.skeleton import skeleton
from mockserver.validation import Values
from mockserver.visit import NOBODY, Guest, Visit
from nexuscommerce.contract import Document, Operation, load_sandbox

DASHBOARD, PREFIX = "/_sandbox", "/_sandbox/v1"


class Control:
    """The app below PREFIX. The document is read at the first request: a mock that nobody turns starts without it."""

    def __init__(self, sandbox: Sandbox, access: Access) -> None:
        self._sandbox = sandbox
        self._access = access
        self._aside = sandbox.database.aside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except ApiError as why:
            why.status = self._status[why.code]
            raise

    @cached_property
    def document(self) -> Document:
        document = load_sandbox()
        if self._sandbox.settings.public:
            document.body_bytes = min(document.body_bytes, BODY_BYTES)
        return document

    async def ask(
        self,
        operation_id: str,
        path: Mapping[str, str],
        query: Mapping[str, Any],
        body: Any,
        guest: Guest,
        origin: str,
        address: str,
    ) -> Any:
        """The answer's body to a request that comes from inside, with every check but that of the caller's token."""
        operation = self.document.operations[operation_id]
        values, filled = self._dispatch.read(operation, path, urlencode(query).encode(), body)
        answer = await self._aside(self._carried_out, operation, values, filled, guest, origin, address)
        return answer.body if isinstance(answer, Answer) else None

    async def authenticated(self, token: str) -> Guest | None:
        """Whom a token lets in."""
        return await self._aside(self._access.authenticate, token)

    @cached_property
    def _status(self) -> Mapping[str, int]:
        return {refusal.code: refusal.status for refusal in self.document.refusals}

    @cached_property
    def _dispatch(self) -> Dispatch:
        return Dispatch(self.document, self._answer, set(HANDLERS))

    @cached_property
    def _app(self) -> ASGIApp:
        app: Any = ConnexionMiddleware(
            self._dispatch,
            middlewares=[StrictRouting, SecurityMiddleware],
            resolver=Unresolved(),
            security_map={"bearer": self._bearer()},
        )
        app.add_api(skeleton(self.document), base_path=self.document.base_path)
        served: ASGIApp = app
        return served

    def _bearer(self) -> type[AbstractSecurityHandler]:
        control = self

        class Bearer(AbstractSecurityHandler):
            def get_fn(self, security_scheme: Any, required_scopes: Any) -> Any:
                async def verify(request: Any) -> dict[str, Any]:
                    visit: Visit = request.scope["visit"]
                    operation = control.document.operations[request.scope["extensions"][ROUTING_CONTEXT]["operation_id"]]
                    visit.guest = await control._aside(control._access.admit, visit, operation)
                    return {}

                return verify

        return Bearer

    async def _answer(self, visit: Visit, operation: Operation, values: Values, body: Any) -> Answer | Stream:
        guest = visit.guest or NOBODY
        origin = f"{visit.scheme}://{visit.headers.get('host', 'localhost')}"
        last_event = visit.headers.get("last-event-id")
        return await self._aside(self._carried_out, operation, values, body, guest, origin, visit.address, last_event)

    def _carried_out(
        self,
        operation: Operation,
        values: Values,
        body: Any,
        guest: Guest,
        origin: str,
        address: str,
        last_event: str | None = None,
    ) -> Answer | Stream:
        world = values.path.get("worldId")
        if world is not None and (guest.world not in (None, world) or not self._sandbox.worlds.exists(world)):
            raise ApiError("RESOURCE_NOT_FOUND", resource=f"World {world}")
        now = self._sandbox.clocks.now()
        ask = Ask(operation, values.path, values.query, body, now, guest.world, origin, address, last_event)
        return HANDLERS[operation.id](self._sandbox, ask)
