"""Which rules can be judged, by the catalogue and the target file alone."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.absence import Why
from contract_tests.hosting import Hosting
from contract_tests.readiness import Extent, extent, obstacles
from contract_tests.rules import RULES, Effect, Level, Rule
from contract_tests.target import CREDENTIALS, Target


def target(**members: Any) -> Target:
    tokens = {"full": "a", "other_full": "b"}
    return Target(**{"address": "http://x", "jwks": None, "tenants": {}, "tokens": tokens, **members})


def rule(**members: Any) -> Rule:
    return Rule("AAA-01", Level.MUST, "It is so.", "RFC 1", **members)


@pytest.mark.parametrize(
    ("needed", "expected", "much"),
    [
        (rule(), [], Extent.WHOLE),
        (rule(needs=("other_full",)), [], Extent.WHOLE),
        (
            rule(needs=("revoked",)),
            [(Why.NO_CREDENTIAL, "the target file has no credential `revoked`")],
            Extent.NONE,
        ),
        (rule(needs=("revoked|full",)), [], Extent.WHOLE),
        (
            rule(needs=("expired|jwt_expired",)),
            [(Why.NO_CREDENTIAL, "the target file has no credential `expired` or `jwt_expired`")],
            Extent.NONE,
        ),
        (
            rule(effects=(Effect.READ, Effect.BURN_QUOTA)),
            [(Why.NOT_ALLOWED, "it needs `burn-quota` in `allow` of the target file")],
            Extent.PART,
        ),
        (rule(capabilities=("jwks",)), [(Why.UNSUPPORTED, "the target file has no `jwks`")], Extent.NONE),
        (rule(capabilities=("webhooks",)), [(Why.UNSUPPORTED, "the target file has no [webhooks]")], Extent.NONE),
        (rule(capabilities=("Orders",)), [(Why.UNSUPPORTED, "`tags` of the target file has no Orders")], Extent.NONE),
        (rule(capabilities=("Products",)), [], Extent.WHOLE),
    ],
)
def test_what_keeps_a_rule_is_said_in_the_words_of_a_run(needed: Rule, expected: list[Any], much: Extent) -> None:
    reads = target(tags=("Health", "Products"))

    assert (expected, much) == (obstacles(needed, reads), extent(needed, reads))


def test_nothing_keeps_a_rule_where_all_is_there() -> None:
    tokens = dict.fromkeys(CREDENTIALS, "a")
    whole = target(jwks="http://x/jwks", tokens=tokens, allows=frozenset(Effect), webhooks=Hosting("127.0.0.1", 0))

    assert [] == [each.id for each in RULES.values() if extent(each, whole) is Extent.NONE]
