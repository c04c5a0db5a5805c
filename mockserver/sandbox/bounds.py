"""What a shared server (`--public`) allows, so that nobody uses it up for all. A mock of one's own allows everything."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.domain.errors import ApiError
from mockserver.sandbox.parts import Ask, Sandbox

MOST: Mapping[str, int] = {
    "worlds": 2_000,
    "snapshots of a world": 10,
    "keys of a world": 50,
    "users of a world": 50,
    "endpoints of a world": 10,
}
BODY_BYTES = 5 * 1024 * 1024
WORLDS_OF_ONE = 20  # address, by the hour
HOUR = 3600


def require_room(sandbox: Sandbox, what: str, number: int) -> None:
    """Refuse one more of what there are so many of already."""
    if sandbox.settings.public and number >= MOST[what]:
        raise ApiError("QUOTA_EXCEEDED", limit=MOST[what], what=what)


def require_room_for_a_world(sandbox: Sandbox, ask: Ask) -> None:
    """On a shared server worlds are counted, and those that one address creates within an hour of the clock on the wall."""
    require_room(sandbox, "worlds", sandbox.worlds.number())
    if not sandbox.settings.public:
        return
    counter, now = f"worlds:{ask.address}", sandbox.clocks.wall().timestamp()
    if sandbox.quotas.counted(counter, HOUR, now) >= WORLDS_OF_ONE:
        headers = {"Retry-After": str(int(HOUR - now % HOUR) + 1)}
        raise ApiError("TOO_MANY_WORLDS", headers=headers, count=WORLDS_OF_ONE)
    sandbox.quotas.count(counter, HOUR, now)
