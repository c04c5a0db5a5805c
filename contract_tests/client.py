"""Actors: whoever calls the API, with a name, perhaps a token, and a tenant.

What they send goes through the gate, the pacer and the journal; all that they see goes into the ledger.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from contract_tests.absence import Why, not_run
from contract_tests.document import STATUS, by_id, choice, has, parameters
from contract_tests.effects import SAFE, Gate
from contract_tests.journal import Journal
from contract_tests.ledger import Exchange, Ledger, pretty
from contract_tests.pacing import RESENT, Pacer
from contract_tests.seen import Row, Seen
from contract_tests.target import CREDENTIALS, UNADMITTED

Query = Mapping[str, Any] | Iterable[tuple[str, Any]]
Body = bytes | Iterable[bytes]

ADDRESS = "the judge's address"  # whose limit counts requests without valid credentials
BURNT = "quota"  # the credential whose limit is there to be used up
PLACE = {"total", "page", "limit"}  # what meta has on every page, beside nextCursor


class Answer:
    """What came back. Its properties fail the test, and say how, where the answer is not what it should be."""

    def __init__(self, seen: Seen, request: str) -> None:
        self.seen = seen
        self.request = request
        self.status = seen.status
        self.headers = seen.headers
        self.body = seen.body

    def __str__(self) -> str:
        said = self.seen.error.get("code") or ("" if self.status < 400 else pretty(self.body))
        return f"{self.request} answered {self.status} {said}".strip()

    @property
    def said(self) -> str:
        """All that came, headers and body, as text."""
        return self.seen.said

    def ok(self) -> Answer:
        """This answer, which must be the success that the document gives for its operation."""
        operation = self.seen.operation
        expected = operation.success if operation else int(choice("options_status"))
        assert self.status == expected, f"expected {expected}; {self}: {pretty(self.body)}"
        return self

    def refused(self, *codes: str) -> Answer:
        """This answer, which must be the refusal with one of these codes, at that code's status."""
        expected = [f"{STATUS[code]} {code}" for code in codes]
        assert f"{self.status} {self.seen.error.get('code')}" in expected, f"expected {' or '.join(expected)}; {self}"
        return self

    @property
    def data(self) -> Any:
        assert isinstance(self.body, dict), f"expected an envelope with data; {self}"
        assert "data" in self.body, f"expected an envelope with data; {self}"
        return self.body["data"]

    @property
    def rows(self) -> list[Row]:
        """The rows of a page."""
        rows = self.data
        assert isinstance(rows, list), f"expected a list of rows; {self}"
        return rows

    @property
    def meta(self) -> Mapping[str, Any]:
        meta = self.body.get("meta") if isinstance(self.body, dict) else None
        assert isinstance(meta, dict), f"expected meta; {self}"
        assert set(meta) >= PLACE, f"expected meta with {', '.join(sorted(PLACE))}; {self}: {meta}"
        return meta

    @property
    def cursor(self) -> str | None:
        """nextCursor, or None on the last page: that it is null there, or absent, is for PAG-06."""
        cursor = self.meta.get("nextCursor")
        assert isinstance(cursor, str | None), f"expected nextCursor to be a text; {self}: {self.meta}"
        return cursor

    @property
    def details(self) -> Mapping[str, Any]:
        details = self.seen.error.get("details")
        assert isinstance(details, dict), f"expected error.details; {self}"
        return details

    def whole(self, name: str) -> int:
        """A header that is a whole number."""
        text = self.headers.get(name.lower(), "")
        assert text.isascii(), f"expected {name} to be a number, got {text!r}"
        assert text.isdigit(), f"expected {name} to be a number, got {text!r}"
        return int(text)


class Service:
    """The implementation at its address, and what stands between it and the tests."""

    def __init__(self, address: str, ledger: Ledger, gate: Gate, pacer: Pacer, journal: Journal) -> None:
        self.address = address
        self.ledger = ledger
        self.gate = gate
        self.pacer = pacer
        self.journal = journal
        # Shorter than the 5 seconds that many servers keep an idle connection: never write into one that is being closed.
        limits = httpx.Limits(keepalive_expiry=2)
        self._http = httpx.Client(timeout=30, trust_env=False, limits=limits, headers={"User-Agent": "nexus-contract"})

    def send(
        self,
        method: str,
        path: str,
        query: Query,
        headers: Mapping[str, str],
        content: Body | None,
        credential: str | None,
        caller: str | None = ADDRESS,
    ) -> Answer:
        """`caller` is whose rate limit the request counts against; None is one whose limit is to be used up."""
        self.gate.admit(method, path, content, self.journal.owns)
        pairs = list(query.items() if isinstance(query, Mapping) else query)
        target = path + ("?" + urlencode([(name, _text(value)) for name, value in pairs], safe=",:") if pairs else "")
        url = self.address + target
        fields = [_text(value) for name, value in pairs if name == "fields"]
        lowered = {name.lower(): value for name, value in headers.items()}
        sent = content if isinstance(content, bytes) or content is None else b"(in chunks)"
        shown = tuple((name, value) for name, value in headers.items() if name.lower() != "authorization")
        seen = Seen(
            method=method,
            path=path,
            fields=tuple(fields[0].split(",")) if fields else None,
            authorization=lowered.get("authorization"),
            status=0,
            headers={},
            content=b"",
        )
        tenant = lowered.get("x-tenant-id")
        if method not in SAFE and seen.operation:
            self.journal.intends(seen.operation.id, tenant, _json(sent))
        free = _is_free(method, path)
        if not free:
            self.ledger.callers[caller or BURNT] += 1
        try:
            response = self._paced(method, url, headers, content, None if free else caller)
        except httpx.HTTPError as why:
            self.ledger.write(Exchange(seen, url, credential, shown, sent))
            raise AssertionError(f"expected an answer; {method} {target} got none ({type(why).__name__}: {why})") from why
        answered = {name.lower(): value for name, value in response.headers.items()}
        seen = replace(seen, status=response.status_code, headers=answered, content=response.content)
        self.ledger.write(Exchange(seen, url, credential, shown, sent))
        if method not in SAFE and seen.operation:
            self._noted(seen, tenant, _json(sent))
        return Answer(seen, f"{method} {target}")

    def _noted(self, seen: Seen, tenant: str | None, body: Any) -> None:
        """A success has done what it says, a refusal nothing, and of anything else nobody knows."""
        operation = seen.operation.id if seen.operation else ""
        if seen.status < 300:
            made = seen.body.get("data") if isinstance(seen.body, dict) else None
            path = parameters(seen.operation, seen.path) if seen.operation else {}
            self.journal.answered(operation, tenant, path, made)
        elif seen.status < 500:
            self.journal.refused(operation, tenant, body)

    def _paced(
        self, method: str, url: str, headers: Mapping[str, str], content: Body | None, caller: str | None
    ) -> httpx.Response:
        """A 429 that nobody wanted is waited out: it says that others share the limit, and nothing of what was asked."""
        for attempt in range(RESENT + 1):
            if caller:
                self.pacer.before(caller)
            response = self._http.request(method, url, headers=dict(headers), content=content)
            answered = {name.lower(): value for name, value in response.headers.items()}
            if caller:
                self.pacer.after(caller, response.status_code, answered)
            whole = content is None or isinstance(content, bytes)
            if not caller or not whole or response.status_code != httpx.codes.TOO_MANY_REQUESTS or attempt == RESENT:
                break
            self.pacer.refused(caller, answered)
        return response

    def close(self) -> None:
        self._http.close()


@dataclass(frozen=True)
class Actor:
    """Whoever calls. The name is the credential's; the token is never shown."""

    service: Service
    name: str
    token: str | None
    tenant: str | None
    scheme: str = "Bearer"

    def call(
        self,
        operation_id: str,
        path: Mapping[str, str] | None = None,
        query: Query = (),
        body: Any = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """An operation of the document, by its id. A `body` of None is none: no operation takes the JSON null.

        A test that calls what the target does not have is not run.
        """
        if not has(operation_id):
            not_run(Why.UNSUPPORTED, f"the target does not have {operation_id}")
        operation = by_id(operation_id)
        names = re.findall(r"{(\w+)}", operation.path)
        at = operation.path.format(**{name: quote((path or {})[name], safe="") for name in names})
        if body is None:
            return self.send(operation.method, at, query, headers)
        content = json.dumps(body, ensure_ascii=False).encode()
        return self.send(operation.method, at, query, {"Content-Type": "application/json", **(headers or {})}, content)

    def send(
        self,
        method: str,
        path: str,
        query: Query = (),
        headers: Mapping[str, str | None] | None = None,
        content: Body | None = None,
    ) -> Answer:
        """Any request. `headers` come on top of the actor's own; None takes one away."""
        own = {
            "Authorization": f"{self.scheme} {self.token}" if self.token is not None else None,
            "X-Tenant-ID": self.tenant,
        }
        chosen = {name: value for name, value in {**own, **(headers or {})}.items() if value is not None}
        credential = "NEXUS_" + self.name.upper().replace("-", "_") if "Authorization" in chosen else None
        return self.service.send(
            method, path, query, chosen, content, credential, self._caller(chosen.get("Authorization", ""))
        )

    def _caller(self, authorization: str) -> str | None:
        """Whose rate limit a request counts against. The one of `quota` is there to be used up."""
        scheme, _, token = authorization.partition(" ")
        admitted = self.name in CREDENTIALS and self.name not in UNADMITTED
        if not admitted or scheme.lower() != "bearer" or token != self.token:
            return ADDRESS
        return None if self.name == BURNT else self.name

    def at(self, tenant: str | None) -> Actor:
        """The same caller, naming another tenant."""
        return replace(self, tenant=tenant)

    def with_token(self, name: str, token: str | None) -> Actor:
        """Another caller in the same tenant."""
        return replace(self, name=name, token=token)


def _is_free(method: str, path: str) -> bool:
    """What counts against no limit (contract: Rate limits)."""
    return method == "OPTIONS" or path == by_id("getHealth").path


def _json(content: object) -> Any:
    try:
        return json.loads(content) if isinstance(content, bytes) else None
    except (ValueError, RecursionError):
        return None


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
