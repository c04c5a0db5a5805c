"""The request log as it is read, and as it is followed."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from itertools import islice

import pytest

from mockserver.commands.client import Control, NoMock
from mockserver.commands.streams import follow
from tests.mockserver.commands.conftest import Run
from tests.mockserver.commands.fake import Fake, entry, event, message


def _logs(fake: Fake, *words: str) -> list[str]:
    return [sys.executable, "-m", "mockserver", "logs", "--url", fake.url, *words]


def test_a_request_is_a_line_the_latest_at_the_end(run: Run) -> None:
    lines = run("logs").stdout.splitlines()

    assert "14:32:01  200  GET     /api/orders?limit=5  listOrders  12 ms  req_1" == lines[0]
    assert "14:32:01  404  GET     /api/orders?limit=5  listOrders  RESOURCE_NOT_FOUND  12 ms  req_2" == lines[1]


def test_a_fault_and_a_broken_connection_can_be_seen(run: Run, fake: Fake) -> None:
    fake.answers["listRequests"] = [entry(status=None, fault="flt_1", operation_id=None)]

    assert "14:32:01  ---  GET     /api/orders?limit=5  fault flt_1  12 ms  req_1\n" == run("logs").stdout


def test_a_path_cannot_write_lines_or_colours_of_its_own(run: Run, fake: Fake) -> None:
    fake.answers["listRequests"] = [entry(path="/api/x\n14:32:01  200\x1b[31m")]
    printed = run("logs").stdout

    assert 1 == len(printed.splitlines())
    assert "\x1b" not in printed


def test_the_filters_are_the_apis(run: Run, fake: Fake) -> None:
    filters = ("--operation", "listOrders", "--method", "GET", "--status", "4xx", "--path", "/api/*", "--error", "NOT_FOUND")
    run("logs", *filters, "--limit", "7")

    query = "operation_id=listOrders&method=GET&status=4xx&path=%2Fapi%2F%2A&error_code=NOT_FOUND&limit=7"
    assert query == fake.ledger[-1].query


def test_one_entry_is_told_with_headers_bodies_and_the_line_that_sends_it_again(run: Run, fake: Fake) -> None:
    whole = entry() | {"request": message(), "response": message(body="x\x1b[2Jy", truncated=True), "curl": "curl http://…"}
    fake.answers["getRequest"] = whole
    printed = run("logs", "req_1").stdout

    assert all(part in printed for part in ("Accept: */*", '{"a": 1}', "cut off", "curl http://…"))
    assert "\x1b" not in printed


def test_following_goes_on_after_what_was_shown(fake: Fake) -> None:
    """The latest are printed first, and the stream begins after the last of them: nothing is missed in between."""
    fake.answers["streamRequests"] = [[event("req_3", entry("req_3"))]]
    with subprocess.Popen(_logs(fake, "--follow", "--json"), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        seen = [json.loads(line)["id"] for line in islice(process.stdout, 3)]
        process.send_signal(signal.SIGINT)

    assert ["req_1", "req_2", "req_3"] == seen
    assert 0 == process.returncode
    assert "req_2" == next(row for row in fake.ledger if row.operation == "streamRequests").headers["last-event-id"]


def test_a_stream_that_breaks_goes_on_where_it_broke(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    """In the middle of an entry too; what was lost to slowness is said."""
    lost = "event: lost\ndata: 3\n\n"
    half = event("req_9", entry("req_9"))[:40]
    fake.answers["streamRequests"] = [
        [event("req_1", entry("req_1")), ": still here\n\n", half],
        [lost, event("req_2", entry("req_2"))],
        [event("req_3", entry("req_3"))],
    ]
    with Control(fake.url) as control:
        seen = [row["id"] for row in islice(follow(control, "/requests/stream", {"status": None}, pause=0), 3)]

    streams = [row.headers.get("last-event-id") for row in fake.ledger if row.operation == "streamRequests"]
    assert ["req_1", "req_2", "req_3"] == seen
    assert [None, "req_1", "req_2"] == streams
    assert "entries were lost" in capsys.readouterr().err


def test_a_stream_that_was_never_there_is_no_mock() -> None:
    with Control("http://127.0.0.1:9") as control, pytest.raises(NoMock, match="start one"):
        next(follow(control, "/requests/stream", {}))


def test_on_a_terminal_lines_have_colours_and_elsewhere_none(fake: Fake) -> None:
    leader, follower = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")} | {
        "TERM": "xterm"
    }
    process = subprocess.Popen(_logs(fake), stdout=follower, env=environment)
    process.wait(20)
    os.close(follower)
    shown, piped = _read(leader), subprocess.run(_logs(fake), capture_output=True, check=True).stdout

    assert b"\x1b[32m" in shown
    assert b"\x1b[33m" in shown
    assert b"\x1b" not in piped


def _read(leader: int) -> bytes:
    shown, until = b"", time.monotonic() + 5
    while time.monotonic() < until and select.select([leader], [], [], 0.2)[0]:
        try:
            shown += os.read(leader, 65536)
        except OSError:  # Linux: the other end is closed
            break
    os.close(leader)
    return shown
