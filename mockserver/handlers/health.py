"""Is the service up?"""

from __future__ import annotations

from mockserver.call import Call
from mockserver.envelope import Answer

# The version of the application in the documentation's example: what a client of the mock should see.
APPLICATION_VERSION = "2.0.0"


def get_health(call: Call) -> Answer:
    """Not enveloped (api-overview: Health Check)."""
    return Answer({"status": "ok", "version": APPLICATION_VERSION, "timestamp": call.at})
