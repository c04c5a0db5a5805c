"""What a person needs next, printed when the mock is up."""

from __future__ import annotations

from mockserver.settings import Settings
from mockserver.store.world import World


def greeting(settings: Settings, world: World, port: int) -> str:
    """The address, the reference, the tenants, a key for each of several roles, and a line to paste."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    base = f"http://{host}:{port}"
    first = world.tenants[0]
    roles = [user["role"] for user in first["users"]]
    width = max(len(key["name"]) for key in first["keys"])
    lines = [
        f"NexusCommerce mock: {base}/api",
        f"Reference, with a key filled in: {base}/docs",
        f"State: {settings.database} (begin anew with --fresh)" + ("" if settings.limits else "; rate limits are off"),
        "",
        "Tenants:",
        *(f"  {tenant['id']}  {tenant['plan']:<10}  {tenant['name']}" for tenant in world.tenants),
        "",
        f"Keys of {first['name']} (for a user's JWT: nexus-mock token --role {'|'.join(roles)}):",
        *(f"  {key['name']:<{width}}  {key['key']}" for key in first["keys"]),
        "",
        "Try:",
        f'  curl {base}/api/products -H "Authorization: Bearer {first["keys"][0]["key"]}" -H "X-Tenant-ID: {first["id"]}"',
        "",
    ]
    return "\n".join(lines)
