"""Schemathesis' checks by the rule that they judge, what each finding is called, and which requests are evidence for a rule.

Known in Schemathesis' process alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.engine.recorder import CaseNode
from schemathesis.generation.case import Case
from schemathesis.generation.meta import REQUEST_SHAPE_PROBES, CoverageScenario, coverage_scenario
from schemathesis.generation.modes import GenerationMode

from contract_tests.laws import LAWS

CRASHES, ACCEPTS, REFUSES, CONFORMS, METHODS, GUARDS, REMEMBERS = (f"SCH-{n:02}" for n in range(1, 8))
CHECKS: Mapping[str, str] = {
    "not_a_server_error": CRASHES,
    "positive_data_acceptance": ACCEPTS,
    "negative_data_rejection": REFUSES,
    "missing_required_header": REFUSES,
    "status_code_conformance": CONFORMS,
    "content_type_conformance": CONFORMS,
    "response_headers_conformance": CONFORMS,
    "response_schema_conformance": CONFORMS,
    "unsupported_method": METHODS,
    "allow_header_conformance": METHODS,
    "ignored_auth": GUARDS,
    "use_after_free": REMEMBERS,
    "ensure_resource_availability": REMEMBERS,
    **{law: law for law in LAWS},
}
TOO_MANY, SERVER_ERROR = 429, 500
BEFORE = ("POST", "DELETE")  # what the next step can hold the server to


def speaks(rule: str, status: int) -> bool:
    """Whether an answer of this status says something of a rule. A server error is told once, whatever the request was; that
    the rate limit is used up says nothing of what was asked."""
    if rule in LAWS or rule == CRASHES:
        return True
    return status != TOO_MANY and (status < SERVER_ERROR or rule in (GUARDS, REMEMBERS))


def evidence(node: CaseNode, status: int, parent: Response | None) -> Iterator[str]:
    """The rules that this request was made for. A check that passes may have had nothing to look at."""
    case, own = node.value, node.parent_id is None or node.transition is not None
    yield CRASHES
    scenario = coverage_scenario(case)
    if scenario == CoverageScenario.UNSPECIFIED_HTTP_METHOD:
        yield METHODS
    if scenario in REQUEST_SHAPE_PROBES:
        return
    if not own:
        yield GUARDS  # the same request once more, without credentials or with bad ones
        return
    yield CONFORMS
    if is_valid(case) and status < 300:
        yield ACCEPTS
    if case.meta is not None and case.meta.generation.mode == GenerationMode.NEGATIVE:
        yield REFUSES
    if parent is not None and parent.status_code < 300 and parent.request.method in BEFORE:
        yield REMEMBERS


def is_valid(case: Case[Any]) -> bool:
    """Whether it was made to be accepted."""
    return case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE


def said(failure: Any, case: Case[Any], response: Response) -> str:
    """What was found, in words that are the same in every run: values that were generated stay out of it."""
    say = _SAID.get(type(failure).__name__, _title)
    return f"answered {response.status_code} {say(failure, case, response)}".strip()


def _title(failure: Any, case: Case[Any], response: Response) -> str:
    return str(failure.title)


def _code(failure: Any, case: Case[Any], response: Response) -> str:
    """With the error's code, where it has one."""
    try:
        return str(json.loads(response.content)["error"]["code"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _rejected(failure: Any, case: Case[Any], response: Response) -> str:
    return f"{_code(failure, case, response)} to a valid request".strip()


def _accepted(failure: Any, case: Case[Any], response: Response) -> str:
    parts = sorted(set(_wrong_parts(case)))
    return (
        f"to a request that is wrong in {', '.join(parts)}" if len(parts) < 3 else "to a request that is wrong in many parts"
    )


def _wrong_parts(case: Case[Any]) -> Iterator[str]:
    assert case.meta is not None
    data = case.meta.phase.data
    for mutation in data.mutations:
        names = [str(part) for part in mutation.path if not isinstance(part, int)]
        yield _part(mutation.parameter_location, mutation.parameter, names[:1])
    if not data.mutations:
        # "title: Value not matching …", where a member of the body is meant.
        member, colon, _ = (data.description or "").partition(": ")
        yield _part(data.parameter_location, data.parameter, [member] if colon and " " not in member else [])


def _part(location: Any, parameter: str | None, members: list[str]) -> str:
    where = str(getattr(location, "value", location) or "its parts")
    names = members if where == "body" else [parameter] if parameter else []
    return f"{where} {names[0]}" if names else where


def _against_schema(failure: Any, case: Case[Any], response: Response) -> str:
    place = "/".join("*" if isinstance(part, int) else str(part) for part in failure.instance_path)
    what = "header" if "header" in failure.title.lower() else "body"
    return f"with a {what} that breaks its schema at /{place} ({failure.schema_path[-1] if failure.schema_path else ''})"


def _method(failure: Any, case: Case[Any], response: Response) -> str:
    return f"to {failure.method}" + ("" if failure.allow_header_present is not False else ", without Allow")


def _allow(failure: Any, case: Case[Any], response: Response) -> str:
    wrong = [f"lacks {name}" for name in failure.missing_methods] + [f"has {name}" for name in failure.undocumented_methods]
    return f"with an Allow that {', '.join(wrong)}"


_SAID: Mapping[str, Callable[[Any, Case[Any], Response], str]] = {
    "ServerError": _code,
    "ContentTypeServerError": lambda failure, case, _: f"to Content-Type {case.headers.get('Content-Type')}",
    "RejectedPositiveData": _rejected,
    "AcceptedNegativeData": _accepted,
    "MissingHeaderNotRejected": lambda failure, *_: f"without the header {failure.header_name}",
    "UndefinedStatusCode": lambda *_: "which is not documented for it",
    "UndefinedContentType": lambda failure, *_: f"as {failure.content_type}",
    "MissingHeaders": lambda failure, *_: f"without {', '.join(failure.missing_headers)}",
    "JsonSchemaError": _against_schema,
    "UnsupportedMethodResponse": _method,
    "AllowHeaderMismatch": _allow,
    "IgnoredAuth": lambda failure, *_: f"to {failure.scenario.value.replace('_', ' ')}",
    "UseAfterFree": lambda *_: "after it was deleted",
    "EnsureResourceAvailability": lambda *_: "after it was created",
    "CustomFailure": lambda failure, *_: str(failure.message),
}


def explained(failure: Failure, steps: list[str]) -> str:
    """Schemathesis' own words, and the requests that led to it if there were several."""
    return "\n".join([*steps, failure.message] if len(steps) > 1 else [failure.message]).strip()
