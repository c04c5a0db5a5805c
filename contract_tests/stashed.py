"""What belongs to one session of pytest, by its keys in the session's stash."""

from __future__ import annotations

import pytest

from contract_tests.effects import Gate
from contract_tests.ledger import Ledger
from contract_tests.target import Target

TARGET, LEDGER, GATE = pytest.StashKey[Target](), pytest.StashKey[Ledger](), pytest.StashKey[Gate]()
DEADLINE = pytest.StashKey[float | None]()  # on the monotonic clock
