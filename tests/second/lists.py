"""Lists: filtered, sorted, cut into pages, narrowed to members."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.second import instants
from tests.second.document import Operation
from tests.second.refusals import Refusal
from tests.second.store import Row

Position = tuple[Any, str]


@dataclass(frozen=True)
class Cursor:
    """Where a page ended, and of what list."""

    bound_to: tuple[Any, ...]
    position: Position
    page: int


class Lists:
    """Hands out the pages of all lists, and remembers every cursor that it ever gave away."""

    def __init__(self, manners: frozenset[str]) -> None:
        """No cursors yet."""
        self._manners = manners
        self._cursors: dict[str, Cursor] = {}
        self._handles: dict[Cursor, str] = {}

    def page(
        self, operation: Operation, tenant: str, values: dict[str, Any], rows: Iterable[Row], members: list[str]
    ) -> Row:
        """The envelope of the page that is asked for."""
        filters = [each for each in operation.parameters if "x-filter" in each and each["name"] in values]
        sort, order, limit = values["sort"], values["order"], values["limit"]
        given = tuple(sorted((each["name"], values[each["name"]]) for each in filters))
        bound_to = (operation.name, tenant, given, sort, order)
        cursor = self._known(values.get("cursor"), bound_to)

        def key(row: Row) -> Position:
            return row[sort], row["id"]

        down = order == "desc"
        tests = [_test(each["x-filter"], values[each["name"]]) for each in filters]
        matching = sorted((row for row in rows if all(test(row) for test in tests)), key=key, reverse=down)
        ahead = matching
        if cursor is not None:
            ahead = [row for row in matching if (key(row) < cursor.position if down else key(row) > cursor.position)]
        shown, page = ahead[:limit], cursor.page if cursor else 1
        handle = None
        if len(ahead) > limit:
            handle = self._handle(Cursor(bound_to, key(shown[-1]), page + 1))
        return {
            "data": [narrowed(row, values.get("fields") or members) for row in shown],
            "meta": {"total": len(matching), "page": page, "limit": limit, "nextCursor": handle},
        }

    def _handle(self, cursor: Cursor) -> str:
        """Opaque text: whoever sends it back has to encode it."""
        if cursor not in self._handles or "fresh-cursors" in self._manners:
            letters = 2100 if "long-cursors" in self._manners else 60
            handle = "".join(secrets.choice("abcd") for _ in range(letters)) + f" +/&=%ü→{cursor.page}"
            self._cursors[handle] = cursor
            self._handles[cursor] = handle
        return self._handles[cursor]

    def _known(self, handle: str | None, bound_to: tuple[Any, ...]) -> Cursor | None:
        if handle is None:
            return None
        cursor = self._cursors.get(handle.lower() if "caseless-cursors" in self._manners else handle)
        if cursor is None or cursor.bound_to != bound_to:
            raise Refusal("INVALID_CURSOR", "This cursor does not belong here")
        return cursor


def narrowed(row: Row, members: Iterable[str]) -> Row:
    """The row with these members alone."""
    return {name: row[name] for name in members}


def _test(told: dict[str, Any], wanted: Any) -> Callable[[Row], bool]:
    """What x-filter says, as a question to a row."""
    paths = [path.split(".") for path in told["fields"]]
    match told["comparison"]:
        case "equals":
            return lambda row: any(value == wanted for path in paths for value in _values(row, path))
        case "contains":
            text = wanted.casefold()
            return lambda row: any(text in value.casefold() for path in paths for value in _values(row, path))
        case "at_least":
            first = instants.earliest(wanted)
            return lambda row: any(_instant(value) >= first for path in paths for value in _values(row, path))
        case _:
            last = instants.latest(wanted)
            return lambda row: any(_instant(value) <= last for path in paths for value in _values(row, path))


def _values(value: Any, path: list[str]) -> list[Any]:
    for name in path:
        value = [each[name] for each in value] if isinstance(value, list) else value[name]
    values = value if isinstance(value, list) else [value]
    return [each for each in values if each is not None]


def _instant(text: str) -> Any:
    return instants.date_time(text)
