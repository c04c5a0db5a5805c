"""How much a run judges, and how long it may take."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import NamedTuple

import pytest


class Profile(NamedTuple):
    """`seconds` is the time limit unless another is given, None for none; `examples` those of each generated test.

    Of a test with more parameters than `most`, so many are drawn by the seed, None for all; `schemathesis` and `slow` say
    whether Schemathesis and the tests that wait long are run too.
    """

    about: str
    seconds: int | None
    examples: int
    most: int | None
    schemathesis: bool
    slow: bool


PROFILES: Mapping[str, Profile] = {
    "smoke": Profile("every rule but Schemathesis', on a sample, within a minute", 60, 5, 10, False, False),
    "standard": Profile("every rule, within 5 minutes", 300, 20, None, True, False),
    "full": Profile("every rule, with more examples and what waits long, without a limit", None, 50, None, True, True),
}
DEFAULT = "standard"


def chosen(items: list[pytest.Item], profile: Profile, seed: int) -> list[pytest.Item]:
    """The tests of a profile, in their order."""
    functions: dict[tuple[str, str], list[pytest.Item]] = {}
    for item in items:
        if profile.slow or item.get_closest_marker("slow") is None:
            rule = item.get_closest_marker("rule")
            functions.setdefault((item.nodeid.partition("[")[0], rule.args[0] if rule else ""), []).append(item)
    kept: set[pytest.Item] = set()
    for (name, _), every in functions.items():
        most = len(every) if profile.most is None else min(profile.most, len(every))
        kept.update(Random(f"{seed} {name}").sample(every, most))  # noqa: S311
    return [item for item in items if item in kept]
