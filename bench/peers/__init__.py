"""The peers from npm: installed at first use beside this file's folder, in bench/.cache, by name and version."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CACHE = Path(__file__).parent.parent / ".cache"
_SCALAR = Path(__file__).parent / "scalar.mjs"


class Missing(Exception):
    """The contender's tool cannot be had; the message says why."""


def installed(packages: Sequence[str]) -> Path:
    """The folder that holds `node_modules` with these packages, each a name with its version. Raises Missing."""
    folder = CACHE / packages[0].rsplit("@", 1)[0].lstrip("@").replace("/", "-") / packages[0].rsplit("@", 1)[1]
    if (folder / "ready").exists():
        return folder
    if shutil.which("npm") is None:
        raise Missing("npm is missing: install Node.js")
    folder.mkdir(parents=True, exist_ok=True)
    print(f"installing {', '.join(packages)}", file=sys.stderr)
    # Their scripts stay unrun: none of them needs one, and some report to their makers.
    command = ["npm", "install", "--prefix", str(folder), "--no-save", "--ignore-scripts", *packages]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"npm cannot install {packages[0]}: {(done.stderr.strip() or 'it says nothing').splitlines()[0]}")
    shutil.copy(_SCALAR, folder)
    (folder / "ready").touch()
    return folder


def node(packages: Sequence[str], script: str, *options: str) -> list[str]:
    """The command that runs a script of the first package. Raises Missing."""
    if shutil.which("node") is None:
        raise Missing("node is missing: install Node.js")
    return ["node", str(installed(packages) / script), *options]


def java(packages: Sequence[str], pattern: str, *options: str) -> list[str]:
    """The command that runs the jar which the first package holds. Raises Missing."""
    if shutil.which("java") is None:
        raise Missing("java is missing: install a JRE")
    folder = installed(packages)
    jar = next(folder.glob(pattern), None)
    if jar is None:
        raise Missing(f"{packages[0]} holds no {pattern}")
    return ["java", "-jar", str(jar), *options]
