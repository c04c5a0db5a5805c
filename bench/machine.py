"""What the figures were taken on, and whether it had other work."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

IDLE = 0.5  # processes that wait for a processor, over the last minute (proc_loadavg(5))


def taken(how: str, load: float) -> str:
    """A line above the tables; `load` is that of the machine before anything was measured."""
    here = f"{os.cpu_count()} cores ({_processor()}), Python {platform.python_version()}"
    line = f"Taken on {datetime.now(UTC):%Y-%m-%d}: {how}; {here}."
    busy = f" **Provisional: the machine had other work, a load of {load:.1f} before it began.**"
    return line + busy if load > IDLE else line


def load() -> float:
    return os.getloadavg()[0]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
