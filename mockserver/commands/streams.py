"""Server-sent events of a mock that may come and go."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
from httpx_sse import connect_sse

from mockserver.commands import printing
from mockserver.commands.client import Control

_PAUSE = 1.0  # seconds until it is tried again
_TIMES = httpx.Timeout(10.0, read=60.0)  # the mock says something every 15 seconds, if only that it is there


def follow(
    control: Control, path: str, query: Mapping[str, Any], after: str | None = None, pause: float = _PAUSE
) -> Iterator[Any]:
    """Each entry as it comes, from that with the id `after`, without end. A connection that breaks is made anew, and goes on
    where it broke. Raises Refused, and NoMock if there was none from the start."""
    is_first = True
    while True:
        try:
            for event_id, data in _events(control, path, query, after):
                after = event_id or after
                if data is not None:
                    yield data
                is_first = False
        except httpx.TransportError as why:
            if is_first:
                raise control.absent(why) from why
            printing.note(f"the connection to {control.url} broke; trying again")
            _wait(control, pause)
        else:
            time.sleep(pause)


def _events(control: Control, path: str, query: Mapping[str, Any], after: str | None) -> Iterator[tuple[str, Any]]:
    """One connection's. The first has no entry: it says that there is a connection."""
    headers = {"Last-Event-ID": after} if after else {}
    given = {name: value for name, value in query.items() if value is not None}
    with connect_sse(control.http, "GET", path, params=given, headers=headers, timeout=_TIMES) as source:
        if not source.response.is_success:
            source.response.read()
            control.opened(source.response)
        yield "", None
        for event in source.iter_sse():
            if event.event == "lost":
                printing.note(f"entries were lost, this reader being slow: {event.data}")
            yield event.id, event.json() if event.event == "request" else None


def _wait(control: Control, pause: float) -> None:
    """Until it answers again."""
    while True:
        time.sleep(pause)
        try:
            control.http.get("/server")
        except httpx.TransportError:
            continue
        return
