"""Make what is handed out: the wheel, and nexus-contract.pyz, one file that needs nothing but a Python: `python -m release`.

The file is a PEX that unpacks itself into an environment of its own when it is first run, under PEX_ROOT. There `python -m`,
spawned processes and the data files are as in any other, and `nexus-mock` is on the PATH; PEX_SCRIPT=nexus-mock starts it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from packaging import tags

ROOT = Path(__file__).parent.parent
PYTHONS = ("3.11", "3.12", "3.13")
GLIBC = 28  # 2.28, of Debian 10 and RHEL 8: the newest that a wheel may ask for
MACHINE = "x86_64"
# What uvicorn can do without: the event loop is asyncio's own then. Together they would be a quarter of the file.
UNUSED = ("uvloop", "httptools", "watchfiles")
PLATFORMS = (
    *(f"manylinux_2_{minor}_{MACHINE}" for minor in range(GLIBC, 4, -1)),
    *(f"{name}_{MACHINE}" for name in ("manylinux2014", "manylinux2010", "manylinux1", "linux")),
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m release", description=__doc__.partition("\n")[0])
    parser.add_argument("--into", type=Path, default=ROOT / "dist", metavar="DIR", help="where to (dist)")
    parser.add_argument("--python", action="append", choices=PYTHONS, help="run on this Python; repeatable (all of them)")
    given = parser.parse_args()
    given.into.mkdir(parents=True, exist_ok=True)
    wheel = built(given.into)
    print(f"{wheel}\n{packed(wheel, given.into / 'nexus-contract.pyz', given.python or PYTHONS)}")


def built(directory: Path) -> Path:
    """The wheel."""
    with tempfile.TemporaryDirectory() as scratch:
        _run("pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", scratch, str(ROOT))
        made = next(Path(scratch).glob("*.whl"))
        return Path(made.replace(directory / made.name))


def packed(wheel: Path, file: Path, pythons: Sequence[str]) -> Path:
    """The single file for these Pythons, and its checksum beside it, as `sha256sum --check` reads it."""
    with tempfile.TemporaryDirectory() as scratch:
        for python in pythons:
            _run(
                *("pip", "download", "--quiet", "--dest", scratch, "--only-binary", ":all:", "--python-version", python),
                *("--implementation", "cp", *(f"--platform={name}" for name in PLATFORMS)),
                *("--constraint", str(ROOT / "constraints.txt"), str(wheel)),
            )
        _run(
            *("pex", "nexuscommerce-contract", "--pre-resolved-dists", scratch, "--script", "nexus-contract"),
            *("--venv", "prepend", "--venv-site-packages-copies"),  # pytest would take a link for another file
            *(f"--exclude={name}" for name in UNUSED),
            *(f"--complete-platform={json.dumps(platform(python))}" for python in pythons),
            *("--python-shebang", "/usr/bin/env python3", "--output-file", str(file)),
        )
    sums = file.with_suffix(file.suffix + ".sha256")
    sums.write_text(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n", "utf-8")
    return file


def platform(python: str) -> dict[str, object]:
    """A CPython on Linux as PEX describes it, so that none but the one that makes the file has to be here."""
    major, minor = map(int, python.split("."))
    name = f"cp{major}{minor}"
    fitting = [
        *tags.cpython_tags((major, minor), [name], PLATFORMS),
        *tags.compatible_tags((major, minor), name, PLATFORMS),
    ]
    return {
        "compatible_tags": [str(tag) for tag in fitting],
        "marker_environment": {
            "implementation_name": "cpython",
            "implementation_version": f"{python}.0",
            "os_name": "posix",
            "platform_machine": MACHINE,
            "platform_python_implementation": "CPython",
            "platform_system": "Linux",
            "python_full_version": f"{python}.0",
            "python_version": python,
            "sys_platform": "linux",
        },
    }


def _run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], check=True)


if __name__ == "__main__":
    main()
