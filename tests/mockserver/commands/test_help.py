"""What the commands say of themselves."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from mockserver.cli import main
from mockserver.commands import COMMANDS, SECTIONS
from tests import cli_reference
from tests.mockserver.commands.conftest import Run

ROOT = cli_reference.PLACE.parent.parent


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command
            yield (*path, name), command
            if isinstance(command, click.Group):
                yield from _commands(command, (*path, name))


ALL = dict(_commands(main))
OURS = {path: row for path, row in ALL.items() if path[0] not in ("order", "webhook")}  # those are on the state file


def test_the_page_of_the_commands_is_what_they_say() -> None:
    """`python -m tests.cli_reference` writes it anew."""
    assert cli_reference.text() == cli_reference.PLACE.read_text(encoding="utf-8")


def test_the_readme_names_every_command() -> None:
    chapter = (ROOT / "README.md").read_text(encoding="utf-8").split("## Commands")[1].split("\n## ")[0]

    assert set(COMMANDS) <= set(re.findall(r"[a-z]+", chapter))


def test_help_has_every_command_in_a_section_with_a_whole_line(run: Run) -> None:
    printed = run("--help").stdout

    assert all(f"{title}:" in printed for title in SECTIONS)
    for name in {path[0] for path in OURS}:
        (line,) = [row for row in printed.splitlines() if re.match(rf"  {name} ", row)]
        assert line.endswith("."), line
        assert not line.endswith("..."), line


@pytest.mark.parametrize("path", OURS, ids=" ".join)
def test_every_command_has_a_summary_of_one_line(path: tuple[str, ...]) -> None:
    summary = (OURS[path].help or "").split("\n\n")[0]

    assert summary.endswith(".")
    assert "\n" not in summary


@pytest.mark.parametrize(
    "path",
    [path for path, row in OURS.items() if not isinstance(row, click.Group) and path != ("completion",)],
    ids=" ".join,
)
def test_every_command_of_the_api_has_the_options_of_all(path: tuple[str, ...]) -> None:
    names = {name for param in OURS[path].params for name in param.opts}

    assert {"--url", "--token", "--json"} <= names


def test_a_command_is_as_quick_as_its_imports() -> None:
    """`token` is called often, by scripts, and a command's options are completed at every <TAB>: neither waits for the
    server's imports, nor for those of another command."""
    program = "import sys; from mockserver.cli import main; main(sys.argv[1:], standalone_mode=False); print(*sys.modules)"
    heavy = {"connexion", "sqlalchemy", "starlette", "uvicorn", "httpx", "rich", "mockserver.app"}
    for words in (["token"], ["completion", "bash"], ["logs", "--help"], ["listen", "--help"]):
        done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
        assert set() == heavy & set(done.stdout.splitlines()[-1].split())
