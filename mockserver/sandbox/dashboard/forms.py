"""What was typed into a form: as the body of a request, and as it is shown again beside what was wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from mockserver.domain.errors import ApiError

Kind = Callable[[Sequence[str]], Any]
Fields = Mapping[str, Kind]

_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?(\.\d+)?")


def text(given: Sequence[str]) -> Any:
    return given[0].strip() or None if given else None


def secret(given: Sequence[str]) -> Any:
    """Text that keeps its spaces."""
    return given[0] or None if given else None


def number(given: Sequence[str]) -> Any:
    """What is no number stays text: the control API says what is wrong with it."""
    written = text(given)
    for kind in (int, float):
        try:
            return written and kind(written)
        except ValueError:
            continue
    return written


def many(given: Sequence[str]) -> Any:
    """Ticked boxes; none of them: not said."""
    return list(given) or None


def words(given: Sequence[str]) -> Any:
    """What stands between spaces, commas and line ends."""
    return [word for word in re.split(r"[\s,]+", " ".join(given)) if word] or None


def instant(given: Sequence[str]) -> Any:
    """A browser's `datetime-local`, which has no zone, taken as UTC."""
    written = text(given)
    found = written and _INSTANT.fullmatch(written)
    return f"{found[1]}{found[2] or ':00'}{found[3] or ''}Z" if found else written


def body(posted: MultiDict[str, str], fields: Fields) -> dict[str, Any]:
    """The members of a request's body. Fields are named as a pointer names them: `delay/min_ms`. What is empty is left
    out."""
    made: dict[str, Any] = {}
    for name, kind in fields.items():
        value = kind(posted.getlist(name))
        if value is not None:
            *path, last = name.split("/")
            inner = made
            for part in path:
                inner = inner.setdefault(part, {})
            inner[last] = value
    return made


@dataclass(frozen=True)
class Form:
    """One form of a page. `name` says which; empty: none was sent. `faults` are of its fields, by name, `rest` others."""

    name: str = ""
    values: MultiDict[str, str] = field(default_factory=MultiDict)
    status: int = 200
    message: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)
    rest: Sequence[str] = ()

    def value(self, owner: str, name: str, default: Any = "") -> Any:
        """What is in a field: what was typed into this form, or the default."""
        return self.values.get(name, "") if self.name == owner else "" if default is None else default

    def chosen(self, owner: str, name: str, option: str, default: Sequence[str] = ()) -> bool:
        """Whether a box is ticked."""
        return option in (self.values.getlist(name) if self.name == owner else default)

    def fault(self, owner: str, name: str) -> str:
        return self.faults.get(name, "") if self.name == owner else ""


NONE = Form()


def refused(posted: MultiDict[str, str], refusal: ApiError, status: int) -> Form:
    """The form that was sent and refused. Each fault goes to its field, if the form has it."""
    faults: dict[str, str] = {}
    rest: list[str] = []
    for row in refusal.details.get("errors", ()):
        name = next((n for n in _prefixes(row["pointer"]) if n in posted), None)
        if row["in"] in ("body", "query") and name:
            faults.setdefault(name, row["message"])
        else:
            rest.append(f"{row['in']} {row['pointer']}: {row['message']}")
    return Form(posted.get("form", ""), posted, status, refusal.message, faults, rest)


def _prefixes(pointer: str) -> list[str]:
    """`/events/0` is of the field `events/0`, or else of `events`."""
    places = pointer.strip("/").split("/")
    return ["/".join(places[:end]) for end in range(len(places), 0, -1)]
