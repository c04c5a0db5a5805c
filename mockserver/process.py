"""One process of the mock: what it opens, and what it serves until it ends. One of several is given the settings alone.

What is heavy is imported after `spare`, which says what of it is not needed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver import logs
from mockserver.memory import resting, spare
from mockserver.settings import MEMORY, Settings
from mockserver.store.world import World
from mockserver.stores import Stores, UnusableStore, open_stores, require
from mockserver.terminal import read, stop
from nexuscommerce.contract import UnreadableDocument

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from mockserver.store.database import Database


def prepared(settings: Settings) -> tuple[Callable[[], ASGIApp], World]:
    """What makes the app, in this process or in each of several, and the world that it woke up with. Whatever is wrong is
    told now, on one line, and not by a process that cannot start."""
    app, world = _opened(settings)
    if settings.workers == 1:
        return lambda: app, world
    return partial(one_of_several, replace(settings, fresh=False)), world


def one_of_several(settings: Settings) -> ASGIApp:
    """Made in a process of its own."""
    spare()
    logs.configure(settings.log)
    return _opened(settings)[0]


def require_shareable(settings: Settings) -> None:
    """Several processes are as one only where nothing that they know is in one of them alone. Raises UnusableStore."""
    require(settings)
    own = [name for name, is_own in _OWN.items() if is_own(settings)]
    if settings.workers > 1 and own:
        raise UnusableStore(f"--workers {settings.workers} needs stores that several processes share: {' and '.join(own)}")


# What to give -> where it is missing.
_OWN: Mapping[str, Callable[[Settings], bool]] = {
    "--database postgresql://…": lambda settings: isinstance(settings.database, Path),
    "--redis redis://…": lambda settings: MEMORY in (settings.live_store, settings.limits_store if settings.limits else ""),
}


def _opened(settings: Settings) -> tuple[ASGIApp, World]:
    contract, world = read(settings)
    world = resting(world)  # and then the rest is imported, into the memory that was only read with
    from starlette.routing import Router

    from mockserver.app import create_app
    from mockserver.server import settled
    from mockserver.store.backend import UnusableDatabase
    from mockserver.store.database import open_database

    try:
        database = open_database(settings.database, contract, world, fresh=settings.fresh, waits=False)
        stores = open_stores(settings, database, contract)
        app = create_app(settings, contract, world, database, stores=stores)
    except (UnreadableDocument, UnusableDatabase, UnusableStore) as why:
        stop(str(why))
    router = Router(default=app, redirect_slashes=False, lifespan=lambda _: _lasting(settings, database, stores))
    return settled(router), world


@asynccontextmanager
async def _lasting(settings: Settings, database: Database, stores: Stores) -> AsyncIterator[None]:
    """From before the first request until after the last."""
    from mockserver.app import delivering

    try:
        async with delivering(settings, database, stores=stores):
            logs.lifetime.info("started")
            yield
            logs.lifetime.info("stopping")
    finally:
        await database.aside(database.close)
        logs.lifetime.info("stopped")
