"""The lines that pass from Schemathesis' process to the judge's: one JSON object each, of one of the kinds below."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from contract_tests.ledger import Exchange
from contract_tests.seen import Seen


class Finding(NamedTuple):
    """A rule broken at an operation, and the smallest request so far that shows it. What has the same `key` is the same."""

    rule: str
    operation: str
    key: str
    what: str
    example: str
    exchange: Exchange


class Scenario(NamedTuple):
    """A stretch of work. `callers` are the requests since the beginning, by whose rate limit they count against.

    `judged` is what its answers were evidence for, by rule and operation, `times` what was found by rule, operation and key,
    `met` the statuses that valid requests of an operation were answered with.
    """

    phase: str
    callers: Mapping[str, int]
    judged: Mapping[str, Mapping[str, int]]
    times: tuple[tuple[str, str, str, int], ...]
    met: Mapping[str, Mapping[str, int]]


SUITE, SLOW = "suite", "slow"


class Trouble(NamedTuple):
    """What kept Schemathesis from its work: itself (SUITE), or answers that did not come in time (SLOW), which is nobody's
    fault that could be told from here. `operation` is empty where it is of none."""

    kind: str
    operation: str
    what: str


class End(NamedTuple):
    """The last line. `stop` is Schemathesis' reason to stop, empty if it broke; `late` whether it was the deadline, `moved`
    the orders that it moved on."""

    stop: str
    late: bool
    moved: list[str]
    warnings: Mapping[str, list[str]]


Line = Finding | Scenario | Trouble | End
KINDS: Mapping[str, Any] = {kind.__name__.lower(): kind for kind in (Finding, Scenario, Trouble, End)}


def dumped(line: Line) -> str:
    body = line._asdict()
    if isinstance(line, Finding):
        body["exchange"] = _flat(line.exchange)
    return json.dumps({type(line).__name__.lower(): body})


def read(path: Path) -> Iterator[Line]:
    """All lines but a last one that was cut off."""
    for text in path.read_text("utf-8").splitlines() if path.exists() else ():
        try:
            [(kind, body)] = json.loads(text).items()
        except ValueError:
            continue
        if kind == "finding":
            body["exchange"] = _exchange(**body["exchange"])
        yield KINDS[kind](**body)


def _flat(exchange: Exchange) -> Mapping[str, Any]:
    """Bytes as text from which they can be had again."""
    seen = exchange.seen
    return {
        "method": seen.method,
        "path": seen.path,
        "authorization": seen.authorization,
        "status": seen.status,
        "answered": dict(seen.headers),
        "answer": seen.content.decode("utf-8", "surrogateescape"),
        "url": exchange.url,
        "credential": exchange.credential,
        "headers": exchange.headers,
        "content": None if exchange.content is None else exchange.content.decode("utf-8", "surrogateescape"),
    }


def _exchange(
    method: str,
    path: str,
    authorization: str | None,
    status: int,
    answered: Mapping[str, str],
    answer: str,
    url: str,
    credential: str | None,
    headers: list[list[str]],
    content: str | None,
) -> Exchange:
    seen = Seen(method, path, None, authorization, status, answered, answer.encode("utf-8", "surrogateescape"))
    sent = None if content is None else content.encode("utf-8", "surrogateescape")
    return Exchange(seen, url, credential, tuple((name, value) for name, value in headers), sent)
