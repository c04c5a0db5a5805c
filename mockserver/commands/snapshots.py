"""nexus-mock snapshot, restore: states of a world to go back to, by name."""

from __future__ import annotations

import click

from mockserver.commands import printing
from mockserver.commands.session import Session, examples, in_world, over_api


class _OrName(click.Group):
    """`snapshot NAME` is `snapshot create NAME`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["create", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_OrName, epilog=examples('nexus-mock snapshot "before checkout"'))
def snapshot() -> None:
    """Take a snapshot of a world, list or delete them.

    `nexus-mock snapshot NAME` is short for `nexus-mock snapshot create NAME`."""


@snapshot.command()
@click.argument("name")
@in_world
@over_api
def create(session: Session, name: str) -> None:
    """Take a snapshot called NAME.

    Of the data and of the world's own clock; one of the same name is replaced."""
    session.show(session.control.post(session.at("/snapshots"), {"name": name}), printing.pairs)


@snapshot.command("list")
@in_world
@over_api
def list_(session: Session) -> None:
    """A world's snapshots, the oldest first."""
    session.show(
        session.control.get(session.at("/snapshots")),
        lambda rows: printing.table(
            ("name", "taken", "holds"), [(row["name"], row["created_at"], row["counts"]) for row in rows]
        ),
    )


@snapshot.command()
@click.argument("name")
@in_world
@over_api
def delete(session: Session, name: str) -> None:
    """Forget the snapshot called NAME."""
    session.show(session.control.delete(_path(session, name)), lambda _: f"deleted {name}")


@click.command(epilog=examples('nexus-mock restore "before checkout"'))
@click.argument("name")
@in_world
@over_api
def restore(session: Session, name: str) -> None:
    """Put a world back to a snapshot.

    Data and clock are as they were; keys, users, endpoints and the log stay."""
    session.show(session.control.post(_path(session, name) + "/restore"), printing.pairs)


def _path(session: Session, name: str) -> str:
    from urllib.parse import quote

    return session.at(f"/snapshots/{quote(name, safe='')}")
