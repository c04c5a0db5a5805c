"""What a filter promises, said as a predicate over rows: the judge's own reading of `x-filter` in openapi.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from contract_tests.client import Actor
from contract_tests.seen import Row
from nexuscommerce.contract import Comparison, Filter, Operation


def equals(value: Any, wanted: Any) -> bool:
    return bool(value == wanted)


def at_least(value: Any, wanted: Any) -> bool:
    return bool(value >= wanted) if is_number(wanted) else instant(value) >= _start(wanted)


def at_most(value: Any, wanted: Any) -> bool:
    if is_number(wanted):
        return bool(value <= wanted)
    return instant(value) < _start(wanted) + timedelta(days=1) if is_date(wanted) else instant(value) <= instant(wanted)


def contains(value: str | None, wanted: str) -> bool:
    return value is not None and wanted.lower() in value.lower()


def may_contain(value: str | None, wanted: str) -> bool:
    """Also by Unicode's full case folding, for which ß is ss: the contract leaves open which "whatever the case" means."""
    return contains(value, wanted) or (value is not None and wanted.casefold() in value.casefold())


COMPARISONS: Mapping[Comparison, Callable[[Any, Any], bool]] = {
    Comparison.EQUALS: equals,
    Comparison.AT_LEAST: at_least,
    Comparison.AT_MOST: at_most,
    Comparison.CONTAINS: contains,
}


def is_number(value: object) -> bool:
    return isinstance(value, int | float)


def is_date(text: str) -> bool:
    return len(text) == len("2026-03-01")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _start(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC) if is_date(text) else instant(text)


@dataclass
class Members:
    """Values of rows by member. What the rows of a list do not show (`listings.marketplace`) comes from their details."""

    actor: Actor
    listing: Operation
    details: dict[str, Row] = field(default_factory=dict)

    def of(self, row: Row, member: str) -> Iterator[Any]:
        first, _, rest = member.partition(".")
        holder = row if first in row else self._whole(row)
        for value in holder[first] if rest else [holder[first]]:
            yield value[rest] if rest else value

    def matches(self, row: Row, chosen: Filter, wanted: Any) -> bool:
        """Whether the row must come."""
        return self._any(COMPARISONS[chosen.comparison], row, chosen, wanted)

    def may_match(self, row: Row, chosen: Filter, wanted: Any) -> bool:
        """Whether the row may come."""
        compare = may_contain if chosen.comparison is Comparison.CONTAINS else COMPARISONS[chosen.comparison]
        return self._any(compare, row, chosen, wanted)

    def _any(self, compare: Callable[[Any, Any], bool], row: Row, chosen: Filter, wanted: Any) -> bool:
        return any(compare(value, wanted) for member in chosen.fields for value in self.of(row, member))

    def _whole(self, row: Row) -> Row:
        detail = self.listing.detail
        assert detail is not None, f"{self.listing.id} has a filter on what no answer shows"
        name = str(row[detail.member])
        if name not in self.details:
            self.details[name] = self.actor.call(detail.operation_id, {detail.parameter: name}).ok().data
        return self.details[name]
