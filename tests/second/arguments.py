"""A request's parameters and body: read, checked, and all faults gathered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from tests.second import instants
from tests.second.document import Document, Operation
from tests.second.refusals import Fault, Refusal, invalid
from tests.second.schemas import faults
from tests.second.wire import SURROGATE, read, size

WHOLE = re.compile(r"-?(0|[1-9][0-9]*)\Z")
MANY = 5000
NOTHING = object()


def body_of(operation: Operation, content_types: list[str], body: bytes, too_large: bool) -> Any:
    """What was sent, `NOTHING` if nothing was; operations without a body do not look at it."""
    if operation.body is None:
        return NOTHING
    if too_large:
        raise Refusal("PAYLOAD_TOO_LARGE", "That is more than a mebibyte")
    if not body and not content_types:
        return NOTHING
    kind = content_types[0].partition(";")[0].strip().lower() if len(content_types) == 1 else ""
    if kind != "application/json":
        raise Refusal("UNSUPPORTED_MEDIA_TYPE", "JSON alone is understood here")
    return read(body)


def check(document: Document, operation: Operation, path: dict[str, str], query: str, body: Any) -> dict[str, Any]:
    """The values of all query parameters, defaults included. Raises with every fault of the path, the query and the body."""
    found: list[Fault] = []
    for parameter in operation.parameters:
        if parameter["in"] == "path":
            name = parameter["name"]
            found += [Fault("path", f"/{name}", words) for _, words in faults(document, parameter["schema"], path[name])]
    values, wrong = _query(document, operation, query)
    found += wrong
    if operation.body is not None:
        if body is NOTHING:
            found.append(Fault("body", "", "is needed"))
        else:
            told = [Fault("body", pointer, words) for pointer, words in faults(document, operation.body, body)]
            found += told[: 1 if size(body) > MANY else None]
    if found:
        raise invalid(found)
    return values


def _query(document: Document, operation: Operation, query: str) -> tuple[dict[str, Any], list[Fault]]:
    declared = {each["name"]: each for each in operation.parameters if each["in"] == "query"}
    values = {name: each["schema"]["default"] for name, each in declared.items() if "default" in each["schema"]}
    found: dict[str, Fault] = {}
    seen = set()
    for raw_name, raw in parse_qsl(query, keep_blank_values=True, errors="surrogateescape", max_num_fields=None):
        name = SURROGATE.sub("?", raw_name)
        if raw_name not in declared:
            found[name] = Fault("query", f"/{name}", "nobody knows this parameter")
        elif name in seen:
            found[name] = Fault("query", f"/{name}", "comes more than once")
        else:
            values[name], fault = _value(document, declared[name], raw)
            found |= {name: Fault("query", f"/{name}", fault)} if fault else {}
        seen.add(name)
    for begin, end in _ranges(list(declared.values())):
        if begin in seen and end in seen and not {begin, end} & set(found):
            first, last = instants.earliest(values[begin]), instants.latest(values[end])
            if first is not None and last is not None and first > last:
                found[end] = Fault("query", f"/{end}", f"lies before {begin}")
    return values, list(found.values())


def _value(document: Document, parameter: dict[str, Any], raw: str) -> tuple[Any, str | None]:
    schema = document.resolve(parameter["schema"])
    value: Any = raw
    match schema["type"]:
        case "integer":
            value = Decimal(raw) if WHOLE.match(raw) else raw
        case "boolean":
            value = {"true": True, "false": False}.get(raw, raw)
        case "array":
            value = raw.split(",")
    wrong = next(iter(faults(document, schema, value)), None)
    return int(value) if isinstance(value, Decimal) and wrong is None else value, wrong and wrong[1]


def _ranges(parameters: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Pairs of parameters that are the two ends of one range."""
    ends: dict[str, dict[str, str]] = {"at_least": {}, "at_most": {}}
    for parameter in parameters:
        told = parameter.get("x-filter", {})
        if told.get("comparison") in ends:
            ends[told["comparison"]][told["fields"][0]] = parameter["name"]
    for member, begin in ends["at_least"].items():
        if member in ends["at_most"]:
            yield begin, ends["at_most"][member]
