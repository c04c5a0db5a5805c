"""Where the parts meet. Decides nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from connexion import ConnexionMiddleware
from connexion.exceptions import InvalidSpecification
from connexion.middleware.abstract import ROUTING_CONTEXT
from connexion.middleware.security import SecurityMiddleware
from connexion.resolver import Resolution, Resolver
from connexion.security import AbstractSecurityHandler
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.auth import Doorman
from mockserver.cors import Cors
from mockserver.dispatch import Dispatch
from mockserver.domain import instants
from mockserver.edge import Edge
from mockserver.login import Login
from mockserver.pages import methods, pages
from mockserver.quotas import Quotas
from mockserver.routing import StrictRouting
from mockserver.sandbox.faults import Faults
from mockserver.sandbox.interference import Interference
from mockserver.sandbox.journal import Journal
from mockserver.settings import Settings
from mockserver.store.database import Database
from mockserver.store.deliveries import Deliveries
from mockserver.store.world import World
from mockserver.tenancy import SERVED, Tenancy
from mockserver.tokens import Tokens
from mockserver.visit import Gate, Visit
from mockserver.webhooks.addresses import public_addresses
from mockserver.webhooks.sender import Sender
from mockserver.webhooks.worker import Worker
from mockserver.workers import catch_up
from nexuscommerce.contract import Contract, UnreadableDocument


def create_app(
    settings: Settings, contract: Contract, world: World, database: Database, clock: instants.Clock = instants.now
) -> ASGIApp:
    """The mock as one ASGI app: edge, then Connexion's routing and security, then dispatch; pages beside it."""
    tokens = Tokens(world.issuer, world.signing_key)
    quotas = Quotas(settings.limits_store, enforced=settings.limits)
    faults, journal = Faults(contract), Journal(contract)
    interference = Interference(faults)
    gate = Gate(Doorman(database.platform, tokens, contract), quotas, contract, settings.anonymous_per_minute)
    api = ConnexionMiddleware(
        Dispatch(contract, Tenancy(database), SERVED, interference),
        middlewares=[StrictRouting, SecurityMiddleware],
        resolver=_Unresolved(),
        security_map={"bearer": _bearer(gate, contract)},
    )
    try:
        api.add_api(dict(contract.document), base_path=contract.base_path)
    except InvalidSpecification as why:
        raise UnreadableDocument(f"the document is not OpenAPI 3.0: {why.message}") from why
    beside = pages(contract, tokens, world, Login(database, tokens, quotas).routes())
    fork = _Fork(contract.base_path, api, beside)
    return Edge(fork, contract, methods(beside), gate, Cors(settings.origins), clock, interference, journal)


@asynccontextmanager
async def delivering(settings: Settings, database: Database, clock: instants.Clock = instants.now) -> AsyncIterator[None]:
    """While this lasts, jobs end and webhooks are sent without a request; on the event loop that the app is served on."""

    def jobs(now: datetime) -> None:
        for tenant in database.waking(instants.text(now)):
            catch_up(database, tenant, now)

    async with (
        Sender(public_addresses if settings.public else None) as send,
        Worker(Deliveries(database), send, clock, settings.webhook_pauses, before=jobs).running(),
    ):
        yield


class _Fork:
    """What lies below the API's base path is the API's; the rest are pages. Both raise what they cannot route to the edge,
    which Starlette's routers do only where the scope says that they stand inside an app."""

    def __init__(self, base_path: str, api: ASGIApp, pages: ASGIApp) -> None:
        self._base_path = base_path
        self._api = api
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        inner = {**scope, "app": self}
        if scope["path"].startswith(self._base_path + "/"):
            await self._api(inner, receive, send)
            return
        scope["visit"].page = True
        await self._pages(inner, receive, send)


class _Unresolved(Resolver):
    """Connexion wants a function for each operation; dispatch has them in a table of its own."""

    def resolve(self, operation: Any) -> Resolution:
        return Resolution(_nothing, operation.operation_id)


def _nothing() -> None:
    """Never called."""


def _bearer(gate: Gate, contract: Contract) -> type[AbstractSecurityHandler]:
    """Connexion calls this for operations with `security: bearerAuth`. The scopes are read from the contract, since
    its entries are alternatives and Connexion stops at the first that refuses."""

    class Bearer(AbstractSecurityHandler):
        def get_fn(self, security_scheme: Any, required_scopes: Any) -> Any:
            def verify(request: Any) -> dict[str, Any]:
                visit: Visit = request.scope["visit"]
                visit.operation = contract.operations[request.scope["extensions"][ROUTING_CONTEXT]["operation_id"]]
                gate.admit(visit)
                return {}

            return verify

    return Bearer
