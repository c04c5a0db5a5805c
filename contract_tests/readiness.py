"""Which rules can be judged on a target, and what keeps the others: by the catalogue and the target file alone."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from contract_tests.absence import Why
from contract_tests.rules import Rule
from contract_tests.target import Target

Obstacle = tuple[Why, str]


class Extent(StrEnum):
    """How much of a rule can be judged. What one of its tests lacks another may not need: the tests will tell."""

    WHOLE = "in full"
    PART = "in part at most"
    NONE = "not at all"


def obstacles(rule: Rule, target: Target) -> list[Obstacle]:
    """What of a rule cannot be judged, a reason each, in the words that a run uses; empty if all of it can be."""
    return [*_unsupported(rule, target), *_without_credential(rule, target), *_not_allowed(rule, target)]


def extent(rule: Rule, target: Target) -> Extent:
    """Nothing of a rule is left where the target has not the operations that it is about."""
    if any(name not in ("jwks", "webhooks") for name in _lacking(rule, target)):
        return Extent.NONE
    return Extent.PART if obstacles(rule, target) else Extent.WHOLE


def _lacking(rule: Rule, target: Target) -> list[str]:
    """The capabilities that the target has not."""
    has = {"jwks": target.jwks is not None, "webhooks": getattr(target, "webhooks", None) is not None}
    return [name for name in rule.capabilities if not has.get(name, not target.tags or name in target.tags)]


def _unsupported(rule: Rule, target: Target) -> Iterator[Obstacle]:
    for name in _lacking(rule, target):
        said = {"jwks": "the target file has no `jwks`", "webhooks": "the target file has no [webhooks]"}
        yield Why.UNSUPPORTED, said.get(name, f"`tags` of the target file has no {name}")


def _without_credential(rule: Rule, target: Target) -> Iterator[Obstacle]:
    for name in rule.needs:
        if name not in target.tokens:
            yield Why.NO_CREDENTIAL, f"the target file has no credential `{name}`"


def _not_allowed(rule: Rule, target: Target) -> Iterator[Obstacle]:
    for effect in rule.effects:
        if effect not in target.allows:
            yield Why.NOT_ALLOWED, f"it needs `{effect}` in `allow` of the target file"
