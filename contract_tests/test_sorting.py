"""Sorting: a permutation of the same rows, ordered by the member, every tie broken."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from contract_tests.absence import enough
from contract_tests.client import Actor
from contract_tests.document import LISTS, identity, named
from contract_tests.paging import Walk, walk
from contract_tests.seen import Row
from nexuscommerce.contract import Operation

WAYS = [(listing, sort, order) for listing in LISTS for sort in listing.sorts for order in ("asc", "desc")]
lists = pytest.mark.parametrize("listing", LISTS, ids=named)
# Inventory shows no id: what breaks its ties can be seen only by asking for both orders.
SHOWN = [way for way in WAYS if "id" in way[0].members]
ways = pytest.mark.parametrize(("listing", "sort", "order"), WAYS, ids=[f"{a.id}-{b}-{c}" for a, b, c in WAYS])
shown = pytest.mark.parametrize(("listing", "sort", "order"), SHOWN, ids=[f"{a.id}-{b}-{c}" for a, b, c in SHOWN])
Sorted = Callable[[Operation, str, str], Walk]


@pytest.fixture(scope="module")
def sorted_by(full: Actor, catalogue: list[Row]) -> Sorted:
    """A walk over a whole list in one order, made once; not run where there is nothing to put in order."""
    made: dict[tuple[str, str, str], Walk] = {}

    def of(listing: Operation, sort: str, order: str) -> Walk:
        if (listing.id, sort, order) not in made:
            made[listing.id, sort, order] = walk(full, listing, {"sort": sort, "order": order}, limit=37)
        enough(made[listing.id, sort, order].rows, 2, f"rows of {listing.id}")
        return made[listing.id, sort, order]

    return of


@ways
@pytest.mark.rule("SRT-01")
def test_sorting_keeps_the_rows(
    listing: Operation, sort: str, order: str, sorted_by: Sorted, everything: Callable[[Operation], list[Row]]
) -> None:
    key = identity(listing)

    assert sorted(sorted_by(listing, sort, order).values(key)) == sorted(row[key] for row in everything(listing))


@ways
@pytest.mark.rule("SRT-02")
def test_rows_are_ordered_by_the_member(listing: Operation, sort: str, order: str, sorted_by: Sorted) -> None:
    """Python compares text by code point and numbers by value, as the contract does."""
    values = sorted_by(listing, sort, order).values(sort)

    assert values == sorted(values, reverse=order == "desc")


@shown
@pytest.mark.rule("SRT-03")
def test_ties_are_broken_by_id(listing: Operation, sort: str, order: str, sorted_by: Sorted) -> None:
    key = identity(listing)
    for first, second in pairwise(sorted_by(listing, sort, order).rows):
        if first[sort] == second[sort]:
            assert (first[key] < second[key]) == (order == "asc"), f"{first[key]} before {second[key]}, both {first[sort]!r}"


@lists
@pytest.mark.rule("SRT-03")
def test_ascending_is_descending_reversed(listing: Operation, sorted_by: Sorted) -> None:
    key = identity(listing)
    for sort in listing.sorts:
        assert sorted_by(listing, sort, "asc").values(key) == sorted_by(listing, sort, "desc").values(key)[::-1], (
            f"by {sort}"
        )


@lists
@pytest.mark.rule("SRT-04")
def test_the_documents_order_is_the_default(listing: Operation, full: Actor, sorted_by: Sorted) -> None:
    key = identity(listing)
    default = {name: listing.parameter(name).schema["default"] for name in ("sort", "order")}
    expected = sorted_by(listing, default["sort"], default["order"]).values(key)
    asked: list[dict[str, Any]] = [{}, {"sort": default["sort"]}, {"order": default["order"]}]

    for query in asked:
        assert walk(full, listing, query).values(key) == expected, f"asked by {query}"


@lists
@pytest.mark.rule("SRT-05")
def test_an_unknown_sort_or_order_is_refused(listing: Operation, full: Actor) -> None:
    hidden = [member for member in listing.members if member not in listing.sorts]
    for sort in (
        *hidden,
        "nonsense",
        "",
        "tenant_id",
        listing.sorts[0].upper(),
        f"-{listing.sorts[0]}",
        f"{listing.sorts[0]};--",
    ):
        full.call(listing.id, query={"sort": sort}).refused("VALIDATION_ERROR")
    for order in ("ASC", "Desc", "up", "", "1"):
        full.call(listing.id, query={"order": order}).refused("VALIDATION_ERROR")
