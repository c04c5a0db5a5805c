"""Pages: whatever their size they show the same rows, once each, from the first to the last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from contract_tests.absence import Why, enough, not_run
from contract_tests.client import Actor, Answer
from contract_tests.document import LISTS, by_id, choice, identity, named
from contract_tests.paging import LARGEST, Walk, walk
from contract_tests.population import Population
from contract_tests.seen import Row
from nexuscommerce.contract import Operation

NO_LIMITS = ("0", "-1", "abc", "", "5.0", "1_0", "1e1", "0x10", " 5", "+5", "٣", "null")
BEYOND = ("201", "1000", str(2**31 - 1))
BEYOND_INTEGERS = "1" + "0" * 20  # of many languages: lowered or refused, where others are lowered
SIZES = (LARGEST, 50, 7)
PRODUCTS = by_id("listProducts")
lists = pytest.mark.parametrize("listing", LISTS, ids=named)
filtered = pytest.mark.parametrize("listing", [o for o in LISTS if o.filters], ids=named)
sizes = pytest.mark.parametrize("limit", SIZES)
orders = pytest.mark.parametrize("order", ["asc", "desc"])
Walks = Callable[[Operation, int], Walk]


@pytest.fixture(scope="module")
def walks(full: Actor, catalogue: list[Row]) -> Walks:
    """A walk over a whole list at one page size, made once; not run where there is nothing to turn a page for.

    The shortest pages are of one row where a list has no more than would fit on one of them.
    """
    made: dict[tuple[str, int], Walk] = {}

    def at(listing: Operation, limit: int) -> Walk:
        if (listing.id, limit) not in made:
            short = limit == SIZES[-1] and len(at(listing, LARGEST).rows) <= limit
            made[listing.id, limit] = walk(full, listing, limit=1 if short else limit)
        enough(made[listing.id, limit].rows, 2, f"rows of {listing.id}")
        return made[listing.id, limit]

    return at


@lists
@pytest.mark.parametrize("limit", SIZES[1:])
@pytest.mark.rule("PAG-01")
def test_pages_of_any_size_give_the_same_rows(listing: Operation, limit: int, walks: Walks) -> None:
    key = identity(listing)

    assert walks(listing, limit).values(key) == walks(listing, SIZES[0]).values(key)


@lists
@sizes
@pytest.mark.rule("PAG-02")
def test_every_row_is_on_one_page(listing: Operation, limit: int, walks: Walks) -> None:
    seen = walks(listing, limit)
    times = Counter(seen.values(identity(listing)))

    assert [value for value, count in times.items() if count > 1] == [], "rows that are on more than one page"
    assert len(times) == seen.total, f"{len(times)} rows, meta.total says {seen.total}"


@lists
@sizes
@pytest.mark.rule("PAG-02")
def test_every_page_has_the_same_total(listing: Operation, limit: int, walks: Walks) -> None:
    totals = {page.meta["total"] for page in walks(listing, limit).pages}

    assert len(totals) == 1, f"expected one meta.total, got {sorted(totals)}"


@lists
@sizes
@pytest.mark.rule("PAG-03")
def test_every_page_but_the_last_is_full(listing: Operation, limit: int, walks: Walks) -> None:
    seen = walks(listing, limit)
    lengths = [len(page.rows) for page in seen.pages]

    assert set(lengths[:-1]) <= {seen.limit}, f"expected pages of {seen.limit}, got {lengths}"
    assert lengths[-1] <= seen.limit, f"expected at most {seen.limit} rows, got {lengths[-1]}"


@lists
@pytest.mark.parametrize("limit", [1, 2, 199, LARGEST])
@pytest.mark.rule("PAG-04")
def test_the_limit_is_echoed_and_kept(listing: Operation, limit: int, full: Actor) -> None:
    page = full.call(listing.id, query={"limit": limit}).ok()

    assert page.meta["limit"] == limit
    assert len(page.rows) == min(limit, page.meta["total"])


@lists
@pytest.mark.rule("PAG-04")
def test_the_limit_is_the_documents_default_unless_given(listing: Operation, full: Actor, catalogue: list[Row]) -> None:
    default = listing.parameter("limit").schema["default"]
    page = full.call(listing.id).ok()

    assert page.meta["limit"] == default
    assert len(page.rows) == min(default, page.meta["total"])


@lists
@sizes
@pytest.mark.rule("PAG-05")
def test_pages_are_numbered_from_one(listing: Operation, limit: int, walks: Walks) -> None:
    numbers = [page.meta["page"] for page in walks(listing, limit).pages]

    assert numbers == list(range(1, len(numbers) + 1))


@lists
@sizes
@pytest.mark.rule("PAG-06")
def test_the_cursor_is_null_exactly_on_the_last_page(listing: Operation, limit: int, walks: Walks) -> None:
    """A walk ends at the first null; that it may, shows in as many pages as the total asks for."""
    seen = walks(listing, limit)
    expected = max(1, -(-seen.total // seen.limit))
    page, wanted = seen.pages[-1], choice("last_cursor")

    assert len(seen.pages) == expected, f"{seen.total} rows make {expected} pages of {seen.limit}"
    assert ("nextCursor" in page.meta) == (wanted == "null"), f"expected nextCursor to be {wanted} on the last page; {page}"


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7])
@pytest.mark.rule("PAG-06")
def test_a_last_page_that_is_full_has_no_next(limit: int, full: Actor, six: str) -> None:
    """6 rows by 1, 2, 3 and 6: a pager that looks at whether the page is full says that there is more."""
    seen = walk(full, PRODUCTS, {"search": six}, limit)

    assert len(seen.pages) == -(-6 // limit)
    assert len(seen.rows) == 6


@lists
@pytest.mark.parametrize("limit", NO_LIMITS)
@pytest.mark.rule("PAG-07")
def test_a_limit_that_is_none_is_refused(listing: Operation, limit: str, full: Actor) -> None:
    full.call(listing.id, query={"limit": limit}).refused("VALIDATION_ERROR")


@lists
@pytest.mark.parametrize("limit", [*BEYOND, BEYOND_INTEGERS])
@pytest.mark.rule("PAG-07")
def test_a_limit_beyond_the_largest_is_refused(listing: Operation, limit: str, full: Actor) -> None:
    """Or lowered, where the target chose so."""
    answer = full.call(listing.id, query={"limit": limit})
    if choice("limit_beyond") == "refuse" or (limit == BEYOND_INTEGERS and answer.status != listing.success):
        answer.refused("VALIDATION_ERROR")
    else:
        assert answer.ok().meta["limit"] == LARGEST


@lists
@pytest.mark.rule("PAG-08")
def test_a_cursor_that_was_not_issued_is_refused(listing: Operation, full: Actor) -> None:
    cursor = _cursor(full, listing)
    for forged in (
        "cursor_abc123",
        "0",
        "AAAA",
        "%00",
        "e30=",
        cursor[: len(cursor) // 2],
        cursor[1:],
        *[cursor * 2] * (2 * len(cursor) <= listing.parameter("cursor").schema["maxLength"]),
        *_altered(cursor),
    ):
        full.call(listing.id, query={"limit": 1, "cursor": forged}).refused("INVALID_CURSOR")


@filtered
@pytest.mark.rule("PAG-09")
def test_a_cursor_goes_with_no_other_filter(listing: Operation, full: Actor, catalogue: list[Row]) -> None:
    cursor = _cursor(full, listing)
    row = full.call(listing.id, query={"limit": 1}).ok().rows[0]
    for parameter, value in _filters(listing, row):
        full.call(listing.id, query={"limit": 1, parameter: value, "cursor": cursor}).refused("INVALID_CURSOR")


@filtered
@pytest.mark.rule("PAG-09")
def test_a_cursor_of_a_filter_does_not_go_without_it(listing: Operation, full: Actor, catalogue: list[Row]) -> None:
    _cursor(full, listing)
    row = full.call(listing.id, query={"limit": 1}).ok().rows[0]
    wanted = [{"limit": 1, parameter: value} for parameter, value in _filters(listing, row)]
    cursors = [full.call(listing.id, query=query).ok().cursor for query in wanted]
    issued = [cursor for cursor in cursors if cursor is not None]
    enough(issued, 1, f"filters of {listing.id} that two rows match")
    for cursor in issued:
        full.call(listing.id, query={"limit": 1, "cursor": cursor}).refused("INVALID_CURSOR")


@lists
@pytest.mark.rule("PAG-09")
def test_a_cursor_goes_with_no_other_sort_or_order(listing: Operation, full: Actor) -> None:
    ways = [{"sort": sort, "order": order} for sort in listing.sorts for order in ("asc", "desc")]
    for here in ways:
        cursor = _cursor(full, listing, here)
        for there in ways:
            answer = full.call(listing.id, query={"limit": 1, **there, "cursor": cursor})
            _ = answer.ok() if here == there else answer.refused("INVALID_CURSOR")


@lists
@pytest.mark.rule("PAG-09")
def test_a_cursor_goes_with_no_other_list(listing: Operation, full: Actor) -> None:
    """With the sort that both lists have by default, so that nothing but the list tells them apart."""
    cursor = _cursor(full, listing)
    for other in LISTS:
        if other is not listing:
            full.call(other.id, query={"limit": 1, "cursor": cursor}).refused("INVALID_CURSOR")


@lists
@pytest.mark.rule("PAG-12")
def test_a_cursor_gives_the_same_page_again(listing: Operation, full: Actor) -> None:
    cursor = _cursor(full, listing)
    first, second = (full.call(listing.id, query={"limit": 5, "cursor": cursor}).ok() for _ in range(2))

    assert first.rows == second.rows
    assert _place(first) == _place(second)
    after = [full.call(listing.id, query={"limit": 5, "cursor": cursor}).ok() for cursor in _next(first, second)]
    assert [page.rows for page in after[1:]] == [page.rows for page in after[:-1]], "both pages' nextCursor lead on alike"


@lists
@pytest.mark.rule("PAG-12")
def test_limit_and_fields_may_change_along_the_walk(listing: Operation, full: Actor, catalogue: list[Row]) -> None:
    key = identity(listing)
    query: dict[str, Any] = {"limit": 3}
    seen: list[Any] = []
    for limit in (4, 1, 5, 2, 3):
        page = full.call(listing.id, query=query).ok()
        seen += [row[key] for row in page.rows]
        if page.cursor is None:
            break
        query = {"limit": limit, "fields": key, "cursor": page.cursor}

    enough(seen, 2, f"rows of {listing.id}")
    assert seen == walk(full, listing).values(key)[: len(seen)]


@pytest.fixture
def six(population: Population) -> str:
    """A search that finds exactly six products of our own, in an order that we know: their SKUs'."""
    word = population.sku().lower()
    for n in range(6):
        population.product(sku=population.sku(f"-{n}"), title=f"{word} {n}")
    return word


@orders
@pytest.mark.rule("PAG-10")
def test_rows_that_come_and_go_hide_no_others(full: Actor, population: Population, six: str, order: str) -> None:
    """One row is deleted before the walk's position and one is made there: an offset would repeat or skip a row."""
    query = {"search": six, "sort": "title", "order": order, "limit": 2}
    page = full.call("listProducts", query=query).ok()
    seen = [row["title"] for row in page.rows]
    full.call("deleteProduct", {"sku": page.rows[0]["sku"]}).ok()
    for end in ("", " -") if order == "asc" else (" 8", " 9"):
        population.product(title=six + end)
    while page.cursor is not None and len(seen) < 12:
        page = full.call("listProducts", query={**query, "cursor": page.cursor}).ok()
        seen += [row["title"] for row in page.rows]
    expected = [f"{six} {n}" for n in range(6)]

    assert seen == (expected if order == "asc" else expected[::-1])


@pytest.mark.rule("PAG-10")
def test_a_row_that_comes_ahead_of_the_walk_is_seen(full: Actor, population: Population, six: str) -> None:
    query = {"search": six, "sort": "title", "order": "asc", "limit": 2}
    page = full.call("listProducts", query=query).ok()
    population.product(title=f"{six} 4 and a half")
    seen = [row["title"] for row in page.rows]
    while page.cursor is not None and len(seen) < 12:
        page = full.call("listProducts", query={**query, "cursor": page.cursor}).ok()
        seen += [row["title"] for row in page.rows]

    assert seen == [f"{six} {end}" for end in ("0", "1", "2", "3", "4", "4 and a half", "5")]


@orders
@pytest.mark.rule("PAG-10")
def test_rows_that_change_elsewhere_are_seen_once(full: Actor, six: str, order: str) -> None:
    """Those behind the walk and those ahead of it, in what it is not sorted by."""
    query = {"search": six, "sort": "title", "order": order, "limit": 2}
    page = full.call("listProducts", query=query).ok()
    seen = [row["title"] for row in page.rows]
    for row in full.call("listProducts", query={**query, "limit": 6}).ok().rows:
        full.call("updateProduct", {"sku": row["sku"]}, body={"price": 1.01, "status": "archived"}).ok()
    while page.cursor is not None and len(seen) < 12:
        page = full.call("listProducts", query={**query, "cursor": page.cursor}).ok()
        seen += [row["title"] for row in page.rows]
    expected = [f"{six} {n}" for n in range(6)]

    assert seen == (expected if order == "asc" else expected[::-1])


@orders
@pytest.mark.rule("PAG-11")
def test_a_walk_goes_on_after_the_row_it_stands_on(full: Actor, six: str, order: str) -> None:
    query = {"search": six, "sort": "sku", "order": order, "limit": 2}
    page = full.call("listProducts", query=query).ok()
    expected = [f"{six} {n}" for n in (range(6) if order == "asc" else range(5, -1, -1))]

    assert [row["title"] for row in page.rows] == expected[:2], "and so nothing of them is deleted"

    full.call("deleteProduct", {"sku": page.rows[-1]["sku"]}).ok()
    rest = full.call("listProducts", query={**query, "limit": 10, "cursor": page.cursor}).ok()

    assert [row["title"] for row in rest.rows] == expected[2:]


def _cursor(actor: Actor, listing: Operation, query: dict[str, str] | None = None) -> str:
    cursor = actor.call(listing.id, query={"limit": 1, **(query or {})}).ok().cursor
    if cursor is None:
        not_run(Why.TOO_LITTLE, f"tenant `main` has fewer than two rows in {listing.id}")
    return str(cursor)


def _place(page: Answer) -> dict[str, Any]:
    """Where a page stands. Its nextCursor is opaque: another text may lead to the same page."""
    return {**page.meta, "nextCursor": page.cursor is None}


def _next(*pages: Answer) -> list[str]:
    return [page.cursor for page in pages if page.cursor is not None]


def _altered(cursor: str) -> list[str]:
    """One character changed, at a few places. Not the last one: it may carry bits that mean nothing; nor in case alone."""
    places = sorted({1, len(cursor) // 4, len(cursor) // 2, 3 * len(cursor) // 4, len(cursor) - 3} & set(range(len(cursor))))
    return [cursor[:n] + ("B" if cursor[n] not in "bB" else "C") + cursor[n + 1 :] for n in places]


def _filters(listing: Operation, row: Row) -> Iterator[tuple[str, Any]]:
    """Each filter with a value that the row matches, as far as the row shows it."""
    for parameter, members, _ in listing.filters:
        if members[0] in row:
            yield parameter, row[members[0]]
