"""Asks a target: through the gate, the pacer and the ledger of a run, but with patience of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from contract_tests import partial
from contract_tests.client import Actor, Answer, Query, Service
from contract_tests.effects import Gate
from contract_tests.journal import Journal
from contract_tests.ledger import Ledger
from contract_tests.pacing import Pacer
from contract_tests.planning import Limits, limits
from contract_tests.rules import Effect
from contract_tests.target import CREDENTIALS, Target
from nexuscommerce.contract import Operation, load

PATIENCE = 130.0  # seconds for the windows of rate limits: two of a minute
ASKED = 100  # requests, at most: what [pacing] makes of them comes on top


class Unanswered(Exception):
    """Nothing came that could be looked at; the message is why."""


class Asker:
    """`limits` is what each caller was last told of its rate limit, `latency` the shortest time that an answer took."""

    def __init__(self, target: Target, say: Callable[[str], None]) -> None:
        self.target = target
        whole = load()
        self.operations = (partial.reduced(whole, target.tags) if target.tags else whole).operations
        self.limits: dict[str, Limits | None] = {}
        self.latency = float("inf")
        gate = Gate(target.allows & {Effect.READ, Effect.WRITES})
        paced = 60 * ASKED / target.per_minute if target.per_minute else 0.0
        pacer = Pacer(target.per_minute, time.monotonic() + PATIENCE + paced, say)
        self._service = Service(target.address, Ledger(), gate, pacer, Journal())

    @property
    def writes(self) -> bool:
        """Whether a request may be sent that would write if it were not refused."""
        return self._service.gate.writes

    @property
    def lists(self) -> tuple[Operation, ...]:
        """A list for every scope to read by, as far as the target has them."""
        found = {each.scopes: each for each in self.operations.values() if each.is_list}
        return tuple(found.values())

    def has(self, operation: str) -> bool:
        return operation in self.operations

    def ask(
        self,
        credential: str | None,
        operation: str,
        query: Query = (),
        *,
        tenant: str | None = None,
        path: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        """An answer to a credential, in its own tenant unless another is named; None is nobody. Raises Unanswered."""
        name = credential or "anonymous"
        home = self.target.tenants[CREDENTIALS.get(name, "main")]
        actor = Actor(self._service, name, self.target.tokens.get(name), tenant or home)
        began = time.monotonic()
        try:
            answer = actor.call(operation, path, query, body)
        except AssertionError as why:
            raise Unanswered(" ".join(str(why.__cause__ or why).split()) or type(why.__cause__).__name__) from why
        except pytest.skip.Exception as why:
            raise Unanswered(str(why)) from why
        except (httpx.InvalidURL, UnicodeError, ValueError) as why:
            raise Unanswered(f"it cannot be sent ({type(why).__name__})") from why
        self.latency = min(self.latency, time.monotonic() - began)
        self.limits[name] = limits(answer.headers)
        return answer

    def close(self) -> None:
        self._service.close()


def told(answer: Answer) -> str:
    """An answer in few words: its status, and the code of its error."""
    code = answer.seen.error.get("code")
    return f"{answer.status} {code}" if isinstance(code, str) else str(answer.status)
