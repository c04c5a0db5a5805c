"""The README's session is true: its lines are run one by one against a new mock, and its answers compared."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.live import running

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"```sh\n(.*?)```(?:\n```json\n(.*?)\n```)?", re.DOTALL)


def _session() -> list[tuple[str, str]]:
    """The commands of the session, each with the answer that the README shows."""
    chapter = README.split("## A session")[1].split("\n## ")[0]
    return BLOCK.findall(chapter)


def _pattern(answer: str) -> str:
    """The answer as a pattern: `…` stands for anything."""
    return ".*?".join(re.escape(part) for part in answer.split("…"))


def test_every_line_of_the_session_gives_the_answer_shown(tmp_path: Path) -> None:
    session = _session()
    settings = session[0][0]
    with running(tmp_path, "--log", "off") as mock:
        here = settings.replace("http://127.0.0.1:8080/api", mock.address)
        for command, answer in session[1:]:
            done = subprocess.run(["bash", "-c", here + command], capture_output=True, text=True, timeout=20, check=True)
            assert re.fullmatch(_pattern(answer), done.stdout.strip().split("\n")[0]), command + done.stdout

    assert 9 == len(session)


def test_the_options_of_the_readme_are_those_of_the_program() -> None:
    from mockserver.cli import main

    table = set(re.findall(r"`(--[a-z-]+)", README.split("## Options")[1].split("\n## ")[0]))

    assert {name for option in main.params for name in option.opts} <= table | {"--help"}
