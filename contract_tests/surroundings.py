"""What the tenant `other` sees: taken before the judge's first write, to be compared when the run ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from contract_tests.client import Actor
from contract_tests.document import LISTS, by_id, identity
from contract_tests.paging import walk
from contract_tests.seen import Row

Rows = Mapping[str, Row]  # by what tells them apart


class Surroundings(NamedTuple):
    """Every list, and the ids and SKUs of jobs that go on by themselves: what they have to do with may change."""

    lists: Mapping[str, Rows]
    restless: frozenset[str]

    def settled(self, listing: str) -> Rows:
        return {name: row for name, row in self.lists[listing].items() if not self.restless & names_of(row)}


def seen_by(actor: Actor) -> Surroundings:
    lists = {listing.id: {str(row[identity(listing)]): row for row in walk(actor, listing).rows} for listing in LISTS}
    going = [row for row in lists.get("listJobs", {}).values() if by_id("cancelJob").transitions.get(row["status"])]
    return Surroundings(lists, frozenset(name for job in going for name in (job["id"], *job["params"]["skus"])))


def names_of(row: Row) -> set[str]:
    """What a row of any list is called, and what it belongs to."""
    return {str(row[member]) for member in ("id", "sku", "job_id") if row.get(member)}


def changes(before: Rows, after: Rows) -> Iterator[str]:
    """The differences, for people."""
    for name in sorted({*before, *after}):
        if name not in after:
            yield f"{name} is gone"
        elif name not in before:
            yield f"{name} has come"
        else:
            for member, value in before[name].items():
                if after[name].get(member) != value:
                    yield f"{name}: {member} was {value!r}, is {after[name].get(member)!r}"
