"""nexus-mock coverage: which operations and statuses of the contract have been exercised."""

from __future__ import annotations

from typing import Any

import click

from mockserver.commands import printing
from mockserver.commands.session import Session, examples, in_world, over_api


@click.command(epilog=examples("nexus-mock coverage --world checkout --json | jq '.exercised / .possible'"))
@click.option("--untouched", is_flag=True, help="The operations alone that nobody called.")
@click.option("--clear", is_flag=True, help="Begin to count anew.")
@in_world
@over_api
def coverage(session: Session, untouched: bool, clear: bool) -> None:
    """Which operations and statuses were exercised.

    Of every world that the token opens, or of --world."""
    chosen = session.narrowed
    if clear:
        session.show(session.control.delete("/coverage", world_id=chosen), lambda _: "counting anew")
        return
    data = session.control.get("/coverage", world_id=chosen)
    if untouched:
        data = data | {"operations": [row for row in data["operations"] if not row["requests"]]}
    session.show(data, _told)


def _told(data: Any) -> str:
    rows = [(row["operation_id"], row["requests"], _statuses(row)) for row in data["operations"]]
    share = f"{data['exercised']} of {data['possible']} pairs of operation and status"
    return f"{printing.table(('operation', 'requests', 'statuses'), rows)}\n\n{share}"


def _statuses(row: Any) -> str:
    """`200 ×3, 404`; those that were never answered in brackets."""
    parts = [f"{s['status']} ×{s['requests']}" if s["requests"] else f"({s['status']})" for s in row["statuses"]]
    return ", ".join(parts)
