"""JSON, read strictly and written in a form of its own: legal, and as nobody else writes it."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from tests.second.refusals import Refusal

SURROGATE = re.compile("[\ud800-\udfff]")


def read(body: bytes) -> Any:
    """The value of a request's body; all its numbers are decimals as they were written."""
    try:
        return json.loads(
            body.decode("utf-8"),
            parse_int=Decimal,
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_members,
        )
    except (ValueError, ArithmeticError, RecursionError) as why:
        raise Refusal("MALFORMED_JSON", "What came is not a JSON text") from why


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return members


def size(value: Any) -> int:
    """How many values it is made of."""
    count, open_values = 0, [value]
    while open_values:
        top = open_values.pop()
        count += 1
        if isinstance(top, dict):
            open_values.extend(top.values())
        elif isinstance(top, list):
            open_values.extend(top)
    return count


def write(value: Any) -> bytes:
    """JSON with the last member first, odd white space, escapes where none are needed, and exponents."""
    return ("\r\n" + _text(value) + "\t\n").encode("ascii")


def _text(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, dict):
        return "{" + " ,\n".join(f"{_string(name)}\t: {_text(value[name])}" for name in sorted(value, reverse=True)) + " }"
    return "[ " + ",\r\n ".join(map(_text, value)) + "]"


def _number(value: Decimal) -> str:
    sign, digits, exponent = value.as_tuple()
    text = "".join(map(str, digits)).lstrip("0")
    return f"{'-' if sign else ''}{text}00e{int(exponent) - 2}" if text else "0E+0"  # with two zeros more than it needs


def _string(value: str) -> str:
    first, rest = value[:1], value[1:]
    if not (first.isascii() and first.isalnum()):
        first, rest = "", value
    else:
        first = f"\\u{ord(first):04X}"
    return '"' + first + json.dumps(rest)[1:].replace("/", "\\/")
