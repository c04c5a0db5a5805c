"""Values: stored exactly as they were sent, up to their bounds and not beyond."""

from __future__ import annotations

from typing import Any

import pytest

from contract_tests.bounds import at_bounds, beyond_bounds
from contract_tests.client import Actor
from contract_tests.document import CONTRACT, by_id
from contract_tests.population import Population, read
from contract_tests.seen import Row
from contract_tests.values import VALUES

UPDATE = by_id("updateProduct")
REQUIRED: list[str] = CONTRACT.schemas.resolve(by_id("createProduct").body or {})["required"]
NOT_TO_BE_SET = [name for name in by_id("getProduct").members if name not in VALUES and name != "sku"]

TEXTS = {
    "blanks-around": "  two before, two after  ",
    "tabs": "a\tb",
    "lines": "first\nsecond\r\nthird",
    "non-ascii": "Größe für Ærø, čeština",
    "cjk": "青いウィジェット",
    "astral": "🧦𝒳𐍈",
    "family": "👩‍👩‍👧",
    "combining": "e\u0301 is not \u00e9",
    "right-to-left": "‏עברית‎ عربى",
    "no-break": "a\u00a0b\u200bc\ufeff",
    "last-of-unicode": "\U0010ffff\ufffd",
    "line-separator": "a\u2028b\u2029c\u0085d",
    "quotes": '\'; DROP TABLE products; -- "quoted" \\ back',
    "markup": "<script>alert('x')</script> &amp; {{7*7}} ${x} %s %00",
    "numeric": "007",
    "falsy": "null",
    "empty": "",
}
ONE_LINE = {name: text for name, text in TEXTS.items() if name not in ("tabs", "lines", "empty")}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.rule("WRT-08")
def test_a_description_is_stored_exactly(name: str, full: Actor, population: Population) -> None:
    product = population.product(description=TEXTS[name])

    assert read(full, product)["description"] == TEXTS[name]


@pytest.mark.parametrize("name", ONE_LINE)
@pytest.mark.rule("WRT-08")
def test_a_title_is_stored_exactly(name: str, full: Actor, product: Row) -> None:
    full.call("updateProduct", {"sku": product["sku"]}, body={"title": ONE_LINE[name], "category": ONE_LINE[name]}).ok()
    after = read(full, product)

    assert (after["title"], after["category"]) == (ONE_LINE[name], ONE_LINE[name])


@pytest.mark.parametrize("price", [0, 0.01, 0.1, 0.29, 0.57, 1.005e2, 1.15, 4.35, 8.2, 19.99, 1234567.89, 99999999.99])
@pytest.mark.rule("WRT-08")
def test_money_is_stored_to_the_cent(price: float, full: Actor, product: Row) -> None:
    answered = full.call("updateProduct", {"sku": product["sku"]}, body={"price": price, "cost_price": price}).ok().data
    after = read(full, product)

    assert (answered["price"], after["price"], after["cost_price"]) == (price, price, price)


@pytest.mark.parametrize("member", [*NOT_TO_BE_SET, "nonsense", "tenant_id", "ID", "deleted_at"])
@pytest.mark.rule("WRT-09")
def test_what_may_not_be_set_is_refused(member: str, full: Actor, population: Population, product: Row) -> None:
    value = read(full, product).get(member, "x")
    population.create(**{member: value}).refused("VALIDATION_ERROR")
    full.call("updateProduct", {"sku": product["sku"]}, body={"title": "Other", member: value}).refused("VALIDATION_ERROR")

    assert read(full, product) == {**product, "listings": []}


@pytest.mark.rule("WRT-09")
def test_a_sku_cannot_be_changed(full: Actor, population: Population, product: Row) -> None:
    """Not even to itself, nor beside a member that can be."""
    before = read(full, product)
    for sku in (population.sku(), product["sku"]):
        for body in ({"sku": sku}, {"sku": sku, "title": "Other"}):
            full.call("updateProduct", {"sku": product["sku"]}, body=body).refused("VALIDATION_ERROR")

    assert read(full, product) == before


@pytest.mark.rule("WRT-09")
def test_a_change_of_nothing_is_refused(full: Actor, product: Row) -> None:
    full.call("updateProduct", {"sku": product["sku"]}, body={}).refused("VALIDATION_ERROR")


@pytest.mark.parametrize("member", VALUES)
@pytest.mark.rule("WRT-10")
def test_a_value_at_its_bounds_is_accepted(member: str, full: Actor, product: Row) -> None:
    for value in at_bounds(UPDATE, member):
        full.call("updateProduct", {"sku": product["sku"]}, body={member: value}).ok()
        assert read(full, product)[member] == value


@pytest.mark.parametrize("member", VALUES)
@pytest.mark.rule("WRT-10")
def test_a_value_beyond_its_bounds_is_refused(member: str, full: Actor, population: Population, product: Row) -> None:
    before = read(full, product)
    for value in beyond_bounds(UPDATE, member):
        full.call("updateProduct", {"sku": product["sku"]}, body={member: value}).refused("VALIDATION_ERROR")
        population.create(**{member: value}).refused("VALIDATION_ERROR")

    assert read(full, product) == before


@pytest.mark.parametrize("member", REQUIRED)
@pytest.mark.rule("WRT-10")
def test_a_product_names_what_is_required(member: str, full: Actor, population: Population) -> None:
    """Each by itself: a body that lacks several would be refused for any of them."""
    body = {"sku": population.sku(), "title": "Half", "price": 1.5}
    answer = full.call("createProduct", body={name: value for name, value in body.items() if name != member})

    assert f"/{member}" in {error["pointer"] for error in answer.refused("VALIDATION_ERROR").details["errors"]}


@pytest.mark.parametrize("sku", ["", "-a", ".a", "a b", "a/b", "ä", "a" * 65, 5, None, "a\n"])
@pytest.mark.rule("WRT-10")
def test_a_sku_beyond_its_bounds_is_refused(sku: Any, full: Actor) -> None:
    full.call("createProduct", body={"sku": sku, "title": "x", "price": 1}).refused("VALIDATION_ERROR")


@pytest.mark.rule("WRT-10")
def test_a_sku_at_its_bounds_is_accepted(full: Actor, population: Population) -> None:
    for end in ("x" * (64 - len(population.sku())), "._-"):
        product = population.product(sku=population.sku(end))
        assert read(full, product)["sku"] == product["sku"]
