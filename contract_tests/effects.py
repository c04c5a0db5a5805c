"""What a request may do to a target, judged before it is sent, and the gate that lets through what the target file allows.

Also a request that a right implementation refuses counts as what it would do on a broken one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from contract_tests.absence import Why, not_run
from contract_tests.document import parameters, route
from contract_tests.rules import Effect, Rule

SAFE = ("GET", "HEAD", "OPTIONS")
MARK = "JT-"  # with this begins, or in this has, everything that judges make
Owns = Callable[[str], bool]

# Operation -> whether a body makes or concerns nothing but the judge's own.
COLLECTIONS: Mapping[str, Callable[[Any, Owns], bool]] = {
    "createProduct": lambda body, owns: True,  # what is created changes nothing that was there
    "createPricingRule": lambda body, owns: body.get("is_active", True) is False or _concerns_own(body, owns),
    "bulkSetInventory": lambda body, owns: all(map(owns, _named(body, "sku"))),
    "recalculatePrices": lambda body, owns: all(map(owns, _named(body, "skus"))),
    "dispatchJob": lambda body, owns: all(map(owns, _named(body, "skus"))),
}


def effect(method: str, path: str, content: object, owns: Owns) -> Effect:
    """Of a request on a `path` below the target's address. `owns` knows the ids and SKUs that the judge made."""
    if method in SAFE:
        return Effect.READ
    found = route(method, path)
    if found.operation is None:
        return Effect.DESTRUCTIVE  # nobody knows what an implementation does there
    named = parameters(found.operation, path)
    if named:
        own = all(map(owns, named.values()))
    else:
        body = _body(content)
        own = body is None or COLLECTIONS[found.operation.id](body, owns)
    return Effect.WRITES if own else Effect.DESTRUCTIVE


def _body(content: object) -> dict[str, Any] | None:
    """The JSON object of a body; None if it is none, for of nothing else can anything come."""
    try:
        body = json.loads(content) if isinstance(content, bytes) else None
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _concerns_own(body: Mapping[str, Any], owns: Owns) -> bool:
    if body.get("applies_to") == "category":
        return MARK in str(body.get("category"))
    return body.get("applies_to") == "skus" and all(map(owns, _named(body, "skus")))


def _named(body: Any, member: str) -> Iterator[str]:
    """The texts under a member, however deep it is."""
    if isinstance(body, list):
        for each in body:
            yield from _named(each, member)
    elif isinstance(body, dict):
        for name, value in body.items():
            if name == member:
                yield from (str(each) for each in (value if isinstance(value, list) else [value]))
            else:
                yield from _named(value, member)


class Overstepped(RuntimeError):
    """A test does more than the catalogue says of its rule: the suite's own fault."""


class Gate:
    """Before every request. `rule` is the rule whose test runs; None while fixtures are made and taken away."""

    def __init__(self, allows: frozenset[Effect]) -> None:
        self.allows = allows
        self.rule: Rule | None = None
        self.seen: set[Effect] = set()  # since the rule was set

    @property
    def writes(self) -> bool:
        return Effect.WRITES in self.allows

    def admit(self, method: str, path: str, content: object, owns: Owns) -> None:
        """Ends the test, unjudged, where the target file does not allow the request."""
        doing = effect(method, path, content, owns)
        if doing not in self.allows:
            not_run(Why.NOT_ALLOWED, f"it needs `{doing}` in `allow` of the target file")
        self.seen.add(doing)
        if self.rule and doing not in self.rule.effects:
            allowed = ", ".join(self.rule.effects)
            raise Overstepped(f"{self.rule.id} sent {method} {path}, which is {doing}; the catalogue allows {allowed}")
