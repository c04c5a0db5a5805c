"""python -m tests.second --port 0"""

from __future__ import annotations

import argparse
import contextlib
from pathlib import Path

from tests.second.app import App
from tests.second.manners import MANNERS
from tests.second.server import Server

ROOT = Path(__file__).parent.parent.parent


def main() -> None:
    """Serves until it is interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.second", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0, which is the default, takes a free one")
    parser.add_argument("--document", type=Path, default=ROOT / "openapi.yaml")
    parser.add_argument("--world", type=Path, default=ROOT / "fixtures" / "world.json")
    parser.add_argument("--without", action="append", default=[], choices=MANNERS, help="an odd manner to leave out")
    chosen = parser.parse_args()
    manners = frozenset(MANNERS) - set(chosen.without)
    with Server(chosen.port, App(chosen.document, chosen.world, manners)) as server:
        print(f"listening on http://127.0.0.1:{server.server_address[1]}/api", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
