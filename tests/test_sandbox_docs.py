"""docs/sandbox.md and docs/partners.md are true: their lines are run against a new mock, and its answers compared."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.live import running
from tests.test_readme import BLOCK

DOCS = Path(__file__).parent.parent / "docs"
ADDRESS = "http://127.0.0.1:8080"
MARK = "\x1e"  # printed after each command, which no answer holds
needs_tools = pytest.mark.skipif(
    not all(map(shutil.which, ("jq", "curl", "openssl"))), reason="jq, curl or openssl is missing here"
)


def _pattern(answer: str) -> str:
    """The answer as a pattern: `…` stands for anything."""
    return ".*?".join(re.escape(part) for part in answer.strip().split("…"))


def _run(text: str, directory: Path, address: str) -> int:
    """Run the commands of a page in one shell, as its reader does; how many answers were compared."""
    blocks = BLOCK.findall(text.replace(ADDRESS, address))
    script = "".join(f"{command}\nprintf '{MARK}'\n" for command, _ in blocks)
    done = subprocess.run(
        ["bash", "-e"], input=script, capture_output=True, text=True, timeout=60, cwd=directory, check=False
    )
    printed = done.stdout.split(MARK)
    assert (0, len(blocks) + 1) == (done.returncode, len(printed)), done.stdout + done.stderr
    for (command, answer), seen in zip(blocks, printed, strict=False):
        if answer:
            assert re.fullmatch(_pattern(answer), seen.strip()), command + seen
    return sum(bool(answer) for _, answer in blocks)


@needs_tools
def test_every_line_of_the_sandboxs_session_gives_the_answer_shown(tmp_path: Path) -> None:
    text = (DOCS / "sandbox.md").read_text("utf-8").split("## A session")[1].split("\n## ")[0]
    with running(tmp_path, "--log", "off") as mock:
        assert 11 == _run(text, tmp_path, f"http://127.0.0.1:{mock.port}")


@needs_tools
def test_a_partner_without_an_account_comes_to_a_verified_webhook(tmp_path: Path) -> None:
    """Against a shared mock, from where a partner has no token. The page's webhook address does not exist: what was sent to
    it, and with which signature, is shown all the same."""
    text = (DOCS / "partners.md").read_text("utf-8")
    with running(tmp_path, "--log", "off", "--public") as mock:
        assert 6 == _run(text, tmp_path, f"http://127.0.0.1:{mock.port}")
