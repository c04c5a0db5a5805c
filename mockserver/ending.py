"""How tasks end that last as long as the server."""

from __future__ import annotations

import asyncio

AGAIN = 0.2  # seconds


async def end(*tasks: asyncio.Task[None], within: float = 1.0) -> None:
    """Cancel them, and wait until they have ended, at most so many seconds. A library may lose a cancellation that comes
    while it handles a time limit of its own (redis-py 7.4, SQLAlchemy's greenlets): they are cancelled again and again."""
    left = {task for task in tasks if not task.done()}
    for _ in range(max(1, round(within / AGAIN))):
        for task in left:
            task.cancel()
        if left:
            _, left = await asyncio.wait(left, timeout=AGAIN)
