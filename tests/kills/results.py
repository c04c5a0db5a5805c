"""What came of each attempt, kept in a file, so that a run of an hour can be interrupted and goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
# What decides on a result. The table's own modules do not.
DECISIVE = (
    *("contract_tests", "mockserver", "nexuscommerce", "tests/faults", "fixtures", "openapi.yaml", "schemathesis.toml"),
    *("tests/targets.py", "tests/kills/attempts.py", "tests/kills/stock.py"),
)


class By(StrEnum):
    """Who looks for the fault."""

    SMOKE = "smoke"
    FULL = "full"
    STOCK = "stock"


class Attempt(NamedTuple):
    """One look at one mock. `terms` is what decides on the outcome beside the code: the seed, the time."""

    subject: str
    by: By
    terms: str


@dataclass(frozen=True)
class Result:
    """What came of an attempt. `caught` is whether anything was raised against the mock, `said` what, or why nothing was."""

    subject: str
    by: By
    terms: str
    version: str
    caught: bool
    said: str
    requests: int
    seconds: float

    @property
    def attempt(self) -> Attempt:
        return Attempt(self.subject, self.by, self.terms)


class Results:
    """Those of one version of the code. Of two of one attempt the later one counts."""

    def __init__(self, path: Path, version: str, *, fresh: bool = False) -> None:
        self._path = path
        self._known = {} if fresh else {each.attempt: each for each in _read(path) if each.version == version}

    def get(self, attempt: Attempt) -> Result | None:
        return self._known.get(attempt)

    def add(self, result: Result) -> None:
        self._known[result.attempt] = result
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")


def _read(path: Path) -> Iterator[Result]:
    """A line that an interrupt cut short is no result."""
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        try:
            members = json.loads(line)
            yield Result(**{**members, "by": By(members["by"])})
        except (ValueError, TypeError, KeyError):
            continue


def version() -> str:
    """A name of the code that decides on results: other code, other name."""
    digest = hashlib.sha256()
    for name in DECISIVE:
        path = ROOT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
