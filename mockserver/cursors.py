"""Cursors: the position of a page's last row, signed, and bound to the list that issued them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode

from mockserver.domain.errors import ApiError


class Position(NamedTuple):
    """Where a page begins: after the row with this sort value and id; `page` is the number of the page before it."""

    page: int
    value: Any
    id: str


class Cursors:
    """Issues and opens cursors. The secret lives in the state file, so a cursor outlives a restart."""

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret, salt="cursor", digest_method=hashlib.sha256)

    def issue(self, issuer: Mapping[str, Any], position: Position) -> str:
        return self._signer.sign(base64_encode(orjson.dumps([_name(issuer), *position]))).decode()

    def open(self, issuer: Mapping[str, Any], cursor: str) -> Position:
        """The position, if the cursor was issued by the same operation, tenant, filters and sort; else INVALID_CURSOR."""
        try:
            name, *position = orjson.loads(base64_decode(self._signer.unsign(cursor)))
        except (BadData, UnicodeEncodeError):
            raise ApiError("INVALID_CURSOR") from None
        opened = Position(*position)
        # Base64 writes the same bytes in several ways; only one of them was issued.
        if name != _name(issuer) or cursor != self.issue(issuer, opened):
            raise ApiError("INVALID_CURSOR")
        return opened


def _name(issuer: Mapping[str, Any]) -> str:
    return orjson.dumps(issuer, option=orjson.OPT_SORT_KEYS).decode()
