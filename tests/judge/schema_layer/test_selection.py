"""Which operations Schemathesis is started for, so that one finding can be looked for again in little time."""

from __future__ import annotations

import tomllib
from types import SimpleNamespace
from typing import Any

import pytest

from contract_tests.client import Actor
from contract_tests.document import OPERATIONS, by_id
from contract_tests.schema_layer import configuration as configurations
from contract_tests.schema_layer.configuration import configuration
from contract_tests.schema_layer.fixtures import wanted
from contract_tests.schema_layer.sequences import MAKERS, REMEMBERED
from nexuscommerce.files import packaged


def item(operation: str) -> Any:
    return SimpleNamespace(callspec=SimpleNamespace(params={"operation": by_id(operation)}))


LAW: Any = SimpleNamespace(callspec=SimpleNamespace(params={"law": "ENV-02"}))


def test_tests_of_some_operations_want_these_and_their_paths() -> None:
    assert {"createProduct", "listProducts"} == wanted([item("createProduct")])


def test_a_test_of_any_operation_wants_all() -> None:
    assert frozenset() == wanted([item("createProduct"), LAW])


def test_tests_of_all_operations_want_all() -> None:
    assert frozenset() == wanted([item(operation.id) for operation in OPERATIONS])


def test_sequences_are_of_what_can_be_made_and_deleted() -> None:
    assert {"createProduct", "createPricingRule"} == {operation.id for operation in MAKERS}
    assert {"/products/{sku}", "/pricing/rules/{ruleId}"} == {operation.path for operation in REMEMBERED}


@pytest.fixture
def fuzz(monkeypatch: pytest.MonkeyPatch) -> Actor:
    """An actor of a target whose lists have one row each."""
    monkeypatch.setattr(configurations, "_members", lambda fuzz, listing, member, query: [f"{listing}-{member}"])
    service: Any = SimpleNamespace(address="http://target/api")
    return Actor(service, "fuzz_full", "the-token", "the-tenant")


def test_a_configuration_names_the_target_and_no_token(fuzz: Actor) -> None:
    config = configuration(fuzz, 7, writes=True)

    assert ("http://target/api", "the-tenant") == (config["base-url"], config["parameters"]["header.X-Tenant-ID"])
    assert ["listWarehouses-id"] == config["dictionaries"]["warehouses"]["values"]
    assert 7 == config["generation"]["max-examples"]
    assert "the-token" not in str(config)


def test_only_what_reads_is_tested_where_nothing_may_be_written(fuzz: Actor) -> None:
    config = configuration(fuzz, 7, writes=False)

    assert {"include-method": ["POST", "PUT", "PATCH", "DELETE"], "enabled": False} in config["operations"]
    assert ["OPTIONS"] == config["phases"]["coverage"]["unexpected-methods"]


def test_a_selection_is_tested_one_by_one_and_sequences_are_of_all(fuzz: Actor) -> None:
    *_, left_out = configuration(fuzz, 7, writes=True, only={"getOrder"})["operations"]

    assert ["getOrder"] == left_out["exclude-operation-id"]
    assert {"examples", "coverage", "fuzzing"} == set(left_out["phases"])


def test_what_the_target_has_not_is_not_drawn_from(fuzz: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configurations, "_members", lambda *_: [])
    config = configuration(fuzz, 7, writes=True)

    assert {} == config["dictionaries"]
    assert {"header.X-Tenant-ID"} == set(config["parameters"])


def test_the_projects_own_file_is_left_as_it_is_for_those_who_run_schemathesis_themselves() -> None:
    config = tomllib.loads(packaged("schemathesis.toml").read_text("utf-8"))

    assert config["warnings"]["fail-on"] is True
    assert config["hooks"] == "contract_tests.hooks"
