"""Cursors: the position of a page's last row, signed, and bound to the list that issued them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from itsdangerous import BadData, URLSafeSerializer

from mockserver.domain.errors import ApiError


class Position(NamedTuple):
    """Where a page begins: after the row with this sort value and id; `page` is the number of the page before it."""

    page: int
    value: Any
    id: str


class _Orjson:
    """itsdangerous wants a module with `dumps` and `loads`; its own escapes non-ASCII text to six times its size."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return orjson.dumps(value).decode()

    @staticmethod
    def loads(text: str | bytes) -> Any:
        return orjson.loads(text)


class Cursors:
    """Issues and opens cursors. The secret lives in the state file, so a cursor outlives a restart."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeSerializer(secret, salt="cursor", serializer=_Orjson())

    def issue(self, issuer: Mapping[str, Any], position: Position) -> str:
        text = self._serializer.dumps([_name(issuer), *position])
        return text if isinstance(text, str) else text.decode()

    def open(self, issuer: Mapping[str, Any], cursor: str) -> Position:
        """The position, if the cursor was issued by the same operation, tenant, filters and sort; else INVALID_CURSOR."""
        try:
            name, *position = self._serializer.loads(cursor)
        except BadData:
            raise ApiError("INVALID_CURSOR") from None
        if name != _name(issuer):
            raise ApiError("INVALID_CURSOR")
        return Position(*position)


def _name(issuer: Mapping[str, Any]) -> str:
    return orjson.dumps(issuer, option=orjson.OPT_SORT_KEYS).decode()
