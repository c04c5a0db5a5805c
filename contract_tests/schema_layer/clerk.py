"""Writes down what Schemathesis finds while it works, in its process: a handler of its events, as its extensions are.

What is the same is written down once, and once more for each smaller request that shows it; how often is counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from schemathesis.cli import EventHandler
from schemathesis.core.transport import Response
from schemathesis.engine import events
from schemathesis.engine.errors import ServerUnavailable, UnhealthyAPIError, UnresponsiveOperationError
from schemathesis.engine.recorder import RecordedScenario, Request

from contract_tests.document import route
from contract_tests.laws import LAWS
from contract_tests.ledger import Exchange
from contract_tests.report.redaction import redact
from contract_tests.schema_layer import families
from contract_tests.schema_layer.errand import CREDENTIAL
from contract_tests.schema_layer.lines import SLOW, SUITE, End, Finding, Line, Scenario, Trouble, dumped
from contract_tests.schema_layer.wire import Wire
from contract_tests.seen import Seen

WAITED_FOR = (requests.Timeout, UnhealthyAPIError, UnresponsiveOperationError)
NAMED = f"NEXUS_{CREDENTIAL.upper()}"
# Of a request, what it has by itself.
COMMON = ("user-agent", "accept-encoding", "accept", "connection", "content-length", "x-schemathesis-testcaseid")


class Clerk(EventHandler[Any]):
    """`wire` is that of the process: a subclass has it, for Schemathesis makes the handler itself."""

    wire: Wire

    def __init__(self, *args: Any, **params: Any) -> None:
        self._path = Path(self.wire.errand.lines)
        self._smallest: dict[tuple[str, str, str], int] = {}
        self._stop = ""

    def handle_event(self, ctx: Any, event: Any) -> None:
        if isinstance(event, events.ScenarioFinished):
            self._write(self._scenario(str(event.phase.value), event.recorder))
        elif isinstance(event, events.NonFatalError):
            self._write(self._trouble(event))
        elif isinstance(event, events.FatalError):
            self._write(Trouble(SUITE, "", str(event.exception)))
        elif isinstance(event, events.EngineFinished):
            self._stop = str(event.stop_reason.value)

    def shutdown(self, ctx: Any) -> None:
        moved = sorted(self.wire.journal.moved)
        self._write(End(self._stop, self.wire.late, moved, ctx.summary().warnings.as_labels()))

    def _write(self, line: Line) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(redact(dumped(line), {CREDENTIAL: self.wire.token}) + "\n")

    def _scenario(self, phase: str, recorder: RecordedScenario) -> Scenario:
        judged: dict[str, Counter[str]] = defaultdict(Counter)
        met: dict[str, Counter[str]] = defaultdict(Counter)
        times: Counter[tuple[str, str, str]] = Counter()
        for case_id, node in recorder.cases.items():
            answer = recorder.find_response(case_id=case_id)
            if answer is None:
                continue
            operation = operation_of(node.value)
            if families.is_valid(node.value):
                met[operation][str(answer.status_code)] += 1
            parent = recorder.find_response(case_id=node.parent_id) if node.parent_id else None
            for rule in families.evidence(node, answer.status_code, parent):
                judged[rule][operation] += families.speaks(rule, answer.status_code)
            for check in recorder.checks.get(case_id, ()):
                if check.name in LAWS:
                    judged[check.name][operation] += 1
        for finding in self._findings(recorder):
            key = (finding.rule, finding.operation, finding.key)
            times[key] += 1
            size = len(finding.exchange.url) + len(finding.exchange.content or b"")
            if size < self._smallest.get(key, size + 1):
                self._smallest[key] = size
                self._write(finding)
        return Scenario(phase, self.wire.callers, judged, tuple((*key, n) for key, n in times.items()), met)

    def _findings(self, recorder: RecordedScenario) -> Iterator[Finding]:
        for case_id, checks in recorder.checks.items():
            interaction = recorder.interactions[case_id]
            for check in checks:
                if check.failure_info is None or interaction.response is None or check.name not in families.CHECKS:
                    continue
                rule, status = families.CHECKS[check.name], interaction.response.status_code
                failure, case = check.failure_info.failure, recorder.cases[case_id].value
                if not families.speaks(rule, status):
                    continue
                exchange = self._exchange(interaction.request, interaction.response)
                what = families.said(failure, case, interaction.response)
                steps = [
                    _step(recorder, each.id)
                    for each in recorder.iter_chain_cases(case_id=case_id, related_case_ids=failure.related_case_ids())
                ]
                if rule in LAWS:
                    # As the ledger has it: of the operation that was really asked, and once for each status.
                    yield Finding(rule, exchange.operation, str(status), what, "", exchange)
                else:
                    yield Finding(rule, operation_of(case), what, what, families.explained(failure, steps), exchange)

    def _trouble(self, event: events.NonFatalError) -> Finding | Trouble:
        """A connection that ends without an answer is the server's doing."""
        said = f"{event.info.title}: {event.info.message}"
        request = self.wire.last if isinstance(event.value, ServerUnavailable) else getattr(event.value, "request", None)
        ended = isinstance(event.value, ServerUnavailable | requests.RequestException)
        if ended and not isinstance(event.value, WAITED_FOR) and request is not None:
            exchange = self._exchange(Request.from_prepared_request(request), None)
            what = f"gave no whole answer ({type(event.value).__name__})"
            return Finding(families.CRASHES, exchange.operation, what, what, said, exchange)
        method, _, path = event.label.partition(" ")
        operation = route(method, path).operation
        slow = isinstance(event.value, WAITED_FOR)
        return Trouble(SLOW if slow else SUITE, operation.id if operation else "", said)

    def _exchange(self, request: Request, answer: Response | None) -> Exchange:
        headers = {name: ", ".join(values) for name, values in request.headers.items()}
        authorization = next((value for name, value in headers.items() if name.lower() == "authorization"), None)
        own = authorization == f"Bearer {self.wire.token}"
        url = urlsplit(request.uri)
        seen = Seen(
            method=request.method,
            path=url.path.removeprefix(urlsplit(self.wire.errand.address).path.rstrip("/")),
            fields=None,
            authorization=authorization,
            status=answer.status_code if answer else 0,
            headers={name: ", ".join(values) for name, values in answer.headers.items()} if answer else {},
            content=answer.content if answer else b"",
        )
        left_out = (*COMMON, "authorization") if own else COMMON
        shown = tuple((name, value) for name, value in headers.items() if name.lower() not in left_out)
        return Exchange(seen, request.uri, NAMED if own else None, shown, request.body)


def operation_of(case: Any) -> str:
    """The operation that a case is about, whatever method it is sent with."""
    return str(case.operation.definition.raw["operationId"])


def _step(recorder: RecordedScenario, case_id: str) -> str:
    interaction = recorder.interactions.get(case_id)
    if interaction is None:
        return ""
    status = interaction.response.status_code if interaction.response else "nothing"
    return f"{interaction.request.method} {interaction.request.uri} answered {status}"
