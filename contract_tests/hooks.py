"""What Schemathesis is told about this API beyond the document; `hooks` of schemathesis.toml names this module.

Its checks judge an answer by the document alone. Here are the laws that it cannot know, as one more check, and the few
valid requests that the contract refuses for what no schema can say.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import schemathesis
from schemathesis.core.transport import Response
from schemathesis.openapi.checks import RejectedPositiveData

from contract_tests.document import LISTS, STATUS, choice
from contract_tests.laws import judge
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


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Response) -> bool:
    """Drop the refusals of BEYOND_SCHEMA, when a valid request got them; keep every other failure."""
    if not isinstance(failure, RejectedPositiveData) or response.status_code not in (400, STATUS["VALIDATION_ERROR"]):
        return True
    operation = (case.operation.definition.raw or {}).get("operationId", "")
    try:
        error = json.loads(response.content)["error"]
        pointers = [fault["pointer"] for fault in error["details"].get("errors", ())]
    except (ValueError, KeyError, TypeError, AttributeError):
        return True
    allowed = BEYOND_SCHEMA.get(operation, {}).get(error["code"])
    return allowed is None or not all(re.fullmatch(allowed, pointer) for pointer in pointers)


@schemathesis.check
def every_answer_keeps_the_laws(context: Any, response: Response, case: Any) -> None:
    """The judge's own laws, on each of Schemathesis' requests."""
    broken = [f"{rule}: {line}" for rule, found in judge(_seen(response, case)) for line in found]
    if broken:
        raise AssertionError("\n".join(broken))


def _seen(response: Response, case: Any) -> Seen:
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
