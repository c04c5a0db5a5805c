"""nexus-mock completion: what a shell needs to complete commands, worlds, events and operations."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from mockserver.commands.session import examples

_SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
_PROGRAM = "nexus-mock"


@click.command(
    epilog=examples('eval "$(nexus-mock completion bash)"   # in ~/.bashrc', "nexus-mock completion fish | source")
)
@click.argument("shell", type=click.Choice(list(_SHELLS)))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what SHELL needs to complete this.

    Commands, options, worlds, fixtures, events, operations and error codes."""
    click.echo(_SHELLS[shell](context.find_root().command, {}, _PROGRAM, "_NEXUS_MOCK_COMPLETE").source())
