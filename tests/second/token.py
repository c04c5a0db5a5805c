"""python -m tests.second.token --tenant ID --role ROLE [--expires-in SECONDS]: prints a user's JWT."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

from tests.second.store import Store

ROOT = Path(__file__).parent.parent.parent


def main() -> None:
    """Signs with the world's own key."""
    parser = argparse.ArgumentParser(prog="python -m tests.second.token", description=__doc__)
    parser.add_argument("--tenant", required=True)
    parser.add_argument("--role", required=True)
    parser.add_argument("--expires-in", type=int, default=86400)
    parser.add_argument("--world", type=Path, default=ROOT / "fixtures" / "world.json")
    chosen = parser.parse_args()
    store = Store(chosen.world)
    user = next(name for name, found in store.users.items() if found == (chosen.tenant, chosen.role))
    moment = int(time.time())
    ends = moment + chosen.expires_in
    claims = {"sub": user, "iss": store.issuer, "iat": min(moment, ends) - 1, "exp": ends}
    key = ECKey.import_key(store.signing_key)
    print(jwt.encode({"alg": "ES256"}, claims, key, algorithms=["ES256"]))


if __name__ == "__main__":
    main()
