"""Field selection: exactly the members that were asked for, with the values that they have in the whole resource."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.client import Actor
from contract_tests.document import DETAILS, LISTS, identity, named
from contract_tests.paging import walk
from contract_tests.population import existing
from contract_tests.seen import Row
from nexuscommerce.contract import Operation

Everything = Callable[[Operation], list[Row]]
lists = pytest.mark.parametrize("listing", LISTS, ids=named)
details = pytest.mark.parametrize("detail", DETAILS, ids=named)
both = pytest.mark.parametrize("operation", [*LISTS, *DETAILS], ids=named)


@lists
@pytest.mark.rule("FLD-02")
def test_a_list_selects_from_its_rows(listing: Operation, full: Actor, everything: Everything) -> None:
    key = identity(listing)
    whole = {row[key]: row for row in everything(listing)}

    @given(st.lists(st.sampled_from(listing.members), min_size=1, unique=True))
    def judge(names: list[str]) -> None:
        for row in walk(full, listing, {"fields": [key, *(name for name in names if name != key)]}).rows:
            expected = {name: whole[row[key]][name] for name in {key, *names}}
            assert row == expected

    judge()


@lists
@pytest.mark.rule("FLD-02")
def test_a_list_selects_one_member(listing: Operation, full: Actor, everything: Everything) -> None:
    """One at a time, without the id: what is not asked for does not come."""
    for name in listing.members:
        rows = walk(full, listing, {"fields": name}).rows
        assert rows == [{name: row[name]} for row in everything(listing)], f"fields={name}"


@details
@pytest.mark.rule("FLD-02")
def test_a_detail_selects_from_the_whole(detail: Operation, full: Actor) -> None:
    path = existing(full)
    whole = full.call(detail.id, path).ok().data

    @given(st.lists(st.sampled_from(detail.members), min_size=1, unique=True))
    def judge(names: list[str]) -> None:
        selection = full.call(detail.id, path, {"fields": names}).ok().data
        assert selection == {name: whole[name] for name in names}

    judge()
    for name in detail.members:
        assert full.call(detail.id, path, {"fields": name}).ok().data == {name: whole[name]}


@both
@pytest.mark.rule("FLD-03")
def test_an_unknown_or_empty_name_is_refused(operation: Operation, full: Actor) -> None:
    path, first = existing(full), operation.members[0]
    empty = ("", ",", f"{first},", f",{first}", f"{first},,{first}")
    for fields in (*empty, "nonsense", f"{first},nonsense", "tenant_id", "*", first.upper(), f" {first}", f"{first}.x"):
        full.call(operation.id, path, {"fields": fields}).refused("VALIDATION_ERROR")
