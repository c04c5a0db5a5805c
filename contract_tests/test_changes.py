"""Webhooks: what the API changes is told of. The first tests of a run; test_webhooks.py looks at what takes time."""

from __future__ import annotations

import pytest

from contract_tests.absence import Why, not_run
from contract_tests.changes import Change, telling
from contract_tests.endpoint import Endpoint, fail
from contract_tests.rehearsal import Rehearsal


def all_are_told(change: Change, event: str, rehearsal: Rehearsal, endpoint: Endpoint) -> None:
    """Every event of this kind that the change must cause has come."""
    expected = [each for each in rehearsal[str(change)] if each.type.startswith(event)]
    if not expected:
        not_run(Why.TOO_LITTLE, f"{change} has changed nothing that {event}… would tell of")
    for each in expected:
        about = str(next(iter(each.whose.values())))
        if not each.found(endpoint):
            fail(f"expected {each} within {endpoint.hosting.patience:g} s of {change}; {endpoint.told(about)}")


def changes(event: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("change", telling(event), ids=str)


@changes("product.")
@pytest.mark.rule("WHK-01")
def test_a_change_of_a_product_is_told_of(change: Change, rehearsal: Rehearsal, endpoint: Endpoint) -> None:
    all_are_told(change, "product.", rehearsal, endpoint)


@changes("order.")
@pytest.mark.rule("WHK-02")
def test_a_change_of_an_orders_status_is_told_of(change: Change, rehearsal: Rehearsal, endpoint: Endpoint) -> None:
    all_are_told(change, "order.", rehearsal, endpoint)


@changes("inventory.")
@pytest.mark.rule("WHK-03")
def test_a_change_of_a_stock_is_told_of(change: Change, rehearsal: Rehearsal, endpoint: Endpoint) -> None:
    """Set, set with others in one request, taken by a shipment, released by a cancellation."""
    all_are_told(change, "inventory.", rehearsal, endpoint)
