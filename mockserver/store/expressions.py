"""SQL that SQLite and PostgreSQL write differently: rows as JSON, and text without regard to its case."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Boolean, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction


class JsonObject(GenericFunction[Any]):
    """An object of names and values in turn, as JSON within JSON."""

    name = "json_object"
    type = JSON()
    inherit_cache = True


class JsonText(GenericFunction[str]):
    """The same as text, to be sent as it is."""

    name = "json_text"
    type = Text()
    inherit_cache = True


class JsonArray(GenericFunction[Any]):
    """The JSON values of all rows, as one array; of no rows an empty one."""

    name = "json_array_of"
    type = JSON()
    inherit_cache = True


class Json(GenericFunction[Any]):
    """JSON that is kept as text."""

    name = "json"
    type = JSON()
    inherit_cache = True


class JsonBoolean(GenericFunction[Any]):
    """A truth value within JSON."""

    name = "json_boolean"
    type = JSON()
    inherit_cache = True


class Decimal(GenericFunction[Any]):
    """Hundredths as the number that they are."""

    name = "hundredths"
    inherit_cache = True


class Casefold(GenericFunction[str]):
    """Text without regard to its case. PostgreSQL 15 lowers it (ICU), which leaves ß and SS apart."""

    name = "casefold"
    type = Text()
    inherit_cache = True


class Contains(GenericFunction[bool]):
    """Whether a text has another in it."""

    name = "contains"
    type = Boolean()
    inherit_cache = True


# construct -> how each of the two writes it; {} are its arguments
_WRITTEN = {
    JsonObject: ("json_object({})", "json_build_object({})"),
    JsonText: ("json_object({})", "json_build_object({})::text"),
    JsonArray: ("json_group_array(json({}))", "coalesce(json_agg({}), '[]')"),
    Json: ("json({})", "{}::json"),
    JsonBoolean: ("json(CASE {} WHEN 1 THEN 'true' ELSE 'false' END)", "{}"),
    Decimal: ("({} / 100.0)", "({} / 100.0)::float8"),
    Casefold: ("casefold({})", 'lower({} COLLATE "und-x-icu")'),
    Contains: ("(instr({}) > 0)", "(strpos({}) > 0)"),
}


def _writes(construct: type[GenericFunction[Any]], dialect: str, written: str) -> None:
    @compiles(construct, dialect)
    def write(element: GenericFunction[Any], compiler: SQLCompiler, **more: Any) -> str:
        return written.format(compiler.process(element.clauses, **more))


for _construct, _both in _WRITTEN.items():
    for _dialect, _one in zip(("sqlite", "postgresql"), _both, strict=True):
        _writes(_construct, _dialect, _one)
