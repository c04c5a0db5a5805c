"""docs/clients.md, chapter by chapter: its commands are run as they stand there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.live import Mock

HERE = Path(__file__).parent
GUIDE = HERE.parent.parent / "docs" / "clients.md"
MOCK = "http://127.0.0.1:8080"


@dataclass(frozen=True)
class Chapter:
    """What it installs, what it runs, what that prints, the code that it shows, the files beside this one that it names."""

    pins: Mapping[str, str]
    commands: tuple[str, ...]
    printed: str
    excerpts: tuple[str, ...]
    files: tuple[Path, ...]


def chapter(title: str) -> Chapter:
    """The chapter of that title."""
    text = GUIDE.read_text("utf-8").split(f"\n## {title}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)
    lines = [line for kind, body in blocks if kind == "sh" for line in body.splitlines()]
    installs = [line for line in lines if " install " in line]
    return Chapter(
        dict(pin for line in installs for pin in re.findall(r"(\S+?)(?:@|==)(\d\S*)", line)),
        tuple(line for line in lines if line not in installs),
        "".join(body for kind, body in blocks if kind == "text"),
        tuple(body for kind, body in blocks if kind not in ("sh", "text")),
        tuple(HERE / name for name in re.findall(r"\(\.\./tests/clients/([^)]+)\)", text)),
    )


def follow(title: str, directory: Path, mock: Mock) -> list[str]:
    """Runs the commands in the directory, with the files beside them; what each of them prints."""
    found = chapter(title)
    for file in found.files:
        shutil.copy(file, directory)
    return [run(command, directory, mock) for command in found.commands]


def environment(mock: Mock) -> dict[str, str]:
    """In which this interpreter's programs are found, and the mock."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**mock.environment, "PATH": path, "API": mock.address}


def run(command: str, directory: Path, mock: Mock) -> str:
    """What it prints, of this mock in the place of the guide's; it must succeed."""
    line = command.replace(MOCK, mock.address.removesuffix("/api"))
    done = subprocess.run(
        ["bash", "-c", line], cwd=directory, env=environment(mock), capture_output=True, text=True, timeout=120
    )
    assert 0 == done.returncode, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout
