"""A user as Supabase Auth shows one: in its answers, and in the claims of its tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

AUDIENCE = ROLE = "authenticated"  # Supabase's role, that of the database; the member's own stands in app_metadata
_SINCE = "2025-06-01T09:00:00.000Z"  # when every account was made: the fixtures do not say, and their keys are of that day


def app_metadata(user: Mapping[str, Any], tenant: str) -> dict[str, Any]:
    """What only the platform may change: the tenant, and the member's role in it."""
    return {"provider": "email", "providers": ["email"], "tenant_id": tenant, "role": user["role"]}


def user_metadata(user: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": user["name"]} | _identity(user)


def profile(user: Mapping[str, Any], tenant: str, last_login: str | None) -> dict[str, Any]:
    """The user of `GET /auth/v1/user`, which also stands in every session."""
    identity = {
        "identity_id": user["id"],
        "id": user["id"],
        "user_id": user["id"],
        "identity_data": _identity(user),
        "provider": "email",
        "last_sign_in_at": last_login,
        "created_at": _SINCE,
        "updated_at": _SINCE,
        "email": user["email"],
    }
    return {
        "id": user["id"],
        "aud": AUDIENCE,
        "role": ROLE,
        "email": user["email"],
        "email_confirmed_at": _SINCE,
        "phone": "",
        "confirmed_at": _SINCE,
        "last_sign_in_at": last_login,
        "app_metadata": app_metadata(user, tenant),
        "user_metadata": user_metadata(user),
        "identities": [identity],
        "created_at": _SINCE,
        "updated_at": last_login or _SINCE,
        "is_anonymous": False,
    }


def _identity(user: Mapping[str, Any]) -> dict[str, Any]:
    return {"email": user["email"], "email_verified": True, "phone_verified": False, "sub": user["id"]}
