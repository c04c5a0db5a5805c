"""The program behind `make faults`: its arithmetic, what it remembers, and one fault from the start to the table."""

from __future__ import annotations

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich.box import MARKDOWN
from rich.console import Console
from schemathesis.checks import CHECKS

import contract_tests.hooks  # noqa: F401  # registers what is looked for below
from contract_tests.laws import LAWS
from contract_tests.rules import RULES
from tests.faults.seams import HEALTHY, Fault
from tests.kills import stock, table
from tests.kills.results import By, Result, Results

MUST, ALSO, SHOULD = "PAG-01", "PAG-02", "STA-05"
FAULTS = [Fault(f"fault_{n}", rule, "", lambda: None) for n, rule in enumerate((MUST, ALSO, SHOULD, "STA-01"))]


def result(subject: str, by: By, caught: bool, requests: int = 10, seconds: float = 1.5, version: str = "v") -> Result:
    return Result(subject, by, "seed 1", version, caught, "said", requests, seconds)


def of_all(by: By, caught: str) -> list[Result]:
    """A result of every fault; `caught` has a 1 for each that was caught."""
    return [result(fault.name, by, sign == "1") for fault, sign in zip(FAULTS, caught, strict=True)]


def test_faults_are_counted_by_group_in_the_catalogues_order_and_once_more_together() -> None:
    pag, everything = [*of_all(By.FULL, "1001"), *of_all(By.SMOKE, "1000")], table.ALL
    rows = table.rows(FAULTS, pag)

    assert ["STA", "PAG", everything] == [row.group for row in rows]
    assert [2, 2, 4] == [row.faults for row in rows]
    assert [1, 1, 2] == [row.cells[By.FULL].caught for row in rows]
    assert [0, 1, 1] == [row.cells[By.SMOKE].caught for row in rows]
    assert (40, 6.0) == (rows[-1].cells[By.FULL].requests, rows[-1].cells[By.FULL].seconds)
    assert By.STOCK not in rows[-1].cells


def test_what_was_not_looked_for_is_neither_caught_nor_missed() -> None:
    some = of_all(By.FULL, "1011")[:2]

    assert [fault.name for fault in table.missed(FAULTS, some, By.FULL)] == ["fault_1"]
    assert ["fault_1"] == [fault.name for fault in table.escaped(FAULTS, some)]
    assert "| all | 4 | 1 of 2 | 20 | 3 |" in printed(some)


def test_a_must_that_escapes_in_full_and_an_accusation_of_the_healthy_mock_fail_the_run() -> None:
    assert "SHOULD" == RULES[SHOULD].level

    assert 0 == table.code(FAULTS, of_all(By.FULL, "1111"))
    assert 0 == table.code(FAULTS, of_all(By.FULL, "1101")), "a SHOULD is told, and decides nothing"
    assert 0 == table.code(FAULTS, [*of_all(By.FULL, "1111"), *of_all(By.SMOKE, "0000"), *of_all(By.STOCK, "0000")])
    assert 1 == table.code(FAULTS, of_all(By.FULL, "0111"))
    assert 0 == table.code(FAULTS, [result(HEALTHY, By.FULL, False)])
    assert 1 == table.code(FAULTS, [result(HEALTHY, By.SMOKE, True)])


def test_the_page_names_what_was_missed_and_what_was_said_of_the_healthy_mock() -> None:
    healthy = [result(HEALTHY, By.SMOKE, False, 4_000, 25), result(HEALTHY, By.STOCK, True)]
    said = printed([*of_all(By.SMOKE, "0101"), *of_all(By.STOCK, "1111"), *healthy])

    assert "| group" in said
    assert "Missed by the judge, smoke: fault_0, fault_2 (SHOULD)." in said
    assert "Missed by stock Schemathesis: none." in said
    assert "the judge, full" not in said
    assert "Without a fault: the judge, smoke raises nothing in 4,000 requests and 25 s." in said
    assert "Without a fault: stock Schemathesis accuses it: said." in said


def printed(results: list[Result]) -> str:
    console = Console(width=200, file=StringIO(), record=True)
    console.print(table.shown(FAULTS, results, MARKDOWN, titles=True))
    return " ".join(console.export_text().split())


def test_results_of_this_code_are_remembered_and_the_later_of_two_counts(tmp_path: Path) -> None:
    file, one = tmp_path / "there" / "faults.jsonl", result("one", By.FULL, False)
    before = Results(file, "v")
    for each in (one, result("one", By.FULL, True), result("two", By.FULL, True, version="other code")):
        before.add(each)
    with file.open("a") as cut:
        cut.write('{"subject": "thr')
    after = Results(file, "v")
    again = after.get(one.attempt)

    assert again is not None
    assert again.caught
    assert after.get(result("two", By.FULL, True).attempt) is None
    assert after.get(one.attempt._replace(terms="seed 2")) is None
    assert Results(file, "v", fresh=True).get(one.attempt) is None


def test_stock_schemathesis_judges_by_none_of_our_checks() -> None:
    ours = {each.__name__ for each in CHECKS.get_all() if each.__module__.startswith("contract_tests")}

    assert ours == {*stock.OURS}


def test_stock_schemathesis_works_where_the_judge_does_and_knows_what_is_there(tmp_path: Path) -> None:
    given = stock.command(tmp_path, "http://127.0.0.1:1/api", 7, 30)
    config = stock.configuration("http://127.0.0.1:1/api", tmp_path / "users.json")

    assert set(LAWS) == set(given[given.index("--exclude-checks") + 1].split(","))
    assert "30" == given[given.index("--max-time") + 1]
    assert 16 == len(config["dictionaries"]["orders"]["values"])
    assert {"Rehearsal A", "Rehearsal B"} == {
        each["name"] for each in json.loads((tmp_path / "users.json").read_text())["auth"]
    }


def test_one_fault_from_the_start_to_the_table_and_not_again(tmp_path: Path) -> None:
    options = [
        "--only",
        "no_location",
        "--profile",
        "smoke",
        "--results",
        str(tmp_path / "results"),
    ]
    command = [sys.executable, "-m", "tests.kills", *options]
    first, second = (subprocess.run(command, capture_output=True, text=True, timeout=600, check=False) for _ in range(2))

    assert 0 == first.returncode, first.stdout + first.stderr
    assert "no_location, smoke: raised in" in first.stderr
    assert "Missed by the judge, smoke: none." in first.stdout
    assert "" == second.stderr
    assert first.stdout == second.stdout


def test_a_name_that_there_is_not_is_told() -> None:
    command = [sys.executable, "-m", "tests.kills", "--only", "nonsense"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert 2 == done.returncode
    assert "there is no fault, rule or group nonsense" in done.stderr
