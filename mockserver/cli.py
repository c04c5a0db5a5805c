"""nexus-mock: start the mock, or have it issue a token."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from mockserver import logs, server
from mockserver.app import create_app
from mockserver.domain import instants
from mockserver.greeting import greeting
from mockserver.quotas import UnusableStore
from mockserver.settings import Settings
from mockserver.store.database import UnusableDatabase, open_database
from mockserver.store.world import UnreadableWorld, World, load_world
from mockserver.tokens import Tokens
from nexuscommerce.contract import Contract, UnreadableDocument, load

_F = TypeVar("_F", bound=Callable[..., Any])
_DEFAULT = Settings()
_PATH = click.Path(path_type=Path, dir_okay=False)
_MENDABLE = (UnreadableDocument, UnreadableWorld, UnusableDatabase, UnusableStore, server.PortTaken)


def _option(name: str, default: Any, help: str, **more: Any) -> Callable[[_F], _F]:  # noqa: A002  click's own word
    return click.option(name, *more.pop("as_", ()), default=default, help=help, show_envvar=True, **more)


@click.group(invoke_without_command=True, context_settings={"auto_envvar_prefix": "NEXUS_MOCK", "show_default": True})
@_option("--host", _DEFAULT.host, "The address to listen on.")
@_option("--port", _DEFAULT.port, "The port; 0 takes any free one.", type=click.IntRange(0, 65535))
@_option("--database", _DEFAULT.database, "The state file; it survives a restart.", type=_PATH)
@_option("--fresh", False, "Begin anew: forget the state and load the fixtures.", is_flag=True)
@_option("--fixtures", _DEFAULT.fixtures, "The world to wake up in.", type=_PATH)
@_option("--document", _DEFAULT.document, "The OpenAPI document to serve.", type=_PATH)
@_option("--limits", "on", "Enforce rate limits; off: nothing is counted.", type=click.Choice(["on", "off"]))
@_option("--limits-store", _DEFAULT.limits_store, "Where requests are counted: a URL of the `limits` library.")
@_option("--anonymous-per-minute", 0, "For callers without valid credentials; 0: the document's.", type=click.IntRange(0))
@_option("--origin", _DEFAULT.origins, "Whose pages may call; repeatable; * is any origin.", multiple=True, as_=["origins"])
@_option("--log", _DEFAULT.log, "A line per request on standard error.", type=click.Choice(logs.FORMATS))
@click.pass_context
def main(context: click.Context, /, limits: str, **options: Any) -> None:
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
    contract, world = _read(settings)
    if role not in contract.roles:
        _stop(f"there is no role {role}; there are {', '.join(contract.roles)}")
    wanted = tenant or world.tenants[0]["id"]
    for row in world.tenants:
        for user in row["users"]:
            if (row["id"], user["role"]) == (wanted, role):
                issuer = Tokens(world.issuer, world.signing_key)
                click.echo(issuer.issue(user, wanted, instants.now(), timedelta(seconds=expires_in)))
                return
    known = ", ".join(row["id"] for row in world.tenants)
    _stop(f"the fixtures have no {role} in a tenant {wanted}; the tenants are {known}")


def start(settings: Settings) -> None:
    """Open everything, say where it is, and serve."""
    logs.configure(settings.log)
    contract, world = _read(settings)
    try:
        database = open_database(settings.database, contract, world, fresh=settings.fresh)
        app = create_app(settings, contract, world, database)
        listener = server.listen(settings.host, settings.port)
    except _MENDABLE as why:
        _stop(str(why))
    program = sys.argv[0] if sys.argv[0].endswith("nexus-mock") else "nexus-mock"
    click.echo(greeting(settings, world, listener.getsockname()[1], program))
    try:
        server.serve(app, listener)
    finally:
        database.close()


def _read(settings: Settings) -> tuple[Contract, World]:
    try:
        contract = load(settings.document)
        return contract, load_world(settings.fixtures, contract)
    except _MENDABLE as why:
        _stop(str(why))


def _stop(message: str) -> NoReturn:
    click.echo(f"nexus-mock: {message}", err=True)
    sys.exit(2)
