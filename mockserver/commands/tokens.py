"""nexus-mock token: a user's JWT. Of the fixtures, where no mock need run; or of a world, over the control API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click

from mockserver.commands import printing
from mockserver.commands.choices import worlds
from mockserver.commands.session import api_options, conversation, examples
from mockserver.commands.users import found
from mockserver.domain import instants
from mockserver.settings import Settings
from mockserver.terminal import read, stop

_YEARS = 100 * 365 * 24 * 3600


@click.command(epilog=examples("nexus-mock token --role viewer", "nexus-mock token --world checkout --user mia@example.com"))
@click.option("--tenant", help="The tenant's id; the first of the fixtures unless given.")
@click.option("--role", default="owner", help="The role of the user: owner, admin, manager or viewer.")
@click.option(
    "--expires-in",
    default=24 * 3600,
    type=click.IntRange(-_YEARS, _YEARS),
    help="Seconds from now; negative: it has expired already.",
)
@click.option(
    "--world", "named", envvar="NEXUS_MOCK_WORLD", shell_complete=worlds, help="A world of a mock that runs: its id or name."
)
@click.option("--user", help="The user's id or email in that world, instead of --role.")
@api_options
@click.pass_obj
def token(
    settings: Settings, /, tenant: str | None, role: str, expires_in: int, named: str | None, user: str | None, **api: Any
) -> None:
    """Print a user's JWT, as the login issues it.

    Of the fixtures, and then no mock need run; or of a --world of one that does."""
    if named and not tenant:
        _of_world(named, role, user, expires_in, api)
    elif user:
        stop("--user is of a --world; name that too")
    else:
        _of_fixtures(settings, tenant, role, expires_in, as_json=api["as_json"])


def _of_world(named: str, role: str, user: str | None, expires_in: int, api: dict[str, Any]) -> None:
    with conversation(named=named, **api) as session:
        chosen = found(session, user, None if user else role)
        issued = session.control.post(session.at(f"/users/{chosen['id']}/token"), {"expires_in": expires_in})
        session.show(issued, lambda data: str(data["token"]))


def _of_fixtures(settings: Settings, tenant: str | None, role: str, expires_in: int, *, as_json: bool) -> None:
    from mockserver.tokens import Tokens

    if settings.public:
        stop("a shared mock signs with a key of its own; name a --world (docs/sharing.md)")
    contract, world = read(settings)
    if role not in contract.roles:
        stop(f"there is no role {role}; there are {', '.join(contract.roles)}")
    wanted = tenant or world.tenants[0]["id"]
    users = [user for row in world.tenants if row["id"] == wanted for user in row["users"] if user["role"] == role]
    if not users:
        known = ", ".join(row["id"] for row in world.tenants)
        stop(f"the fixtures have no {role} in a tenant {wanted}; the tenants are {known}")
    now, life = instants.now(), timedelta(seconds=expires_in)
    issued = Tokens(world.issuer, world.signing_key).issue(users[0], wanted, now, life)
    told = {"token": issued, "expires_at": instants.text(now + life)}
    click.echo(printing.document(told) if as_json else issued)
