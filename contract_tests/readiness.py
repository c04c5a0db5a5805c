"""Which rules can be judged on a target, and what keeps the others: by the catalogue and the target file alone."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from contract_tests.absence import Why
from contract_tests.rules import Rule
from contract_tests.target import Target

Obstacle = tuple[Why, str]
LACKS = "the target file has no credential "


class Extent(StrEnum):
    """How much of a rule can be judged. What is not allowed to one of its tests another may not want: a run will tell."""

    WHOLE = "in full"
    PART = "in part at most"
    NONE = "not at all"


def obstacles(rule: Rule, target: Target) -> list[Obstacle]:
    """What keeps a rule from being judged, or a part of it, a reason each; empty if all of it can be judged."""
    return [*_unsupported(rule, target), *_without_credential(rule, target), *_not_allowed(rule, target)]


def extent(rule: Rule, target: Target) -> Extent:
    """By the worst of what keeps it: without what the catalogue says that it needs it is not run."""
    kinds = {why for why, _ in obstacles(rule, target)}
    if kinds - {Why.NOT_ALLOWED}:
        return Extent.NONE
    return Extent.PART if kinds else Extent.WHOLE


def _lacking(rule: Rule, target: Target) -> list[str]:
    """The capabilities that the target has not."""
    has = {"jwks": target.jwks is not None, "webhooks": target.webhooks is not None}
    return [name for name in rule.capabilities if not has.get(name, not target.tags or name in target.tags)]


def _unsupported(rule: Rule, target: Target) -> Iterator[Obstacle]:
    for name in _lacking(rule, target):
        said = {"jwks": "the target file has no `jwks`", "webhooks": "the target file has no [webhooks]"}
        yield Why.UNSUPPORTED, said.get(name, f"`tags` of the target file has no {name}")


def _without_credential(rule: Rule, target: Target) -> Iterator[Obstacle]:
    for need in rule.needs:
        either = need.split("|")
        if not set(either) & set(target.tokens):
            yield Why.NO_CREDENTIAL, LACKS + " or ".join(f"`{name}`" for name in either)


def _not_allowed(rule: Rule, target: Target) -> Iterator[Obstacle]:
    for effect in rule.effects:
        if effect not in target.allows:
            yield Why.NOT_ALLOWED, f"it needs `{effect}` in `allow` of the target file"
