"""init: what it writes is a target file, and says what the mock's says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from contract_tests import explained, target
from contract_tests.cli import main
from contract_tests.commands.beginning import comment
from contract_tests.explained import CREDENTIALS_ARE, TENANTS_ARE
from contract_tests.rules import Effect
from contract_tests.target import CREDENTIALS, REQUIRED, TENANTS, load

MOCK_TOML = Path(__file__).parents[2] / "fixtures/targets/mock.toml"
MAIN, OTHER = "3714240b-2e06-4c35-8856-ccc1c096323e", "8cd8f3f1-e373-43cc-af86-6ff3eb97cdf6"
OPTIONAL = re.compile(r"^(\s*)# (?=\[?\w+\]?( = |$)|\"\S+\",$)", re.MULTILINE)
KEYS = ("ADDRESS", "JWKS", "ALLOW", "TAGS", "TENANTS", "CREDENTIALS", "CHOICES", "WEBHOOKS")
BLOCKS = {name: getattr(explained, name) for name in KEYS}


def init(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", *arguments])


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in CREDENTIALS:
        monkeypatch.setenv(f"NEXUS_{name.upper()}", f"token of {name}")
    monkeypatch.chdir(tmp_path)
    done = init("--address", "https://shop.example/api/", "--main", MAIN, "--other", OTHER)

    assert (done.exit_code, done.output.splitlines()[0]) == (0, "wrote nexus-target.toml. Next:")
    return Path("nexus-target.toml").read_text("utf-8")


def test_what_is_written_is_valid_reads_only_and_needs_two_credentials(written: str) -> None:
    loaded = load(Path("nexus-target.toml"))

    assert (loaded.address, loaded.tenants) == ("https://shop.example/api", {"main": MAIN, "other": OTHER})
    assert {name: f"token of {name}" for name in REQUIRED} == loaded.tokens
    assert frozenset({Effect.READ}) == loaded.allows


def test_with_every_mark_taken_away_it_is_valid_too(written: str) -> None:
    whole = OPTIONAL.sub(r"\1", written)
    Path("nexus-target.toml").write_text(whole, "utf-8")
    loaded = load(Path("nexus-target.toml"))

    assert set(target.KEYS) == set(tomllib.loads(whole))
    assert {name: f"token of {name}" for name in CREDENTIALS} == loaded.tokens
    assert (frozenset(Effect), set(TENANTS)) == (loaded.allows, set(loaded.tenants))


def test_every_credential_and_tenant_is_explained() -> None:
    assert (set(CREDENTIALS), set(TENANTS)) == (set(CREDENTIALS_ARE), set(TENANTS_ARE))


@pytest.mark.parametrize("name", BLOCKS)
def test_the_mocks_file_says_of_a_key_what_init_says(name: str, written: str) -> None:
    assert comment(BLOCKS[name]) in written
    assert comment(BLOCKS[name]) in MOCK_TOML.read_text("utf-8")


@pytest.mark.parametrize("name", CREDENTIALS)
def test_the_mocks_file_says_of_a_credential_what_init_says(name: str, written: str) -> None:
    for text in (written, MOCK_TOML.read_text("utf-8")):
        beside = re.search(rf"(?:^# (.*)\n)?^(?:# )?{name} = \{{.*\}}(?:  +# (.*))?$", text, re.MULTILINE)

        assert beside is not None
        assert CREDENTIALS_ARE[name] in beside.groups()


def test_a_file_that_is_there_is_kept(written: str) -> None:
    Path("nexus-target.toml").write_text("mine")
    done = init()

    assert (done.exit_code, Path("nexus-target.toml").read_text()) == (2, "mine")
    assert "is there already" in done.output
    assert init("--force").exit_code == 0
    assert Path("nexus-target.toml").read_text("utf-8").startswith("# A target of nexus-contract")


def test_a_dash_prints_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = init("-")

    assert (done.exit_code, list(tmp_path.iterdir())) == (0, [])
    assert tomllib.loads(done.output)["address"] == "http://127.0.0.1:8080/api"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--main", "acme"), "--main is the UUID of a tenant, not 'acme'"),
        (("--address", "shop.example"), "`address` is the URL of the API"),
        (("no/such/directory.toml",), "No such file or directory"),
    ],
)
def test_what_cannot_be_written_is_2_and_one_line(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = init(*arguments)

    assert (done.exit_code, done.output.count("\n"), list(tmp_path.iterdir())) == (2, 1, [])
    assert said in done.output
