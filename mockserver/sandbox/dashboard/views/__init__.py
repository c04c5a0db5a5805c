"""The pages, by noun."""

from mockserver.sandbox.dashboard.views import (
    clock,
    coverage,
    faults,
    happenings,
    keys,
    log,
    snapshots,
    users,
    webhooks,
    worlds,
)

BLUEPRINTS = (
    worlds.pages,
    snapshots.pages,
    keys.pages,
    users.pages,
    webhooks.pages,
    log.pages,
    clock.pages,
    faults.pages,
    coverage.pages,
    happenings.pages,
)
