"""nexus-mock user: users of a world, and their roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from mockserver.commands import printing
from mockserver.commands.session import Session, examples, in_world, over_api


@click.group()
def user() -> None:
    """Users of a world: list, create, role, delete."""


@user.command("list")
@in_world
@over_api
def list_(session: Session) -> None:
    """A world's users."""
    members = ("id", "email", "name", "role")
    session.show(
        session.control.get(session.at("/users")),
        lambda rows: printing.table(members, [[row[member] for member in members] for row in rows]),
    )


@user.command(epilog=examples("nexus-mock user create mia@example.com --role viewer --password a-long-secret"))
@click.argument("email")
@click.option("--name", help="What people call the user.")
@click.option("--role", help="owner, admin, manager or viewer; owner unless given.")
@click.option("--password", help="Without one the user cannot log in; nexus-mock token works still.")
@in_world
@over_api
def create(session: Session, email: str, **options: str | None) -> None:
    """Make a user with this EMAIL."""
    body = {"email": email} | {name: value for name, value in options.items() if value is not None}
    session.show(session.control.post(session.at("/users"), body), printing.pairs)


@user.command("role", epilog=examples("nexus-mock user role mia@example.com manager"))
@click.argument("who", metavar="USER")
@click.argument("role")
@in_world
@over_api
def role_(session: Session, who: str, role: str) -> None:
    """Give a USER another ROLE.

    USER is an id or an email. The role counts from the next request on, for tokens that are out too."""
    path = session.at(f"/users/{found(session, who)['id']}")
    session.show(session.control.patch(path, {"role": role}), printing.pairs)


@user.command()
@click.argument("who", metavar="USER")
@in_world
@over_api
def delete(session: Session, who: str) -> None:
    """Delete a USER.

    USER is an id or an email. Every token of the user opens nothing from now on."""
    chosen = found(session, who)
    session.show(session.control.delete(session.at(f"/users/{chosen['id']}")), lambda _: f"deleted {chosen['email']}")


def found(session: Session, who: str | None, role: str | None = None) -> Mapping[str, Any]:
    """The first user of the world with this id or email, and this role."""
    rows: list[Mapping[str, Any]] = session.control.get(session.at("/users"))
    for row in rows:
        if who in (None, row["id"], row["email"]) and role in (None, row["role"]):
            return row
    known = ", ".join(f"{row['email']} ({row['role']})" for row in rows) or "none"
    raise click.UsageError(f"there is no such user in {session.world}; there are: {known}")
