"""Tenants: what one has, does and is called can be neither seen nor changed nor guessed from another."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

import pytest

from contract_tests.absence import Why, enough, not_run
from contract_tests.client import Actor, Answer
from contract_tests.document import GUARDED, LISTS, WITH_ID, WITH_PATH, by_id, choice, has, identity, named
from contract_tests.matching import Members
from contract_tests.paging import walk
from contract_tests.population import Leading, Population, existing, sample, unknown
from contract_tests.seen import Row
from contract_tests.stock import WAREHOUSES
from nexuscommerce.contract import Operation

guarded = pytest.mark.parametrize("operation", GUARDED, ids=named)
lists = pytest.mark.parametrize("listing", LISTS, ids=named)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
UNKNOWN = "6b1f3c5e-0d8a-4e52-9c47-2f7d0a9b1e63"
NOWHERE = "wh_01HXK9MZPQ3B8C7D2E5F6G"
STOCK = ("listInventory", "listProducts", "listWarehouses")
UPDATE = {"warehouse_id": "warehouseId", "quantity": 1, "reason": "correction"}
SKUS = {"skus": ["sku"], "marketplace": "amazon_us"}
# Operation -> a body whose values are names of `foreign` (`own`: a SKU of ours) where there is such a name.
NAMING: list[tuple[str, dict[str, Any]]] = [
    ("setInventory", UPDATE),
    ("bulkSetInventory", {"updates": [{**UPDATE, "sku": "own"}]}),
    ("bulkSetInventory", {"updates": [{**UPDATE, "sku": "sku"}]}),
    ("recalculatePrices", SKUS),
    ("dispatchJob", {"type": "competitor_scan", "params": SKUS}),
]
NO_UUIDS = (
    "",
    "main",
    "0",
    "3714240b-2e06-4c35-8856",
    "3714240b-2e06-4c35-8856-ccc1c096323g",
    "*",
    "null",
    "%",
    "' OR 1=1 --",
)


@pytest.fixture(scope="module")
def foreign(full: Actor, other_full: Actor, population: Population) -> Leading:
    """Path parameters of resources that the tenant `other` has and `main` has not."""
    own = {listing.id: set(walk(full, listing).values(identity(listing))) for listing in LISTS}
    population.product(other_full)
    if has("createPricingRule"):
        population.rule(other_full)
    if has("dispatchJob"):
        population.job(other_full)
    places = walk(other_full, WAREHOUSES).values("id") if has("listWarehouses") else []
    found = Leading(warehouseId=next(iter(places), NOWHERE))
    for listing, detail in ((each, each.detail) for each in LISTS if each.detail):
        for row in walk(other_full, listing).rows:
            if row[identity(listing)] not in own[listing.id]:
                found.setdefault(detail.parameter, str(row[detail.member]))
    return found


@guarded
@pytest.mark.rule("TEN-01")
def test_a_request_must_name_its_tenant(operation: Operation, full: Actor) -> None:
    full.at(None).call(operation.id, existing(full), body=sample(operation)).refused("TENANT_HEADER_MISSING")


@guarded
@pytest.mark.rule("TEN-02")
def test_a_tenant_is_named_by_its_uuid(operation: Operation, full: Actor) -> None:
    path = existing(full)
    for name in NO_UUIDS:
        answer = full.at(name).call(operation.id, path, body=sample(operation))
        answer.refused(*(["TENANT_HEADER_INVALID", "TENANT_HEADER_MISSING"] if name == "" else ["TENANT_HEADER_INVALID"]))


@pytest.mark.rule("TEN-02")
def test_a_uuids_case_does_not_count(full: Actor) -> None:
    """RFC 9562: UUIDs are case-insensitive on input."""
    full.at(str(UUID(full.tenant)).upper()).call("listProducts").ok()


@guarded
@pytest.mark.rule("TEN-03")
def test_another_tenant_is_as_closed_as_an_unknown_one(operation: Operation, full: Actor, other_full: Actor) -> None:
    path = existing(full)
    another, none = (
        full.at(tenant).call(operation.id, path, body=sample(operation)) for tenant in (other_full.tenant, UNKNOWN)
    )

    another.refused("TENANT_ACCESS_DENIED")
    none.refused("TENANT_ACCESS_DENIED")
    assert told(another, {"id": str(other_full.tenant)}, ["id"]) == told(none, {"id": UNKNOWN}, ["id"])
    assert set(another.headers) == set(none.headers)


@pytest.mark.parametrize("credential", ["reader", "writer", "jwt_manager", "jwt_viewer"])
@pytest.mark.rule("TEN-03")
def test_no_other_credential_opens_another_tenant(credential: str, actor: Callable[[str], Actor], other_full: Actor) -> None:
    actor(credential).at(other_full.tenant).call("listProducts").refused("TENANT_ACCESS_DENIED")


@pytest.mark.parametrize("operation", WITH_PATH, ids=named)
@pytest.mark.rule("TEN-04")
def test_another_tenants_resource_is_as_one_that_never_was(
    operation: Operation, full: Actor, other_full: Actor, foreign: dict[str, str], chance: Random
) -> None:
    """404, never 403: a 403 would confirm that it exists. The same words too, but for its name.

    Where the target chose 403 that is for ids alone; a SKU is no id, but a name that every tenant gives for itself.
    """
    names = [name for name in foreign if f"{{{name}}}" in operation.path]
    before = view(other_full, foreign)
    nowhere = {name: unknown(foreign[name], chance) for name in names}
    theirs, nobodys = (full.call(operation.id, path, body=sample(operation)) for path in (foreign, nowhere))

    theirs.refused(refusal(operation))
    nobodys.refused("RESOURCE_NOT_FOUND")
    assert refusal(operation) != "RESOURCE_NOT_FOUND" or told(theirs, foreign, names) == told(nobodys, nowhere, names)
    assert view(other_full, foreign) == before


@pytest.mark.parametrize(("operation", "body"), NAMING, ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.rule("TEN-04")
def test_what_a_body_names_is_looked_for_in_the_own_tenant(
    operation: str, body: dict[str, Any], full: Actor, foreign: dict[str, str], product: Row, chance: Random
) -> None:
    """Another tenant's SKU or warehouse is as unknown as one that never was: 404 by itself, a failure in a bulk."""
    stranger = {**foreign, "own": str(product["sku"])}
    nobody = {**stranger, **{name: unknown(value, chance) for name, value in foreign.items()}}
    theirs, nobodys = (full.call(operation, {"sku": who["own"]}, body=filled(body, who)) for who in (stranger, nobody))

    if operation == "bulkSetInventory":
        assert [row["error"]["code"] for row in theirs.ok().data["results"]] == ["RESOURCE_NOT_FOUND"]
    else:
        theirs.refused("RESOURCE_NOT_FOUND")
    assert told(theirs, stranger, list(foreign)) == told(nobodys, nobody, list(foreign))


@pytest.mark.rule("TEN-05")
def test_the_inventory_is_that_of_the_own_products(full: Actor, other_full: Actor, foreign: dict[str, str]) -> None:
    """A record for each product and no other, in warehouses of the tenant."""
    for actor in (full, other_full):
        records, products, places = (walk(actor, by_id(name)) for name in STOCK)
        assert sorted(records.values("sku")) == sorted(products.values("sku"))
        assert records.total == products.total
        stored = {level["warehouse_id"] for row in records.rows for level in row["warehouses"]}
        assert sorted(stored - set(places.values("id"))) == [], "warehouses that the tenant has not"


@pytest.mark.parametrize("listing", [listing for listing in LISTS if "id" in listing.members], ids=named)
@pytest.mark.rule("TEN-05")
def test_two_tenants_share_no_row(listing: Operation, full: Actor, other_full: Actor, foreign: dict[str, str]) -> None:
    ours, theirs = walk(full, listing), walk(other_full, listing)
    enough(ours.rows, 1, f"rows of {listing.id} in tenant `main`")
    enough(theirs.rows, 1, f"rows of {listing.id} in tenant `other`")

    assert sorted(set(ours.values("id")) & set(theirs.values("id"))) == []
    assert (ours.total, theirs.total) == (len(ours.rows), len(theirs.rows))


@pytest.mark.parametrize("listing", [listing for listing in LISTS if listing.filters], ids=named)
@pytest.mark.rule("TEN-05")
def test_no_filter_leads_into_another_tenant(
    listing: Operation, full: Actor, other_full: Actor, foreign: dict[str, str]
) -> None:
    """By every filter, with the values of their rows: what comes back is ours."""
    key = identity(listing)
    ours, theirs, reading = set(walk(full, listing).values(key)), walk(other_full, listing), Members(other_full, listing)
    enough(theirs.rows, 1, f"rows of {listing.id} in tenant `other`")
    for chosen in listing.filters:
        for value in {value for row in theirs.rows[:20] for value in reading.of(row, chosen.fields[0])}:
            found = full.call(listing.id, query={chosen.parameter: value, "limit": 200}).ok()
            assert sorted({row[key] for row in found.rows} - ours) == [], f"{chosen.parameter}={value}"


@pytest.mark.rule("TEN-05")
def test_a_search_finds_nothing_of_another_tenant(full: Actor, other_full: Actor, population: Population) -> None:
    word = population.sku()
    population.product(other_full, sku=word, title=f"Only theirs {word}")
    for search in (word, word.lower()):
        found = full.call("listProducts", query={"search": search}).ok()
        assert (found.rows, found.meta["total"]) == ([], 0)


@pytest.mark.rule("TEN-06")
def test_two_tenants_may_have_one_sku(full: Actor, other_full: Actor, population: Population) -> None:
    sku = population.sku()
    ours = population.product(full, sku=sku, title="Ours")
    theirs = population.product(other_full, sku=sku, title="Theirs")

    assert ours["id"] != theirs["id"]
    assert full.call("getProduct", {"sku": sku}).ok().data["title"] == "Ours"
    assert other_full.call("getProduct", {"sku": sku}).ok().data["title"] == "Theirs"


@pytest.mark.rule("TEN-07")
def test_what_one_tenant_writes_another_does_not_see(full: Actor, other_full: Actor, population: Population) -> None:
    """Create, change and delete by a SKU that the other tenant has too; nothing of theirs moves."""
    sku = population.sku()
    population.product(other_full, sku=sku, title="Theirs", description="untouched")
    before = snapshot(other_full, sku)
    population.product(full, sku=sku, title="Ours")
    full.call("updateProduct", {"sku": sku}, body={"title": "Ours again", "price": 1.01, "status": "archived"}).ok()
    after_change = snapshot(other_full, sku)
    full.call("deleteProduct", {"sku": sku}).ok()

    assert after_change == before
    assert snapshot(other_full, sku) == before


@pytest.mark.rule("TEN-07")
def test_one_tenants_refused_writes_change_nothing_elsewhere(
    full: Actor, other_full: Actor, foreign: dict[str, str]
) -> None:
    before = snapshot(other_full, foreign["sku"])
    for operation in WITH_PATH:
        if operation.method != "GET" and leads(operation, foreign):
            full.call(operation.id, foreign, body=sample(operation)).refused(refusal(operation))
            full.at(other_full.tenant).call(operation.id, foreign, body=sample(operation)).refused("TENANT_ACCESS_DENIED")

    assert snapshot(other_full, foreign["sku"]) == before


@lists
@pytest.mark.rule("TEN-08")
def test_a_cursor_of_another_tenant_is_refused(listing: Operation, full: Actor, other_full: Actor) -> None:
    cursor = other_full.call(listing.id, query={"limit": 1}).ok().cursor
    if cursor is None:
        not_run(Why.TOO_LITTLE, f"tenant `other` has fewer than two rows in {listing.id}")

    full.call(listing.id, query={"limit": 1, "cursor": cursor}).refused("INVALID_CURSOR")


def refusal(operation: Operation) -> str:
    """How a request for another tenant's resource is refused."""
    confirmed = choice("foreign_resource") == "403" and operation in WITH_ID
    return "TENANT_ACCESS_DENIED" if confirmed else "RESOURCE_NOT_FOUND"


def filled(body: Any, names: dict[str, str]) -> Any:
    """The body with what it names put in."""
    if isinstance(body, dict):
        return {member: filled(value, names) for member, value in body.items()}
    if isinstance(body, list):
        return [filled(value, names) for value in body]
    return names.get(body, body) if isinstance(body, str) else body


def told(answer: Answer, path: dict[str, str], names: list[str]) -> Any:
    """The error without the name that was asked for, and without what differs from one request to the next."""
    text = str(answer.body).replace(answer.headers.get("x-request-id", "<request>"), "<request>")
    for name in names:
        text = text.replace(path[name], f"<{name}>")
    return TIME.sub("<time>", text)


def view(actor: Actor, path: dict[str, str]) -> list[Row]:
    """What an actor sees of some resources."""
    return [actor.call(o.id, path).ok().data for o in WITH_PATH if o.method == "GET" and leads(o, path)]


def leads(operation: Operation, path: dict[str, str]) -> bool:
    """Whether the operation's path can be filled in."""
    return all(name in path for name in re.findall(r"{(\w+)}", operation.path))


def snapshot(actor: Actor, sku: str) -> list[Any]:
    """Everything that an actor sees in its lists, and one product in full."""
    return [walk(actor, listing).rows for listing in LISTS] + [actor.call("getProduct", {"sku": sku}).ok().data]
