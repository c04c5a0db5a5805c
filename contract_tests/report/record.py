"""report.json: the report as data, versioned, described by report.schema.json, and read back for replay and baseline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from contract_tests.absence import Why
from contract_tests.report.model import (
    Document,
    Failure,
    Known,
    OperationResult,
    Report,
    Request,
    Response,
    RuleResult,
    Tool,
    Verdict,
)
from contract_tests.rules import Effect, Level

FORMAT = 2
SCHEMA: Mapping[str, Any] = json.loads(Path(__file__).with_name("report.schema.json").read_text("utf-8"))


class UnreadableReport(ValueError):
    """A file that is no report of this format; the message names the file and the place in it."""


def dumped(report: Report) -> bytes:
    """The file. The summary repeats, for those who read it with jq, what the rules say."""
    summary = {
        "outcome": report.outcome.name.lower(),
        "conforms": report.conforms,
        "complete": report.complete,
        **{verdict.value: report.counts[verdict] for verdict in Verdict},
    }
    body = {"format": FORMAT, "summary": summary, **asdict(report)}
    return json.dumps(body, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace") + b"\n"


def load(path: Path) -> Report:
    """The report that a file holds."""
    body = parsed(path)
    check(body, path, "report")
    return Report(
        tool=Tool(**body["tool"]),
        target_name=body["target_name"],
        target_file=body["target_file"],
        address=body["address"],
        started_at=body["started_at"],
        seconds=body["seconds"],
        seed=body["seed"],
        examples=body["examples"],
        profile=body["profile"],
        allowed=tuple(body["allowed"]),
        choices=body["choices"],
        document=Document(**body["document"]),
        requests=body["requests"],
        leftovers=tuple(body["leftovers"]),
        rules=tuple(_rule(each) for each in body["rules"]),
        mended=tuple(Known(**each) for each in body["mended"]),
    )


def parsed(path: Path) -> Any:
    """The JSON of a file."""
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as why:
        raise UnreadableReport(f"{path} cannot be read: {why.strerror}") from why
    except (ValueError, RecursionError) as why:
        raise UnreadableReport(f"{path} is no JSON: {why}") from why


def check(body: Any, path: Path, kind: str) -> None:
    """Refuses what is not the kind of file that the schema defines under that name."""
    told = body.get("format") if isinstance(body, dict) else None
    if told != FORMAT:
        raise UnreadableReport(
            f"{path} is no report of format {FORMAT}" + (f", but of {told!r}" if told is not None else "")
        )
    error = next(_validator(kind).iter_errors(body), None)
    if error:
        place = "/".join(map(str, error.instance_path))
        raise UnreadableReport(f"{path} is no {kind}: at /{place}, {error.message[:200]}")


@cache
def _validator(kind: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{kind}"})


def _rule(body: Mapping[str, Any]) -> RuleResult:
    changed = {
        "level": Level(body["level"]),
        "verdict": Verdict(body["verdict"]),
        "effects": tuple(map(Effect, body["effects"])),
        "why": body["why"] and Why(body["why"]),
        "operations": {
            name: OperationResult(Verdict(each["verdict"]), each["examples"]) for name, each in body["operations"].items()
        },
        "failures": tuple(_failure(each) for each in body["failures"]),
    }
    return RuleResult(**{**body, **changed})


def _failure(body: Mapping[str, Any]) -> Failure:
    request, response = body["request"], body["response"]
    changed = {
        "request": request and Request(**{**request, "headers": _pairs(request)}),
        "response": response and Response(**{**response, "headers": _pairs(response)}),
    }
    return Failure(**{**body, **changed})


def _pairs(message: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in message["headers"])
