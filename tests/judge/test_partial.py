"""The document for a target that has a part of it: the operations of some tags, and nothing that leads to the others."""

from __future__ import annotations

import pytest

from contract_tests.partial import reduced
from nexuscommerce.contract import Contract, load

SOME = ("Health", "Products", "Orders")


@pytest.fixture(scope="module")
def part() -> Contract:
    return reduced(load(), SOME)


def test_the_tags_choose_the_operations(part: Contract) -> None:
    assert set(part.operations) == {
        *("getHealth", "listProducts", "createProduct", "getProduct", "updateProduct", "deleteProduct"),
        *("listOrders", "getOrder", "updateOrder", "confirmShipment", "cancelOrder"),
    }
    assert [tag["name"] for tag in part.document["tags"]] == list(SOME)
    assert "/inventory/{sku}" not in part.methods


def test_a_path_without_operations_is_gone(part: Contract) -> None:
    assert set(part.methods) == {operation.path for operation in part.operations.values()}


def test_links_lead_to_operations_that_are_there(part: Contract) -> None:
    alone = reduced(load(), ("Health", "Inventory"))
    for contract in (part, alone):
        links = [
            link["operationId"]
            for operation in contract.operations.values()
            for response in operation.responses.values()
            for link in response.get("links", {}).values()
        ]
        assert links
        assert set(links) <= set(contract.operations)


def test_refusals_that_cannot_come_are_gone_and_the_others_keep_their_order(part: Contract) -> None:
    every, left = ([row.code for row in contract.refusals] for contract in (load(), part))

    assert left == [code for code in every if code not in ("WAREHOUSE_READ_ONLY", "STOCK_BELOW_RESERVED")]


def test_events_are_of_resources_that_are_there(part: Contract) -> None:
    assert {name.partition(".")[0] for name in part.events} == {"product", "order"}


def test_the_whole_document_is_left_as_it_was(part: Contract) -> None:
    whole = load()
    before = whole.source
    reduced(whole, SOME)

    assert (len(whole.operations), whole.source) == (27, before)
    assert whole.document == load().document
