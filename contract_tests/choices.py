"""Where a target may legally differ from the document, and what the judge then judges by.

A target file states its choices in [choices]. What the document can say is patched into a copy of it, so that laws, tests
and Schemathesis judge by it alike; for the rest a test asks `document.choice`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

from nexuscommerce.contract import METHODS, Contract

Document = dict[str, Any]


class Choice(NamedTuple):
    """A point of choices.toml: what the document says there, what else may be chosen, and what a report says of it."""

    name: str
    document: str
    instead: str
    sentence: str
    source: str


CHOICES = {
    name: Choice(name, **table)
    for name, table in tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")).items()
}


def stated(table: Mapping[str, object]) -> dict[str, str]:
    """What a table [choices] chooses other than the document does. Raises ValueError with a line that names the mend."""
    for name, value in table.items():
        if name not in CHOICES:
            raise ValueError(f"unknown name in [choices] `{name}`; there are {', '.join(CHOICES)}")
        _, document, instead, *_ = CHOICES[name]
        if str(value) not in (document, instead):
            raise ValueError(f"[choices] {name} is {instead}, or {document} as the document has it, not {value!r}")
    return {name: str(value) for name, value in table.items() if str(value) != CHOICES[name].document}


def patched(whole: Contract, chosen: Mapping[str, str]) -> Contract:
    """The contract as these choices have it; the one that is given stays as it is."""
    if not chosen:
        return whole
    document = deepcopy(dict(whole.document))
    for name in chosen:
        PATCHES.get(name, _nothing)(document)
    return Contract(document, whole.source)


def _nothing(_: Document) -> None:
    """The document cannot say it."""


def _validation_is_422(document: Document) -> None:
    """A response of its own beside 400, which is left to the other refusals."""
    responses, schemas, code = document["components"]["responses"], document["components"]["schemas"], "VALIDATION_ERROR"
    own = responses["UnprocessableContent"] = deepcopy(responses["BadRequest"])
    own["content"]["application/json"] = {
        "schema": {"$ref": "#/components/schemas/UnprocessableContentError"},
        "examples": {code: responses["BadRequest"]["content"]["application/json"]["examples"].pop(code)},
    }
    schemas["UnprocessableContentError"] = deepcopy(schemas["BadRequestError"])
    for name, kept in (("UnprocessableContentError", True), ("BadRequestError", False)):
        listed = schemas[name]["properties"]["error"]["properties"]["code"]
        listed["enum"] = [each for each in listed["enum"] if (each == code) is kept]
    for refusal in document["x-refusals"]:
        if refusal["code"] == code:
            refusal.update(status=422, response="UnprocessableContent")
    for _, node in _operations(document):
        if "400" in node["responses"]:
            node["responses"]["422"] = {"$ref": "#/components/responses/UnprocessableContent"}


def _limit_is_clamped(document: Document) -> None:
    del document["components"]["parameters"]["Limit"]["schema"]["maximum"]


def _last_cursor_is_absent(document: Document) -> None:
    meta = document["components"]["schemas"]["PageMeta"]
    meta["required"].remove("nextCursor")
    del meta["properties"]["nextCursor"]["nullable"]


def _deleted_is_200(document: Document) -> None:
    envelope = {"type": "object", "additionalProperties": False, "required": ["data"], "properties": {"data": {}}}
    document["components"]["schemas"]["DeletedEnvelope"] = envelope
    schema = {"schema": {"$ref": "#/components/schemas/DeletedEnvelope"}}
    document["components"]["responses"]["Deleted"]["content"] = {"application/json": schema}
    for method, node in _operations(document):
        if method == "delete":
            node["responses"] = {"200" if status == "204" else status: each for status, each in node["responses"].items()}


def _operations(document: Document) -> Iterator[tuple[str, Any]]:
    return ((name, node) for item in document["paths"].values() for name, node in item.items() if name in METHODS)


PATCHES: Mapping[str, Callable[[Document], None]] = {
    "validation_status": _validation_is_422,
    "limit_beyond": _limit_is_clamped,
    "last_cursor": _last_cursor_is_absent,
    "deleted_status": _deleted_is_200,
}
