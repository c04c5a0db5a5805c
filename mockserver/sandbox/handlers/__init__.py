"""operationId of sandbox.yaml -> the function that answers it: `(sandbox, ask) -> Answer`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockserver.envelope import Answer, Stream
from mockserver.sandbox.handlers import clock, server
from mockserver.sandbox.parts import Ask, Sandbox

Handler = Callable[[Sandbox, Ask], Answer | Stream]

HANDLERS: Mapping[str, Handler] = {
    "getServer": server.get_server,
    "getServerClock": clock.get_server_clock,
    "setServerClock": clock.set_server_clock,
    "advanceServerClock": clock.advance_server_clock,
    "getClock": clock.get_clock,
    "setClock": clock.set_clock,
    "advanceClock": clock.advance_clock,
}
