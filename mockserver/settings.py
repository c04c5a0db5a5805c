"""What can be set about the mock, in one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from nexuscommerce.files import packaged

MEMORY = "memory://"  # a store's URL: this process alone knows


@dataclass(frozen=True)
class Settings:
    """Defaults that work. `database` is the path of the state file, or a URL; `workers` processes share it.
    `anonymous_per_minute` of 0 means the plan that openapi.yaml names for such callers; `public`: the mock is shared, and
    connects to public addresses alone; `webhook_pauses` scales those between tries. `sandbox_token` opens /_sandbox, and is
    printed if it was drawn; on a shared mock `self_service` lets anybody create a world, and one that nobody uses for
    `idle_days` is deleted."""

    host: str = "127.0.0.1"
    port: int = 8080
    database: Path | str = Path("nexus-mock.db")
    document: Path = field(default_factory=lambda: packaged("openapi.yaml"))
    fixtures: Path = field(default_factory=lambda: packaged("fixtures/world.json"))
    fresh: bool = False
    workers: int = 1
    limits: bool = True
    limits_store: str = MEMORY
    limits_without_store: str = "open"
    live_store: str = MEMORY
    anonymous_per_minute: int = 0
    origins: tuple[str, ...] = ("*",)
    log: str = "text"
    public: bool = False
    webhook_pauses: float = 1.0
    sandbox_token: str = field(default="", repr=False)
    token_is_drawn: bool = False
    self_service: bool = True
    idle_days: int = 7

    @property
    def lacks_state(self) -> bool:
        """Whether there is no state file yet. What is behind a URL tells nobody but who asks it."""
        return isinstance(self.database, Path) and not self.database.exists()
