"""The catalogue, read from rules.toml: every rule that the judge judges by, what it needs, and what it does to a target."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple


class Level(StrEnum):
    """MUST decides whether a target conforms; SHOULD is reported."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Effect(StrEnum):
    """What a request may do to a target; a target file allows each, but for reading, which is always allowed."""

    READ = "read-only"  # GET, HEAD and OPTIONS alone
    WRITES = "writes"  # makes and changes what carries the run's own names, and takes it away
    DESTRUCTIVE = "destructive"  # changes what was there before, or might on a target that is broken
    BURN_QUOTA = "burn-quota"  # uses up the rate limit of the credential `quota`


class Rule(NamedTuple):
    """A sentence that an implementation keeps or breaks, and where it stands.

    `effects` are all that its tests may do; `needs` the credentials that they use beside `full`, `capabilities` the tags of
    openapi.yaml, `webhooks` or `jwks`; `minimum` the successful examples below which it is not judged; `faults` the seeded
    faults that it must catch, name -> what is wrong.
    """

    id: str
    level: Level
    sentence: str
    source: str
    effects: tuple[Effect, ...] = (Effect.READ,)
    needs: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    minimum: int = 1
    faults: Mapping[str, str] = {}

    @property
    def group(self) -> str:
        return self.id.partition("-")[0]


def either(need: str) -> str:
    """One of a rule's needs in words: of `a|b` either will do."""
    return " or ".join(f"`{name}`" for name in need.split("|"))


DEFAULTS: Mapping[str, Any] = {"effects": ["read-only"], "needs": [], "capabilities": [], "minimum": 1, "faults": {}}


def _rule(group: str, number: str, table: Mapping[str, Any]) -> Rule:
    lists = {name: tuple(table[name]) for name in ("needs", "capabilities")}
    effects = tuple(Effect(each) for each in table["effects"])
    return Rule(**{**table, **lists, "id": f"{group}-{number}", "level": Level(table["level"]), "effects": effects})


def _read(path: Path) -> tuple[dict[str, Rule], dict[str, str]]:
    """The rules by id, and the titles of their groups. What a group says of its rules holds unless a rule says otherwise."""
    rules: dict[str, Rule] = {}
    titles: dict[str, str] = {}
    for group, table in tomllib.loads(path.read_text("utf-8")).items():
        own = {name: value for name, value in table.items() if name in DEFAULTS}
        titles[group] = table["title"]
        for number, rule in table.items():
            if number.isdigit():
                made = _rule(group, number, {**DEFAULTS, **own, **rule})
                rules[made.id] = made
    return rules, titles


RULES, GROUPS = _read(Path(__file__).with_name("rules.toml"))
FAULTS = {name: rule for rule in RULES.values() for name in rule.faults}  # seeded fault -> the rule that claims it
