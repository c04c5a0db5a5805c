"""SARIF 2.1.0 as code scanning reads it.

No package carries its schema, so what is used of it is written out here, closed, as the specification has it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema_rs
import pytest

from contract_tests.report import sarif
from contract_tests.report.model import Report
from contract_tests.report.redaction import published
from tests.judge.report import reports


def closed(*required: str, **members: Any) -> dict[str, Any]:
    """An object of the specification, as far as it is used: nothing else may be in it."""
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": members}


TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
MESSAGE = closed("text", text={"type": "string", "minLength": 1})
LEVEL = {"enum": ["none", "note", "warning", "error"]}
HEADERS = {"type": "object", "additionalProperties": TEXT}
BAG = {"type": "object"}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
DESCRIPTOR = closed(
    "id",
    id=TEXT,
    shortDescription=MESSAGE,
    help=MESSAGE,
    helpUri={"type": "string", "pattern": "^https://"},
    defaultConfiguration=closed(level=LEVEL),
    properties=closed(tags={"type": "array", "items": TEXT, "uniqueItems": True}),
)
NOTIFICATION = closed("message", level=LEVEL, message=MESSAGE, associatedRule=closed(id=TEXT, index=COUNT))
INVOCATION = closed(
    "executionSuccessful",
    executionSuccessful={"type": "boolean"},
    startTimeUtc=TIME,
    endTimeUtc=TIME,
    toolExecutionNotifications={"type": "array", "items": NOTIFICATION},
    toolConfigurationNotifications={"type": "array", "items": NOTIFICATION},
)
LOCATION = closed(
    physicalLocation=closed(
        "artifactLocation",
        artifactLocation=closed("uri", uri={"type": "string", "pattern": "^[^/:][^:]*$"}),
        region=closed("startLine", startLine={"type": "integer", "minimum": 1}),
    ),
    logicalLocations={"type": "array", "items": closed(name=TEXT, kind={"const": "function"})},
)
RESULT = closed(
    "message",
    "ruleId",
    "level",
    "locations",
    "partialFingerprints",
    ruleId=TEXT,
    ruleIndex=COUNT,
    level=LEVEL,
    message=MESSAGE,
    locations={"type": "array", "items": LOCATION, "minItems": 1},
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string", "pattern": "^[0-9a-f]{32}$"}},
    occurrenceCount={"type": "integer", "minimum": 1},
    webRequest=closed(method=TEXT, target=TEXT, headers=HEADERS, body=closed(text=TEXT)),
    webResponse=closed(statusCode={"type": "integer"}, headers=HEADERS, body=closed(text=TEXT)),
    suppressions={
        "type": "array",
        "items": closed("kind", kind={"enum": ["inSource", "external"]}, status={"const": "accepted"}, justification=TEXT),
    },
    properties=BAG,
)
DRIVER = closed("name", name=TEXT, semanticVersion=TEXT, rules={"type": "array", "items": DESCRIPTOR, "uniqueItems": True})
RUN = closed(
    "tool",
    tool=closed("driver", driver=DRIVER),
    invocations={"type": "array", "items": INVOCATION},
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": RESULT},
    properties=BAG,
)
LOG = closed(
    "version",
    "runs",
    **{"$schema": TEXT, "version": {"const": "2.1.0"}, "runs": {"type": "array", "items": RUN, "minItems": 1}},
)


def run(report: Report, **lines: int) -> dict[str, Any]:
    """The one run of the file."""
    log = json.loads(sarif.rendered(published(report, {}), lines))
    only: dict[str, Any] = log["runs"][0]
    return only


@pytest.mark.parametrize(
    "make", [reports.report, reports.three, reports.hundred, reports.many, reports.mostly_unrun, reports.hostile]
)
def test_the_file_keeps_to_the_specification(make: reports.Made) -> None:
    log = json.loads(sarif.rendered(published(make(), {})))

    assert [] == [
        f"{list(each.instance_path)}: {each.message}" for each in jsonschema_rs.Draft202012Validator(LOG).iter_errors(log)
    ]


@pytest.mark.parametrize("make", [reports.three, reports.many, reports.hostile])
def test_every_result_names_its_rule(make: reports.Made) -> None:
    seen = run(make())
    rules = [rule["id"] for rule in seen["tool"]["driver"]["rules"]]

    assert [each["ruleId"] for each in seen["results"]] == [rules[each["ruleIndex"]] for each in seen["results"]]


def test_a_must_is_an_error_a_should_a_warning_a_known_one_a_suppressed_note() -> None:
    known = reports.failing(replace(reports.failure(), known=True))
    seen = run(reports.changed(reports.three(), {"PAG-01": known}))
    levels = {each["ruleId"]: (each["level"], "suppressions" in each) for each in seen["results"]}

    assert {
        "PAG-01": ("note", True),
        "PAG-02": ("error", False),
        "TEN-04": ("error", False),
        "WRT-04": ("error", False),
        "STA-05": ("warning", False),
    } == levels


def test_a_hundred_identical_failures_are_one_result() -> None:
    assert [100] == [each["occurrenceCount"] for each in run(reports.hundred())["results"]]


def test_fingerprints_are_the_same_though_numbers_changed() -> None:
    first, second = (
        run(reports.changed(reports.report(), {"PAG-02": reports.failing(reports.failure(what=what))}))["results"]
        for what in ("expected 50 rows, got 49", "expected 20 rows, got 18")
    )

    assert first[0]["partialFingerprints"] == second[0]["partialFingerprints"]


def test_a_result_stands_at_the_line_of_its_operation() -> None:
    places = [each["locations"][0]["physicalLocation"] for each in run(reports.hundred(), createProduct=412)["results"]]

    assert [{"artifactLocation": {"uri": "openapi.yaml"}, "region": {"startLine": 412}}] == places


def test_what_was_not_run_is_told_and_is_no_result() -> None:
    seen = run(reports.three())
    (invocation,) = seen["invocations"]

    assert 8 == len(invocation["toolExecutionNotifications"])
    assert invocation["executionSuccessful"]
    assert "AUT-05" not in {each["ruleId"] for each in seen["results"]}


def test_a_choice_is_told_with_what_it_means() -> None:
    (invocation,) = run(reports.report(choices={"options_status": "200"}))["invocations"]
    (told,) = invocation["toolConfigurationNotifications"]

    assert "note" == told["level"]
    assert "options_status = 200: OPTIONS answers 200 and not 204; browsers take either." == told["message"]["text"]


def test_an_error_of_the_suite_is_no_successful_execution() -> None:
    (invocation,) = run(reports.changed(reports.report(), {"PAG-02": reports.erring("it broke")}))["invocations"]

    assert not invocation["executionSuccessful"]
    assert ["error"] == [each["level"] for each in invocation["toolExecutionNotifications"]]


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("RFC 9110, 9.3.2; contract: Lists", "https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2"),
        ("contract: Lists; RFC 8259", "https://www.rfc-editor.org/rfc/rfc8259"),
        ("openapi.yaml#/paths", None),
    ],
)
def test_an_rfc_has_an_address(source: str, address: str | None) -> None:
    assert address == sarif.address_of(source)
