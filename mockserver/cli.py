"""nexus-mock: start the mock, or have it issue a token."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from mockserver import logs, server
from mockserver.app import create_app
from mockserver.domain import instants
from mockserver.greeting import greeting
from mockserver.settings import Settings
from mockserver.store.database import UnusableDatabase, open_database
from mockserver.store.world import UnreadableWorld, World, load_world
from mockserver.tokens import Tokens
from nexuscommerce.contract import Contract, UnreadableDocument, load

_DEFAULT = Settings()
_PATH = click.Path(path_type=Path, dir_okay=False)
_MENDABLE = (UnreadableDocument, UnreadableWorld, UnusableDatabase, server.PortTaken)


@click.group(invoke_without_command=True, context_settings={"auto_envvar_prefix": "NEXUS_MOCK", "show_default": True})
@click.option("--host", default=_DEFAULT.host, show_envvar=True, help="The address to listen on.")
@click.option("--port", default=_DEFAULT.port, show_envvar=True, type=click.IntRange(0, 65535), help="The port; 0 takes any free one.")
@click.option("--database", default=_DEFAULT.database, show_envvar=True, type=_PATH, help="The state file; it survives a restart.")
@click.option("--fresh", is_flag=True, show_envvar=True, help="Begin anew: forget the state and load the fixtures.")
@click.option("--fixtures", "world", default=_DEFAULT.world, show_envvar=True, type=_PATH, help="The world to wake up in.")
@click.option("--document", default=_DEFAULT.document, show_envvar=True, type=_PATH, help="The OpenAPI document to serve.")
@click.option("--limits", default="on", show_envvar=True, type=click.Choice(["on", "off"]), help="Enforce rate limits. Off: nothing is counted.")
@click.option("--limits-store", default=_DEFAULT.limits_store, show_envvar=True, help="Where requests are counted: a URL of the `limits` library.")
@click.option("--anonymous-per-minute", default=0, show_envvar=True, type=click.IntRange(0), help="Requests per minute for callers without valid credentials; 0: the document's.")
@click.option("--origin", "origins", multiple=True, default=_DEFAULT.origins, show_envvar=True, help="An origin whose pages may call; repeatable; * is any.")
@click.option("--log", "log_format", default=_DEFAULT.log_format, show_envvar=True, type=click.Choice(logs.FORMATS), help="A line per request on standard error.")
@click.pass_context
def main(context: click.Context, limits: str, **options: Any) -> None:
    """A stateful mock of NexusCommerce. Without a command, it starts. Every option can also be set by the environment."""
    settings = Settings(limits=limits == "on", **options)
    context.obj = settings
    if context.invoked_subcommand is None:
        start(settings)


@main.command()
@click.option("--tenant", help="The tenant's id; the first of the fixtures unless given.")
@click.option("--role", default="owner", help="The role of the user: owner, admin, manager or viewer.")
@click.option("--expires-in", default=24 * 3600, help="Seconds from now; negative: it has expired already.")
@click.pass_obj
def token(settings: Settings, tenant: str | None, role: str, expires_in: int) -> None:
    """Print a user's JWT, as the login issues it."""
    _, world = _read(settings)
    wanted = tenant or world.tenants[0]["id"]
    for row in world.tenants:
        for user in row["users"]:
            if (row["id"], user["role"]) == (wanted, role):
                issuer = Tokens(world.issuer, world.signing_key)
                click.echo(issuer.issue(user, wanted, instants.now(), timedelta(seconds=expires_in)))
                return
    _stop(f"the fixtures have no user with the role {role!r} in a tenant {wanted}; the tenants are {', '.join(t['id'] for t in world.tenants)}")


def start(settings: Settings) -> None:
    """Open everything, say where it is, and serve."""
    logs.configure(settings.log_format)
    contract, world = _read(settings)
    try:
        database = open_database(settings.database, contract, world, fresh=settings.fresh)
        listener = server.listen(settings.host, settings.port)
    except _MENDABLE as why:
        _stop(str(why))
    app = create_app(settings, contract, world, database)
    click.echo(greeting(settings, world, listener.getsockname()[1]))
    try:
        server.serve(app, listener)
    finally:
        database.close()


def _read(settings: Settings) -> tuple[Contract, World]:
    try:
        contract = load(settings.document)
        return contract, load_world(settings.world, contract)
    except _MENDABLE as why:
        _stop(str(why))


def _stop(message: str) -> Any:
    click.echo(f"nexus-mock: {message}", err=True)
    sys.exit(2)
