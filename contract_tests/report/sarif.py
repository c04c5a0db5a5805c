"""SARIF 2.1.0, for code scanning: each rule a descriptor, each failure a result at its operation."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from contract_tests.report.model import Failure, Headers, Known, Report, Request, Response, RuleResult, Verdict
from contract_tests.report.sameness import fingerprint
from contract_tests.report.visible import visible
from contract_tests.report.wording import chosen
from contract_tests.rules import GROUPS, Level

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
DOCUMENT = "openapi.yaml"
BODY = 2_000  # characters of a body; code-scanning sites refuse large files
LEVELS = {Level.MUST: "error", Level.SHOULD: "warning"}


def rendered(report: Report, lines: Mapping[str, int] | None = None) -> bytes:
    """The file. `lines` has the line of each operation in the document; without one a result stands at the first."""
    run = {
        "tool": {
            "driver": {
                "name": report.tool.name,
                "semanticVersion": report.tool.version,
                "rules": [_descriptor(rule) for rule in report.rules],
            }
        },
        "invocations": [_invocation(report)],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(index, rule, failure, lines or {})
            for index, rule in enumerate(report.rules)
            for failure in rule.failures
        ],
        "properties": {"target": report.target_name, "address": report.address, "seed": report.seed},
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace") + b"\n"


def address_of(source: str) -> str | None:
    """Where a source can be read, if it is an RFC; the other sources have no address of their own."""
    found = re.search(r"RFC (\d+)(?:, (\d+(?:\.\d+)*))?", source)
    section = f"#section-{found[2]}" if found and found[2] else ""
    return f"https://www.rfc-editor.org/rfc/rfc{found[1]}{section}" if found else None


def _descriptor(rule: RuleResult) -> dict[str, Any]:
    uri = address_of(rule.source)
    return {
        "id": rule.id,
        "shortDescription": {"text": visible(rule.sentence)},
        "help": {"text": visible(f"{rule.level}: {rule.sentence}\n{rule.source}")},
        **({"helpUri": uri} if uri else {}),
        "defaultConfiguration": {"level": LEVELS[rule.level]},
        "properties": {"tags": [rule.level, GROUPS.get(rule.group, rule.group)]},
    }


def _invocation(report: Report) -> dict[str, Any]:
    """What was not run, what broke and what the target chose are told here: they are no findings about it."""
    began = datetime.fromisoformat(report.started_at)
    ended = began + timedelta(seconds=report.seconds)
    told = [
        {
            "level": "error" if rule.verdict is Verdict.ERROR else "note",
            "message": {"text": visible(f"{rule.id} {rule.verdict.replace('_', ' ')}: {rule.reason or 'no reason given'}")},
            "associatedRule": {"id": rule.id, "index": index},
        }
        for index, rule in enumerate(report.rules)
        if rule.verdict in (Verdict.NOT_RUN, Verdict.ERROR)
    ]
    return {
        "executionSuccessful": not report.counts[Verdict.ERROR],
        "startTimeUtc": report.started_at,
        "endTimeUtc": ended.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "toolExecutionNotifications": told,
        "toolConfigurationNotifications": [
            {"level": "note", "message": {"text": visible(f"{each.choice}: {each.sentence}")}} for each in chosen(report)
        ],
    }


def _result(index: int, rule: RuleResult, failure: Failure, lines: Mapping[str, int]) -> dict[str, Any]:
    """A known failure is a note, and suppressed: the baseline has it."""
    suppression = {"kind": "external", "status": "accepted", "justification": "the baseline has it"}
    said = f"{failure.operation}: {failure.what}" + (" (flaky: it did not return)" if failure.flaky else "")
    return {
        "ruleId": rule.id,
        "ruleIndex": index,
        "level": "note" if failure.known else LEVELS[rule.level],
        "message": {"text": visible(f"{said}\n{failure.curl}".strip())},
        "locations": [_location(failure.operation, lines)],
        "partialFingerprints": {"nexusContract/v1": fingerprint(Known(rule.id, failure.operation, failure.what))},
        "occurrenceCount": failure.times,
        **({"webRequest": _request(failure.request)} if failure.request else {}),
        **({"webResponse": _response(failure.response)} if failure.response else {}),
        **({"suppressions": [suppression]} if failure.known else {}),
        "properties": {"flaky": failure.flaky, "replay": visible(failure.replay)},
    }


def _location(operation: str, lines: Mapping[str, int]) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": DOCUMENT},
            "region": {"startLine": lines.get(operation, 1)},
        },
        "logicalLocations": [{"name": visible(operation), "kind": "function"}],
    }


def _request(request: Request) -> dict[str, Any]:
    body = {"body": {"text": visible(request.body[:BODY])}} if request.body is not None else {}
    return {"method": request.method, "target": visible(request.url), "headers": _headers(request.headers), **body}


def _response(response: Response) -> dict[str, Any]:
    body = {"text": visible(response.body[:BODY])}
    return {"statusCode": response.status, "headers": _headers(response.headers), "body": body}


def _headers(headers: Headers) -> dict[str, str]:
    """SARIF has one value for each name."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[visible(name)] = ", ".join(filter(None, (joined.get(visible(name)), visible(value))))
    return joined
