"""Connexion's security, with the gate behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from connexion.middleware.abstract import ROUTING_CONTEXT
from connexion.middleware.security import SecurityMiddleware
from connexion.security import AbstractSecurityHandler
from starlette.types import Receive, Scope, Send

from mockserver.visit import Gate, Visit
from nexuscommerce.contract import Contract


class Security(SecurityMiddleware):
    """Connexion's, which asks for a request that is more than its scope; only the scope is looked at here."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        context = scope["extensions"][ROUTING_CONTEXT]
        for api in self.apis.get(context.get("api_base_path"), ()):
            operation = api.operations.get(context["operation_id"])
            if operation and operation.security:
                await operation.verification_fn(_Request(scope, {}))
                await self.app(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


class _Request(NamedTuple):
    """As much of a request as is asked for when it is verified."""

    scope: Scope
    context: dict[str, Any]


def bearer(gate: Gate, contract: Contract, used: Callable[[str], None]) -> type[AbstractSecurityHandler]:
    """Connexion calls this for operations with `security: bearerAuth`. The scopes are read from the contract, since
    its entries are alternatives and Connexion stops at the first that refuses. `used` is told of the world of a request that
    is let in."""

    class Bearer(AbstractSecurityHandler):
        def get_fn(self, security_scheme: Any, required_scopes: Any) -> Any:
            async def verify(request: Any) -> dict[str, Any]:
                visit: Visit = request.scope["visit"]
                visit.operation = contract.operations[request.scope["extensions"][ROUTING_CONTEXT]["operation_id"]]
                await gate.admit(visit)
                used(visit.tenant)
                return {}

            return verify

    return Bearer
