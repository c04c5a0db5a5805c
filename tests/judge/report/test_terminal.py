"""The last screen fits a screen, and says what counts."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from contract_tests.report import baseline, terminal
from contract_tests.report.model import Known, Report
from contract_tests.report.redaction import published
from tests.judge.report import reports

FILES = {kind: Path("nexus-report") / name for kind, name in {"html": "report.html", "json": "report.json"}.items()}


def screen(report: Report, width: int = 80, terminal_too: bool = False, environment: Mapping[str, str] | None = None) -> str:
    """What is printed."""
    file = io.StringIO()
    console = Console(
        file=file, width=width, force_terminal=terminal_too or None, _environ=environment or {}, color_system="auto"
    )
    terminal.show(published(report, {}), FILES, console)
    return file.getvalue()


@pytest.mark.parametrize(
    "make", [reports.report, reports.three, reports.hundred, reports.many, reports.mostly_unrun, reports.hostile]
)
def test_the_screen_fits(make: reports.Made) -> None:
    lines = screen(make()).splitlines()

    assert len(lines) < 24
    assert [] == [line for line in lines if cell_len(line) > 80]


@pytest.mark.parametrize("width", [20, 40, 200])
def test_any_width_does(width: int) -> None:
    lines = [line for line in screen(reports.three(), width).splitlines() if "nexus-report/" not in line]  # paths stay whole

    assert [] == [line for line in lines if cell_len(line) > width]


def test_the_verdict_comes_first_and_the_files_last() -> None:
    lines = screen(reports.three()).splitlines()

    assert lines[0].startswith(" DOES NOT CONFORM   mock at http://127.0.0.1:8080/api")
    assert "3 failed  1 warned  0 in error  8 not run" in "\n".join(lines)
    assert lines[-1].endswith("nexus-report/report.json")


def test_the_seed_is_always_shown() -> None:
    assert "seed 20261124" in screen(reports.many())


def test_the_worst_ten_are_of_ten_rules() -> None:
    rules = re.findall(r"^[A-Z]{3}-\d\d", screen(reports.many()), re.MULTILINE)

    assert 10 == len(rules) == len(set(rules))


def test_certain_failures_come_before_flaky_ones_and_those_before_a_should() -> None:
    shown = re.findall(r"^([A-Z]{3}-\d\d)", screen(reports.three()), re.MULTILINE)

    assert ["PAG-02", "STA-05"] == shown[-2:]


def test_nothing_that_was_not_run_is_hidden() -> None:
    shown = screen(reports.mostly_unrun())

    assert "CONFORMS, AS FAR AS IT WAS JUDGED" in shown
    assert "not allowed: writes" in shown


def test_mended_failures_are_named() -> None:
    report = baseline.compared(reports.report(), (Known("PAG-02", "listProducts", "gone"),))

    assert "mended: PAG-02 listProducts" in screen(report)


def test_a_stranger_cannot_command_the_terminal() -> None:
    assert "\x1b" not in screen(reports.hostile())
    assert {"\n"} == {sign for sign in screen(reports.hostile()) if ord(sign) < 32}


def test_colours_are_for_terminals_that_want_them() -> None:
    coloured, refused = (
        screen(reports.three(), terminal_too=True, environment={"TERM": "xterm-256color", **more})
        for more in ({}, {"NO_COLOR": "1"})
    )

    assert "\x1b[1;37;41m" in coloured
    assert [] == re.findall(r"\x1b\[[\d;]*[34]\d", refused)


def test_a_terminal_of_few_signs_gets_question_marks() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    terminal.show(published(reports.hostile(), {}), FILES, Console(file=file, width=80))
    file.flush()

    assert b"DOES NOT CONFORM" in raw.getvalue()


def test_what_the_target_chose_is_told() -> None:
    shown = screen(reports.report(), 200)

    assert "chosen: validation_status = 422: A VALIDATION_ERROR is 422 and not 400; where a rule" in shown
    assert "chosen: foreign_resource = 403, unknown_query = ignore, limit_beyond = clamp and 3 more" in shown
    assert "chosen" not in screen(reports.report(choices={}))
