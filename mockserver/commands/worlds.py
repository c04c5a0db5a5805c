"""nexus-mock world, reset: worlds made, put back, copied, carried away."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import IO, Any

import click
import orjson

from mockserver.commands import printing
from mockserver.commands.choices import fixtures, worlds
from mockserver.commands.session import Session, examples, in_world, over_api

_PLANS = click.Choice(["starter", "growth", "enterprise"])
_STANDARD = Path("-")
_name = click.option("--name", help="What people call it; need not be its own.")
_exports = click.option(
    "--export", "exports", is_flag=True, help='Lines for a shell: eval "$(nexus-mock world … --export)".'
)


@click.group()
def world() -> None:
    """Worlds: list, make, copy, carry away.

    Each is a tenant with data, keys, users, webhooks, a clock, faults and a log of its own."""


@world.command("list", epilog=examples("nexus-mock world list --json | jq -r '.[].id'"))
@over_api
def list_(session: Session) -> None:
    """Every world, the oldest first."""
    titles = ("id", "name", "plan", "fixtures", "created", "expires", "products", "orders")
    members = ("id", "name", "plan", "fixtures", "created_at", "expires_at")
    session.show(
        list(session.control.worlds()),
        lambda rows: printing.table(
            titles, [[row[m] for m in members] + [row["counts"].get(n) for n in titles[-2:]] for row in rows]
        ),
    )


@world.command(epilog=examples('eval "$(nexus-mock world create checkout --fixtures empty --export)"'))
@click.argument("name", required=False)
@click.option("--fixtures", shell_complete=fixtures, help="What it wakes up with; the server's default unless given.")
@click.option("--plan", type=_PLANS, help="Decides on the rate limits; enterprise unless given.")
@click.option("--currency", help="Of an empty world.")
@_exports
@over_api
def create(session: Session, exports: bool, **wanted: str | None) -> None:
    """Make a world.

    Prints its base URL, tenant, key, token and owner; key and token are not shown again."""
    _made(session, session.control.post("/worlds", _given(wanted)), exports)


@world.command()
@click.argument("which", metavar="[WORLD]", required=False, shell_complete=worlds)
@in_world
@over_api
def show(session: Session, which: str | None) -> None:
    """One world: what it holds, and since when."""
    session.show(session.control.get(_of(session, which).at()), printing.pairs)


@world.command(epilog=examples("nexus-mock world rename checkout-2 --plan starter"))
@click.argument("name", required=False)
@click.option("--plan", type=_PLANS, help="Rate limits follow it from the next request on.")
@in_world
@over_api
def rename(session: Session, name: str | None, plan: str | None) -> None:
    """Give a world another NAME, or another plan."""
    changes = _given({"name": name, "plan": plan})
    if not changes:
        raise click.UsageError("name a NAME, a --plan, or both")
    session.show(session.control.patch(session.at(), changes), printing.pairs)


@world.command()
@click.argument("which", metavar="[WORLD]", required=False, shell_complete=worlds)
@in_world
@over_api
def delete(session: Session, which: str | None) -> None:
    """Delete a world with all that it has.

    It must be named, here or by --world."""
    chosen = _of(session, which)
    if not chosen.named:
        raise click.UsageError("name the world to delete; nexus-mock world list shows which there are")
    session.show(session.control.delete(chosen.at()), lambda _: f"deleted {chosen.world}")


@world.command(epilog=examples('nexus-mock world fork --name experiment --snapshot "before checkout"'))
@click.argument("which", metavar="[WORLD]", required=False, shell_complete=worlds)
@_name
@click.option("--snapshot", help="Copy this snapshot of it, not what it is now.")
@_exports
@in_world
@over_api
def fork(session: Session, which: str | None, exports: bool, **wanted: str | None) -> None:
    """Copy a world.

    The copy has the same data and ids, and a key, a token and an owner of its own."""
    _made(session, session.control.post(_of(session, which).at("/fork"), _given(wanted)), exports)


@world.command(epilog=examples("nexus-mock world export checkout.json"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, writable=True, allow_dash=True))
@in_world
@over_api
def export(session: Session, file: Path) -> None:
    """Write a world into FILE.

    All that the API can see, and no secret; - is standard output."""
    text = printing.document(session.control.get(session.at("/export")))
    if session.as_json or file == _STANDARD:
        click.echo(text)
    if file != _STANDARD:
        file.write_text(text + "\n", encoding="utf-8")


@world.command("import", epilog=examples("nexus-mock world import checkout.json --name copy --json"))
@click.argument("file", type=click.File("rb"))
@_name
@_exports
@over_api
def import_(session: Session, file: IO[bytes], name: str | None, exports: bool) -> None:
    """Make a world from the FILE of an export.

    The ids in it are kept; - is standard input."""
    try:
        read = orjson.loads(file.read())
    except orjson.JSONDecodeError as why:
        raise click.UsageError(f"{file.name} is no JSON: {why}") from why
    _made(session, session.control.post("/worlds/import", _given({"name": name}) | {"world": read}), exports)


@click.command(epilog=examples("nexus-mock reset --world checkout"))
@in_world
@over_api
def reset(session: Session) -> None:
    """Put a world back to its fixtures.

    Keys, users, endpoints and snapshots stay; its own clock, its faults and what waits to be delivered are gone. The world
    must be named, by --world or NEXUS_MOCK_WORLD."""
    if not session.named:
        raise click.UsageError("name the world to reset; nexus-mock world list shows which there are")
    session.show(session.control.post(session.at("/reset")), printing.pairs)


def _of(session: Session, which: str | None) -> Session:
    """The session about the world that the argument names, if it does."""
    return Session(session.control, session.as_json, which or session.named, of_server=False)


def _given(wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in wanted.items() if value is not None}


def _made(session: Session, data: Any, exports: bool) -> None:
    """A new world, as it is told once."""
    if exports and not session.as_json:
        click.echo(_shell(session, data))
        return
    session.show(data, _told)


def _told(data: Any) -> str:
    owner = data["owner"]
    rows = {"base URL": data["base_url"], "tenant": data["tenant_id"], "key": data["key"], "token": data["token"]}
    named = {"world": f"{data['world']['name']} ({data['world']['id']})"}
    return printing.pairs(named | rows | {"owner": f"{owner['email']}, password {owner['password']}"})


def _shell(session: Session, data: Any) -> str:
    """What the shell must know to work in this world, here and with the API."""
    names = {
        "NEXUS_MOCK_URL": session.control.url,
        "NEXUS_MOCK_WORLD": data["world"]["id"],
        "NEXUS_API_KEY": data["key"],
        "NEXUS_TENANT_ID": data["tenant_id"],
        "NEXUS_BASE_URL": data["base_url"],
    }
    if "authorization" not in session.control.http.headers and session.control.get("/server")["public"]:
        names["NEXUS_MOCK_TOKEN"] = data["token"]  # nothing else opens it from here
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in names.items())
