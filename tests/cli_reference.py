"""docs/cli.md, made from the commands' own help: `python -m tests.cli_reference` writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from mockserver.cli import main
from mockserver.commands import SECTIONS

PLACE = Path(__file__).parent.parent / "docs" / "cli.md"
_WIDTH = 120
_COMMON = {"--url", "--token", "--json", "--world", "--help"}
_HEAD = """# nexus-mock's commands

<!-- python -m tests.cli_reference writes this page from the commands' own help. -->

`nexus-mock` is in the checkout's `.venv/bin`: `export PATH="$PWD/.venv/bin:$PATH"` there, once for each shell.

Without a command, `nexus-mock` starts the mock; the [README](../README.md#options) has its options. With one, it works with
a mock that runs, over the control API (`sandbox.yaml`); `order` and `webhook` alone work on the state file. Common to all
others, and left out below:

- **Which mock:** `--url`, or `NEXUS_MOCK_URL`; http://127.0.0.1:8080 unless given. Any address that the mock prints will do.
- **Who asks:** `--token`, or `NEXUS_MOCK_TOKEN`: the sandbox's token, which opens everything, or a world's own. From the
  mock's own machine none is needed, unless it was started with `--public`.
- **Which world:** `--world`, or `NEXUS_MOCK_WORLD`: an id, or a name that one world alone has. Without it, it is the world
  of the token, or the first world of the server, which is then named on standard error. `logs` and `coverage` are of all
  worlds without it.
- **For scripts:** `--json` prints the API's `data` and nothing else; `null` where there is none. What goes on (`logs
  --follow`, `deliveries --follow`, `listen`) prints a line of JSON for each.
- **Exit codes:** 0; 1 if the mock refused, with its `error.code` and message; 2 for a mistake here, or where no mock
  answers. Standard error says which, and what to do.
- **Options of the start** (`--database`, `--public` …) stand before the command, those above after it.
- **Completion:** `eval "$(nexus-mock completion bash)"`, or `zsh`; `nexus-mock completion fish | source`.
"""


def text() -> str:
    """The page."""
    parts = [_HEAD]
    with click.Context(main, info_name="nexus-mock") as top:
        for title, names in SECTIONS.items():
            parts.append(f"## {title.split(' (')[0]}\n")
            for name in names:
                command = main.get_command(top, name)
                assert command
                parts += [_block(path, context) for path, context in _walk(command, top, name)]
    return "\n".join(parts)


def _walk(command: click.Command, above: click.Context, name: str) -> Iterator[tuple[str, click.Context]]:
    """The command, and those within it."""
    context = click.Context(
        command, parent=above, info_name=name, terminal_width=_WIDTH, max_content_width=_WIDTH, show_default=True
    )
    yield context.command_path, context
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            assert found
            yield from _walk(found, context, inner)


def _block(path: str, context: click.Context) -> str:
    level = "#" * min(4, path.count(" ") + 2)
    lines = _own(context.command.get_help(context).splitlines())
    text_ = re.sub(r"\n{3,}", "\n\n", "\n".join(lines).strip())
    return f"{level} `{path}`\n\n```text\n{text_}\n```\n"


def _own(lines: list[str]) -> Iterator[str]:
    """A help's lines without the options that the page has told of, and without a heading that nothing is left of."""
    kept: list[str] = []
    is_common = False
    for line in lines:
        if line.startswith("  --"):
            is_common = line.split()[0] in _COMMON and "mock that runs" not in line
        elif not line.startswith("      "):
            is_common = False
        if not is_common:
            kept.append(line.rstrip())
    for line, after in zip(kept, [*kept[1:], ""], strict=True):
        if (line, after) != ("Options:", ""):
            yield line


if __name__ == "__main__":
    PLACE.write_text(text(), encoding="utf-8")
    print(f"wrote {PLACE}")
