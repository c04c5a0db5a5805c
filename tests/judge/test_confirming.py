"""A failure that returns is confirmed, one that does not is flaky and decides nothing."""

from __future__ import annotations

from dataclasses import replace

from contract_tests import confirming
from contract_tests.confirming import ALL, MOST, confirmed, doubted
from contract_tests.report.model import Failure, Report, Verdict
from tests.judge.report.reports import changed, failing, failure, report, unrun


def found(*failures: Failure, rule: str = "PAG-01") -> Report:
    return changed(report(), {rule: failing(*failures)})


def seen(operation: str = "listProducts", test: str = "test_pagination.py::test_x[a]", **changes: object) -> Failure:
    return replace(failure(operation), test=test, **changes)  # type: ignore[arg-type]


def test_a_failure_that_returns_is_confirmed_and_decides() -> None:
    result = confirmed(found(seen()), found(seen()))

    assert 1 == result.exit_code(False)
    assert [(False, True)] == [(each.flaky, each.confirmed) for each in result.broken[0].failures]


def test_a_failure_that_does_not_return_is_flaky_and_decides_nothing() -> None:
    result = confirmed(found(seen()), report())
    weighed = next(each for each in result.rules if each.id == "PAG-01")

    assert (Verdict.WARN, True) == (weighed.verdict, weighed.failures[0].flaky)
    assert "did not return" in str(weighed.reason)
    assert (0, 4) == (result.exit_code(False), result.exit_code(certify=True))


def test_one_of_two_that_returns_decides() -> None:
    first = found(seen("listProducts"), seen("listOrders"))
    result = confirmed(first, found(seen("listOrders")))

    assert 1 == result.exit_code(False)
    assert [True, False] == [each.flaky for each in result.broken[0].failures]


def test_what_could_not_be_tried_again_stays_as_it_was() -> None:
    """Another person's network was down, or the time was over."""
    result = confirmed(found(seen()), changed(report(), {"PAG-01": unrun("out of time: 60 s")}))

    assert 1 == result.exit_code(False)
    assert [(False, False)] == [(each.flaky, each.confirmed) for each in result.broken[0].failures]


def test_what_a_baseline_knows_is_not_tried_again() -> None:
    assert [] == doubted(found(seen(known=True)))


def test_a_law_is_looked_at_where_it_was_broken_and_by_its_own_test() -> None:
    first = found(seen(test="test_orders.py::test_y"), rule="ENV-02")

    assert ["test_orders.py::test_y", "test_laws.py::test_every_answer_keeps_the_law[ENV-02]"] == confirming.tests(first)


def test_a_server_that_does_everything_wrong_is_not_asked_everything_again() -> None:
    many = {each.id: failing(*(seen(f"op{n}", f"t::{each.id}-{n}") for n in range(5))) for each in report().rules}
    first = changed(report(), many)

    assert ALL == len(doubted(first))
    assert MOST == sum(each.operation.startswith("op") for each in doubted(found(*(seen(f"op{n}") for n in range(9)))))
