"""The pipelines of examples/ci work as pasted: their lines are run against a mock, and the report is where they look."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.ci.pipelines import ACTION, GITHUB, GITLAB, ROOT, Environment, Ran, action, github, gitlab, read
from tests.live import running

Pipeline = Callable[[str, Path, Environment, Environment], Ran]
BOTH = pytest.mark.parametrize("pipeline", [github, gitlab])
# The tool as a checkout has it, and one rule of it: tests/test_wheel.py proves the file itself.
TOOL = f"""
import os, sys
sys.path.insert(0, {str(ROOT)!r})
if __name__ == "__main__":
    if os.environ.get("PEX_SCRIPT") == "nexus-mock":
        from mockserver.cli import main
    else:
        from contract_tests.cli import main
        sys.argv += ["--rule", "STA-07", "--no-confirm"] * (sys.argv[1] == "run")
    main()
"""
SECRETS = {
    "NEXUS_FULL": "nxc_live_rehearsal_a_full_40e8ccd47270",
    "NEXUS_OTHER_FULL": "nxc_live_rehearsal_b_full_8802580f33e6",
    "NEXUS_FUZZ_FULL": "nxc_live_rehearsal_c_full_28ca1e099e33",
}
FRONT_END = """
const headers = {Authorization: `Bearer ${process.env.API_KEY}`, "X-Tenant-ID": process.env.API_TENANT};
const {meta} = await (await fetch(`${process.env.API}/products`, {headers})).json();
if (meta.total !== 302) throw new Error(JSON.stringify(meta));
"""


class Story(NamedTuple):
    """What one pipeline said, one time after the other, and the repository as it was after `broken`."""

    pipeline: Pipeline
    healthy: Ran
    released: Ran
    broken: Ran
    known: Ran
    repository: Path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return committed(tmp_path / "repository")


@pytest.fixture(scope="module", params=[github, gitlab])
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """A server that conforms, one that does not, and the same when that is known."""
    state, pipeline = tmp_path_factory.mktemp("mock"), request.param
    repository = committed(tmp_path_factory.mktemp("partner") / "repository")
    with running(state, "--log", "off") as mock:
        aim(repository, mock.address)
        healthy = pipeline("judge", repository, SECRETS, {})
        (repository / "known.json").write_text("no baseline")
        released = pipeline("judge", repository, SECRETS, {"CI_COMMIT_TAG": "v1", "GITHUB_REF_TYPE": "tag"})
    (repository / "known.json").unlink()
    (repository / "step-summary.md").unlink(missing_ok=True)
    with running(state, "--log", "off", module=("tests.faults", "no_options")) as mock:
        aim(repository, mock.address)
        broken = pipeline("judge", repository, SECRETS, {})
        after = Path(shutil.copytree(repository, repository.with_name("after")))
        shutil.copy(repository / "report/report.json", repository / "known.json")
        known = pipeline("judge", repository, SECRETS, {})
    return Story(pipeline, healthy, released, broken, known, after)


def committed(directory: Path) -> Path:
    """What docs/ci.md has a partner commit."""
    directory.mkdir()
    (directory / "nexus-contract.pyz").write_text(TOOL)
    return directory


def aim(repository: Path, address: str) -> None:
    """The one line of nexus-contract.toml that a partner must change."""
    text = (ROOT / "examples/ci/nexus-contract.toml").read_text("utf-8")
    changed = re.sub(r'^address = ".*"$', f'address = "{address}"', text, flags=re.MULTILINE)
    (repository / "nexus-contract.toml").write_text(changed, "utf-8")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def gone(port: int) -> bool:
    """Whether nobody listens any more, as soon as what was told to end has ended."""
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=10).close()
        except ConnectionRefusedError:
            return True
        time.sleep(0.1)
    return False


def test_a_server_that_conforms_passes(story: Story) -> None:
    assert (0, True) == (story.healthy.code, ", standard" in story.healthy.output), story.healthy.output


def test_a_server_that_does_not_fails_the_job_until_it_is_known(story: Story) -> None:
    assert (1, True) == (story.broken.code, "DOES NOT CONFORM" in story.broken.output), story.broken.output
    assert (0, True) == (story.known.code, "the baseline knows" in story.known.output), story.known.output


def test_a_release_is_certified_and_nothing_is_excused(story: Story) -> None:
    assert (4, True) == (story.released.code, ", full" in story.released.output), story.released.output


def test_no_secret_is_printed(story: Story) -> None:
    printed = "".join(ran.output for ran in (story.healthy, story.released, story.broken, story.known))

    assert [] == [name for name, secret in SECRETS.items() if secret in printed]


def test_the_report_is_where_the_pipeline_looks_for_it_also_when_it_fails(story: Story) -> None:
    kept = read(GITLAB)["judge"]["artifacts"]
    steps = {step["uses"].partition("@")[0]: step for step in read(GITHUB)["jobs"]["judge"]["steps"] if "uses" in step}
    upload, scanning = steps["actions/upload-artifact"], steps["github/codeql-action/upload-sarif"]

    assert ("always", ["report/"], "always()") == (kept["when"], kept["paths"], upload["if"])
    assert kept["paths"] == [upload["with"]["path"]]
    assert (story.repository / kept["reports"]["junit"]).read_text("utf-8").startswith("<?xml")
    assert "2.1.0" == json.loads((story.repository / scanning["with"]["sarif_file"]).read_text("utf-8"))["version"]
    assert (story.repository / "report/report.html").exists()
    if story.pipeline is github:
        assert (story.repository / "step-summary.md").read_text("utf-8").startswith("## Does not conform")


@BOTH
def test_what_is_no_verdict_has_codes_of_its_own(pipeline: Pipeline, repository: Path) -> None:
    aim(repository, f"http://127.0.0.1:{free_port()}/api")
    forgotten = pipeline("judge", repository, {}, {})
    unreachable = pipeline("judge", repository, SECRETS, {})

    assert (2, True) == (forgotten.code, "set the environment variable NEXUS_FULL" in forgotten.output)
    assert (3, True) == (unreachable.code, "nothing answers" in unreachable.output)


@BOTH
def test_the_tool_is_fetched_and_must_be_the_one_that_was_meant(
    pipeline: Pipeline, repository: Path, tmp_path: Path
) -> None:
    tool = (repository / "nexus-contract.pyz").rename(tmp_path / "released.pyz")
    aim(repository, "no address")
    where = {"NEXUS_CONTRACT_URL": tool.as_uri(), "NEXUS_CONTRACT_SHA256": hashlib.sha256(tool.read_bytes()).hexdigest()}
    fetched = pipeline("judge", repository, {**SECRETS, **where}, {})
    another = pipeline("judge", repository, {**SECRETS, **where, "NEXUS_CONTRACT_SHA256": "0" * 64}, {})

    assert (2, True) == (fetched.code, "nexus-contract.pyz: OK" in fetched.output), fetched.output
    assert (1, True) == (another.code, "nexus-contract.pyz: FAILED" in another.output), another.output
    assert "no address" not in another.output


@BOTH
def test_a_front_end_is_tested_against_the_mock_which_is_gone_afterwards(pipeline: Pipeline, repository: Path) -> None:
    if shutil.which("npm") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("npm is missing; install Node.js 20 or later")
    package = {"name": "front-end", "version": "1.0.0", "scripts": {"test": "node test.mjs"}}
    lock = {"name": "front-end", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": package}}
    (repository / "package.json").write_text(json.dumps(package))
    (repository / "package-lock.json").write_text(json.dumps(lock))
    (repository / "test.mjs").write_text(FRONT_END)
    port = free_port()
    ran = pipeline("front-end", repository, {}, {"NEXUS_MOCK_PORT": str(port), "API": f"http://127.0.0.1:{port}/api"})

    assert 0 == ran.code, ran.output + (repository / "mock.log").read_text("utf-8")
    assert "node test.mjs" in ran.output
    assert gone(port)


def test_what_github_fetches_is_pinned_to_a_major_version() -> None:
    steps = [step for job in read(GITHUB)["jobs"].values() for step in job["steps"]] + read(ACTION)["runs"]["steps"]
    used = {step["uses"] for step in steps if "uses" in step}

    assert [] == [name for name in used if not re.fullmatch(r"(actions|github)/[\w/-]+@v\d+", name)]


@pytest.mark.slow
def test_the_action_installs_the_judge_and_judges(repository: Path, tmp_path: Path) -> None:
    with running(tmp_path, "--log", "off") as mock:
        aim(repository, mock.address)
        ran = action(repository, {"profile": "smoke"}, SECRETS)

    assert 0 == ran.code, ran.output
    assert (repository / "step-summary.md").read_text("utf-8").startswith("## Conforms")
    assert (repository / "report/report.sarif").exists()
