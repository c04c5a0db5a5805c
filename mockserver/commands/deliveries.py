"""nexus-mock deliveries, redeliver: what was sent to a world's webhook endpoints, and what became of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import click

from mockserver.commands import printing
from mockserver.commands.session import Session, examples, in_world, over_api

_TITLES = ("id", "event", "resource", "state", "tries", "due", "last answer")
_PAUSE = 1.0  # seconds between two looks


@click.command(epilog=examples("nexus-mock deliveries --state failed", "nexus-mock deliveries --follow"))
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--follow", is_flag=True, help="Go on with each change as it comes, until interrupted.")
@click.option("--state", type=click.Choice(["pending", "delivered", "failed"]), help="Those in this state alone.")
@click.option("--endpoint", "endpoint_id", help="Those to the endpoint with this id alone.")
@click.option("--limit", default=50, type=click.IntRange(1, 500), help="How many of the latest.")
@in_world
@over_api
def deliveries(session: Session, id_: str | None, follow: bool, **query: Any) -> None:
    """What was sent to a world's webhooks.

    The latest, the oldest of them first; or the one with ID, with what was sent and answered."""
    path = session.at("/deliveries")
    if id_:
        session.show(session.control.get(f"{path}/{id_}"), whole)
    elif follow:
        for row in _changes(session, path, query):
            click.echo(printing.row(row) if session.as_json else "  ".join(map(printing.cell, _cells(row))))
    else:
        rows = session.control.get(path, **query)
        session.show(rows if session.as_json else rows[::-1], lambda rows: printing.table(_TITLES, map(_cells, rows)))


@click.command(epilog=examples("nexus-mock redeliver dlv_01J9ZK3V8Q4T7W2X5Y6Z8A9B0C"))
@click.argument("id_", metavar="ID")
@in_world
@over_api
def redeliver(session: Session, id_: str) -> None:
    """Send the delivery with this ID again.

    Now, as if it had never been tried."""
    session.show(session.control.post(session.at(f"/deliveries/{id_}/redeliver")), whole)


def _changes(session: Session, path: str, query: Mapping[str, Any]) -> Iterator[Any]:
    """Each delivery whenever it is not what it was, the oldest first."""
    seen: dict[str, Any] = {}
    try:
        while True:
            rows = session.control.get(path, **query)
            yield from (row for row in reversed(rows) if seen.get(row["id"]) != row)
            seen = {row["id"]: row for row in rows}
            time.sleep(_PAUSE)
    except KeyboardInterrupt:
        return


def _cells(row: Mapping[str, Any]) -> tuple[Any, ...]:
    answer = row["last_error"] or row["last_status"]
    return (row["id"], row["type"], row["resource"], row["state"], row["tries"], row["due_at"], answer)


def whole(row: Mapping[str, Any]) -> str:
    """One delivery with what was sent and what was answered."""
    facts = {name: value for name, value in row.items() if name not in ("request", "response")}
    sides = [f"\n{name}\n{message(row[name])}" for name in ("request", "response") if row[name]]
    return "\n".join([printing.pairs(facts), *sides])


def message(row: Mapping[str, Any]) -> str:
    """Headers and body of a request or an answer."""
    head = [f"  {printing.line(name)}: {printing.line(value)}" for name, value in row["headers"]]
    body = [f"  {printing.line(text)}" for text in (row["body"] or "").splitlines()]
    return "\n".join([*head, *([""] if body else []), *body, *(["  … (cut off)"] if row["truncated"] else [])])
