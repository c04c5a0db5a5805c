"""What the judge saw: the exchanges of the running test, and the breaches of laws over the whole run."""

from __future__ import annotations

import json
import shlex
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from contract_tests.consecutive import Consecutive
from contract_tests.laws import judge
from contract_tests.seen import Seen


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, for people. `credential` stands for the token, which is never shown.

    A `seen` of status 0 is a request to which no answer came.
    """

    seen: Seen
    url: str
    credential: str | None
    headers: tuple[tuple[str, str], ...]
    content: bytes | None

    @property
    def operation(self) -> str:
        """The operation's id, or the method and the path where there is none."""
        return self.seen.operation.id if self.seen.operation else f"{self.seen.method} {self.seen.path}"

    def __str__(self) -> str:
        if not self.seen.status:
            return f"{self.seen.method} {self.url} -> no answer\n    {self.curl()}"
        answer = self.seen.content.decode("utf-8", "replace")
        shown = answer if len(answer) <= 300 else answer[:300] + f"… ({len(answer)} characters)"
        return f"{self.seen.method} {self.url} -> {self.seen.status} {shown}\n    {self.curl()}"

    def curl(self) -> str:
        """The request as a command line, with the token in a variable."""
        parts = ["curl", "-I"] if self.seen.method == "HEAD" else ["curl", "-X", self.seen.method]
        parts.append(shlex.quote(self.url))
        if self.credential:
            scheme = (self.seen.authorization or "").partition(" ")[0]
            parts += ["-H", f'"Authorization: {scheme} ${self.credential}"']
        for name, value in self.headers:
            parts += ["-H", shlex.quote(f"{name}: {value}")]
        if self.content is not None:
            text = self.content[:2000].decode("utf-8", "backslashreplace")
            parts += [
                "--data-binary",
                shlex.quote(text if len(self.content) <= 2000 else text[:200] + f"…({len(self.content)} bytes)"),
            ]
        return " ".join(parts)


@dataclass(frozen=True)
class Breach:
    """What a law found, where it was found first. `test` is the node id of the test that ran, "" outside of any."""

    rule: str
    line: str
    exchange: Exchange
    test: str = ""


@dataclass
class Ledger:
    """Every exchange is written here, and judged by the laws at once. The same breach of one operation is kept once.

    `exchanges` are those of the running test, `test` its node id; all else is of the whole run. `at` is `applied` by
    operation, `callers` how many requests counted against whose rate limit.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    test: str = ""
    requests: int = 0
    succeeded: set[str] = field(default_factory=set)  # operations of which a request had the success that the document gives
    callers: Counter[str] = field(default_factory=Counter)
    applied: Counter[str] = field(default_factory=Counter)
    at: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    breaches: dict[tuple[str, str, int], Breach] = field(default_factory=dict)
    times: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    consecutive: Consecutive = field(default_factory=Consecutive)

    def write(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        self.requests += 1
        seen = exchange.seen
        if not seen.status:
            return  # nothing came that could be judged
        if seen.operation and seen.status == seen.operation.success:
            self.succeeded.add(seen.operation.id)
        for rule, found in chain(judge(seen), self.consecutive.judge(seen)):
            self.applied[rule] += 1
            if seen.operation:
                self.at[rule][seen.operation.id] += 1
            if found:
                where = (rule, exchange.operation, seen.status)
                self.times[where] += 1
                self.breaches.setdefault(where, Breach(rule, "; ".join(found), exchange, self.test))

    def of(self, rule: str) -> Iterator[str]:
        """The breaches of one law, for people."""
        for where, breach in self.breaches.items():
            if breach.rule == rule:
                yield f"{where[1]}, {where[2]} ({self.times[where]} times): {breach.line}\n  {breach.exchange}"


def pretty(value: object) -> str:
    """JSON in one line, cut where nobody would read on."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 300 else text[:300] + "…"
