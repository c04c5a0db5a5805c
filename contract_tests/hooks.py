"""What Schemathesis is told about this API beyond the document; `hooks` of schemathesis.toml names this module.

Its checks judge an answer by the document alone. Here are the laws that it cannot know, each as one more check, and the few
valid requests that the contract refuses for what no schema can say. In a process that the judge started, what stands before
its requests and what writes down its findings begin here too.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import schemathesis
import schemathesis.cli
from schemathesis.core.transport import Response
from schemathesis.engine.run.stateful import _executor as sequences
from schemathesis.openapi.checks import RejectedPositiveData

from contract_tests.document import LISTS, STATUS, WITH_ID, choice
from contract_tests.laws import LAWS, judged
from contract_tests.schema_layer import errand
from contract_tests.schema_layer.clerk import Clerk
from contract_tests.schema_layer.patience import patient
from contract_tests.schema_layer.wire import Wire
from contract_tests.seen import Seen

# Where a limit is lowered, one that is no number in the target's language may still be refused.
HUGE = "|limit" if choice("limit_beyond") == "clamp" else ""
LISTING = {"INVALID_CURSOR": ""} | ({"VALIDATION_ERROR": "/limit"} if HUGE else {})  # a cursor is a text that was issued
# Operation -> what it may refuse although the schema allows it: the code, and the pointers of all its faults.
BEYOND_SCHEMA: dict[str, dict[str, str]] = {
    **{listing.id: LISTING for listing in LISTS},
    "listOrders": {**LISTING, "VALIDATION_ERROR": f"/(start_date|end_date{HUGE})"},  # … and no start is after its end
    "confirmShipment": {"VALIDATION_ERROR": r"/line_items/\d+/external_line_item_id"},  # a line is one of the order's
    "bulkSetInventory": {"VALIDATION_ERROR": r"/updates/\d+"},  # no level is set twice
    "updatePricingRule": {"VALIDATION_ERROR": "/(category|skus)"},  # with what the rule has, a change makes a whole rule
}
for _operation in WITH_ID if choice("foreign_resource") == "403" else ():  # an example's id may be another tenant's
    BEYOND_SCHEMA.setdefault(_operation.id, {})["TENANT_ACCESS_DENIED"] = ""
STATUSES = {STATUS[code] for allowed in BEYOND_SCHEMA.values() for code in allowed}


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Response) -> bool:
    """Drop the refusals of BEYOND_SCHEMA, when a valid request got them; keep every other failure."""
    if not isinstance(failure, RejectedPositiveData) or response.status_code not in STATUSES:
        return True
    operation = (case.operation.definition.raw or {}).get("operationId", "")
    try:
        error = json.loads(response.content)["error"]
        pointers = [fault["pointer"] for fault in error["details"].get("errors", ())]
    except (ValueError, KeyError, TypeError, AttributeError):
        return True
    allowed = BEYOND_SCHEMA.get(operation, {}).get(error["code"])
    return allowed is None or not all(re.fullmatch(allowed, pointer) for pointer in pointers)


def _check_of(law: str) -> Callable[[Any, Response, Any], bool | None]:
    def check(context: Any, response: Response, case: Any) -> bool | None:
        found = judged(law, _seen(response, case))
        if found:
            raise AssertionError("; ".join(found))
        return True if found is None else None  # True is Schemathesis' word for: this does not apply

    check.__name__ = law
    return check


for _law in LAWS:
    schemathesis.check(_check_of(_law))


class _Last:
    """All laws look at one answer after the other: it is read once."""

    response: Response | None = None
    seen: Seen


def _seen(response: Response, case: Any) -> Seen:
    if _Last.response is not response:
        _Last.response, _Last.seen = response, _read(response, case)
    return _Last.seen


def _read(response: Response, case: Any) -> Seen:
    url = urlsplit(str(response.request.url))
    fields = parse_qs(url.query, keep_blank_values=True).get("fields")
    authorization = response.request.headers.get("Authorization")
    return Seen(
        method=str(response.request.method),
        path=url.path.removeprefix(urlsplit(case.operation.base_url).path.rstrip("/")),
        fields=tuple(fields[0].split(",")) if fields else None,
        authorization=authorization.decode() if isinstance(authorization, bytes) else authorization,
        status=response.status_code,
        headers={name.lower(): ", ".join(values) for name, values in response.headers.items()},
        content=response.content,
    )


if (_errand := errand.given()) is not None:
    _wire = Wire(_errand, os.environ[errand.TOKEN])
    _wire.attach()

    @schemathesis.cli.handler()
    class _OurClerk(Clerk):
        wire = _wire


sequences._classify_suite_error = patient(sequences._classify_suite_error)
