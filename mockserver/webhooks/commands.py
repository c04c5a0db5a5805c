"""nexus-mock webhook: the endpoints of tenants and what was sent to them. On the state file, while the mock runs or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import click
import orjson

from mockserver import terminal
from mockserver.commands.printing import table
from mockserver.domain import instants
from mockserver.domain.clocks import SERVER, Clocks
from mockserver.settings import Settings
from mockserver.store.deliveries import Deliveries
from mockserver.store.endpoints import Endpoints
from mockserver.store.outbox import DELIVERED, FAILED, PENDING
from mockserver.store.world import World
from mockserver.webhooks import addresses
from nexuscommerce.contract import Contract


class _State(NamedTuple):
    """What a command works on."""

    contract: Contract
    world: World
    endpoints: Endpoints
    deliveries: Deliveries
    clocks: Clocks


_tenant = click.option("--tenant", help="A tenant's id; of all tenants unless given.")
_as_json = click.option("--json", "as_json", is_flag=True, help="A JSON array, for scripts.")


@click.group()
def webhook() -> None:
    """Where events are sent, and what became of them."""


@webhook.command()
@click.argument("url")
@click.option("--tenant", help="The tenant's id; the first of the fixtures unless given.")
@click.option(
    "--event", "events", multiple=True, metavar="TYPE", help="A type of event to send; repeatable; all unless given."
)
@click.option("--existing", is_flag=True, help="For scripts: refuse to begin a new state file.")
@click.pass_obj
def add(settings: Settings, url: str, tenant: str | None, events: tuple[str, ...], existing: bool) -> None:
    """Have a tenant's events sent to URL. Prints the endpoint's id and its secret, which is not shown again."""
    if fault := addresses.fault(url):
        terminal.stop(f"this URL {fault}")
    if existing and settings.lacks_state:
        mend = "run this in the directory of the mock, or name its --database (NEXUS_MOCK_DATABASE)"
        terminal.stop(f"there is no state file {settings.database}; {mend}")
    with _state(settings) as state:
        if unknown := sorted(set(events) - set(state.contract.events)):
            terminal.stop(f"there is no event {', '.join(unknown)}; there are {', '.join(state.contract.events)}")
        owner = _known(state, tenant) or state.world.tenants[0]["id"]
        wanted = [type_ for type_ in state.contract.events if type_ in events or not events]
        endpoint_id, secret = state.endpoints.add(owner, url, wanted, state.clocks.now(owner))
    click.echo(f"{endpoint_id}\n{secret}")


@webhook.command("list")
@_tenant
@_as_json
@click.pass_obj
def list_(settings: Settings, tenant: str | None, as_json: bool) -> None:
    """The endpoints, the oldest first; no secrets."""
    with _state(settings) as state:
        rows = state.endpoints.all(_known(state, tenant))
    if as_json:
        click.echo(_json(rows))
        return
    shown = [(row.id, row.tenant_id, "paused" if row.paused else "on", row.url, " ".join(row.events)) for row in rows]
    click.echo(table(("id", "tenant", "state", "url", "events"), shown))


@webhook.command()
@click.argument("endpoint")
@click.pass_obj
def remove(settings: Settings, endpoint: str) -> None:
    """Forget the endpoint with this id, and its deliveries."""
    with _state(settings) as state:
        _found("endpoint", endpoint, state.endpoints.remove(endpoint))


@webhook.command()
@click.argument("endpoint")
@click.pass_obj
def pause(settings: Settings, endpoint: str) -> None:
    """Send nothing to the endpoint with this id until it is resumed; what happens meanwhile is not kept for it."""
    with _state(settings) as state:
        _found("endpoint", endpoint, state.endpoints.pause(endpoint, paused=True))


@webhook.command()
@click.argument("endpoint")
@click.pass_obj
def resume(settings: Settings, endpoint: str) -> None:
    """Send to the endpoint with this id again."""
    with _state(settings) as state:
        _found("endpoint", endpoint, state.endpoints.pause(endpoint, paused=False))


@webhook.command()
@_tenant
@click.option("--state", "wanted", type=click.Choice([PENDING, DELIVERED, FAILED]), help="Those in this state alone.")
@click.option("--limit", default=100, type=click.IntRange(1), help="How many of the latest.")
@_as_json
@click.pass_obj
def deliveries(settings: Settings, tenant: str | None, wanted: str | None, limit: int, as_json: bool) -> None:
    """The latest deliveries, the oldest of them first. `failed` are parked: only `redeliver` sends them again."""
    with _state(settings) as state:
        rows = state.deliveries.all(_known(state, tenant), wanted, limit)
    if as_json:
        click.echo(_json(rows))
        return
    titles = ("id", "event", "resource", "state", "tries", "due", "last answer")
    shown = [
        (row.id, row.type, row.resource, row.state, row.tries, row.due_at, row.last_error or row.last_status or "-")
        for row in rows
    ]
    click.echo(table(titles, shown))


@webhook.command()
@click.argument("delivery")
@click.pass_obj
def redeliver(settings: Settings, delivery: str) -> None:
    """Send the delivery with this id again now, whatever became of it, as if it had never been tried."""
    with _state(settings) as state:
        owner = state.deliveries.owner(delivery)
        _found("delivery", delivery, owner is not None)
        state.deliveries.redeliver(delivery, instants.text(state.clocks.now(owner or SERVER)))


@contextmanager
def _state(settings: Settings) -> Iterator[_State]:
    with terminal.opened(settings) as (contract, world, database):
        yield _State(contract, world, Endpoints(database), Deliveries(database), Clocks(instants.now, database.platform))


def _known(state: _State, tenant: str | None) -> str | None:
    if tenant is not None and tenant not in (known := state.endpoints.tenants()):
        terminal.stop(f"there is no tenant {tenant}; the tenants are {', '.join(known)}")
    return tenant


def _found(kind: str, given: str, found: bool) -> None:
    if not found:
        command = "deliveries" if kind == "delivery" else "list"
        terminal.stop(f"there is no {kind} {given}; nexus-mock webhook {command} shows which there are")


def _json(rows: Sequence[Any]) -> str:
    return orjson.dumps([row._asdict() for row in rows], option=orjson.OPT_INDENT_2).decode()
