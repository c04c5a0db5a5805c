"""The request log and the coverage. A caller whose token opens one world sees that world's part, and knows of no other."""

from __future__ import annotations

from itertools import islice

from mockserver import envelope
from mockserver.domain.errors import ApiError, fault, invalid
from mockserver.envelope import Answer, Stream
from mockserver.sandbox.journal import Journal
from mockserver.sandbox.parts import Ask, Sandbox
from mockserver.sandbox.selection import NO_WORLD, Selection, selection
from mockserver.sandbox.shown import summary, whole
from mockserver.sandbox.stream import events


def list_requests(sandbox: Sandbox, ask: Ask) -> Answer:
    journal, limit = _settled(sandbox), ask.query["limit"]
    found = [*journal.select(_selection(ask))]
    found.reverse()
    before = _before(sandbox, ask)
    rest = (entry for entry in found if before is None or entry.number < before)
    page = [*islice(rest, limit)]
    more = next(rest, None) is not None
    rows = [summary(entry, journal.id(entry)) for entry in page]
    return Answer({"data": rows, "meta": {"total": len(found), "next": rows[-1]["id"] if more else None}})


def get_request(sandbox: Sandbox, ask: Ask) -> Answer:
    entry = _settled(sandbox).find(ask.path["requestId"])
    if entry is None or ask.world not in (None, entry.world):
        raise ApiError("RESOURCE_NOT_FOUND", resource=f"Request {ask.path['requestId']}")
    return envelope.one(whole(entry, sandbox.journal.id(entry), ask.origin))


def stream_requests(sandbox: Sandbox, ask: Ask) -> Stream:
    journal = _settled(sandbox)
    subscription = journal.subscribe(_selection(ask), ask.last_event)
    return Stream("text/event-stream", events(subscription, journal.entry, journal.id))


def delete_requests(sandbox: Sandbox, ask: Ask) -> Answer:
    _settled(sandbox).clear(_world(ask))
    return Answer(None)


def get_coverage(sandbox: Sandbox, ask: Ask) -> Answer:
    report = _settled(sandbox).coverage.report(_world(ask))
    return envelope.one({**report, "world_id": ask.world or ask.query.get("world_id")})


def delete_coverage(sandbox: Sandbox, ask: Ask) -> Answer:
    _settled(sandbox).coverage.clear(_world(ask))
    return Answer(None)


def _settled(sandbox: Sandbox) -> Journal:
    """The log with all that was answered until now."""
    sandbox.journal.settle()
    return sandbox.journal


def _world(ask: Ask) -> str | None:
    """Whose part is asked for: None is everyone's, "" that of requests of no world."""
    wanted: str | None = ask.query.get("world_id")
    if ask.world is not None and wanted not in (None, ask.world):
        raise ApiError("RESOURCE_NOT_FOUND", resource=f"World {wanted}")
    if ask.world is not None:
        return ask.world
    return "" if wanted == NO_WORLD else wanted


def _selection(ask: Ask) -> Selection:
    return selection(_world(ask), ask.query)


def _before(sandbox: Sandbox, ask: Ask) -> int | None:
    before = ask.query.get("before")
    number = sandbox.journal.number(before) if before is not None else None
    if before is not None and number is None:
        raise invalid([fault("query", "/before", "is no entry of this log; it is meta.next of the page before")])
    return number
