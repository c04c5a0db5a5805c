"""What the judge judges by: the packaged openapi.yaml, and the slices of it that tests walk over.

For a target that makes choices, WHOLE is the document as they have it; for one that has a part of it only, CONTRACT and its
slices are that part.
"""

from typing import NamedTuple
from urllib.parse import unquote

from contract_tests import partial, view
from contract_tests.choices import CHOICES, patched
from nexuscommerce.contract import Operation, load

VIEW = view.chosen()
WHOLE = patched(load(), VIEW.choices)
CONTRACT = partial.reduced(WHOLE, VIEW.tags) if VIEW.tags else WHOLE
STATUS = {row.code: row.status for row in WHOLE.refusals}
OPERATIONS = tuple(CONTRACT.operations.values())
GUARDED = tuple(o for o in OPERATIONS if o.scopes)
LISTS = tuple(o for o in OPERATIONS if o.is_list)
DETAILS = tuple(CONTRACT.operations[o.detail.operation_id] for o in LISTS if o.detail)
WITH_BODY = tuple(o for o in OPERATIONS if o.body is not None)
WITH_PATH = tuple(o for o in GUARDED if "{" in o.path)
WITH_ID = tuple(o for o in WITH_PATH if "{sku}" not in o.path)  # a SKU is no id: every tenant gives it for itself
# Job type -> how the names of its schemas begin: `…Create`, `…Params`, `…Result`.
JOBS = {
    kind: str(schema["$ref"]).rpartition("/")[2].removesuffix("Create")
    for kind, schema in (CONTRACT.schemas.branches(CONTRACT.schemas.named("JobCreate")) or ("", {}))[1].items()
}


def choice(name: str) -> str:
    """What the target does at a point where it may differ from the document: what that says, unless it chose otherwise."""
    return VIEW.choices.get(name, CHOICES[name].document)


def by_id(name: str) -> Operation:
    """An operation, also one that the target does not have: a test that calls that one is not run."""
    return CONTRACT.operations.get(name) or WHOLE.operations[name]


def has(*names: str) -> bool:
    """Whether the target has these operations."""
    return set(names) <= set(CONTRACT.operations)


def named(operation: Operation) -> str:
    """How a parametrized test is named after an operation."""
    return operation.id


def identity(listing: Operation) -> str:
    """The member that tells one row of a list from another."""
    return "id" if "id" in listing.members or listing.detail is None else listing.detail.member


class Route(NamedTuple):
    """Where a method and a path lead: the operation, if there is one, and the path's methods, if there is such a path."""

    operation: Operation | None
    methods: tuple[str, ...]


def route(method: str, path: str) -> Route:
    """`path` is below the server's address and without a query. HEAD leads where GET does."""
    parts = path.split("/")
    matching = [template for template in CONTRACT.methods if _matches(template.split("/"), parts)]
    if not matching:
        return Route(None, ())
    template = min(matching, key=lambda each: each.count("{"))
    wanted = "GET" if method == "HEAD" else method
    operation = next((o for o in OPERATIONS if o.path == template and o.method == wanted), None)
    return Route(operation, CONTRACT.methods[template])


def parameters(operation: Operation, path: str) -> dict[str, str]:
    """The path parameters of an operation in a path that leads to it."""
    pairs = zip(operation.path.split("/"), path.split("/"), strict=True)
    return {place[1:-1]: unquote(part) for place, part in pairs if place.startswith("{")}


def _matches(template: list[str], parts: list[str]) -> bool:
    return len(template) == len(parts) and all(
        part == expected or (expected.startswith("{") and part != "") for expected, part in zip(template, parts, strict=True)
    )
