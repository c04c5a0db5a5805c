"""A pipeline of examples/ci as its CI would run it: a job's lines in bash, in a directory, with the CI's own variables.

What a CI does itself, and `uses:` stands for, is not done.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
GITHUB, GITLAB, ACTION = ROOT / "examples/ci/github.yml", ROOT / "examples/ci/gitlab.yml", ROOT / "action.yml"
LONGEST = 600  # seconds of a step

Environment = Mapping[str, str]


class Ran(NamedTuple):
    """What became of a job: the exit code of the step that failed it, or 0, and all that was printed."""

    code: int
    output: str


class Step(NamedTuple):
    """What runs in one shell. `always` is whether it runs after a failure, too; `decides` whether it can fail the job."""

    script: str
    environment: Environment
    shell: tuple[str, ...]
    always: bool = False
    decides: bool = True


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def github(job: str, directory: Path, given: Environment, override: Environment) -> Ran:
    """A job of the workflow; `given` are the repository's secrets and variables, `override` what the test sets instead."""
    workflow = read(GITHUB)
    contexts = {"secrets": given, "vars": given}
    chosen = workflow["jobs"][job]
    shared = {**_filled(workflow["env"], contexts), **_filled(chosen["env"], contexts), **override}
    return _ran(_github_steps(chosen["steps"], contexts, shared), directory)


def action(directory: Path, inputs: Environment, environment: Environment) -> Ran:
    """The composite action, with these inputs beside its defaults."""
    document = read(ACTION)
    contexts = {"inputs": {**{name: each["default"] for name, each in document["inputs"].items()}, **inputs}}
    return _ran(_github_steps(document["runs"]["steps"], contexts, environment), directory)


def gitlab(job: str, directory: Path, given: Environment, override: Environment) -> Ran:
    """A job of the pipeline; what `given` lacks is not set at all, as it is there."""
    document = read(GITLAB)
    chosen = _merged(document[document[job]["extends"]], document[job])
    environment = {**chosen.get("variables", {}), **given, **override}
    lines = "\n".join([*chosen["before_script"], *chosen["script"]])
    shell = ("bash", "-eo", "pipefail")
    after = Step("\n".join(chosen.get("after_script", [])), environment, shell, always=True, decides=False)
    return _ran(iter([Step(lines, environment, shell), after]), directory)


def _github_steps(steps: Any, contexts: Mapping[str, Environment], shared: Environment) -> Iterator[Step]:
    for step in steps:
        if "run" in step:
            assert "${{" not in step["run"], "what a stranger can write would run"
            assert step.get("if") in (None, "always()")
            shell = ("bash", "--noprofile", "--norc", "-eo", "pipefail") if "shell" in step else ("bash", "-e")
            environment = {**shared, **_filled(step.get("env", {}), contexts)}
            yield Step(step["run"], environment, shell, always="if" in step)


def _filled(environment: Environment, contexts: Mapping[str, Environment]) -> dict[str, str]:
    """What GitHub puts in for `${{ secrets.NAME }}`: nothing, where there is none."""

    def value(found: re.Match[str]) -> str:
        return contexts[found[1]].get(found[2], "")

    return {name: re.sub(r"\$\{\{ (\w+)\.(\w+) \}\}", value, text) for name, text in environment.items()}


def _merged(base: Any, more: Any) -> Any:
    """`extends`: tables are joined, all else is replaced."""
    if not isinstance(base, dict) or not isinstance(more, dict):
        return more
    return {**base, **more, **{name: _merged(base[name], more[name]) for name in base.keys() & more.keys()}}


def _ran(steps: Iterator[Step], directory: Path) -> Ran:
    code, printed = 0, []
    for number, step in enumerate(steps):
        if code and not step.always:
            continue
        script, output = directory / f".step-{number}.sh", directory / f".step-{number}.out"
        script.write_text(step.script, "utf-8")
        with output.open("w") as file:  # not a pipe: what goes on in the background would keep that open
            done = subprocess.run(
                [*step.shell, str(script)],
                cwd=directory,
                env={**_machine(directory), **step.environment},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                timeout=LONGEST,
                check=False,
            )
        printed.append(output.read_text("utf-8"))
        code = code or done.returncode * step.decides
    return Ran(code, "".join(printed))


def _machine(directory: Path) -> dict[str, str]:
    """The runner's own: `python3` is this one, and home is nobody's."""
    home = directory / ".home"
    home.mkdir(exist_ok=True)
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(home),
        "CI": "true",
        "GITHUB_REF_TYPE": "branch",
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_STEP_SUMMARY": str(directory / "step-summary.md"),
        "RUNNER_TEMP": str(home),
    }
