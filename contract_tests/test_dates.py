"""Date filters: inclusive to the millisecond, whatever the form of the date."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from contract_tests.client import Actor
from contract_tests.document import LISTS, named
from contract_tests.filtering import Everything, Judged, moments, of_kind, ranges, written
from nexuscommerce.contract import Comparison, Filter, Operation

dates = of_kind(Comparison.AT_LEAST, Comparison.AT_MOST)


@dates
@pytest.mark.rule("FIL-06")
def test_a_date_filter_includes_the_exact_instant(
    listing: Operation, chosen: Filter, judged: Judged, everything: Everything
) -> None:
    """And not the millisecond beyond it."""
    for moment in moments(everything(listing), chosen):
        for shift in (-1, 0, 1):
            judged(listing, {chosen.parameter: written(moment + timedelta(milliseconds=shift))})


@dates
@pytest.mark.parametrize("digits", [0, 1, 6, 9])
@pytest.mark.rule("FIL-06")
def test_a_date_time_may_have_any_fraction(
    listing: Operation, chosen: Filter, digits: int, judged: Judged, everything: Everything
) -> None:
    """RFC 3339: none, or any number of digits. Between a row's instant and its second the row must not be lost."""
    for moment in moments(everything(listing), chosen)[:6]:
        fraction = f".{moment.microsecond:06d}000"[: digits + 1] if digits else ""
        judged(listing, {chosen.parameter: f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}Z"})


@dates
@pytest.mark.parametrize("offset", [2.0, -5.5, 14.0])
@pytest.mark.rule("FIL-07")
def test_an_offset_is_heeded(
    listing: Operation, chosen: Filter, offset: float, judged: Judged, everything: Everything
) -> None:
    for moment in moments(everything(listing), chosen)[:4]:
        for shift in (-1, 0, 1):
            there = (moment + timedelta(milliseconds=shift)).astimezone(timezone(timedelta(hours=offset)))
            judged(listing, {chosen.parameter: there.isoformat(timespec="milliseconds")})


@dates
@pytest.mark.rule("FIL-08")
def test_a_date_means_the_whole_day(listing: Operation, chosen: Filter, judged: Judged, everything: Everything) -> None:
    for moment in moments(everything(listing), chosen):
        for shift in (-1, 0, 1):
            judged(listing, {chosen.parameter: (moment + timedelta(days=shift)).date().isoformat()})


@pytest.mark.parametrize("listing", [listing for listing in LISTS if ranges(listing)], ids=named)
@pytest.mark.rule("FIL-09")
def test_a_start_after_the_end_is_refused(listing: Operation, full: Actor, judged: Judged, everything: Everything) -> None:
    for start, end in ranges(listing):
        moment = moments(everything(listing), start)[0]
        day, before = moment.date(), moment - timedelta(milliseconds=1)
        tomorrow, yesterday = (day + timedelta(days=days) for days in (1, -1))
        for first, last in ((written(moment), written(before)), (day, yesterday), (tomorrow, written(moment))):
            full.call(listing.id, query={start.parameter: first, end.parameter: last}).refused("VALIDATION_ERROR")
        for same in (written(moment), day.isoformat()):
            judged(listing, {start.parameter: same, end.parameter: same})
