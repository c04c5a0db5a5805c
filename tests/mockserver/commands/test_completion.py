"""What the shell offers after <TAB>."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.mockserver.commands.conftest import Run
from tests.mockserver.commands.fake import OTHER, WORLD, Fake

_PROGRAM = "import sys; sys.argv[0] = 'nexus-mock'; from mockserver.cli import main; main(prog_name='nexus-mock')"


def _offered(words: str, url: str = "http://127.0.0.1:9", **more: str) -> list[str]:
    """What bash would be offered for the last word of a line, as the script asks."""
    environment = {"_NEXUS_MOCK_COMPLETE": "bash_complete", "COMP_WORDS": words, "NEXUS_MOCK_URL": url}
    environment |= {"COMP_CWORD": str(len(words.split(" ")) - 1), **more}
    command = [sys.executable, "-c", _PROGRAM]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=True, timeout=30)
    assert "" == done.stderr
    return [line.split(",", 1)[1] for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(("shell", "sign"), [("bash", "complete -o"), ("zsh", "#compdef"), ("fish", "complete --no-files")])
def test_the_script_of_a_shell_is_printed(run: Run, shell: str, sign: str) -> None:
    printed = run("completion", shell).stdout

    assert sign in printed
    assert "_NEXUS_MOCK_COMPLETE" in printed


def test_bash_takes_the_script_and_completes(run: Run, tmp_path: Path) -> None:
    """From the first letters to the command's name, with the program that is on the PATH."""
    program = tmp_path / "nexus-mock"
    program.write_text(f"#!{sys.executable}\n{_PROGRAM}\n")
    program.chmod(0o755)
    script = run("completion", "bash").stdout
    ask = f'{script}\nCOMP_WORDS=(nexus-mock del); COMP_CWORD=1; _nexus_mock_completion nexus-mock; echo "${{COMPREPLY[@]}}"'
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", ask], env={**os.environ, **path}, capture_output=True, text=True, check=True)

    assert "deliveries" == done.stdout.strip()


def test_worlds_fixtures_events_and_operations_are_offered(fake: Fake) -> None:
    assert [WORLD, OTHER] == _offered("nexus-mock clock show --world ", fake.url)
    assert [OTHER] == _offered("nexus-mock world delete 1", fake.url)
    assert ["empty", "widget-works"] == _offered("nexus-mock world create --fixtures ", fake.url)
    assert ["order.created", "order.status_changed"] == _offered("nexus-mock trigger order.")
    assert ["listOrders"] == _offered("nexus-mock fault add --operation listO")
    assert ["RATE_LIMITED"] == _offered("nexus-mock fault add --code RATE")
    assert ["drop"] == _offered("nexus-mock fault add --connection d")


def test_where_no_mock_answers_nothing_is_offered_and_nothing_is_said() -> None:
    began = time.monotonic()

    assert [] == _offered("nexus-mock clock show --world ")
    assert time.monotonic() - began < 10
