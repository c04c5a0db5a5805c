"""nexus-mock order: an order arrives from a marketplace. On the state file, while the mock runs or not."""

from __future__ import annotations

import re

import click
import orjson

from mockserver import terminal
from mockserver.arrivals import Unsellable, Wanted, arrive
from mockserver.domain import instants
from mockserver.domain.clocks import Clocks
from mockserver.domain.stock import KINDS
from mockserver.settings import Settings
from mockserver.workers import catch_up

MOST = 50  # tenants that a message names
_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,63})(?::([1-9][0-9]{0,5}))?")
_MARKETPLACE = re.compile(r"[a-z][a-z0-9_]{1,31}")


@click.command()
@click.argument("lines", nargs=-1, required=True, metavar="SKU[:QUANTITY]...")
@click.option("--tenant", help="The tenant's id; the first of the fixtures unless given.")
@click.option("--marketplace", default="amazon_us", show_default=True, help="Where it was ordered.")
@click.option("--method", default="FBM", show_default=True, type=click.Choice(list(KINDS)), help="Who fulfils it.")
@click.pass_obj
def order(settings: Settings, lines: tuple[str, ...], tenant: str | None, marketplace: str, method: str) -> None:
    """Have an order arrive from a marketplace: it reserves its stock and fires its webhooks. Prints the order."""
    wanted = [_wanted(line) for line in lines]
    if not _MARKETPLACE.fullmatch(marketplace):
        terminal.stop(f"{marketplace!r} is no marketplace's code; one looks like amazon_us")
    with terminal.opened(settings) as (_, world, database):
        owner = tenant or world.tenants[0]["id"]
        if not database.worlds.exists(owner):
            known, _ = database.worlds.all(None, MOST)
            terminal.stop(f"there is no tenant {owner}; the tenants are {', '.join(row.id for row in known)}")
        now = Clocks(instants.now, database.platform).now(owner)
        catch_up(database, owner, now)
        try:
            with database.shop(owner, writes=True) as shop:
                made = arrive(shop, now, wanted, marketplace, method)
        except Unsellable as why:
            terminal.stop(str(why))
    click.echo(orjson.dumps(made, option=orjson.OPT_INDENT_2).decode())


def _wanted(line: str) -> Wanted:
    found = _LINE.fullmatch(line)
    if found is None:
        terminal.stop(f"{line!r} is not a SKU, or a SKU and a quantity as in SKU-001:2")
    return Wanted(found[1], int(found[2] or 1))
