"""The mock's target file for runs of a test: with the tokens that its commands print, made once and not by every run."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from contract_tests import target

MOCK = Path(__file__).parent.parent / "fixtures" / "targets" / "mock.toml"
_COMMAND = re.compile(r"^(\w+) = \{command = .*\}$", re.MULTILINE)


@cache
def text() -> str:
    """It is as it was, but for the commands of its credentials, which take a second of processor time."""
    tokens = target.load(MOCK).tokens
    return _COMMAND.sub(lambda found: f'{found[1]} = {{token = "{tokens[found[1]]}"}}', MOCK.read_text("utf-8"))


def written(directory: Path) -> Path:
    """A file with that text."""
    path = directory / "target.toml"
    path.write_text(text(), "utf-8")
    return path
