"""Where the project's own data files lie: beside the packages in a checkout, inside this package in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def packaged(name: str) -> Path:
    """The path of a data file, such as `openapi.yaml` or `fixtures/world.json`."""
    inside = _PACKAGE / "data" / name
    return inside if inside.exists() else _PACKAGE.parent / name
