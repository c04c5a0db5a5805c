"""Parameters and bodies against the document: every fault of a request at once, each with its pointer."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import jsonschema_rs

from mockserver.domain import instants
from mockserver.domain.errors import fault, invalid
from nexuscommerce.contract import Comparison, Filter, Operation, Parameter
from nexuscommerce.schemas import Schemas

VALUES = 5_000
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,99})(\.[0-9]{1,99})?([eE][+-]?[0-9]{1,3})?")  # as JSON writes it
_BOOLEANS = {"true": True, "false": False}

Fault = dict[str, str]


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"{text[:100]!r} is not an integer")
    return int(text)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text) or not math.isfinite(number := float(text)):
        raise ValueError(f"{text[:100]!r} is not a number")
    return number


def _boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        raise ValueError(f"{text[:100]!r} is neither true nor false")
    return _BOOLEANS[text]


_DECODERS: Mapping[str, Callable[[str], Any]] = {
    "string": str,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "array": lambda text: text.split(","),
}
_BOUNDS = {Comparison.AT_LEAST: instants.first, Comparison.AT_MOST: instants.last}


@dataclass(frozen=True, slots=True)
class Values:
    """The parameters of a valid request by name, defaults filled in, and its filters with comparable values."""

    path: Mapping[str, Any]
    query: Mapping[str, Any]
    filters: Mapping[Filter, Any]


class Validation:
    """The compiled schemas of one operation."""

    def __init__(self, operation: Operation) -> None:
        self._query = {p.name: (p, operation.schemas.validator(p.schema)) for p in operation.query()}
        self._path = {
            p.name: (p, operation.schemas.validator(p.schema)) for p in operation.parameters if p.location == "path"
        }
        self._body = operation.body and _Body(operation.schemas, operation.body)
        self._defaults = {p.name: p.schema["default"] for p, _ in self._query.values() if "default" in p.schema}
        self._bounds = {f: _BOUNDS[f.comparison] for f in operation.filters if _is_instant(operation, f)}

    def check(self, path: Mapping[str, str], query_string: bytes, body: Any) -> Values:
        """The request's values. Raises VALIDATION_ERROR with all its faults."""
        faults: list[Fault] = []
        given = _parse(query_string, faults)
        query = self._defaults | _decoded("query", self._query, given, faults)
        places = _decoded("path", self._path, path, faults)
        filters = self._filters(query, faults)
        if self._body:
            faults += self._body.faults(body)
        if faults:
            raise invalid(faults)
        return Values(places, query, filters)

    def _filters(self, query: Mapping[str, Any], faults: list[Fault]) -> Mapping[Filter, Any]:
        filters: dict[Filter, Any] = {}
        for name, (parameter, _) in self._query.items():
            chosen = parameter.filter
            if chosen and name in query:
                try:
                    filters[chosen] = self._bounds.get(chosen, _same)(query[name])
                except ValueError as why:
                    faults.append(fault("query", f"/{name}", str(why)))
        faults += _crossed(filters)
        return filters


def _is_instant(operation: Operation, chosen: Filter) -> bool:
    """Whether a filter bounds an instant: the row's member has the format date-time."""
    if chosen.comparison not in _BOUNDS or operation.resource is None:
        return False
    member = operation.schemas.resolve(operation.resource["properties"][chosen.fields[0]])
    return member.get("format") == "date-time"


def _same(value: Any) -> Any:
    return value


def _crossed(filters: Mapping[Filter, Any]) -> Iterator[Fault]:
    """A lower bound above the upper bound of the same member."""
    for low, start in filters.items():
        for high, end in filters.items():
            bounds = (low.comparison, high.comparison) == (Comparison.AT_LEAST, Comparison.AT_MOST)
            if bounds and low.fields == high.fields and start > end:
                yield fault("query", f"/{low.parameter}", f"is after {high.parameter}")


def _parse(query_string: bytes, faults: list[Fault]) -> dict[str, str]:
    """The query by name. Bytes that are not UTF-8 and repeated names are faults."""
    if not query_string:
        return {}
    try:
        pairs = parse_qsl(query_string.decode("ascii"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        faults.append(fault("query", "", "is not UTF-8"))
        return {}
    given = dict(pairs)
    if len(given) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        faults += [fault("query", _pointer([name]), "is given more than once") for name in given if counts[name] > 1]
    return given


def _decoded(
    where: str,
    known: Mapping[str, tuple[Parameter, jsonschema_rs.Draft4Validator]],
    given: Mapping[str, str],
    faults: list[Fault],
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in given.items():
        if name not in known:
            message = (
                f"there is no such parameter; there are: {', '.join(known)}"
                if known
                else "this operation takes no parameters"
            )
            faults.append(fault(where, _pointer([name]), message))
            continue
        parameter, validator = known[name]
        try:
            value = _DECODERS[parameter.schema["type"]](text)
        except ValueError as why:
            faults.append(fault(where, _pointer([name]), str(why)))
            continue
        if validator.is_valid(value):
            values[name] = value
        else:
            faults += [fault(where, _pointer([name]), _said(error)) for error in validator.iter_errors(value)]
    return values


class _Body:
    """A body's validators: one, or where a `discriminator` chooses among several, one for each of its values, so that a
    fault is told of the schema that was meant and not of all of them."""

    def __init__(self, schemas: Schemas, schema: Mapping[str, Any]) -> None:
        self._whole = schemas.validator(schema)
        self._chooser, mapping = schemas.branches(schema) or ("", {})
        self._branches = {value: schemas.validator(branch) for value, branch in mapping.items()}

    def faults(self, body: Any) -> Iterator[Fault]:
        if not self._branches:
            return _body_faults(self._whole, body)
        if not isinstance(body, dict):
            return iter([fault("body", "", "is not an object")])
        chosen = body.get(self._chooser)
        if isinstance(chosen, str) and chosen in self._branches:
            return _body_faults(self._branches[chosen], body)
        return self._unchosen(body)

    def _unchosen(self, body: dict[str, Any]) -> Iterator[Fault]:
        """Whatever was meant: the fault of the chooser, and those that every branch has. A body of very many values is not
        held against all of them."""
        message = f"is not one of {', '.join(self._branches)}" if self._chooser in body else "is missing"
        own = fault("body", _pointer([self._chooser]), message)
        yield own
        if _size(body) > VALUES:
            return
        first, *others = (list(_body_faults(branch, body)) for branch in self._branches.values())
        for each in first:
            if each["pointer"] != own["pointer"] and all(each in found for found in others):
                yield each


def _body_faults(validator: jsonschema_rs.Draft4Validator, body: Any) -> Iterator[Fault]:
    """All faults, one for each missing or unknown member, pointing at the member itself; of a body of very many values
    the first alone, since each of them may be a fault."""
    try:
        if validator.is_valid(body):
            return
        for error in errors(validator, body):
            yield from _explained(error)
    except ValueError:  # jsonschema-rs 0.60 goes 255 levels deep
        yield fault("body", "", "is nested too deeply")


def errors(validator: jsonschema_rs.Draft4Validator, body: Any) -> Iterator[jsonschema_rs.ValidationError]:
    """All that is wrong; of a body of very many values the first alone."""
    return iter(validator.iter_errors(body)) if _size(body) <= VALUES else _first(validator, body)


def _first(validator: jsonschema_rs.Draft4Validator, body: Any) -> Iterator[jsonschema_rs.ValidationError]:
    try:
        validator.validate(body)
    except jsonschema_rs.ValidationError as error:
        yield error


def _explained(error: jsonschema_rs.ValidationError) -> Iterator[Fault]:
    kind = error.kind.as_dict()
    if error.kind.name == "required":
        yield fault("body", _pointer([*error.instance_path, kind["property"]]), "is missing")
    elif error.kind.name == "additionalProperties":
        for name in kind["unexpected"]:
            yield fault("body", _pointer([*error.instance_path, name]), "there is no such member, or it cannot be set")
    else:
        yield fault("body", _pointer(error.instance_path), _said(error))


def _said(error: jsonschema_rs.ValidationError) -> str:
    """What is wrong. Of an enum every value is told: jsonschema-rs names two and counts the rest."""
    if error.kind.name != "enum":
        return error.message
    return f"{str(error.instance)[:100]!r} is not one of {', '.join(map(str, error.kind.as_dict()['options']))}"


def _size(body: Any) -> int:
    """How many values a body holds, counted no further than is asked for."""
    count, left = 0, [body]
    while left and count <= VALUES:
        value = left.pop()
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        count += len(inner)
        left.extend(inner)
    return count


def _pointer(parts: list[Any]) -> str:
    """RFC 6901."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
