"""How a command of nexus-mock reads its files, and how it ends when it cannot go on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import click

from mockserver import logs
from mockserver.settings import Settings
from mockserver.store.world import UnreadableWorld, World, load_world, shared
from nexuscommerce.contract import Contract, UnreadableDocument, load

if TYPE_CHECKING:
    from mockserver.store.database import Database


def read(settings: Settings) -> tuple[Contract, World]:
    """The document and the fixtures, without their secrets for a shared mock; or the end."""
    try:
        contract = load(settings.document)
        world = load_world(settings.fixtures, contract)
        return contract, shared(world) if settings.public else world
    except (UnreadableDocument, UnreadableWorld) as why:
        stop(str(why))


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Contract, World, Database]]:
    """The state file too, as it is: `--fresh` is for the start of a mock, and would take the state from one that runs."""
    from mockserver.store.backend import UnusableDatabase
    from mockserver.store.database import open_database  # SQLAlchemy takes its time

    contract, world = read(settings)
    is_new = settings.lacks_state
    try:
        database = open_database(settings.database, contract, world)
    except UnusableDatabase as why:
        stop(str(why))
    try:
        yield contract, world, database
        if is_new:  # a mistyped name is noticed
            click.echo(f"nexus-mock: {settings.database} is a new state file", err=True)
    finally:
        database.close()


def stop(message: str) -> NoReturn:
    """One line that says what to do, and exit code 2."""
    if logs.is_json():
        logs.log.critical(message)
    else:
        click.echo(f"nexus-mock: {message}", err=True)
    sys.exit(2)
