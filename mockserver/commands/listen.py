"""nexus-mock listen: deliveries of a world shown as they come, and forwarded to a local server."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mockserver.commands import printing
from mockserver.commands.choices import events as offered
from mockserver.commands.session import Session, examples, in_world, over_api

if TYPE_CHECKING:
    from mockserver.commands.receiver import Passed

_ENDS = ("SIGINT", "SIGTERM", "SIGHUP")


@click.command(
    epilog=examples("nexus-mock listen --forward-to http://localhost:3000/webhooks --events order.created,inventory.updated")
)
@click.option("--forward-to", "to", metavar="URL", help="The local server; without one, deliveries are shown and accepted.")
@click.option(
    "--events", multiple=True, metavar="TYPE[,TYPE…]", shell_complete=offered, help="What to listen for; all unless given."
)
@click.option("--bind", default="127.0.0.1", help="The address to receive on.")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="The port to receive on; 0 takes any free one.")
@click.option("--reach", metavar="URL", help="How a mock on another machine reaches that address.")
@in_world
@over_api
def listen(session: Session, to: str | None, events: tuple[str, ...], bind: str, port: int, reach: str | None) -> None:
    """Show webhooks as they come, and forward them.

    The local server gets the very bytes and headers, and the mock its answer. This makes an endpoint in the world,
    prints its secret, and removes it at the end (Ctrl-C)."""
    from mockserver.commands.client import is_loopback
    from mockserver.commands.receiver import receiving

    if reach is None and not is_loopback(session.control.url):
        raise click.UsageError(f"{session.control.url} is not this machine: say with --reach how it reaches this one")
    _valid(to)
    try:
        with receiving(bind, port, to, _teller(session.as_json)) as taken, _interruptible():
            _listen(session, reach or f"http://127.0.0.1:{taken}/", _types(events), to)
    except OSError as why:
        raise click.UsageError(f"cannot receive on {bind}:{port} ({why.strerror}); choose another with --port") from why


def _listen(session: Session, here: str, types: list[str], to: str | None) -> None:
    """An endpoint while nobody interrupts."""
    made = session.control.post(session.at("/endpoints"), {"url": here} | ({"events": types} if types else {}))
    try:
        if session.as_json:
            click.echo(printing.row(made))
        else:
            passing = f", forwarding to {to}" if to else ""
            click.echo(f"Listening for {' '.join(made['details']['events'])} of {session.world}{passing}")
            click.echo(f"Secret: {made['secret']}")
            click.echo("Ctrl-C ends it.")
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        pass
    finally:
        _removed(session, str(made["id"]))


def _removed(session: Session, endpoint: str) -> None:
    from mockserver.commands.client import NoMock

    try:
        session.control.delete(session.at(f"/endpoints/{endpoint}"))
    except NoMock as why:
        printing.note(f"the endpoint {endpoint} is left: {why}")
        return
    printing.note(f"removed the endpoint {endpoint}")


@contextmanager
def _interruptible() -> Iterator[None]:
    """Every signal that ends a program raises KeyboardInterrupt, once: what has been begun at the end is finished."""
    names = [getattr(signal, name) for name in _ENDS if hasattr(signal, name)]

    def end(_: int, __: FrameType | None) -> NoReturn:
        for name in names:
            signal.signal(name, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {name: signal.signal(name, end) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _teller(as_json: bool) -> Callable[[Passed], None]:
    def tell(passed: Passed) -> None:
        click.echo(_as_json(passed) if as_json else _line(passed))

    return tell


def _line(passed: Passed) -> str:
    """`14:32:01 order.created → 200 in 12 ms`."""
    from nexuscommerce.webhooks import EVENT

    why = f" ({passed.error})" if passed.error else ""
    at = datetime.now().astimezone().strftime("%H:%M:%S")
    return printing.line(f"{at} {passed.header(EVENT)} → {passed.status} in {passed.milliseconds:.0f} ms{why}")


def _as_json(passed: Passed) -> str:
    import orjson

    from nexuscommerce.webhooks import DELIVERY, EVENT

    told: dict[str, Any] = {
        "delivery": passed.header(DELIVERY),
        "type": passed.header(EVENT),
        "status": passed.status,
        "duration_ms": round(passed.milliseconds, 1),
        "error": passed.error,
        "event": orjson.Fragment(passed.body),
    }
    return printing.row(told)


def _types(events: tuple[str, ...]) -> list[str]:
    return [part for given in events for part in given.split(",") if part]


def _valid(url: str | None) -> None:
    import httpx

    try:
        parsed = httpx.URL(url or "http://localhost")
    except httpx.InvalidURL as why:
        raise click.UsageError(f"--forward-to {url!r} cannot be read: {why}") from why
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise click.UsageError(f"--forward-to {url!r} is no address; one looks like http://localhost:3000/webhooks")
