"""Schemathesis at work, and what it found, as fixtures."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from contract_tests.client import Actor
from contract_tests.document import OPERATIONS
from contract_tests.ledger import Ledger
from contract_tests.rules import Effect
from contract_tests.schema_layer.errand import CREDENTIAL
from contract_tests.schema_layer.fuzzed import Fuzzed
from contract_tests.schema_layer.lane import Lane
from contract_tests.target import Target
from nexuscommerce.contract import Operation

FIXTURE, GROUP = "fuzzed", "SCH"


@pytest.fixture(scope="session")
def lane(
    actor: Callable[[str], Actor],
    target: Target,
    ledger: Ledger,
    request: pytest.FixtureRequest,
    pytestconfig: pytest.Config,
) -> Iterator[Lane]:
    """Begun with the session if a test of it was chosen, ended with the session. Orders that it moves nobody leads back."""
    option = pytestconfig.option
    lane = Lane(
        actor(CREDENTIAL),
        examples=option.examples,
        seed=option.seed,
        writes=Effect.DESTRUCTIVE in target.allows,
        deadline=option.deadline,
        only=wanted([item for item in request.session.items if FIXTURE in getattr(item, "fixturenames", ())]),
        per_minute=target.per_minute,
    )
    ledger.exchanges.clear()  # they are no business of the first test
    yield lane
    lane.close()


@pytest.fixture(scope="session")
def fuzzed(lane: Lane, ledger: Ledger) -> Fuzzed:
    """What it found, once it is through."""
    account = lane.collect()
    whole = Fuzzed(account, writes=lane.writes, cut=lane.killed, said=lane.said)
    whole.enter(ledger)
    return whole


def rides(item: pytest.Item) -> bool:
    """Whether a test of another rule looks at what Schemathesis saw. It does not start Schemathesis by itself."""
    mark = item.get_closest_marker("rule")
    return FIXTURE in getattr(item, "fixturenames", ()) and mark is not None and not mark.args[0].startswith(GROUP)


def wanted(items: list[pytest.Item]) -> frozenset[str]:
    """The operations that the chosen tests are about; none if that is all of them, or if a test is about any."""
    about = [_operations(item) for item in items]
    chosen = frozenset(operation for each in about for operation in each)
    return chosen if all(about) and len(chosen) < len(OPERATIONS) else frozenset()


def _operations(item: pytest.Item) -> list[str]:
    """All operations of the path of those that a test is parametrized by."""
    values = getattr(getattr(item, "callspec", None), "params", {}).values()
    paths = {value.path for value in values if isinstance(value, Operation)}
    return [operation.id for operation in OPERATIONS if operation.path in paths]
