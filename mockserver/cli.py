"""nexus-mock: start the mock, or work with one that runs.

What only the start needs is imported there, and a command's module when it is called: `token` is called often, by scripts.
"""

from __future__ import annotations

import math
import re
import secrets
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import click

from mockserver import logs
from mockserver.commands import COMMANDS, SECTIONS
from mockserver.settings import MEMORY, Settings
from mockserver.terminal import stop

_F = TypeVar("_F", bound=Callable[..., Any])
_DEFAULT = Settings()
_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^/\s@]+")
SHORTEST = 24  # characters of a token that somebody chose
_PATH = click.Path(path_type=Path, dir_okay=False)


class _Database(click.ParamType[Path | str]):
    """A path, or a URL that SQLAlchemy knows."""

    name = "file or URL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        if isinstance(value, Path) or "://" not in value:
            return Path(_PATH.convert(value, param, ctx))
        if not value.startswith(("postgresql://", "postgres://")):
            self.fail("a URL begins with postgresql://; anything else is the path of a state file", param, ctx)
        return str(value).replace("postgres://", "postgresql://", 1)


def _option(name: str, default: Any, help: str, **more: Any) -> Callable[[_F], _F]:  # noqa: A002  click's own word
    return click.option(name, *more.pop("as_", ()), default=default, help=help, show_envvar=True, **more)


class _Late(click.Group):
    """A group that imports a command's module when it is asked for it: click's own recipe."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = {name: self.get_command(ctx, name) for name in COMMANDS}
        width = formatter.width - max(map(len, found)) - 6
        for title, names in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, row.get_short_help_str(width)) for name in names if (row := found[name])])


@click.group(
    cls=_Late, invoke_without_command=True, context_settings={"auto_envvar_prefix": "NEXUS_MOCK", "show_default": True}
)
@_option("--host", _DEFAULT.host, "The address to listen on.")
@_option("--port", _DEFAULT.port, "The port; 0 takes any free one.", type=click.IntRange(0, 65535))
@_option("--database", _DEFAULT.database, "The state file, or postgresql://…; it survives a restart.", type=_Database())
@_option("--fresh", False, "Begin anew: forget the state and load the fixtures.", is_flag=True)
@_option(
    "--workers",
    1,
    "Processes; several need --database postgresql://… and --redis (docs/running.md).",
    type=click.IntRange(1, 64),
)
@_option("--fixtures", _DEFAULT.fixtures, "The world to wake up in.", type=_PATH)
@_option("--document", _DEFAULT.document, "The OpenAPI document to serve.", type=_PATH)
@_option("--limits", "on", "Enforce rate limits; off: nothing is counted.", type=click.Choice(["on", "off"]))
@_option("--redis", "", "What processes of one mock have in common: redis://HOST:PORT/DB for both stores below.")
@_option("--limits-store", "", "Where requests are counted: a URL of the `limits` library.  [default: --redis or memory://]")
@_option(
    "--limits-without-store",
    _DEFAULT.limits_without_store,
    "While that store is gone nobody is refused, or everybody (503).",
    type=click.Choice(["open", "closed"]),
)
@_option(
    "--live-store", "", "Where log, coverage and faults are kept: memory://, redis://…  [default: --redis or memory://]"
)
@_option("--anonymous-per-minute", 0, "For callers without valid credentials; 0: the document's.", type=click.IntRange(0))
@_option("--origin", _DEFAULT.origins, "Whose pages may call; repeatable; * is any origin.", multiple=True, as_=["origins"])
@_option("--log", _DEFAULT.log, "A line per request on standard error.", type=click.Choice(logs.FORMATS))
@_option("--public", False, "For a shared mock: see docs/sharing.md.", is_flag=True)
@_option("--sandbox-token", "", "What opens /_sandbox; drawn anew at each start unless given (better by the environment).")
@_option("--self-service/--no-self-service", True, "On a shared mock: anybody may create a world.")
@_option(
    "--idle-days", _DEFAULT.idle_days, "On a shared mock: worlds not used for so long go.", type=click.IntRange(1, 3650)
)
@_option(
    "--webhook-pauses", _DEFAULT.webhook_pauses, "Times the pauses of webhooks; 0: none.", type=click.FloatRange(0, 1000)
)
@click.pass_context
def main(context: click.Context, /, limits: str, redis: str, **options: Any) -> None:
    """A stateful mock of NexusCommerce. Without a command, it starts. Every option can also be set by the environment."""
    if not math.isfinite(options["webhook_pauses"]):
        stop("--webhook-pauses is a number from 0 to 1000")
    for origin in options["origins"]:
        if not _ORIGIN.fullmatch(origin):
            stop(f"--origin {origin!r} is no origin; one looks like https://shop.example, http://localhost:3000 or *")
    if options["sandbox_token"] and len(options["sandbox_token"]) < SHORTEST:
        stop(f"--sandbox-token has at least {SHORTEST} characters; leave it out, and one is drawn")
    for store in ("limits_store", "live_store"):
        options[store] = options[store] or redis or MEMORY
    drawn = not options["sandbox_token"]
    options["sandbox_token"] = options["sandbox_token"] or f"nxs_{secrets.token_urlsafe(32)}"
    settings = Settings(limits=limits == "on", token_is_drawn=drawn, **options)
    context.obj = settings
    if context.invoked_subcommand is None:
        start(settings)


def start(settings: Settings) -> None:
    """Open everything, say where it is, and serve."""
    from mockserver.memory import spare

    spare()
    logs.configure(settings.log)
    from mockserver import process, server
    from mockserver.greeting import greeting
    from mockserver.stores import UnusableStore

    try:
        process.require_shareable(settings)
        listener = server.listen(settings.host, settings.port)  # before the state is touched: another mock may be here
    except (server.PortTaken, UnusableStore) as why:
        stop(str(why))
    make, world = process.prepared(settings)
    program = sys.argv[0] if sys.argv[0].endswith("nexus-mock") else "nexus-mock"
    click.echo(greeting(settings, world, listener.getsockname()[1], program))
    server.serve(make, listener, settings.workers)
