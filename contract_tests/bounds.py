"""Values at and beyond the bounds that a schema sets, derived from the schema: no bound is written down again here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from contract_tests.document import CONTRACT
from nexuscommerce.contract import Operation

WRONG_TYPES: Mapping[str, tuple[Any, ...]] = {
    "string": (5, True, [], {}),
    "number": ("5", True, [], {}),
    "integer": ("5", True, [], {}, 1.5),
    "boolean": ("true", 1, [], {}),
    "array": ("x", 5, {}),
    "object": ("x", 5, []),
}

FREE = "^[^"  # how the patterns begin that forbid some characters, and not all but some


def at_bounds(operation: Operation, member: str) -> Iterator[Any]:
    """Of a member of the operation's body; `/` leads into an object and, with `0`, into a list."""
    schema = schema_of(operation, member)
    yield from schema.get("enum", ())
    for bound in ("minimum", "maximum"):
        if bound in schema:
            yield schema[bound]
    for bound in ("minLength", "maxLength"):
        if bound in schema:
            yield "x" * schema[bound]
            if schema.get("pattern", FREE).startswith(FREE):
                yield "🧦" * schema[bound]  # a length is counted in characters, not in bytes or UTF-16 units
    if "maxItems" in schema:
        yield [_item(n) for n in range(schema["maxItems"])]
        yield []
    yield from {"^[A-Z]{3}$": ("AAA",), "^[0-9]{8,14}$": ("7" * 8, "7" * 14)}.get(schema.get("pattern", ""), ())


def beyond_bounds(operation: Operation, member: str) -> Iterator[Any]:
    schema = schema_of(operation, member)
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
    "^[a-z][a-z0-9_]*$": ("Amazon", "1a", "_a", "a-b", "a b", "äö", "aa\n"),
}


def schema_of(operation: Operation, member: str) -> Mapping[str, Any]:
    """The schema of a member of the body; where a `discriminator` chooses among several bodies, of the first that has it."""
    assert operation.body is not None
    schema = operation.body
    for name in member.split("/"):
        schema = CONTRACT.schemas.resolve(_inner(schema, name))
    return schema


def _inner(schema: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    branches = CONTRACT.schemas.branches(schema)
    for each in branches[1].values() if branches else [schema]:
        whole = CONTRACT.schemas.resolve(each)
        if name == "0" and "items" in whole:
            items: Mapping[str, Any] = whole["items"]
            return items
        if name in whole.get("properties", {}):
            member: Mapping[str, Any] = whole["properties"][name]
            return member
    raise KeyError(name)


def _item(n: int) -> str:
    return f"https://img.example/{n}.png"
