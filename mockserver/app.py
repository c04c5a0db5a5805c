"""Where the parts meet. Decides nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import orjson
from connexion.exceptions import InvalidSpecification
from connexion.middleware import ConnexionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver import exposition
from mockserver.allow import Allow, paths_of
from mockserver.auth import Doorman
from mockserver.bearer import Security, bearer
from mockserver.cors import Cors
from mockserver.dispatch import Dispatch
from mockserver.domain import instants
from mockserver.domain.clocks import Clocks
from mockserver.domain.credentials import digest
from mockserver.edge import Edge
from mockserver.login import Login
from mockserver.pages import methods, pages
from mockserver.quotas import Quotas
from mockserver.routing import StrictRouting, Unresolved
from mockserver.sandbox.access import Access
from mockserver.sandbox.control import DASHBOARD, PREFIX, Control
from mockserver.sandbox.desk import Desk
from mockserver.sandbox.faults import Faults
from mockserver.sandbox.interference import Interference
from mockserver.sandbox.journal import Journal
from mockserver.sandbox.keeping import Keeping
from mockserver.sandbox.parts import Sandbox
from mockserver.settings import Settings
from mockserver.skeleton import skeleton
from mockserver.store.database import Database
from mockserver.store.deliveries import Deliveries
from mockserver.store.world import World
from mockserver.stores import Stores
from mockserver.tenancy import SERVED, Tenancy
from mockserver.tokens import Tokens
from mockserver.visit import Gate
from mockserver.webhooks.addresses import public_addresses
from mockserver.webhooks.sender import Sender
from mockserver.webhooks.worker import Worker
from mockserver.workers import catch_up_everywhere
from nexuscommerce.contract import Contract, UnreadableDocument
from nexuscommerce.files import packaged


def create_app(
    settings: Settings,
    contract: Contract,
    world: World,
    database: Database,
    clock: instants.Clock = instants.now,
    stores: Stores | None = None,
) -> ASGIApp:
    """The mock as one ASGI app: edge, then Connexion's routing and security, then dispatch; pages beside it."""
    stores = stores or Stores()
    clocks = Clocks(clock, database.platform)
    tokens = Tokens(world.issuer, orjson.loads(database.platform.fact("signing_key")))
    is_open = settings.limits_without_store == "open"
    quotas = Quotas(settings.limits_store, enforced=settings.limits, counters=stores.counters, is_open=is_open)
    doorman = Doorman(database.platform, tokens, contract, clocks)
    gate = Gate(doorman, quotas, contract, clocks, settings.anonymous_per_minute, database.aside)
    live = stores.live
    faults, journal = (live.faults, live.journal) if live else (Faults(contract), Journal(contract))
    journal.metrics = stores.metrics
    for tell in (faults.forget, journal.forget):
        database.worlds.when_deleted(tell)
    interference = Interference(faults, database.aside)
    sandbox = Sandbox(settings, contract, world, database, tokens, clocks, quotas, faults, journal)
    access = Access(settings, database.worlds)
    control = Control(sandbox, access)
    desk = Desk(control, access, contract, digest(database.platform.fact("cursor_secret") + settings.sandbox_token))
    api = ConnexionMiddleware(
        Dispatch(contract, Tenancy(database), SERVED, interference),
        middlewares=[StrictRouting, Security],
        resolver=Unresolved(),
        security_map={"bearer": bearer(gate, contract, lambda world: database.worlds.used(world, clocks.wall()))},
    )
    try:
        # Of a document of one's own Connexion reads all, and so finds what is no OpenAPI in it; the packaged one is tested.
        read = skeleton(contract) if settings.document == packaged("openapi.yaml") else dict(contract.document)
        api.add_api(read, base_path=contract.base_path)
    except InvalidSpecification as why:
        raise UnreadableDocument(f"the document is not OpenAPI 3.0: {why.message}") from why
    routes = [*Login(database, tokens, quotas, clocks).routes(), exposition.route(access, database, stores.figures)]
    beside = pages(contract, tokens, world, routes)
    fork = _Fork({contract.base_path: api}, {PREFIX: control, DASHBOARD: desk}, beside)
    allow = Allow({**paths_of(contract), **methods(beside)}, {PREFIX: lambda: control.document})
    cors = Cors(settings.origins, closed=DASHBOARD, within=PREFIX)
    return Edge(fork, contract, allow, gate, cors, clocks, interference, journal, shared=settings.public)


@asynccontextmanager
async def delivering(
    settings: Settings, database: Database, clock: instants.Clock = instants.now, stores: Stores | None = None
) -> AsyncIterator[None]:
    """While this lasts, jobs end and webhooks are sent without a request, and what is live is known to all processes; on the
    event loop that the app is served on."""
    stores = stores or Stores()
    clocks = Clocks(clock, database.platform)
    keeping = Keeping(settings, database.worlds, clocks)

    def due() -> None:
        """Jobs; and worlds that nobody uses any more, of a shared mock."""
        catch_up_everywhere(database, clocks)
        keeping.turn()

    async with (
        stores.running(),
        Sender(public_addresses if settings.public else None) as send,
        Worker(
            Deliveries(database), send, clocks, settings.webhook_pauses, before=due, tried=stores.metrics.tried
        ).running(),
    ):
        yield


class _Fork:
    """What lies below a prefix is that app's, whether it counts against the limits (`counted`) or not; the rest are pages.

    All raise what they cannot route to the edge, which Starlette's routers do only where the scope says that they stand
    inside an app.
    """

    def __init__(self, counted: Mapping[str, ASGIApp], free: Mapping[str, ASGIApp], pages: ASGIApp) -> None:
        self._counted = tuple((prefix + "/", app) for prefix, app in counted.items())
        self._free = tuple((prefix + "/", app) for prefix, app in free.items())
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, inner = scope["path"], {**scope, "app": self}
        for prefix, app in self._counted:
            if path.startswith(prefix):
                await app(inner, receive, send)
                return
        scope["visit"].page = True
        free = () if path == exposition.PATH else self._free
        app = next((app for prefix, app in free if path.startswith(prefix)), self._pages)
        await app(inner, receive, send)
