"""The header Prefer (RFC 7240), by which a single request asks for an answer, as users of Prism know it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from starlette.datastructures import Headers

from mockserver.domain.errors import fault, invalid
from mockserver.sandbox.possible import Possible
from nexuscommerce.contract import Operation

LONGEST = 60_000  # milliseconds
NAMES = ("code", "delay", "example")  # the preferences that are followed; others are ignored (RFC 7240 §2)

# Nothing is given back that was taken (`+` after a quantifier): spaces that could be shared out between two neighbours would
# be tried in every way, and a header of 60 of them would take for ever.
_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"  # noqa: S105  RFC 9110 §5.6.2, no secret
_WORD = rf'{_TOKEN}|"(?:[^"\\]|\\.)*+"'
_PARAMETERS = rf"(?:\s*+;\s*+(?:{_TOKEN}(?:\s*+=\s*+(?:{_WORD})?+)?+)?+)*+"
_PREFERENCE = re.compile(rf"[\s,]*+({_TOKEN})(?:\s*+=\s*+({_WORD})?+)?+{_PARAMETERS}\s*+(?:,|$)")
_MILLISECONDS = re.compile(r"[0-9]{1,9}")
_STATUS = re.compile(r"[1-9][0-9]{2}")


class Preferred(NamedTuple):
    """What a request asks for: an error.code (None: what the operation answers), seconds to wait, the name of an example and
    the status that it is of. `applied` is the text of Preference-Applied."""

    code: str | None
    delay: float
    example: str | None
    status: int
    applied: str


def preferences(headers: Headers) -> Mapping[str, str]:
    """Preference -> value, of all Prefer headers. Names are case-insensitive, and the first of a name counts."""
    found: dict[str, str] = {}
    for header in headers.getlist("prefer"):
        for name, value in _list(header):
            found.setdefault(name.lower(), value)
    return found


def read(headers: Headers, operation: Operation, possible: Possible) -> Preferred | None:
    """What is asked of this operation; None: nothing that is known here. Raises VALIDATION_ERROR."""
    asked = {name: value for name, value in preferences(headers).items() if name in NAMES and value}
    if not asked:
        return None
    code, status = _code(asked.get("code"), operation, possible)
    faults = [*_unknown_code(asked, status, operation, possible), *_wrong_delay(asked)]
    if status is not None:
        faults += _unknown_example(asked, status, operation, possible)
    if status is None or faults:
        raise invalid([fault("header", "/Prefer", message) for message in faults])
    applied = ", ".join(f"{name}={_quoted(value)}" for name, value in asked.items())
    return Preferred(code, int(asked.get("delay", 0)) / 1000, asked.get("example"), status, applied)


def _code(wanted: str | None, operation: Operation, possible: Possible) -> tuple[str | None, int | None]:
    """The error.code and the status that are asked for, by either. No status: the operation has no such answer."""
    if wanted is None or wanted == str(operation.success):
        return None, operation.success
    if _STATUS.fullmatch(wanted):
        code = possible.code(operation, status=int(wanted))
    else:
        code = possible.code(operation, wanted.upper())
    return code, possible.status(code) if code else None


def _unknown_code(asked: Mapping[str, str], status: int | None, operation: Operation, possible: Possible) -> Iterator[str]:
    if status is None:
        known = ", ".join([*map(str, sorted(operation.responses)), *possible.codes(operation)])
        yield f"code: {operation.id} never answers {asked['code'][:60]}, but {known}"


def _wrong_delay(asked: Mapping[str, str]) -> Iterator[str]:
    delay = asked.get("delay", "0")
    if not _MILLISECONDS.fullmatch(delay) or int(delay) > LONGEST:
        yield f"delay: {delay[:60]} is not a number of milliseconds from 0 to {LONGEST}"


def _unknown_example(asked: Mapping[str, str], status: int, operation: Operation, possible: Possible) -> Iterator[str]:
    named = possible.examples(operation, status)
    if "example" in asked and asked["example"] not in named:
        known = ", ".join(named) or "none with a name"
        yield f"example: {operation.id} has no {asked['example'][:60]} for {status}; there are: {known}"


def _list(header: str) -> Iterator[tuple[str, str]]:
    """The preferences of one header, as far as they can be read."""
    position = 0
    while found := _PREFERENCE.match(header, position):
        yield found[1], _unquoted(found[2] or "")
        position = found.end()


def _unquoted(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word


def _quoted(value: str) -> str:
    if re.fullmatch(_TOKEN, value):
        return value
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
