"""Processor time and memory of a process and its children."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bench.process import cpu, resident, tree

_PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "print('up', flush=True); input()"], stdin=sys.stdin, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""


@pytest.fixture
def family() -> Iterator[tuple[int, int]]:
    """A process and its child."""
    with subprocess.Popen([sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        yield parent.pid, int(parent.stdout.readline())
        parent.communicate(b"\n")


def test_children_are_counted(family: tuple[int, int]) -> None:
    parent, child = family

    assert [parent, child] == list(tree(parent))
    assert resident(parent) > resident(child) > 1


def test_what_has_been_spent_only_grows() -> None:
    before = cpu(os.getpid())
    sum(range(10_000))

    assert cpu(os.getpid()) >= before
