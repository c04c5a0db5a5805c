"""Values at and beyond the bounds that a schema sets, derived from the schema: no bound is written down again here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract_tests.document import CONTRACT
from nexuscommerce.contract import Operation

WRONG_TYPES: Mapping[str, tuple[Any, ...]] = {
    "string": (5, True, [], {}),
    "number": ("5", True, [], {}),
    "array": ("x", 5, {}),
}


def at_bounds(operation: Operation, member: str) -> Iterator[Any]:
    schema = _schema(operation, member)
    yield from schema.get("enum", ())
    for bound in ("minimum", "maximum"):
        if bound in schema:
            yield schema[bound]
    for bound in ("minLength", "maxLength"):
        if bound in schema:
            yield "x" * schema[bound]
            yield "🧦" * schema[bound]  # a length is counted in characters, not in bytes or UTF-16 units
    if "maxItems" in schema:
        yield [_item(n) for n in range(schema["maxItems"])]
        yield []
    yield from {"^[A-Z]{3}$": ("AAA",), "^[0-9]{8,14}$": ("7" * 8, "7" * 14)}.get(schema.get("pattern", ""), ())


def beyond_bounds(operation: Operation, member: str) -> Iterator[Any]:
    schema = _schema(operation, member)
    yield from WRONG_TYPES[schema["type"]]
    if not schema.get("nullable"):
        yield None
    if "enum" in schema:
        yield from ("nonsense", "", schema["enum"][0].upper())
    if "minimum" in schema:
        yield schema["minimum"] - 1
    if "maximum" in schema:
        yield schema["maximum"] + 1
    if "multipleOf" in schema:
        yield from (schema["multipleOf"] / 10, round(1 + schema["multipleOf"] / 2, 6))
    if schema.get("minLength"):
        yield ""
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)
    if "maxItems" in schema:
        yield [_item(n) for n in range(schema["maxItems"] + 1)]
        yield from ([5], [None], ["no-url"], ["ftp://img.example/a.png"])
    yield from PATTERNS.get(schema.get("pattern", ""), ())


# Values that a pattern forbids, by the pattern.
PATTERNS: Mapping[str, tuple[str, ...]] = {
    "^[A-Z]{3}$": ("usd", "US", "EURO", "€", "US\n"),
    "^[0-9]{8,14}$": ("7" * 7, "7" * 15, "1234567x", "٣" * 8, "12345678\n"),
    "^[^\\x00-\\x1f\\x7f]*$": ("a\nb", "a\tb", "a\x00b", "a\x7fb", "a\n"),
    "^[^\\x00]*$": ("a\x00b",),
}


def _schema(operation: Operation, member: str) -> Mapping[str, Any]:
    assert operation.body is not None
    return CONTRACT.schemas.resolve(CONTRACT.schemas.resolve(operation.body)["properties"][member])


def _item(n: int) -> str:
    return f"https://img.example/{n}.png"
