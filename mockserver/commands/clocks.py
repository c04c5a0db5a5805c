"""nexus-mock clock: the time of a world, or of the server."""

from __future__ import annotations

from typing import Any

import click

from mockserver.commands.moments import DURATION, INSTANT
from mockserver.commands.session import Session, examples, in_world, of_server, over_api


@click.group()
def clock() -> None:
    """The time: freeze, set, advance, release.

    Of a world, or with --server of the server: expiry, rate limits, jobs, retries and timestamps go by it."""


@clock.command()
@of_server
@in_world
@over_api
def show(session: Session) -> None:
    """What time it is there, and whether the clock stands still."""
    session.show(session.control.get(session.at("/clock")), _told)


@clock.command(epilog=examples("nexus-mock clock freeze 2026-03-12T14:32:00Z"))
@click.argument("at", required=False, type=INSTANT)
@of_server
@in_world
@over_api
def freeze(session: Session, at: str | None) -> None:
    """Have the clock stand still, at AT or at what it says now."""
    _set(session, {"mode": "frozen"} | ({"at": at} if at else {}))


@clock.command("set", epilog=examples("nexus-mock clock set 2026-12-24"))
@click.argument("at", type=INSTANT)
@of_server
@in_world
@over_api
def set_(session: Session, at: str) -> None:
    """Have the clock go on from AT."""
    _set(session, {"mode": "running", "at": at})


@clock.command(epilog=examples("nexus-mock clock advance 1h30m", "nexus-mock clock advance PT90S --server"))
@click.argument("duration", type=DURATION)
@of_server
@in_world
@over_api
def advance(session: Session, duration: float) -> None:
    """Move the clock forward by DURATION.

    90s, 15m, 1h30m, 3d or PT2H. What is due by then has happened when this answers; webhooks are sent right after."""
    session.show(session.control.post(session.at("/clock/advance"), {"seconds": duration}), _told)


@clock.command()
@of_server
@in_world
@over_api
def release(session: Session) -> None:
    """Give the clock up.

    A world follows the server's again, the server the clock on the wall."""
    _set(session, {"mode": "released"})


def _set(session: Session, setting: dict[str, Any]) -> None:
    session.show(session.control.put(session.at("/clock"), setting), _told)


def _told(data: Any) -> str:
    return f"{data['now']}  {data['mode']}, {'a clock of its own' if data['own'] else 'following'}"
