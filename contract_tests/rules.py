"""The catalogue, read from rules.toml: every rule that the judge judges by."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple


class Level(StrEnum):
    """MUST decides whether a target conforms; SHOULD is reported."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Rule(NamedTuple):
    """A sentence that an implementation keeps or breaks, and where it stands."""

    id: str
    level: Level
    sentence: str
    source: str


def _read(path: Path) -> dict[str, Rule]:
    groups = tomllib.loads(path.read_text("utf-8"))
    rules = [
        Rule(f"{group}-{number}", Level(level), sentence, source)
        for group, numbered in groups.items()
        for number, (level, sentence, source) in numbered.items()
    ]
    return {rule.id: rule for rule in rules}


RULES = _read(Path(__file__).with_name("rules.toml"))
