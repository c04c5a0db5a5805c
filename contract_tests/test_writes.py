"""Writes: what was written is what is read, what was refused left no trace, and nothing else moved."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given

from contract_tests.client import Actor
from contract_tests.document import CONTRACT, by_id, choice
from contract_tests.paging import walk
from contract_tests.population import Population, read
from contract_tests.seen import Row
from contract_tests.values import VALUES, some

PRODUCTS = by_id("listProducts")


@pytest.mark.rule("WRT-01")
def test_what_was_created_is_read_back(full: Actor, population: Population) -> None:
    @given(some(VALUES))
    def judge(members: dict[str, Any]) -> None:
        made = population.product(**members)
        read = full.call("getProduct", {"sku": made["sku"]}).ok().data
        assert {name: made[name] for name in members} == members
        assert {name: read[name] for name in made} == made

    judge()


@pytest.mark.rule("WRT-01")
def test_what_was_created_is_in_the_list(full: Actor, population: Population, product: Row) -> None:
    before = full.call("listProducts", query={"limit": 1}).ok().meta["total"]
    made = population.product(title="Listed")
    page = full.call("listProducts", query={"search": made["sku"]}).ok()

    assert page.rows == [made]
    assert full.call("listProducts", query={"limit": 1}).ok().meta["total"] == before + 1


@pytest.mark.rule("WRT-02")
def test_a_create_says_where_its_product_is(full: Actor, population: Population) -> None:
    answer = population.create()
    assert answer.status == 201, f"expected 201; {answer}"
    location = urlsplit(urljoin(full.service.address + "/products", answer.headers.get("location", "")))
    base = urlsplit(full.service.address).path
    assert location.path.startswith(base + "/"), f"Location: {answer.headers.get('location')!r}"

    assert full.send("GET", location.path.removeprefix(base)).ok().data["id"] == answer.data["id"]


@pytest.mark.rule("WRT-03")
def test_a_sku_that_is_taken_is_refused(full: Actor, population: Population, product: Row) -> None:
    before = read(full, product)
    for body in ({"title": "Another"}, {"title": product["title"], "price": product["price"]}):
        population.create(sku=product["sku"], **body).refused("SKU_ALREADY_EXISTS")

        assert read(full, product) == before


@pytest.mark.rule("WRT-03")
def test_a_skus_case_counts(population: Population) -> None:
    upper = population.product(sku=population.sku("-CASE"))
    lower = population.product(sku=upper["sku"].lower())

    assert upper["id"] != lower["id"]


@pytest.mark.rule("WRT-04")
def test_a_change_changes_what_it_names_and_nothing_else(full: Actor, product: Row) -> None:
    @given(some(VALUES))
    def judge(change: dict[str, Any]) -> None:
        before = read(full, product)
        answered = full.call("updateProduct", {"sku": product["sku"]}, body=change).ok().data
        after = read(full, product)
        expected = {**before, **change, "updated_at": after["updated_at"]}
        assert after == expected
        assert answered == {name: after[name] for name in answered}
        assert full.call("listProducts", query={"search": product["sku"]}).ok().rows == [answered]

    judge()


@pytest.mark.parametrize("member", VALUES)
@pytest.mark.rule("WRT-04")
def test_null_empties(member: str, full: Actor, product: Row) -> None:
    """Where the schema allows it; elsewhere it is refused."""
    schema = CONTRACT.schemas.resolve(CONTRACT.schemas.named("ProductUpdate")["properties"][member])
    before = read(full, product)
    answer = full.call("updateProduct", {"sku": product["sku"]}, body={member: None})
    if schema.get("nullable"):
        assert answer.ok().data[member] is None
        assert read(full, product) == {**before, member: None, "updated_at": answer.data["updated_at"]}
    else:
        answer.refused("VALIDATION_ERROR")
        assert read(full, product) == before


@pytest.mark.rule("WRT-05")
def test_a_change_moves_updated_at_alone(full: Actor, product: Row) -> None:
    stamps = [product["updated_at"]]
    for price in (1, 2, 3):
        time.sleep(0.05)
        stamps.append(full.call("updateProduct", {"sku": product["sku"]}, body={"price": price}).ok().data["updated_at"])
    after = read(full, product)

    assert stamps == sorted(set(stamps)), "updated_at after each change"
    assert after["updated_at"] == stamps[-1]
    assert (after["id"], after["created_at"]) == (product["id"], product["created_at"])


@pytest.mark.rule("WRT-05")
def test_a_new_product_was_updated_when_it_was_created(product: Row) -> None:
    assert product["updated_at"] == product["created_at"]


@pytest.mark.rule("WRT-05")
def test_reading_moves_nothing(full: Actor, product: Row) -> None:
    first, second = (read(full, product) for _ in range(2))

    assert first == second


@pytest.mark.rule("WRT-06")
def test_what_was_deleted_is_gone(full: Actor, product: Row) -> None:
    before = full.call("listProducts", query={"limit": 1}).ok().meta["total"]
    full.call("deleteProduct", {"sku": product["sku"]}).ok()

    assert full.call("listProducts", query={"search": product["sku"]}).ok().rows == []
    assert full.call("listProducts", query={"limit": 1}).ok().meta["total"] == before - 1
    assert product["id"] not in walk(full, PRODUCTS).values("id")
    full.call("getProduct", {"sku": product["sku"]}).refused("RESOURCE_NOT_FOUND")
    full.call("updateProduct", {"sku": product["sku"]}, body={"title": "Again"}).refused("RESOURCE_NOT_FOUND")
    full.call("deleteProduct", {"sku": product["sku"]}).refused("RESOURCE_NOT_FOUND")


@pytest.mark.rule("WRT-06")
def test_the_sku_of_a_deleted_product_is_free(full: Actor, population: Population, product: Row) -> None:
    """And the new product has nothing of the old one."""
    full.call("deleteProduct", {"sku": product["sku"]}).ok()
    again = population.product(sku=product["sku"], title="Again")

    assert again["id"] != product["id"]
    assert (again["description"], again["gtin"], again["images"]) == (None, None, [])
    assert read(full, again)["listings"] == []
    assert full.call("listProducts", query={"search": product["sku"]}).ok().rows == [again]


@pytest.mark.rule("WRT-07")
def test_a_refused_write_has_no_effect(full: Actor, population: Population, product: Row) -> None:
    before, sku = read(full, product), population.sku()
    path = {"sku": product["sku"]}
    full.call("updateProduct", path, body={"title": "Half", "price": "no number"}).refused("VALIDATION_ERROR")
    if choice("unknown_query") == "refuse":
        full.call("updateProduct", path, {"nonsense": "1"}, {"title": "Half"}).refused("VALIDATION_ERROR")
        full.call("deleteProduct", path, {"nonsense": "1"}).refused("VALIDATION_ERROR")
    full.at(None).call("deleteProduct", path).refused("TENANT_HEADER_MISSING")
    full.with_token("anonymous", None).call("deleteProduct", path).refused("UNAUTHENTICATED")
    population.create(sku=sku, nonsense=1).refused("VALIDATION_ERROR")

    assert read(full, product) == before
    full.call("getProduct", {"sku": sku}).refused("RESOURCE_NOT_FOUND")


@pytest.mark.rule("WRT-07")
def test_a_write_without_its_scope_has_no_effect(full: Actor, actor: Callable[[str], Actor], product: Row) -> None:
    before, reader, path = read(full, product), actor("reader"), {"sku": product["sku"]}
    reader.call("updateProduct", path, body={"title": "Half"}).refused("INSUFFICIENT_SCOPE")
    reader.call("deleteProduct", path).refused("INSUFFICIENT_SCOPE")

    assert read(full, product) == before


@pytest.mark.rule("WRT-11")
def test_of_creates_at_once_one_succeeds(full: Actor, population: Population) -> None:
    for _ in range(3):
        sku = population.sku()
        with ThreadPoolExecutor(8) as pool:
            made_at_once = [pool.submit(population.create, sku=sku, title=f"The {n}th") for n in range(8)]
        answers = [future.result() for future in made_at_once]
        made = [answer for answer in answers if answer.status == 201]
        assert len(made) == 1, f"expected one 201, got {sorted(answer.status for answer in answers)}"
        for answer in answers:
            _ = answer if answer in made else answer.refused("SKU_ALREADY_EXISTS")
        assert read(full, made[0].data)["title"] == made[0].data["title"]


@pytest.mark.rule("WRT-12")
def test_what_was_not_given_is_empty(full: Actor, population: Population) -> None:
    product = read(full, population.product())
    currencies = {row["currency"] for row in walk(full, PRODUCTS, {"fields": "currency"}).rows}
    optional = ("description", "gtin", "category", "cost_price", "weight_kg")

    assert {name: product[name] for name in optional} == dict.fromkeys(optional)
    assert (product["images"], product["listings"], product["status"]) == ([], [], "draft")
    assert product["currency"] in currencies
