"""Pricing rules: stored as they were sent, changed where a change says so, and always whole."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given

from contract_tests.bounds import at_bounds, beyond_bounds
from contract_tests.client import Actor, Answer
from contract_tests.document import by_id
from contract_tests.paging import walk
from contract_tests.population import TITLES, Population
from contract_tests.seen import Row
from contract_tests.values import RULE_VALUES, some

CREATE, UPDATE, RULES = (by_id(name) for name in ("createPricingRule", "updatePricingRule", "listPricingRules"))
# Scope -> what a rule of that scope needs, with a value.
SCOPES: dict[str, dict[str, Any]] = {"all": {}, "category": {"category": "Größen"}, "skus": {"skus": ["SKU-001", "b.2"]}}
REQUIRED = ("name", "type", "value", "value_type", "applies_to", "marketplace", "priority")
READ_ONLY = ("id", "created_at", "updated_at", "tenant_id", "nonsense")


def read(actor: Actor, rule: Row) -> Row:
    row: Row = actor.call("getPricingRule", {"ruleId": rule["id"]}).ok().data
    return row


def change(actor: Actor, rule: Row, **members: Any) -> Answer:
    return actor.call("updatePricingRule", {"ruleId": rule["id"]}, body=members)


def listed(actor: Actor, rule: Row) -> list[Row]:
    return [row for row in walk(actor, RULES).rows if row["id"] == rule["id"]]


def pointers(answer: Answer) -> set[str]:
    return {error["pointer"] for error in answer.refused("VALIDATION_ERROR").details["errors"]}


@pytest.fixture
def rule(population: Population) -> Row:
    """A rule of our own that decides nothing."""
    return population.rule(applies_to="category", category="Judged")


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.rule("PRC-03")
def test_a_rule_that_was_created_is_read_back(scope: str, full: Actor, population: Population) -> None:
    """Alone and in the list; what its scope does not use is null."""

    @given(some(RULE_VALUES))
    def judge(members: dict[str, Any]) -> None:
        made = population.rule(**members, applies_to=scope, **SCOPES[scope])
        expected = {"category": None, "skus": None, **members, "applies_to": scope, **SCOPES[scope], "is_active": False}
        assert {name: made[name] for name in expected} == expected
        assert made["updated_at"] == made["created_at"]
        assert read(full, made) == made

    judge()
    made = population.rule(name="Listed", applies_to=scope, **SCOPES[scope])
    assert listed(full, made) == [made]


@pytest.mark.rule("PRC-03")
def test_a_create_says_where_its_rule_is(full: Actor, population: Population) -> None:
    answer = population.create_rule()
    assert answer.status == CREATE.success, f"expected {CREATE.success}; {answer}"
    location = urlsplit(urljoin(full.service.address + CREATE.path, answer.headers.get("location", "")))
    base = urlsplit(full.service.address).path

    assert full.send("GET", location.path.removeprefix(base)).ok().data == answer.data


@pytest.mark.rule("PRC-03")
def test_a_rule_is_active_unless_it_says_otherwise(full: Actor) -> None:
    """A ceiling that bounds nothing, until the test is over."""
    made = full.call("createPricingRule", body={**CREATE_BODY, "type": "ceiling", "value": 99999999.99}).ok().data

    assert (made["is_active"], read(full, made)["is_active"]) == (True, True)
    full.call("deletePricingRule", {"ruleId": made["id"]}).ok()


CREATE_BODY = {
    "name": "Judge's rule",
    "type": "floor",
    "value": 0.01,
    "value_type": "fixed",
    "applies_to": "all",
    "marketplace": "all",
    "priority": 1_000_000,
}


@pytest.mark.parametrize("name", TITLES)
@pytest.mark.rule("WRT-08")
def test_a_rules_name_is_stored_exactly(name: str, full: Actor, population: Population) -> None:
    assert read(full, population.rule(name=TITLES[name]))["name"] == TITLES[name]


@pytest.mark.rule("PRC-04")
def test_a_change_of_a_rule_changes_what_it_names_and_nothing_else(full: Actor, rule: Row) -> None:
    @given(some({name: values for name, values in RULE_VALUES.items() if name != "is_active"}))
    def judge(members: dict[str, Any]) -> None:
        before = read(full, rule)
        answered = change(full, rule, **members).ok().data
        after = read(full, rule)
        assert after == {**before, **members, "updated_at": after["updated_at"]}
        assert answered == after

    judge()
    assert listed(full, rule) == [read(full, rule)]


@pytest.mark.rule("PRC-04")
def test_a_rule_can_be_switched(full: Actor, population: Population) -> None:
    made = population.rule(type="ceiling", value=99999999.99)
    for active in (True, False):
        assert change(full, made, is_active=active).ok().data["is_active"] == active
        assert read(full, made)["is_active"] == active


@pytest.mark.rule("PRC-04")
def test_a_rules_scope_can_be_changed(full: Actor, rule: Row) -> None:
    """With what the new scope needs, and null for what it does not use."""
    nothing = {"category": None, "skus": None}
    for scope in (*SCOPES, "all", "category"):
        after = change(full, rule, applies_to=scope, **nothing | SCOPES[scope]).ok().data
        assert {name: after[name] for name in nothing} == nothing | SCOPES[scope]
        assert read(full, rule) == after


@pytest.mark.rule("PRC-04")
def test_a_change_of_a_rule_moves_updated_at_alone(full: Actor, rule: Row) -> None:
    stamps = [rule["updated_at"]]
    for value in (1, 2, 3):
        time.sleep(0.05)
        stamps.append(change(full, rule, value=value).ok().data["updated_at"])
    after = read(full, rule)

    assert stamps == sorted(set(stamps)), "updated_at after each change"
    assert (after["id"], after["created_at"], after["updated_at"]) == (rule["id"], rule["created_at"], stamps[-1])


def members(scope: str, **given: Any) -> dict[str, Any]:
    return {**CREATE_BODY, "is_active": False, "applies_to": scope, **given}


# What a rule says of its scope -> the member that is wrong about it.
HALF: list[tuple[dict[str, Any], str]] = [
    (members("category"), "/category"),
    (members("category", category=None), "/category"),
    (members("category", skus=["A"]), "/category"),
    (members("skus"), "/skus"),
    (members("skus", skus=[]), "/skus"),
    (members("skus", skus=None), "/skus"),
    (members("skus", skus=["A", "A"]), "/skus"),
    (members("skus", skus=["!"]), "/skus/0"),
    (members("skus", category="A"), "/skus"),
    (members("all", category="A"), "/category"),
    (members("all", skus=["A"]), "/skus"),
    (members("everything"), "/applies_to"),
    ({name: value for name, value in members("all").items() if name != "applies_to"}, "/applies_to"),
]


@pytest.mark.parametrize(("body", "pointer"), HALF, ids=[f"{n}{pointer}" for n, (_, pointer) in enumerate(HALF)])
@pytest.mark.rule("PRC-05")
def test_half_a_rule_is_not_created(body: dict[str, Any], pointer: str, full: Actor) -> None:
    total = full.call("listPricingRules", query={"limit": 1}).ok().meta["total"]

    assert pointer in pointers(full.call("createPricingRule", body=body))
    assert full.call("listPricingRules", query={"limit": 1}).ok().meta["total"] == total


# Scope of the rule, a change that would leave it half, and the members that are wrong then.
HALVES: list[tuple[str, dict[str, Any], set[str]]] = [
    ("all", {"applies_to": "category"}, {"/category"}),
    ("all", {"applies_to": "skus"}, {"/skus"}),
    ("all", {"category": "A"}, {"/category"}),
    ("all", {"skus": ["A"]}, {"/skus"}),
    ("category", {"category": None}, {"/category"}),
    ("category", {"applies_to": "all"}, {"/category"}),
    ("category", {"applies_to": "skus"}, {"/category", "/skus"}),
    ("category", {"applies_to": "skus", "skus": ["A"]}, {"/category"}),
    ("skus", {"skus": None}, {"/skus"}),
    ("skus", {"applies_to": "all"}, {"/skus"}),
    ("skus", {"applies_to": "category", "category": "A"}, {"/skus"}),
]


@pytest.mark.parametrize(("scope", "changed", "wrong"), HALVES, ids=[f"{s}-{'-'.join(c)}" for s, c, _ in HALVES])
@pytest.mark.rule("PRC-05")
def test_no_change_leaves_half_a_rule(
    scope: str, changed: dict[str, Any], wrong: set[str], full: Actor, population: Population
) -> None:
    rule = population.rule(applies_to=scope, **SCOPES[scope])

    assert pointers(change(full, rule, **changed, name="Half")) == wrong
    assert read(full, rule) == rule


@pytest.mark.rule("PRC-06")
def test_a_rule_that_was_deleted_is_gone(full: Actor, rule: Row) -> None:
    before = full.call("listPricingRules", query={"limit": 1}).ok().meta["total"]
    full.call("deletePricingRule", {"ruleId": rule["id"]}).ok()

    assert listed(full, rule) == []
    assert full.call("listPricingRules", query={"limit": 1}).ok().meta["total"] == before - 1
    full.call("getPricingRule", {"ruleId": rule["id"]}).refused("RESOURCE_NOT_FOUND")
    change(full, rule, value=1).refused("RESOURCE_NOT_FOUND")
    full.call("deletePricingRule", {"ruleId": rule["id"]}).refused("RESOURCE_NOT_FOUND")


@pytest.mark.parametrize("member", READ_ONLY)
@pytest.mark.rule("WRT-09")
def test_what_of_a_rule_may_not_be_set_is_refused(member: str, full: Actor, population: Population, rule: Row) -> None:
    value = rule.get(member, "x")
    population.create_rule(**{member: value}).refused("VALIDATION_ERROR")
    change(full, rule, name="Other", **{member: value}).refused("VALIDATION_ERROR")

    assert read(full, rule) == rule


@pytest.mark.rule("WRT-09")
def test_a_change_of_nothing_in_a_rule_is_refused(full: Actor, rule: Row) -> None:
    change(full, rule).refused("VALIDATION_ERROR")


@pytest.mark.parametrize("member", REQUIRED)
@pytest.mark.rule("WRT-10")
def test_a_rule_names_what_is_required(member: str, full: Actor) -> None:
    body = {name: value for name, value in members("all").items() if name != member}

    assert f"/{member}" in pointers(full.call("createPricingRule", body=body))


@pytest.mark.parametrize("member", RULE_VALUES)
@pytest.mark.rule("WRT-10")
def test_a_rules_value_at_its_bounds_is_accepted(member: str, full: Actor, rule: Row) -> None:
    for value in at_bounds(UPDATE, member):
        change(full, rule, **{member: value}).ok()
        assert read(full, rule)[member] == value


@pytest.mark.parametrize("member", RULE_VALUES)
@pytest.mark.rule("WRT-10")
def test_a_rules_value_beyond_its_bounds_is_refused(member: str, full: Actor, population: Population, rule: Row) -> None:
    for value in beyond_bounds(UPDATE, member):
        change(full, rule, **{member: value}).refused("VALIDATION_ERROR")
        population.create_rule(**{member: value}).refused("VALIDATION_ERROR")

    assert read(full, rule) == rule
