"""What a running server costs, from /proc: processor time and resident memory of a process and its children."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")  # seconds
_PAGE = os.sysconf("SC_PAGE_SIZE")  # bytes


def tree(pid: int) -> Iterator[int]:
    """A process and all below it. Threads start children of their own."""
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from tree(int(child))


def cpu(pid: int) -> float:
    """Seconds of processor time so far: user's and the kernel's."""
    return sum(sum(map(int, _fields(each)[11:13])) for each in tree(pid)) * _TICK


def resident(pid: int) -> float:
    """MiB."""
    return sum(int(_fields(each)[21]) for each in tree(pid)) * _PAGE / 2**20


def _fields(pid: int) -> list[str]:
    """/proc/PID/stat from its third field on, `state`: the second, a name, may hold spaces (proc_pid_stat(5))."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
