"""nexus-mock key: API keys of a world."""

from __future__ import annotations

from typing import Any

import click

from mockserver.commands import printing
from mockserver.commands.moments import DURATION, INSTANT
from mockserver.commands.session import Session, examples, in_world, over_api

_TITLES = ("id", "begins with", "name", "scopes", "expires", "revoked")


@click.group()
def key() -> None:
    """API keys of a world: list, create, revoke."""


@key.command("list")
@in_world
@over_api
def list_(session: Session) -> None:
    """A world's keys, by their first characters."""
    members = ("id", "prefix", "name", "scopes", "expires_at", "revoked_at")
    session.show(
        session.control.get(session.at("/keys")),
        lambda rows: printing.table(_TITLES, [[row[member] for member in members] for row in rows]),
    )


@key.command(epilog=examples("nexus-mock key create reader --scope products:read --scope orders:read --expires-in 2h"))
@click.argument("name", required=False)
@click.option("--scope", "scopes", multiple=True, help="What it may do; repeatable; everything unless given.")
@click.option("--expires", "expires_at", type=INSTANT, help="When, by the world's clock.")
@click.option("--expires-in", type=DURATION, help="How long from now, by the world's clock.")
@click.option(
    "--from", "allowlist", multiple=True, metavar="ADDRESS", help="Where it may be used from; repeatable; anywhere."
)
@click.option("--per-minute", type=int, help="A rate limit instead of the plan's, with --per-hour.")
@click.option("--per-hour", type=int, help="A rate limit instead of the plan's, with --per-minute.")
@in_world
@over_api
def create(session: Session, expires_in: float | None, per_minute: int | None, per_hour: int | None, **options: Any) -> None:
    """Make a key.

    Prints its id and the key, which is not shown again."""
    if (per_minute is None) != (per_hour is None):
        raise click.UsageError("--per-minute and --per-hour go together")
    body = {name: list(value) if isinstance(value, tuple) else value for name, value in options.items() if value}
    if expires_in is not None:
        body["expires_at"] = _later(session.control.get(session.at("/clock"))["now"], expires_in)
    if per_minute is not None:
        body["rate_limit"] = {"per_minute": per_minute, "per_hour": per_hour}
    session.show(session.control.post(session.at("/keys"), body), lambda data: f"{data['id']}\n{data['key']}")


@key.command()
@click.argument("id_", metavar="ID")
@in_world
@over_api
def revoke(session: Session, id_: str) -> None:
    """Revoke the key with this ID.

    From the next request on it opens nothing; it stays in the list."""
    session.show(session.control.delete(session.at(f"/keys/{id_}")), lambda _: f"revoked {id_}")


def _later(now: str, seconds: float) -> str:
    from datetime import timedelta

    from mockserver.domain import instants

    return instants.text(instants.parse(now) + timedelta(seconds=seconds))
