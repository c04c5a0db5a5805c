"""What another tenant sees, before and after."""

from __future__ import annotations

from contract_tests.seen import Row
from contract_tests.surroundings import Surroundings, changes, names_of

BEFORE: dict[str, Row] = {"a": {"id": "a", "status": "pending"}, "b": {"id": "b", "status": "shipped"}}


def test_what_came_went_and_changed_is_told() -> None:
    after = {"b": {"id": "b", "status": "delivered"}, "c": {"id": "c", "status": "pending"}}

    assert list(changes(BEFORE, after)) == ["a is gone", "b: status was 'shipped', is 'delivered'", "c has come"]


def test_the_same_is_no_change() -> None:
    assert list(changes(BEFORE, {name: dict(row) for name, row in BEFORE.items()})) == []


def test_what_jobs_of_the_tenants_own_may_still_change_is_left_out() -> None:
    job, stranger = {"id": "job_1"}, {"id": "rec_2", "sku": "B", "job_id": "job_2"}
    rows = {"job_1": job, "rec_1": {"id": "rec_1", "sku": "A", "job_id": "job_0"}, "rec_2": stranger}
    seen = Surroundings({"listRecommendations": rows}, frozenset({"job_1", "A"}))

    assert seen.settled("listRecommendations") == {"rec_2": stranger}


def test_a_row_is_named_by_what_it_is_and_what_it_belongs_to() -> None:
    assert names_of({"id": "rec_1", "sku": "A", "job_id": None, "status": "pending"}) == {"rec_1", "A"}
