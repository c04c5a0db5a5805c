"""The house rules of openapi.yaml: what linters cannot know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from connexion.spec import Specification
from openapi_spec_validator import validate
from schemathesis.core.result import Ok

from mockserver.domain.errors import MESSAGES
from mockserver.handlers import OPEN_OPERATIONS, OPERATIONS
from nexuscommerce.contract import Comparison, Contract, load

CONTRACT = load()
DOCUMENT = CONTRACT.document
SCHEMAS: Mapping[str, Any] = DOCUMENT["components"]["schemas"]
OPERATION_IDS = list(CONTRACT.operations)
COMMON_HEADERS = {"X-Request-ID", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
STATUS_HEADERS = {
    503: {"Retry-After"},
    401: {"WWW-Authenticate"},
    403: {"WWW-Authenticate"},
    429: {"Retry-After"},
    201: {"Location"},
}
OPEN = {"ErrorDetails", "BadRequestDetails", "ForbiddenDetails", "TransitionDetails"}  # details may hold whatever else helps


def _nodes(node: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every object of the document that is not an example, with its JSON Pointer."""
    if isinstance(node, Mapping):
        yield path, node
        for key, value in node.items():
            if key not in ("example", "examples"):
                yield from _nodes(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _nodes(value, f"{path}/{index}")


NODES = list(_nodes(DOCUMENT))


def test_the_validators_of_both_sides_accept_the_document() -> None:
    """openapi-spec-validator, Connexion and Schemathesis each find other mistakes."""
    validate(dict(DOCUMENT))
    Specification.from_dict(dict(DOCUMENT))
    found = schemathesis.openapi.from_dict(dict(DOCUMENT)).get_all_operations()
    operations = [result.ok().definition.raw["operationId"] for result in found if isinstance(result, Ok)]

    assert sorted(OPERATION_IDS) == sorted(operations)


def test_every_operation_has_a_handler_and_every_handler_an_operation() -> None:
    assert sorted(OPERATION_IDS) == sorted([*OPERATIONS, *OPEN_OPERATIONS])


def test_error_codes_refusals_and_messages_are_the_same() -> None:
    """Three places name them: the enum, the order of refusals, and the mock's messages."""
    codes = sorted(CONTRACT.error_codes)

    assert codes == sorted(refusal.code for refusal in CONTRACT.refusals)
    assert codes == sorted(MESSAGES)


def test_the_schemas_of_the_errors_name_all_codes_and_no_other() -> None:
    """Each names its own by hand, for a reference to ErrorCode beside them is what generators of clients stumble over."""
    listed = [
        schema["properties"]["error"]["properties"]["code"]["enum"] for name, schema in SCHEMAS.items() if _refuses(name)
    ]

    assert set(CONTRACT.error_codes) == {code for codes in listed for code in codes}
    assert len(CONTRACT.error_codes) == len(set(CONTRACT.error_codes))


def _refuses(name: str) -> bool:
    return "error" in SCHEMAS[name].get("properties", {}) and ["error"] == SCHEMAS[name].get("required")


@pytest.mark.parametrize("refusal", CONTRACT.refusals, ids=lambda refusal: refusal.code)
def test_each_refusal_is_an_example_of_its_response_with_its_status(refusal: Any) -> None:
    response = DOCUMENT["components"]["responses"][refusal.response]
    content = response["content"]["application/json"]
    examples = [content["example"]] if "example" in content else [row["value"] for row in content["examples"].values()]
    statuses = {s for o in CONTRACT.operations.values() for s, r in o.responses.items() if r is response}

    assert refusal.code in [example["error"]["code"] for example in examples]
    assert statuses <= {refusal.status}


@pytest.mark.parametrize("operation_id", OPERATION_IDS)
def test_every_response_has_its_required_headers(operation_id: str) -> None:
    for status, response in CONTRACT.operations[operation_id].responses.items():
        assert COMMON_HEADERS | STATUS_HEADERS.get(status, set()) == set(response["headers"])


@pytest.mark.parametrize("operation_id", OPERATION_IDS)
def test_every_operation_lists_what_it_can_answer(operation_id: str) -> None:
    """Guarded operations can answer 401, 403, 429; one with a body 413, 415; those that name a thing 404."""
    operation = CONTRACT.operations[operation_id]
    expected = {operation.success, 400, 500, 503}
    expected |= {401, 403, 429} if operation.scopes else set()
    expected |= {413, 415} if operation.body else set()
    expected |= {404} if "{" in operation.path or operation_id in ("recalculatePrices", "dispatchJob") else set()

    assert expected == set(operation.responses) - {409}


@pytest.mark.parametrize("operation_id", OPERATION_IDS)
def test_guarded_operations_take_a_tenant_and_known_scopes(operation_id: str) -> None:
    operation = CONTRACT.operations[operation_id]

    assert bool(operation.scopes) == operation.has("X-Tenant-ID")
    assert set(operation.scopes) <= set(CONTRACT.scopes)


def test_roles_hold_known_scopes() -> None:
    assert {"owner", "admin", "manager", "viewer"} == set(CONTRACT.roles)
    assert {scope for scopes in CONTRACT.roles.values() for scope in scopes} <= set(CONTRACT.scopes)


@pytest.mark.parametrize("operation_id", [name for name in OPERATION_IDS if CONTRACT.operations[name].is_list])
def test_every_list_pages_sorts_and_selects(operation_id: str) -> None:
    """limit, cursor, sort with a default, order, fields; every other parameter is a filter over members that exist."""
    operation = CONTRACT.operations[operation_id]
    names = {parameter.name for parameter in operation.query()}
    filters = {chosen.parameter for chosen in operation.filters}

    assert names == {"limit", "cursor", "sort", "order", "fields"} | filters
    assert operation.parameter("sort").schema["default"] in operation.sorts
    assert set(operation.sorts) <= set(operation.members)
    detail = CONTRACT.operations[operation.detail.operation_id] if operation.detail else operation
    for chosen in operation.filters:
        assert {field.split(".")[0] for field in chosen.fields} <= set(detail.members)
        assert chosen.comparison in Comparison


@pytest.mark.parametrize("operation_id", [name for name in OPERATION_IDS if CONTRACT.operations[name].has("fields")])
def test_fields_offers_exactly_the_members_of_the_answer(operation_id: str) -> None:
    """Twice: in the parameter, and in the schema of a selection, which has the same members and requires none."""
    operation = CONTRACT.operations[operation_id]
    data = operation.schemas.resolve(operation.responses[200]["content"]["application/json"]["schema"])["properties"]["data"]
    whole, selection = (operation.schemas.resolve(part) for part in (data["items"] if operation.is_list else data)["anyOf"])

    assert list(operation.members) == operation.parameter("fields").schema["items"]["enum"]
    assert whole["properties"] == selection["properties"]
    assert sorted(whole["required"]) == sorted(whole["properties"])
    assert "required" not in selection


def test_objects_are_closed_and_strings_numbers_and_arrays_bounded() -> None:
    """A property test finds only what the document forbids."""
    loose = []
    for path, node in NODES:
        kind = node.get("type")
        if (
            not isinstance(kind, str)
            or path.startswith(("/components/securitySchemes", "/x-"))
            or path.endswith("/properties")
        ):
            continue
        if kind == "object" and node.get("additionalProperties") is not False and path.rsplit("/", 1)[-1] not in OPEN:
            loose.append(path)
        if kind == "array" and "maxItems" not in node:
            loose.append(path)
        if kind == "string" and not {"enum", "format", "maxLength", "pattern", "anyOf"} & set(node):
            loose.append(path)
        if kind in ("integer", "number") and not {"minimum", "maximum"} <= set(node):
            loose.append(path)

    assert [] == loose


def test_every_schema_has_an_example_that_it_accepts() -> None:
    for name, schema in SCHEMAS.items():
        faults = [error.message for error in CONTRACT.schemas.validator(schema).iter_errors(schema["example"])]

        assert [] == faults, name


@pytest.mark.parametrize(
    ("path", "content"), [(path, node["application/json"]) for path, node in NODES if "application/json" in node]
)
def test_every_body_has_examples_that_its_schema_accepts(path: str, content: Mapping[str, Any]) -> None:
    examples = [content["example"]] if "example" in content else [row["value"] for row in content["examples"].values()]
    validator = CONTRACT.schemas.validator(content["schema"])

    assert examples
    assert [] == [error.message for example in examples for error in validator.iter_errors(example)]


def test_every_ref_leads_somewhere() -> None:
    for _, node in NODES:
        if "$ref" in node:
            assert CONTRACT.schemas.resolve(node)
            assert {"$ref"} == set(node)


def test_links_lead_to_operations_and_name_their_parameters() -> None:
    """openapi-spec-validator does not look at them."""
    for path, node in NODES:
        for link in node.get("links", {}).values() if "/responses/" in path else ():
            target = CONTRACT.operations[link["operationId"]]
            assert set(link["parameters"]) <= {parameter.name for parameter in target.parameters}


@pytest.mark.parametrize(
    ("operation_id", "linked"),
    [
        ("createProduct", {"getProduct", "updateProduct", "deleteProduct"}),
        ("createPricingRule", {"getPricingRule", "updatePricingRule", "deletePricingRule"}),
        ("dispatchJob", {"getJob", "cancelJob"}),
        ("recalculatePrices", {"getJob", "cancelJob"}),
    ],
)
def test_a_create_links_to_all_that_can_be_done_with_it(operation_id: str, linked: set[str]) -> None:
    """The edges of stateful tests."""
    operation = CONTRACT.operations[operation_id]
    links = operation.responses[operation.success]["links"].values()

    assert linked == {link["operationId"] for link in links}


def test_every_row_of_a_list_that_has_a_get_is_linked_to_it() -> None:
    """Of a warehouse and of a recommendation there is none."""
    details = {o.id: o.detail and o.detail.operation_id for o in CONTRACT.operations.values() if o.is_list}

    assert details == {
        "listProducts": "getProduct",
        "listOrders": "getOrder",
        "listInventory": "getInventory",
        "listWarehouses": None,
        "listPricingRules": "getPricingRule",
        "listRecommendations": None,
        "listJobs": "getJob",
    }


@pytest.mark.parametrize(
    ("schema", "operations"),
    [("OrderStatus", {"updateOrder", "confirmShipment", "cancelOrder"}), ("JobStatus", {"cancelJob"})],
)
def test_transitions_are_between_known_states_by_known_operations(schema: str, operations: set[str]) -> None:
    states = set(SCHEMAS[schema]["enum"])
    rows = SCHEMAS[schema]["x-transitions"]

    assert {row["by"] for row in rows} == operations
    assert {row[end] for row in rows for end in ("from", "to")} <= states
    assert len(rows) == len({(row["from"], row["to"], row["by"]) for row in rows})


def test_every_extension_is_described_at_the_top(contract: Contract) -> None:
    header = contract.source.split("openapi: 3.0.3")[0]
    used = {key for _, node in NODES for key in node if key.startswith("x-")}

    assert set() == {name for name in used if name not in header}
    assert {"inferred"} == {node["x-provenance"] for _, node in NODES if "x-provenance" in node}


def test_no_python_path_and_no_template_stands_in_the_document(contract: Contract) -> None:
    """The document is for every implementation; Connexion would render `{{ }}` if it read the file itself."""
    assert not re.search(r"operationId: \w+\.|router-controller|\{\{|\{%", contract.source)
