"""One request and its answer as the laws look at them, and what the document says of such an answer."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import jsonschema_rs

from contract_tests.document import CONTRACT, route
from nexuscommerce.contract import Operation

Row = Mapping[str, Any]
Found = list[str] | None  # what a law found: nothing, or a line for each breach; None where it does not apply

RATE_LIMIT = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
EVERYWHERE = ("X-Request-ID", *RATE_LIMIT)  # on every answer, whether the document lists the answer or not


@dataclass(frozen=True)
class Seen:
    """One request and its answer, as far as the laws look at them. Header names are in lower case."""

    method: str
    path: str
    fields: tuple[str, ...] | None
    authorization: str | None
    status: int
    headers: Mapping[str, str]
    content: bytes

    @cached_property
    def operation(self) -> Operation | None:
        return route(self.method, self.path).operation

    @cached_property
    def methods(self) -> tuple[str, ...]:
        return route(self.method, self.path).methods

    @property
    def bodiless(self) -> bool:
        return self.method == "HEAD" or self.status == 204

    @property
    def succeeded(self) -> bool:
        return self.status < 300 and not self.bodiless

    @property
    def refused(self) -> bool:
        return self.status >= 400 and not self.bodiless

    @property
    def said(self) -> str:
        """All that came, headers and body, as text."""
        return "\n".join([*self.headers.values(), self.content.decode("utf-8", "replace")])

    @cached_property
    def body(self) -> Any:
        """The JSON of the body, or None."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None

    @cached_property
    def error(self) -> Mapping[str, Any]:
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return error if isinstance(error, dict) else {}

    @cached_property
    def rows(self) -> list[Row]:
        """The resources of the answer: one, a page of them, or none."""
        data = self.body.get("data") if self.succeeded and isinstance(self.body, dict) else None
        return [row for row in (data if isinstance(data, list) else [data]) if isinstance(row, dict)]


def described(seen: Seen) -> Mapping[str, Any]:
    """The document's response object for this answer; an empty one if there is none."""
    if seen.operation and seen.status in seen.operation.responses:
        return seen.operation.responses[seen.status]
    code = seen.error.get("code")
    name = next((row.response for row in CONTRACT.refusals if (row.status, row.code) == (seen.status, code)), None)
    return CONTRACT.schemas.resolve({"$ref": f"#/components/responses/{name}"}) if name else {}


def schema_of(seen: Seen) -> Mapping[str, Any] | None:
    """The document's schema for the body of this answer."""
    content = described(seen).get("content", {}).get("application/json")
    return CONTRACT.schemas.resolve(content["schema"]) if content else None


def faults(seen: Seen, schema: Mapping[str, Any]) -> Iterator[str]:
    """What in the body breaks the schema. `anyOf` of a whole and a selected resource is told by member, to be readable."""
    errors = list(_validator(schema).iter_errors(seen.body))
    members = [line for row in seen.rows for line in _member_faults(seen, row)] if errors else []
    yield from members or (f"/{'/'.join(map(str, error.instance_path))}: {error.message[:200]}" for error in errors)


def _member_faults(seen: Seen, row: Row) -> Iterator[str]:
    resource = seen.operation.resource if seen.operation else None
    for name, value in row.items():
        if resource and name in resource["properties"]:
            for error in _validator(resource["properties"][name]).iter_errors(value):
                yield f"{of(row)}, {'/'.join([name, *map(str, error.instance_path)])}: {error.message[:200]}"


def breaches(schema: Mapping[str, Any], value: object) -> Iterator[str]:
    """What in a value breaks the schema."""
    for error in _validator(schema).iter_errors(value):
        yield f"/{'/'.join(map(str, error.instance_path))}: {error.message[:200]}"


def header_faults(seen: Seen, name: str) -> list[str]:
    """Whether a header is there and as its schema in the document says."""
    schema = CONTRACT.document["components"]["headers"][name]["schema"]
    text = seen.headers.get(name.lower())
    if text is None:
        return [f"no header {name}"]
    value: object = int(text) if schema["type"] == "integer" and text.isascii() and text.isdigit() else text
    return [f"{name}: {error.message[:200]}" for error in _validator(schema).iter_errors(value)]


LAG = 3  # seconds by which Date may be behind: it has whole ones, and a busy server writes the one that it last looked up


def clock(seen: Seen) -> float:
    """The target's clock at this answer, as far as it told; else ours."""
    try:
        return parsedate_to_datetime(seen.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return time.time()


def of(row: Row) -> str:
    """How a row is called in a report."""
    return str(row.get("sku") or row.get("id") or "a row")


_VALIDATORS: dict[int, jsonschema_rs.Draft4Validator] = {}  # by id: the nodes of the document live as long as the judge


def _validator(schema: Mapping[str, Any]) -> jsonschema_rs.Draft4Validator:
    if id(schema) not in _VALIDATORS:
        _VALIDATORS[id(schema)] = CONTRACT.schemas.validator(schema)
    return _VALIDATORS[id(schema)]
