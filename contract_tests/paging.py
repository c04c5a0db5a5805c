"""Walks along nextCursor, bounded: an endless pager is reported, not followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract_tests.client import Actor, Answer
from contract_tests.seen import Row
from nexuscommerce.contract import Operation

LARGEST = 200
SPARE = 3  # pages more than meta.total allows for, in case rows come while we walk


@dataclass(frozen=True)
class Walk:
    """The pages of one list, in order."""

    pages: tuple[Answer, ...]
    limit: int

    @property
    def rows(self) -> list[Row]:
        return [row for page in self.pages for row in page.rows]

    @property
    def total(self) -> int:
        total = self.pages[0].meta["total"]
        assert isinstance(total, int), f"expected meta.total to be a number, got {total!r}"
        return total

    def values(self, member: str) -> list[Any]:
        return [row[member] for row in self.rows]


def walk(actor: Actor, listing: Operation, query: Mapping[str, Any] | None = None, limit: int = LARGEST) -> Walk:
    """Every page of a list."""
    asked = {**(query or {}), "limit": limit}
    pages = [actor.call(listing.id, query=asked).ok()]
    cursors: set[str] = set()
    while (cursor := pages[-1].cursor) is not None:
        most = -(-pages[0].meta["total"] // limit) + SPARE
        assert cursor not in cursors, f"expected nextCursor to lead on; page {len(pages)} repeats one: {pages[-1]}"
        assert len(pages) < most, f"expected nextCursor to end; page {len(pages)} still has one: {pages[-1]}"
        cursors.add(cursor)
        pages.append(actor.call(listing.id, query={**asked, "cursor": cursor}).ok())
    return Walk(tuple(pages), limit)
