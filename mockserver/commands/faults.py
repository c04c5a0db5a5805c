"""nexus-mock fault: requests that fail on purpose, by world or for all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import click

from mockserver.commands import printing
from mockserver.commands.choices import codes, operations
from mockserver.commands.session import Session, examples, in_world, of_server, over_api

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_DELAY = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_TITLES = ("id", "matches", "share", "times", "applied", "does")


@click.group()
def fault() -> None:
    """Requests that fail on purpose: add, list, remove.

    Those of a world, or with --server those of all."""


@fault.command(
    epilog=examples(
        "nexus-mock fault add --operation listOrders --code RATE_LIMITED --times 2",
        "nexus-mock fault add --path '/orders/*' --delay 200-800 --share 0.1",
        "nexus-mock fault add --method POST --connection drop",
    )
)
@click.option("--operation", "operation_id", shell_complete=operations, help="An operationId to match.")
@click.option("--method", type=click.Choice(_METHODS, case_sensitive=False), help="A method to match.")
@click.option("--path", help="A path below /api to match; * stands for any characters.")
@click.option("--key", "key_id", help="A key to match, by its id.")
@click.option("--share", type=click.FloatRange(0, 1), help="Of those that match, so many are chosen by chance; all.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Fixes that chance.")
@click.option("--times", type=click.IntRange(1), help="So often, then no more; always.")
@click.option("--code", shell_complete=codes, help="Answer this error.code.")
@click.option("--status", type=click.IntRange(400, 599), help="Answer the operation's first error of this status.")
@click.option("--retry-after", type=click.IntRange(1, 86400), help="Seconds, beside RATE_LIMITED.")
@click.option("--delay", metavar="MS[-MS]", help="Wait so long first, or between the two.")
@click.option(
    "--connection", type=click.Choice(["drop", "reset", "truncate", "malformed"]), help="Break the connection, or the JSON."
)
@of_server
@in_world
@over_api
def add(session: Session, delay: str | None, **options: Any) -> None:
    """Make requests fail, wait, or break off.

    Those that match all of what is given: an operation, a method, a path, a key."""
    body = {name: value for name, value in options.items() if value is not None}
    if delay is not None:
        body["delay"] = _delay(delay)
    session.show(session.control.post(session.at("/faults"), body), lambda row: f"{row['id']}  {_does(row)}")


@fault.command("list")
@of_server
@in_world
@over_api
def list_(session: Session) -> None:
    """The faults; the first that matches is applied."""
    session.show(
        session.control.get(session.at("/faults")),
        lambda rows: printing.table(
            _TITLES,
            [(row["id"], _matches(row), row["share"], row["times"] or "always", row["applied"], _does(row)) for row in rows],
        ),
    )


@fault.command()
@click.argument("id_", metavar="ID")
@of_server
@in_world
@over_api
def remove(session: Session, id_: str) -> None:
    """Remove the fault with this ID."""
    session.show(session.control.delete(session.at(f"/faults/{id_}")), lambda _: f"removed {id_}")


@fault.command()
@of_server
@in_world
@over_api
def clear(session: Session) -> None:
    """Remove all of them."""
    session.show(session.control.delete(session.at("/faults")), lambda _: "no faults are left")


def _delay(text: str) -> dict[str, int]:
    found = _DELAY.fullmatch(text.removesuffix("ms"))
    if found is None:
        raise click.UsageError(f"--delay {text!r} is no time in milliseconds; one looks like 500 or 200-800")
    return {"min_ms": int(found[1]), "max_ms": int(found[2] or found[1])}


def _matches(row: Mapping[str, Any]) -> str:
    given = (row["operation_id"], row["method"], row["path"], row["key_id"])
    return " ".join(part for part in given if part) or "every request"


def _does(row: Mapping[str, Any]) -> str:
    """What becomes of a request that matches."""
    delay = row["delay"]
    parts = [
        f"waits {delay['min_ms']}-{delay['max_ms']} ms" if delay else "",
        f"answers {row['code'] or row['status']}" if row["code"] or row["status"] else "",
        f"connection: {row['connection']}" if row["connection"] else "",
    ]
    return ", ".join(part for part in parts if part) or "nothing"
