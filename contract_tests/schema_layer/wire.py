"""What stands before every request of Schemathesis' process: whether it may go out at all, and when; and what came of it.

Schemathesis calls hooks around its generated requests, but not around those that its checks and probes send by themselves
(4.32). They all pass the adapter of requests, and so does this.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from contract_tests.client import ADDRESS
from contract_tests.document import parameters, route
from contract_tests.effects import SAFE
from contract_tests.journal import Journal
from contract_tests.pacing import RESENT, Pacer
from contract_tests.schema_layer.errand import CREDENTIAL, Errand

CALM = 5  # added to the niceness: the target and the judge come first
TOO_MANY = 429


class OutOfTime(KeyboardInterrupt):
    """No request can go out before the deadline: Schemathesis ends as after Ctrl-C, and tells what it has until then."""


class Wire:
    """Counts the requests by whose rate limit they count against, and keeps to what the errand allows."""

    def __init__(self, errand: Errand, token: str) -> None:
        self.errand = errand
        self.token = token
        self.callers: Counter[str] = Counter()
        self.late = False
        self.last: PreparedRequest | None = None
        self.journal = Journal(Path(errand.journal))
        ends = None if errand.deadline is None else time.monotonic() + errand.deadline - time.time()
        self._pacer = Pacer(errand.per_minute, ends)
        self._base = urlsplit(errand.address).path.rstrip("/")

    def attach(self) -> None:
        """Stand before every request of this process from now on."""
        send: Callable[..., Response] = HTTPAdapter.send

        def watched(adapter: HTTPAdapter, request: PreparedRequest, *args: object, **options: object) -> Response:
            return self.carried(request, lambda: send(adapter, request, *args, **options))

        HTTPAdapter.send = watched  # type: ignore[method-assign, assignment]
        if hasattr(os, "nice"):
            os.nice(CALM)

    def carried(self, request: PreparedRequest, send: Callable[[], Response]) -> Response:
        """An answer; a 429 that nobody wanted is waited out, as the judge's own client does."""
        if os.getppid() != self.errand.parent:
            os._exit(1)  # the judge is gone, and nobody would read what is found
        if not self.errand.writes and request.method not in SAFE:
            raise RuntimeError(f"{request.method} {request.url} is not allowed: the target is only read from")
        caller = CREDENTIAL if self.is_own(request) else ADDRESS
        self.last = request
        for attempt in range(RESENT + 1):
            self._in_time(partial(self._pacer.before, caller))
            self.callers[caller] += 1
            answer = send()
            headers = {name.lower(): value for name, value in answer.headers.items()}
            self._pacer.after(caller, answer.status_code, headers)
            if answer.status_code != TOO_MANY or attempt == RESENT:
                break
            self._in_time(partial(self._pacer.refused, caller, headers))
        self._note(request, answer)
        return answer

    def is_own(self, request: PreparedRequest) -> bool:
        """Whether a request carries the token; any other is counted by its address."""
        return _header(request, "Authorization") == f"Bearer {self.token}"

    def _in_time(self, wait: Callable[[], None]) -> None:
        deadline = self.errand.deadline
        try:
            wait()
        except pytest.skip.Exception:
            self.late = True
        if self.late or (deadline is not None and time.time() >= deadline):
            self.late = True
            raise OutOfTime

    def _note(self, request: PreparedRequest, answer: Response) -> None:
        path = urlsplit(str(request.url)).path.removeprefix(self._base)
        operation = route(str(request.method), path).operation
        if operation is None or request.method in SAFE or answer.status_code >= 300:
            return
        tenant = _header(request, "X-Tenant-ID")
        self.journal.intends(operation.id, tenant, _json(request.body))
        self.journal.answered(operation.id, tenant, parameters(operation, path), _data(answer.content))


def _header(request: PreparedRequest, name: str) -> str:
    value = request.headers.get(name, "")
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _json(body: object) -> Any:
    """The JSON that was sent; None if it was none."""
    try:
        return json.loads(body) if isinstance(body, str | bytes) else None
    except (ValueError, RecursionError):
        return None


def _data(content: bytes) -> Any:
    try:
        body: Mapping[str, Any] = json.loads(content)
        return body.get("data")
    except (ValueError, AttributeError, RecursionError):
        return None
