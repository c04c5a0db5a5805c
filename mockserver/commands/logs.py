"""nexus-mock logs: the requests that came, and as they come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import click

from mockserver.commands import printing
from mockserver.commands.choices import codes, operations
from mockserver.commands.deliveries import message
from mockserver.commands.session import Session, examples, in_world, over_api

_COLOURS = {2: "green", 3: "cyan", 4: "yellow", 5: "red"}


@click.command(
    epilog=examples(
        "nexus-mock logs --follow",
        "nexus-mock logs --status 4xx --path '/api/orders*'",
        "nexus-mock logs --follow --json | jq .error_code",
    )
)
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--follow", is_flag=True, help="Go on with each request as it comes, until interrupted.")
@click.option("--operation", "operation_id", shell_complete=operations, help="Those of this operation alone.")
@click.option("--method", help="Those with this method alone.")
@click.option("--status", help="Those with this status alone: 404, or 4xx.")
@click.option("--path", help="Those whose path matches; * stands for any characters.")
@click.option("--error", "error_code", shell_complete=codes, help="Those with this error.code alone.")
@click.option("--limit", type=click.IntRange(1, 500), help="How many of the latest; 50, before --follow 10.")
@click.option("--clear", is_flag=True, help="Empty the log.")
@in_world
@over_api
def logs(session: Session, id_: str | None, follow: bool, clear: bool, limit: int | None, **query: Any) -> None:
    """The requests that came, a line for each.

    The latest of every world that the token opens, or of --world (none: without valid credentials), the oldest of them
    first; or the one with ID, with headers and bodies."""
    if id_:
        session.show(session.control.get(f"/requests/{id_}"), _whole)
        return
    query["world_id"] = session.narrowed
    if clear:
        session.show(session.control.delete("/requests", world_id=query["world_id"]), lambda _: "the log is empty")
        return
    rows = session.control.get("/requests", **query, limit=limit or (10 if follow else 50))
    if not follow:
        _listed(session, rows)
        return
    _followed(session, rows, query)


def _listed(session: Session, rows: list[Any]) -> None:
    if session.as_json:
        click.echo(printing.document(rows))
        return
    show = _printer()
    for row in reversed(rows):
        show(row)


def _followed(session: Session, rows: list[Any], query: dict[str, Any]) -> None:
    """The latest, and what comes after them without a gap."""
    from mockserver.commands.streams import follow

    show: Callable[[Any], None] = (lambda row: click.echo(printing.row(row))) if session.as_json else _printer()
    for row in reversed(rows):
        show(row)
    try:
        for row in follow(session.control, "/requests/stream", query, rows[0]["id"] if rows else None):
            show(row)
            sys.stdout.flush()
    except KeyboardInterrupt:
        return


def _printer() -> Callable[[Any], None]:
    """Prints an entry's line: with colours on a terminal, as rich finds it, and without anywhere else."""
    if not sys.stdout.isatty():
        return lambda row: click.echo(_line(row))
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)

    def show(row: Any) -> None:
        colour = _COLOURS.get((row["status"] or 500) // 100, "white")
        console.print(Text(_line(row), style=colour), soft_wrap=True)

    return show


def _line(row: Mapping[str, Any]) -> str:
    """`14:32:01 200 GET /api/orders?limit=5 listOrders 12 ms req_…`."""
    path = row["path"] + (f"?{row['query']}" if row["query"] else "")
    parts = [
        row["at"][11:19],
        row["status"] or "---",
        f"{row['method']:<6}",
        path,
        row["operation_id"],
        row["error_code"],
        f"fault {row['fault']}" if row["fault"] else None,
        f"{row['duration_ms']:.0f} ms",
        row["id"],
    ]
    return printing.line("  ".join(str(part) for part in parts if part is not None))


def _whole(row: Mapping[str, Any]) -> str:
    """One entry with headers, bodies, and the line that sends it again."""
    facts = {name: value for name, value in row.items() if name not in ("request", "response", "curl")}
    sides = [f"\n{name}\n{message(row[name])}" for name in ("request", "response")]
    return "\n".join([printing.pairs(facts), *sides, "", "again", f"  {row['curl']}"])
