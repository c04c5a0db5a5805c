"""nexus-mock trigger: what happens to a seller without a request of his."""

from __future__ import annotations

import click

from mockserver.commands import printing
from mockserver.commands.choices import events
from mockserver.commands.session import Session, examples, in_world, over_api


@click.command(epilog=examples("nexus-mock trigger order.created", "nexus-mock trigger product.updated --resource SKU-001"))
@click.argument("event", shell_complete=events)
@click.option("--resource", help="The SKU, order id or job id to do it to; chosen unless given.")
@in_world
@over_api
def trigger(session: Session, event: str, resource: str | None) -> None:
    """Make something happen that fires EVENT.

    A real change, made with what the world holds: order.created has an order arrive."""
    body = {"type": event} | ({"resource": resource} if resource else {})
    session.show(
        session.control.post(session.at("/events"), body),
        lambda data: printing.line(f"{data['type']}  {data['resource']}  {data['event_id']}"),
    )
