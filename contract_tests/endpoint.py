"""The endpoint that a target sends its events to while the judge runs, and what came there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit

import pytest

from contract_tests import target as targets
from contract_tests.absence import Why, not_run
from contract_tests.hosting import NAME, Hosting, filled
from contract_tests.receiver import Delivery, Receiver, receiving

T = TypeVar("T")

MOVED = "/moved"  # where a redirect leads: nobody shall ask there
QUIET = 2.0  # seconds without a delivery after which nothing more is under way
SETTLED = 3.0  # seconds after a write after which what should not come would have come
TOLD = 4  # deliveries in a failure


class Unhosted(Exception):
    """There is no endpoint; the message is one line that says why."""


@dataclass(frozen=True)
class Endpoint:
    """An endpoint in the tenant `main` whose URL leads to the receiver."""

    receiver: Receiver
    hosting: Hosting
    url: str
    name: str
    secret: str
    tenant: str
    limit: float | None = None  # when the run ends, on the monotonic clock

    @property
    def named(self) -> str:
        """All that it takes to take it away."""
        return f"{self.url} {self.name}"

    @property
    def moved(self) -> str:
        """Where redirects lead."""
        return self.url.rstrip("/") + MOVED

    def deliveries(self) -> list[Delivery]:
        """What came to the endpoint itself, in the order in which it came."""
        return [each for each in self.receiver.arrived() if each.path.endswith(self._end)]

    def strays(self) -> list[Delivery]:
        """What came to any other path."""
        return [each for each in self.receiver.arrived() if not each.path.endswith(self._end)]

    @property
    def _end(self) -> str:
        return "/" + urlsplit(self.url).path.rpartition("/")[2]

    def awaited(self, find: Callable[[], T | None], since: float, seconds: float | None = None) -> T | None:
        """What is found at the latest this time (unless given, the target file's patience) after `since`, a reading of the
        monotonic clock; up to three times as late, while a backlog is being delivered."""
        patience = self.hosting.patience if seconds is None else seconds
        while True:
            arrived = self.receiver.arrived()
            if found := find():
                return found
            last = arrived[-1].at if arrived else 0.0
            until = min(max(since + patience, last + QUIET), since + 3 * patience)
            if time.monotonic() >= until:
                return None
            if self.limit is not None and time.monotonic() >= self.limit:
                not_run(Why.OUT_OF_TIME, "the run's time limit was reached while a webhook was waited for")
            self.receiver.wait(len(arrived), min(until, self.limit or until) - time.monotonic())

    def settle(self, since: float) -> None:
        """Wait until what was caused before `since` would have been delivered."""
        self.awaited(lambda: None, since, SETTLED)

    def told(self, about: str = "") -> str:
        """What came (about a resource, where something did), for a failure."""
        arrived = self.deliveries()
        near = [each for each in arrived if about and about.encode() in each.body]
        strays = ", ".join(sorted({each.path for each in self.strays()})[:TOLD])
        if not arrived:
            elsewhere = f"; to other paths there came {strays}" if strays else ""
            return f"nothing at all has arrived: can the target reach {self.url}{elsewhere}?"
        kind = f"{len(near)} of them about it" if about else "the last of them"
        return shown(f"{len(arrived)} deliveries have arrived, {kind}", near if about else arrived)


def fail(line: str, deliveries: Sequence[Delivery] = ()) -> NoReturn:
    """End this test, with the last of the deliveries that show why."""
    pytest.fail(shown(line, deliveries), pytrace=False)


def shown(line: str, deliveries: Sequence[Delivery]) -> str:
    """A line, and the last of some deliveries, laid out as what pytest has below an assertion: no two are ever the same."""
    return "\n".join([f"{line}:\n  ", *(f"  {each}" for each in deliveries[-TOLD:])]) if deliveries else line


@contextmanager
def listening(hosting: Hosting) -> Iterator[Receiver]:
    """A receiver while the block lasts. Raises Unhosted."""
    with ExitStack() as stack:
        try:
            receiver = stack.enter_context(receiving(hosting.host, hosting.port))
        except OSError as why:
            raise Unhosted(f"the judge cannot listen at {hosting.host}:{hosting.port}: {why.strerror}") from why
        yield receiver
        if not hosting.register:
            receiver.rest(QUIET)  # of what comes now the target would try again for hours


def opened(hosting: Hosting, receiver: Receiver, tenant: str, limit: float | None = None) -> Endpoint:
    """The endpoint that leads to the receiver: the one that is there, or a new one. Raises Unhosted."""
    base = hosting.reached(receiver.port)
    if not hosting.register:
        return Endpoint(receiver, hosting, base, "", hosting.secrets[NAME], tenant, limit)
    url = f"{base.rstrip('/')}/{token_urlsafe(12)}"  # a path that nobody else can send to
    command = filled(hosting.register, url)
    try:
        first, *more = targets.output(NAME, command).splitlines() or [""]
    except targets.TargetError as why:
        raise Unhosted(str(why)) from why
    if not first:
        raise Unhosted(f"{' '.join(command)} printed no secret")
    hosting.secrets[NAME] = more[-1].strip() if more else first.strip()
    return Endpoint(receiver, hosting, url, first.strip() if more else "", hosting.secrets[NAME], tenant, limit)


def taken_away(hosting: Hosting | None, named: str) -> int | str:
    """Take an endpoint away that was named by `Endpoint.named`: 204, or why it is still there."""
    url, _, name = named.partition(" ")
    if hosting is None or not hosting.unregister:
        return "nothing: [webhooks] of the target file has no `unregister`"
    try:
        targets.output(NAME, filled(hosting.unregister, url, name))
    except targets.TargetError as why:
        return str(why)
    return 204
