"""Users' passwords: Argon2id, as PHC strings."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# A password that was drawn by lot needs no slow hash: it cannot be guessed.
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def fits(password_hash: str, password: str) -> bool:
    """Whether the hash is of the password."""
    try:
        return PasswordHasher().verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def hashed(password: str) -> str:
    """Of a password that a person chose."""
    return PasswordHasher().hash(password)


def drawn() -> tuple[str, str]:
    """A new password, and its hash."""
    password = secrets.token_urlsafe(18)
    return password, _QUICK.hash(password)
