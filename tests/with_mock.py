"""Run a command against a mock started for it: `python -m tests.with_mock [OPTIONS OF nexus-mock] -- COMMAND …`.

`--address http://127.0.0.1:PORT/api` is added to the command; its exit code is ours.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.live import running


def main(arguments: list[str]) -> int:
    options, command = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    with tempfile.TemporaryDirectory() as directory, running(Path(directory), "--log", "off", *options) as mock:
        return subprocess.run([*command, "--address", mock.address], env=mock.environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
