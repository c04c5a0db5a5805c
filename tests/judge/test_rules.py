"""Every rule has a test and every test a rule."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.consecutive import EVERY
from contract_tests.document import WHOLE
from contract_tests.rules import RULES
from contract_tests.target import CREDENTIALS, REQUIRED

PACKAGE = Path(__file__).parents[2] / "contract_tests"


def marked() -> Iterator[tuple[str, list[str]]]:
    """Each test function of the judge with the rules that it is marked with."""
    for path in sorted(PACKAGE.glob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield f"{path.name}::{node.name}", [str(mark) for each in node.decorator_list for mark in _marks(each)]


def _marks(decorator: ast.expr) -> Iterator[object]:
    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.rule":
        yield ast.literal_eval(decorator.args[0])


# These are parametrized with the rules of EVERY, and of LAWS.
LOOKING_BACK = (
    "test_laws.py::test_every_answer_keeps_the_law",
    "test_schemathesis.py::test_its_answers_keep_the_law",
)


@pytest.mark.parametrize(("name", "rules"), list(marked()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_test_has_one_rule(name: str, rules: list[str]) -> None:
    assert (name in LOOKING_BACK and not rules) or (len(rules) == 1 and rules[0] in RULES)


def test_every_rule_has_a_test() -> None:
    judged = {rule for _, rules in marked() for rule in rules} | set(EVERY)

    assert sorted(RULES) == sorted(judged)


def test_what_a_rule_needs_is_there_to_be_given() -> None:
    """Credentials that a target file may have, and tags of the document; of `a|b` either will do."""
    tags = {tag["name"] for tag in WHOLE.document["tags"]}
    for rule in RULES.values():
        assert {name for need in rule.needs for name in need.split("|")} <= set(CREDENTIALS) - set(REQUIRED), rule.id
        assert set(rule.capabilities) <= tags | {"jwks", "webhooks"}, rule.id


def test_a_law_wants_to_have_seen_a_few_answers() -> None:
    assert [name for name in EVERY if RULES[name].minimum < 2] == []


def test_a_rule_says_what_and_where() -> None:
    for rule in RULES.values():
        assert rule.sentence.endswith(".")
        assert rule.source.startswith(("api-overview", "contract: ", "openapi.yaml", "RFC "))
