"""The log as collectors read it: every line one JSON object, and none that somebody else wrote."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest

from mockserver import logs
from tests.live import exchange, request, running
from tests.mockserver.sandbox.wire import HEADERS

_WIRE = tuple(HEADERS.items())


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What goes to standard error once the log is JSON."""
    stream = StringIO()
    before = logging.root.handlers[:], logging.root.level, warnings.showwarning
    hooks = sys.excepthook, sys.unraisablehook
    monkeypatch.setattr(sys, "stderr", stream)
    logs.configure("json")
    yield stream
    logging.captureWarnings(False)
    sys.excepthook, sys.unraisablehook = hooks
    logging.root.handlers[:], logging.root.level, warnings.showwarning = before


def _lines(text: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in text.splitlines()]


def test_a_process_tells_of_its_beginning_its_requests_and_its_end(tmp_path: Path) -> None:
    with running(tmp_path, "--log", "json") as mock:
        exchange(mock.port, request("GET", "/api/orders", (*_WIRE, ("X-Request-ID", "mine"))))
        pid = mock.process.pid
        mock.process.send_signal(signal.SIGTERM)
        mock.process.wait(15)
    lines = _lines((tmp_path / "mock.log").read_text())

    assert ["started", "request", "stopping", "stopped"] == [line["message"] for line in lines]
    assert {pid} == {line["pid"] for line in lines}
    assert "mine" == lines[1]["request_id"]


def test_what_happens_in_a_request_has_its_id_whoever_tells_it(written: StringIO) -> None:
    token = logs.request_id.set("mine")
    logging.getLogger("some.library").warning("odd")
    warnings.showwarning(UserWarning("very odd"), UserWarning, "x.py", 1)
    try:
        raise ValueError("a\nb")
    except ValueError:
        logs.log.exception("delivery %s", "x")
    logs.request_id.reset(token)
    logs.log.warning("later")
    lines = _lines(written.getvalue())

    assert ["mine", "mine", "mine", None] == [line.get("request_id") for line in lines]
    assert {os.getpid()} == {line["pid"] for line in lines}
    assert lines[2]["exception"].endswith("ValueError: a\nb")


@pytest.mark.parametrize("text", ['\n{"level":"forged"}', "\r\n", "\u2028", "\x85", "\ud800", "\0", '"'], ids=ascii)
def test_no_text_makes_two_lines_or_none(text: str) -> None:
    """Not by the logger: a report cannot carry a lone surrogate from one process of the tests to another."""
    line = logs.JsonLines().format(logging.LogRecord("x", logging.WARNING, "", 0, "so: %s", (text,), None))

    assert 1 == len(line.split("\n"))
    assert orjson.loads(line)["message"].startswith("so: ")


def test_what_nobody_catches_is_a_line_too(written: StringIO) -> None:
    try:
        raise RuntimeError("lost")
    except RuntimeError as why:
        sys.excepthook(type(why), why, why.__traceback__)
    (line,) = _lines(written.getvalue())

    assert ("CRITICAL", True) == (line["level"], "RuntimeError: lost" in line["exception"])


def test_as_text_nothing_that_goes_on_looks_like_a_line_of_its_own() -> None:
    record = logging.LogRecord("x", logging.WARNING, "", 0, "a\n200 GET /forged\r200 GET /forged", None, None)

    assert "a\n  200 GET /forged\\r200 GET /forged" == logs.TextLines().format(record)


def test_a_mock_that_cannot_start_says_so_in_one_object(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("no database")
    command = [sys.executable, "-m", "mockserver", "--port", "0", "--log", "json", "--database", str(tmp_path / "state.db")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    (line,) = _lines(ended.stderr)

    assert (2, "CRITICAL") == (ended.returncode, line["level"])
    assert "file is not a database" in line["message"]
