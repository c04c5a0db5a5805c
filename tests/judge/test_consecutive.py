"""What holds between one answer and the next, on answers made by hand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from contract_tests.consecutive import EVERY, FALLING, Consecutive
from contract_tests.rules import RULES
from contract_tests.seen import Seen


def seen(remaining: object, reset: int = 120, limit: int = 60, caller: str | None = "Bearer a") -> Seen:
    headers = {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(reset),
    }
    return Seen("GET", "/products", None, caller, 200, headers, b"")


def found(*answers: Seen) -> list[list[str]]:
    """What the law found, wherever it applied."""
    judge = Consecutive()
    return [lines for answer in answers for _, lines in judge.judge(answer)]


@pytest.mark.parametrize(
    "answers",
    [
        [seen(9), seen(8), seen(8), seen(0)],
        [seen(0), seen(59, reset=180)],  # the next window
        [seen(0), seen(900, limit=1000)],  # the hour's, when fewer are left in it
        [seen(3), seen(9, caller="Bearer b"), seen(3)],
        [seen(3), seen(9, caller=None), seen(2)],
        [seen(3), seen("many"), seen(3)],  # that is for another rule
    ],
)
def test_what_remains_may_fall_and_begin_anew(answers: list[Seen]) -> None:
    assert [lines for lines in found(*answers) if lines] == []


def test_what_remains_may_not_rise() -> None:
    assert found(seen(3), seen(4)) == [["4 remain of 60 until 120; 3 did in the answer before"]]
    assert found(seen(3, caller=None), seen(9), seen(4, caller=None)) == [
        ["4 remain of 60 until 120; 3 did in the answer before"]
    ]


def test_one_answer_is_none_to_judge_by() -> None:
    assert found(seen(3)) == []


def test_what_runs_at_the_same_time_has_no_order() -> None:
    judge = Consecutive()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: list(judge.judge(seen(3)))).result()

        assert list(judge.judge(seen(4))) == []


def test_it_is_one_of_the_rules_of_every_answer() -> None:
    assert FALLING in EVERY
    assert set(EVERY) <= set(RULES)
