"""How a command ends that cannot do what it was asked for: one line that names the mend, and a code of its own."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import click
import httpx

from contract_tests import target as targets
from nexuscommerce.files import packaged


class Unjudged(click.ClickException):
    """A usage or a configuration that is none."""

    exit_code = 2


class Unreached(Unjudged):
    """Nothing is there to be judged."""

    exit_code = 3


def loaded(target: Path, address: str | None) -> targets.Target:
    """The target of a file, or of a name that comes with the judge."""
    try:
        return targets.load(found(target), address)
    except targets.TargetError as why:
        refuse(why)


def opened(target: Path, address: str | None) -> targets.Target:
    """The same; it answers, and admits its credentials."""
    chosen = loaded(target, address)
    try:
        targets.probe(chosen)
    except targets.TargetError as why:
        refuse(why)
    except httpx.HTTPError as why:
        raise Unreached(f"{chosen.address} does not answer: {' '.join(str(why).split())}") from why
    return chosen


def refuse(why: targets.TargetError) -> NoReturn:
    """A target that does not answer is another thing than a file that is wrong."""
    kind = Unreached if isinstance(why.__cause__, httpx.HTTPError) else Unjudged
    raise kind(str(why)) from why


def found(target: Path) -> Path:
    """The file of that name, or the target of that name that comes with the judge."""
    known = packaged(f"fixtures/targets/{target}.toml")
    return known if not target.exists() and known.exists() else target
