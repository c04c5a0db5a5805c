"""Values against schemas, with every fault and where it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

from tests.second import instants
from tests.second.document import Document
from tests.second.wire import SURROGATE

Found = Iterator[tuple[str, str]]
UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")


def faults(document: Document, schema: Any, value: Any, pointer: str = "") -> Found:
    """What is wrong with the value: pairs of a JSON Pointer and words, one for each value."""
    schema = document.resolve(schema)
    options = schema.get("anyOf")
    if options and all(any(faults(document, option, value, pointer)) for option in options):
        yield pointer, "none of the ways to write this fits"
        return
    if value is None and schema.get("nullable"):
        return
    if not _has_type(schema.get("type"), value):
        yield pointer, f"{schema['type']} expected"
    elif isinstance(value, str):
        yield from _string(schema, value, pointer)
    elif isinstance(value, Decimal):
        yield from _number(schema, value, pointer)
    elif isinstance(value, list):
        yield from _array(document, schema, value, pointer)
    elif isinstance(value, dict):
        yield from _object(document, schema, value, pointer)


def _has_type(name: str | None, value: Any) -> bool:
    match name:
        case None:
            return True
        case "string":
            return isinstance(value, str)
        case "number":
            return isinstance(value, Decimal)
        case "integer":  # OpenAPI 3.0 follows a draft in which 2.0 is no integer
            return isinstance(value, Decimal) and value.as_tuple().exponent == 0
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case _:
            return isinstance(value, dict)


def _string(schema: Any, value: str, pointer: str) -> Found:
    if SURROGATE.search(value):
        yield pointer, "half a character"
    elif "enum" in schema and value not in schema["enum"]:
        yield pointer, f"choose one of {', '.join(schema['enum'])}"
    elif not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield pointer, f"{len(value)} characters are too few or too many"
    elif "pattern" in schema and not _pattern(schema["pattern"]).search(value):
        yield pointer, f"does not look like {schema['pattern']}"
    elif not _has_format(schema.get("format"), value):
        yield pointer, f"is no {schema['format']}"


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\$\Z", r"\\Z", pattern))


def _has_format(name: str | None, value: str) -> bool:
    match name:
        case "date":
            return instants.date(value) is not None
        case "date-time":
            return instants.date_time(value) is not None
        case "uuid":
            return UUID.match(value) is not None
        case _:
            return True


def _number(schema: Any, value: Decimal, pointer: str) -> Found:
    lowest, highest = (Decimal(str(schema[name])) if name in schema else value for name in ("minimum", "maximum"))
    if not lowest <= value <= highest:
        yield pointer, f"not between {lowest} and {highest}"
    elif "multipleOf" in schema and _decimals(value) > _decimals(Decimal(str(schema["multipleOf"]))):
        yield pointer, "too many decimals"


def _decimals(value: Decimal) -> int:
    _, digits, exponent = value.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    return -int(exponent) - (len(text) - len(text.rstrip("0"))) if text else 0


def _array(document: Document, schema: Any, value: list[Any], pointer: str) -> Found:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield pointer, f"{len(value)} items are too few or too many"
    for index, item in enumerate(value):
        yield from faults(document, schema.get("items", {}), item, f"{pointer}/{index}")


def _object(document: Document, schema: Any, value: dict[str, Any], pointer: str) -> Found:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{pointer}/{name}", "is needed"
    if len(value) < schema.get("minProperties", 0):
        yield pointer, "says nothing"
    for name, member in value.items():
        below = f"{pointer}/" + SURROGATE.sub("?", name).replace("~", "~0").replace("/", "~1")
        if name in known:
            yield from faults(document, known[name], member, below)
        elif schema.get("additionalProperties") is False:
            yield below, "nobody knows this member"
