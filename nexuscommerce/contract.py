"""The only reader of openapi.yaml, and of sandbox.yaml, which is written in the same manner.

A `Document` holds what either says in the words of its users: operations with their scopes, filters, sorts and members, the
refusals in their order. A `Contract` is the API's own, with plans, roles and events. It judges nothing and serves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml

from nexuscommerce.files import packaged
from nexuscommerce.schemas import Schemas, resolve

_D = TypeVar("_D", bound="Document")
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class UnreadableDocument(Exception):
    """The document is missing, or is no OpenAPI document that this project can serve."""


class Comparison(StrEnum):
    """How a filter's value is compared with a member of the row (`x-filter` in openapi.yaml)."""

    EQUALS = "equals"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    CONTAINS = "contains"


class Filter(NamedTuple):
    """A query parameter that selects rows: any of `fields` compared with the parameter's value."""

    parameter: str
    fields: tuple[str, ...]
    comparison: Comparison


class Parameter(NamedTuple):
    """One parameter of an operation; `schema` has no `$ref` at its top."""

    name: str
    location: str
    required: bool
    schema: Mapping[str, Any]
    filter: Filter | None
    inferred: bool


class Plan(NamedTuple):
    """Requests allowed per minute and per hour."""

    per_minute: int
    per_hour: int


class Refusal(NamedTuple):
    """A row of `x-refusals`: what is checked, and how the request is refused. `response` names a component."""

    check: str
    status: int
    code: str
    response: str


class Detail(NamedTuple):
    """The operation that answers one row of a list in full, and the member of the row that is its path parameter."""

    operation_id: str
    parameter: str
    member: str


@dataclass(frozen=True)
class Operation:
    """One operation of the document. `scopes` are alternatives; none means that no token is needed."""

    id: str
    method: str
    path: str
    scopes: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    body: Mapping[str, Any] | None
    responses: Mapping[int, Mapping[str, Any]]
    inferred: bool
    schemas: Schemas = field(repr=False, compare=False)

    def parameter(self, name: str) -> Parameter:
        return next(p for p in self.parameters if p.name == name)

    def has(self, name: str) -> bool:
        return any(p.name == name for p in self.parameters)

    def query(self) -> Iterator[Parameter]:
        return (p for p in self.parameters if p.location == "query")

    @property
    def is_list(self) -> bool:
        """Whether this operation answers pages."""
        return self.has("cursor")

    @property
    def collection(self) -> str:
        """The name of what a list lists: the last part of its path."""
        return self.path.rsplit("/", 1)[-1]

    @cached_property
    def filters(self) -> tuple[Filter, ...]:
        return tuple(p.filter for p in self.parameters if p.filter)

    @property
    def sorts(self) -> tuple[str, ...]:
        return tuple(self.parameter("sort").schema["enum"])

    @cached_property
    def success(self) -> int:
        """The status of success: the only one below 300."""
        return min(self.responses)

    @cached_property
    def resource(self) -> Mapping[str, Any] | None:
        """The schema of one resource that this operation answers (of one row, for a list), with all members required."""
        content = self.responses[self.success].get("content", {}).get("application/json")
        if content is None:
            return None
        data = self.schemas.resolve(content["schema"])["properties"].get("data")
        if data is None:
            return None
        data = self.schemas.resolve(data)
        schema = self.schemas.resolve(data["items"]) if self.is_list else data
        return self.schemas.resolve(schema["anyOf"][0]) if "anyOf" in schema else schema

    @cached_property
    def members(self) -> tuple[str, ...]:
        """The top-level members of the resource that this operation answers, in the document's order."""
        return tuple(self.resource["properties"]) if self.resource else ()

    @cached_property
    def detail(self) -> Detail | None:
        """From the `links` of a list: the GET of one of its rows."""
        for link in self.responses[self.success].get("links", {}).values():
            for parameter, expression in link.get("parameters", {}).items():
                head, _, member = expression.rpartition("/")
                if self.is_list and head == "$response.body#/data/0" and "get" in link["operationId"].lower():
                    return Detail(link["operationId"], parameter, member)
        return None

    @cached_property
    def transitions(self) -> Mapping[str, tuple[str, ...]]:
        """State -> the states that this operation may lead to (`x-transitions`)."""
        table: dict[str, tuple[str, ...]] = {}
        for row in self.schemas.transitions():
            table.setdefault(row["from"], ())
            if row["by"] == self.id:
                table[row["from"]] += (row["to"],)
        return table


class Document:
    """What a document promises. `source` is the file's own text."""

    def __init__(self, document: Mapping[str, Any], source: str) -> None:
        self.document = document
        self.source = source
        self.schemas = Schemas(document)
        self.operations = {o.id: o for o in _operations(document, self.schemas)}
        self.base_path: str = document["servers"][0]["url"].rstrip("/")
        # In the order in which they apply.
        self.refusals = tuple(Refusal(**row) for row in document["x-refusals"])
        self.error_codes = tuple(document["components"]["schemas"]["ErrorCode"]["enum"])
        self.body_bytes = int(document["x-limits"]["body_bytes"])
        self.scopes = tuple(document["components"]["securitySchemes"]["bearerAuth"]["x-scopes"])

    @cached_property
    def methods(self) -> Mapping[str, tuple[str, ...]]:
        """Path -> its methods in upper case, HEAD and OPTIONS included (docs/decisions.md)."""
        table: dict[str, set[str]] = {}
        for operation in self.operations.values():
            table.setdefault(operation.path, {"OPTIONS"}).add(operation.method)
        return {path: tuple(sorted(names | ({"HEAD"} if "GET" in names else set()))) for path, names in table.items()}


class Contract(Document):
    """What openapi.yaml promises."""

    def __init__(self, document: Mapping[str, Any], source: str) -> None:
        super().__init__(document, source)
        # What a tenant's endpoints are told of: event type -> the members of its `data`.
        self.events: Mapping[str, tuple[str, ...]] = {
            name: self._payload(item["post"]["requestBody"]) for name, item in document["x-webhooks"].items()
        }
        limits = document["x-limits"]
        self.plans: Mapping[str, Plan] = {name: Plan(**numbers) for name, numbers in limits["plans"].items()}
        self.plan_without_credentials = self.plans[limits["without_credentials"]]
        bearer = document["components"]["securitySchemes"]["bearerAuth"]
        self.roles: Mapping[str, tuple[str, ...]] = {role: tuple(scopes) for role, scopes in bearer["x-roles"].items()}

    def _payload(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        event = self.schemas.resolve(self.schemas.resolve(body)["content"]["application/json"]["schema"])
        return tuple(self.schemas.resolve(event["properties"]["data"])["properties"])


def load(path: Path | None = None) -> Contract:
    """Read the contract at `path`, or the packaged one. Raises UnreadableDocument with one line that says why."""
    return _read(path or packaged("openapi.yaml"), Contract, "NexusCommerce OpenAPI")


def load_sandbox() -> Document:
    """Read the packaged document of the mock's control API. Raises UnreadableDocument."""
    return _read(packaged("sandbox.yaml"), Document, "sandbox's")


def _read(path: Path, kind: type[_D], whose: str) -> _D:
    try:
        source = path.read_text(encoding="utf-8")
        document = yaml.load(source, Loader=_Loader)  # noqa: S506  a safe loader either way
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as why:
        raise UnreadableDocument(f"{path}: {' '.join(str(why).split())}") from why
    try:
        return kind(document, source)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as why:
        raise UnreadableDocument(f"{path}: not the {whose} document ({type(why).__name__}: {why})") from why


def _operations(document: Mapping[str, Any], schemas: Schemas) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            node = item[method]
            body = node.get("requestBody")
            parameters = [*item.get("parameters", ()), *node.get("parameters", ())]
            security = node.get("security", document.get("security", ()))
            yield Operation(
                id=node["operationId"],
                method=method.upper(),
                path=path,
                scopes=tuple(scope for alternative in security for scope in alternative.get("bearerAuth", ())),
                parameters=tuple(_parameter(resolve(document, p), schemas) for p in parameters),
                body=body and resolve(document, body)["content"]["application/json"]["schema"],
                responses={int(status): resolve(document, r) for status, r in node["responses"].items()},
                inferred=node.get("x-provenance") == "inferred",
                schemas=schemas,
            )


def _parameter(node: Mapping[str, Any], schemas: Schemas) -> Parameter:
    row = node.get("x-filter")
    chosen = row and Filter(node["name"], tuple(row["fields"]), Comparison(row["comparison"]))
    inferred = node.get("x-provenance") == "inferred"
    return Parameter(node["name"], node["in"], bool(node.get("required")), schemas.resolve(node["schema"]), chosen, inferred)
