"""Tasks end, though a library loses a cancellation."""

from __future__ import annotations

import asyncio

from mockserver.ending import end


async def _deaf(times: int) -> None:
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            times -= 1
            if times < 0:
                raise


def test_a_task_that_loses_cancellations_ends_and_one_that_never_hears_is_not_waited_for() -> None:
    async def ended() -> list[bool]:
        tasks = [asyncio.create_task(_deaf(times)) for times in (0, 3, 40)]
        await asyncio.sleep(0)
        await end(*tasks, within=1.5)
        states = [task.done() for task in tasks]
        await end(*tasks, within=20)
        return states

    assert [True, True, False] == asyncio.run(ended())


def test_no_task_takes_no_time_and_one_that_has_ended_is_left_alone() -> None:
    async def ended() -> bool:
        task = asyncio.create_task(asyncio.sleep(0))
        await task
        await end()
        await end(task)
        return task.cancelled()

    assert not asyncio.run(ended())
