"""Takes away what a run made in its target, with the credentials of the tenants that it was made in."""

from __future__ import annotations

from collections.abc import Callable

from contract_tests.client import Actor, Service
from contract_tests.document import has
from contract_tests.endpoint import taken_away
from contract_tests.journal import ENDERS, ENDPOINT, Made
from contract_tests.target import BUSY, CREDENTIALS, Target

TOLD = 100  # things between two lines that say how far it is


def tidied(service: Service, target: Target, say: Callable[[str], None]) -> list[str]:
    """What is left in the target, a line each: what could not be taken away, and what nobody can."""
    owners = {target.tenants[CREDENTIALS[name]]: name for name in BUSY if name in target.tokens}

    def end(made: Made) -> int | str:
        if made.kind == ENDPOINT:
            return taken_away(target.webhooks, made.name)
        if made.tenant not in owners:
            return "no credential of that tenant"
        name = owners[made.tenant]
        actor = Actor(service, name, target.tokens[name], made.tenant)
        operation, parameter, _ = ENDERS[made.kind]
        if not has(operation):
            return "nothing: the target does not have it"
        try:
            return actor.call(operation, {parameter: made.name}).status
        except AssertionError as why:
            return str(why)

    def told(done: int, every: int) -> None:
        if done and done % TOLD == 0:
            say(f"tidying up: {done} of {every}")

    left = service.journal.clear(end, told)
    service.journal.close()
    return left + service.journal.remains()
