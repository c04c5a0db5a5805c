"""What is seen while a run lasts: where it is, how far, and what is broken so far."""

from __future__ import annotations

import time

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from contract_tests.rules import GROUPS, Level
from contract_tests.verdicts import rule_of

TOLD = 15.0  # seconds between two lines where nobody watches a bar


class Screen:
    """A plugin of pytest in the place of its terminal. On a terminal one line that moves, elsewhere a line now and then."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        columns = (TextColumn("{task.description:<34}"), BarColumn(24), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal)
        self._task = self._bar.add_task("getting ready")
        self._done = self._every = 0
        self._group = ""
        self._broken: dict[str, None] = {}
        self._told = time.monotonic()

    def say(self, line: str) -> None:
        """One line of what is going on."""
        self.console.print(line, style="dim", highlight=False, markup=False)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._every = len(session.items)
        self._bar.start()
        self._bar.update(self._task, total=self._every)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self._group = GROUPS[rule_of(item).group]
        self._show()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._broken.update(dict.fromkeys(name for name, value in report.user_properties if value == Level.MUST))
        if report.when == "teardown":
            self._done += 1
            self._bar.advance(self._task)
        if not self.console.is_terminal and time.monotonic() - self._told > TOLD:
            self._told = time.monotonic()
            self.say(f"{self._done:,} of {self._every:,} tests, at {self._group}{self._so_far()}")

    def pytest_sessionfinish(self) -> None:
        self._bar.stop()

    def _show(self) -> None:
        self._bar.update(self._task, description=f"{self._group}{self._so_far()}")

    def _so_far(self) -> str:
        return f", {len(self._broken)} broken" if self._broken else ""
