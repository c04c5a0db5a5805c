"""What every command of the control API has in common: its options, the world it means, and how it ends."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mockserver.commands import printing
from mockserver.commands.choices import worlds

if TYPE_CHECKING:
    from mockserver.commands.client import Control

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OPTIONS: tuple[Callable[[Callable[..., Any]], Callable[..., Any]], ...] = (
    click.option(
        "--url", envvar="NEXUS_MOCK_URL", show_envvar=True, help="The mock's address; http://127.0.0.1:8080 unless given."
    ),
    click.option(
        "--token",
        "bearer",
        envvar=["NEXUS_MOCK_TOKEN", "NEXUS_MOCK_SANDBOX_TOKEN"],
        show_envvar=True,
        help="The sandbox's token or a world's; not needed on the mock's own machine.",
    ),
    click.option("--json", "as_json", is_flag=True, help="The API's data, for scripts."),
)
in_world = click.option(
    "--world", "named", envvar="NEXUS_MOCK_WORLD", show_envvar=True, shell_complete=worlds, help="A world's id, or its name."
)
of_server = click.option("--server", "of_server", is_flag=True, help="The server's, not a world's.")


@dataclass(frozen=True)
class Session:
    """One command's conversation. `named` is what --world says."""

    control: Control
    as_json: bool
    named: str | None
    of_server: bool

    @functools.cached_property
    def world(self) -> str:
        """The id of the world that is meant: the named one, else the token's only one, else the server's first."""
        if self.named and _UUID.fullmatch(self.named):
            return self.named
        return self._by_name(self.named) if self.named else self._first()

    @property
    def narrowed(self) -> str | None:
        """Of what has no world in its path: the named world, `none` for what belongs to none, None for all."""
        return self.world if self.named and self.named != "none" else self.named or None

    def at(self, path: str = "") -> str:
        """A path below the world, or below the server with --server."""
        return f"/server{path}" if self.of_server else f"/worlds/{self.world}{path}"

    def show(self, data: Any, told: Callable[[Any], str]) -> None:
        """The data as --json wants it, or told to people."""
        click.echo(printing.document(data) if self.as_json else told(data))

    def _by_name(self, name: str) -> str:
        found = [row for row in self._worlds() if row["name"] == name]
        if len(found) == 1:
            return str(found[0]["id"])
        if not found:
            raise click.UsageError(f"there is no world {name!r}; nexus-mock world list shows which there are")
        raise click.UsageError(f"{len(found)} worlds are named {name!r}; name one by its id: {', '.join(map(_id, found))}")

    def _first(self) -> str:
        rows = self._worlds()
        if not rows:
            raise click.UsageError("there is no world; nexus-mock world create makes one")
        if len(rows) > 1:
            first = rows[0]
            printing.note(f"in {first['name']} ({first['id']}), the first world; --world names another")
        return _id(rows[0])

    def _worlds(self) -> list[Any]:
        """Those that the token opens."""
        from mockserver.commands.client import Refused

        try:
            return list(self.control.worlds())
        except Refused as refused:
            if refused.code != "SANDBOX_ACCESS_DENIED":
                raise
        own = self.control.get("/coverage")["world_id"]  # the token is a world's, and nothing else tells whose
        return [self.control.get(f"/worlds/{own}")]


def _id(row: Any) -> str:
    return str(row["id"])


@contextmanager
def conversation(
    url: str | None, bearer: str | None, as_json: bool, named: str | None = None, of_server: bool = False
) -> Iterator[Session]:
    """A Session while the block lasts. What goes wrong in it is told in one line: exit code 2 if it can be mended here, 1 if
    the mock refused."""
    from mockserver.commands.client import Control, NoMock, Refused  # httpx takes its time

    try:
        with Control(url or address(), bearer) as control:
            yield Session(control, as_json, named, of_server)
    except NoMock as why:
        _end(2, str(why))
    except click.UsageError as why:
        _end(2, why.format_message())
    except Refused as refused:
        _end(1, f"{refused}{_MENDS.get(refused.code, '')}")


def api_options(command: Callable[..., None]) -> Callable[..., None]:
    """--url, --token and --json, which `conversation` takes as they come."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def examples(*lines: str) -> str:
    """The end of a command's help: lines to copy, as they are."""
    return "\n".join(["\b", "Example:" if len(lines) == 1 else "Examples:", *(f"  {line}" for line in lines)])


def over_api(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose first argument is a Session."""

    @functools.wraps(command)
    def run(url: str | None, bearer: str | None, as_json: bool, **options: Any) -> None:
        meant = {name: options.pop(name) for name in ("named", "of_server") if name in options}
        with conversation(url, bearer, as_json, **meant) as session:
            command(session, **options)

    return api_options(run)


def address() -> str:
    """Where the mock is unless --url says so: where these options of the start put it."""
    context = click.get_current_context(silent=True)
    settings = context.find_root().obj if context else None
    port = settings.port if settings and settings.port else os.environ.get("NEXUS_MOCK_PORT") or 8080
    return f"http://127.0.0.1:{port}"


def _end(code: int, message: str) -> NoReturn:
    printing.note(message)
    sys.exit(code)


_MENDS = {
    "UNAUTHENTICATED": "; give --token or set NEXUS_MOCK_TOKEN (the mock prints its token when it starts)",
    "TOKEN_INVALID": "; look at --token and NEXUS_MOCK_TOKEN (the mock prints its token when it starts)",
    "SANDBOX_ACCESS_DENIED": "; this needs the sandbox's token, not a world's",
}
