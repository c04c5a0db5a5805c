"""Where the work is done that may wait for a store: code of ours that is plain, whatever it reads and writes.

The state file answers at once, so its work is done where it is asked for. What comes over a network is waited for, and
meanwhile other requests go on: SQLAlchemy's greenlets let plain code wait so, on the event loop's own thread, and nothing of
ours is ever called by two threads at a time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar, TypeVarTuple

from sqlalchemy.util import await_only, greenlet_spawn

_A = TypeVarTuple("_A")
_T = TypeVar("_T")


class Aside(Protocol):
    """`await aside(work, …)` is what `work(…)` returns, or raises what it raises."""

    async def __call__(self, work: Callable[[*_A], _T], /, *args: *_A) -> _T: ...


async def inline(work: Callable[[*_A], _T], /, *args: *_A) -> _T:
    """Here and now: for stores that answer at once."""
    return work(*args)


async def yielding(work: Callable[[*_A], _T], /, *args: *_A) -> _T:
    """In a greenlet, which gives way whenever it waits: for stores across a network."""
    done: _T = await greenlet_spawn(work, *args)
    return done


def waited(coming: Awaitable[_T]) -> _T:
    """What comes, for plain code that `yielding` runs."""
    come: _T = await_only(coming)
    return come
