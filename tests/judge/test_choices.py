"""Choices: what a target file may state, and that the judge then judges by a document that says so."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from contract_tests import view
from contract_tests.choices import CHOICES, PATCHES, patched, stated
from contract_tests.partial import reduced
from contract_tests.view import View
from nexuscommerce.contract import Contract, load

ROOT = Path(__file__).parents[2]
PAGE, TARGET = ROOT / "docs/choices.md", ROOT / "fixtures/targets/mock.toml"
EVERY = {choice.name: choice.instead for choice in CHOICES.values()}


@pytest.fixture(scope="module")
def whole() -> Contract:
    return load()


def only(whole: Contract, name: str) -> Contract:
    """The contract with one choice."""
    return patched(whole, {name: CHOICES[name].instead})


def faults(contract: Contract, schema: str, value: object) -> list[str]:
    return [error.message for error in contract.schemas.validator(contract.schemas.named(schema)).iter_errors(value)]


def test_a_choice_is_between_two_and_has_its_sentence() -> None:
    for choice in CHOICES.values():
        assert choice.document != choice.instead
        assert choice.sentence.endswith(".")
        assert choice.source
    assert set(PATCHES) <= set(CHOICES)


def test_what_the_document_says_is_no_choice() -> None:
    assert stated({"validation_status": 400, "last_cursor": "null"}) == {}
    assert stated({"validation_status": 422, "options_status": "200"}) == {
        "validation_status": "422",
        "options_status": "200",
    }


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"validation": 422}, "unknown name in [choices] `validation`; there are validation_status, "),
        ({"validation_status": 409}, "[choices] validation_status is 422, or 400 as the document has it, not 409"),
        ({"last_cursor": True}, "[choices] last_cursor is absent, or null as the document has it, not True"),
        ({"limit_beyond": ["clamp"]}, "[choices] limit_beyond is clamp, or refuse as the document has it, not ['clamp']"),
    ],
)
def test_what_may_not_be_chosen_is_refused(table: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match="choices") as refused:
        stated(table)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("name", [*CHOICES, "all of them"])
def test_the_document_stays_one(name: str, whole: Contract) -> None:
    """And the one that it is made of stays as it was; a part of it is one too."""
    before = json.dumps(whole.document, default=str)
    chosen = patched(whole, EVERY) if name == "all of them" else only(whole, name)

    validate(json.loads(json.dumps(chosen.document, default=str)))
    assert set(chosen.operations) == set(whole.operations) == set(reduced(chosen, tuple(_tags(whole))).operations)
    assert json.dumps(whole.document, default=str) == before


def _tags(whole: Contract) -> list[str]:
    return [tag["name"] for tag in whole.document["tags"]]


def test_without_choices_it_is_the_document_itself(whole: Contract) -> None:
    assert patched(whole, {}) is whole


def test_validation_errors_alone_are_422(whole: Contract) -> None:
    chosen = only(whole, "validation_status")
    statuses = {row.code: row.status for row in chosen.refusals}

    assert {code for code, status in statuses.items() if status == 422} == {"VALIDATION_ERROR"}
    assert [row.code for row in chosen.refusals] == [row.code for row in whole.refusals]
    for operation in chosen.operations.values():
        assert {400, 422} <= set(operation.responses)
    error = {"error": {"code": "VALIDATION_ERROR", "message": "x", "details": {}}}
    other = {"error": {"code": "MALFORMED_JSON", "message": "x", "details": {}}}
    assert [bool(faults(chosen, "UnprocessableContentError", each)) for each in (error, other)] == [False, True]
    assert [bool(faults(chosen, "BadRequestError", each)) for each in (error, other)] == [True, False]


def test_the_last_cursor_is_absent_and_never_null(whole: Contract) -> None:
    chosen, place = only(whole, "last_cursor"), {"total": 1, "page": 1, "limit": 50}
    pages = (place, {**place, "nextCursor": "x"}, {**place, "nextCursor": None})

    assert [bool(faults(chosen, "PageMeta", page)) for page in pages] == [False, False, True]
    assert [bool(faults(whole, "PageMeta", page)) for page in pages] == [True, False, False]


def test_a_limit_has_no_end(whole: Contract) -> None:
    schema = only(whole, "limit_beyond").operations["listProducts"].parameter("limit").schema

    assert (schema["minimum"], "maximum" in schema) == (1, False)


def test_deletions_answer_an_envelope(whole: Contract) -> None:
    chosen = only(whole, "deleted_status")
    deletions = [operation for operation in chosen.operations.values() if operation.method == "DELETE"]

    assert [operation.success for operation in deletions] == [200, 200]
    assert faults(chosen, "DeletedEnvelope", {"data": None}) == []
    assert faults(chosen, "DeletedEnvelope", {"deleted": True}) != []


def test_the_view_is_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(view.VARIABLE, "")
    assert view.chosen() == View()
    view.choose(View(("Health", "AI jobs"), {"last_cursor": "absent"}))
    assert view.chosen() == View(("Health", "AI jobs"), {"last_cursor": "absent"})


def test_the_page_has_every_choice() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.count(" | ") == 4 and line.startswith("| `")]

    assert rows == [f"| `{c.name}` | {c.document} | {c.instead} | {c.sentence} | {c.source} |" for c in CHOICES.values()]


def test_the_example_of_a_target_file_offers_every_choice() -> None:
    offered = TARGET.read_text("utf-8").partition("# [choices]\n")[2].partition("\n\n")[0]

    assert stated(tomllib.loads(offered.replace("# ", ""))) == EVERY
