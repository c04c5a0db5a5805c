"""What to filter by: the filters of the document, and values for them from the document and from the rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from contract_tests.document import LISTS
from contract_tests.matching import Members, instant
from contract_tests.seen import Row
from nexuscommerce.contract import Comparison, Filter, Operation

MOST = 12  # values that are tried of one filter
NO_NUMBERS = ("much", "", "NaN", "Infinity", "-Infinity", "0,5", "0.5x", "true", "null", "0x1")
NO_DATES = (
    "yesterday",
    "2026-13-01",
    "2026-02-30",
    "2026-3-1",
    "2026-03-01T25:00:00Z",
    "2026-03-01 10:00",
    "20260301",
    "177232",
    "",
)

Everything = Callable[[Operation], list[Row]]
Membership = Callable[[Operation], Members]
Judged = Callable[[Operation, dict[str, Any]], None]


def is_numeric(listing: Operation, chosen: Filter) -> bool:
    return listing.parameter(chosen.parameter).schema.get("type") in ("number", "integer")


def of_kind(*kinds: Comparison, numeric: bool = False) -> pytest.MarkDecorator:
    """Every filter of every list whose comparison is one of these, by number or by anything else."""
    every = [(listing, each) for listing in LISTS for each in listing.filters]
    pairs = [(a, b) for a, b in every if b.comparison in kinds and is_numeric(a, b) == numeric]
    return pytest.mark.parametrize(("listing", "chosen"), pairs, ids=[f"{a.id}-{b.parameter}" for a, b in pairs])


def values(listing: Operation, chosen: Filter, rows: list[Row], members: Members) -> list[Any]:
    """Values to filter by: all that the document lists, else some that rows have."""
    schema = listing.parameter(chosen.parameter).schema
    if "enum" in schema:
        return list(schema["enum"])
    if schema.get("type") == "boolean":
        return [True, False]
    if is_numeric(listing, chosen):
        return spread(sorted({value for row in rows for value in members.of(row, chosen.fields[0])}))
    if chosen.comparison in (Comparison.AT_LEAST, Comparison.AT_MOST):
        return [written(moment) for moment in moments(rows, chosen)]
    seen = {value for row in rows for member in chosen.fields for value in members.of(row, member) if value}
    return sorted(seen)[:MOST]


def moments(rows: list[Row], chosen: Filter) -> list[datetime]:
    """Instants at which rows stand: the first, the last and some between."""
    return [instant(stamp) for stamp in spread(sorted({row[chosen.fields[0]] for row in rows}))]


def spread(ordered: list[Any]) -> list[Any]:
    """The first, the last and some between."""
    step = max(1, len(ordered) // MOST)
    return [*ordered[::step][: MOST - 1], *ordered[-1:]]


def written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ranges(listing: Operation) -> list[tuple[Filter, Filter]]:
    """The pairs of filters that bound the same member."""
    return [
        (start, end)
        for start in listing.filters
        for end in listing.filters
        if (start.comparison, end.comparison) == (Comparison.AT_LEAST, Comparison.AT_MOST) and start.fields == end.fields
    ]


def reversed_range(wanted: dict[str, Any]) -> bool:
    return any(
        wanted[start.parameter] > wanted[end.parameter]
        for listing in LISTS
        for start, end in ranges(listing)
        if {start.parameter, end.parameter} <= set(wanted)
    )


def forbidden(listing: Operation, chosen: Filter) -> list[str]:
    """Values outside the parameter's schema."""
    schema = listing.parameter(chosen.parameter).schema
    if "enum" in schema:
        return ["nonsense", schema["enum"][0] + "x", ",".join(schema["enum"][:2]), ""]
    if schema.get("type") == "boolean":
        return ["yes", "1", "nonsense", ""]
    if is_numeric(listing, chosen):
        beyond = [str(schema[bound] + step) for bound, step in (("minimum", -0.01), ("maximum", 0.01)) if bound in schema]
        return [*NO_NUMBERS, *beyond]
    if chosen.comparison in (Comparison.AT_LEAST, Comparison.AT_MOST):
        return list(NO_DATES)
    return [""] + ["x" * (schema["maxLength"] + 1)] * ("maxLength" in schema)
