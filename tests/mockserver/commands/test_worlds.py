"""Which world a command means."""

from __future__ import annotations

from tests.mockserver.commands import fake as samples
from tests.mockserver.commands.conftest import Run
from tests.mockserver.commands.fake import OTHER, WORLD, Error, Fake


def test_without_a_word_it_is_the_first_and_that_is_said(run: Run, fake: Fake) -> None:
    """On standard error: scripts read standard output."""
    done = run("clock", "show", "--json")

    assert WORLD == fake.ledger[-1].path["worldId"]
    assert f"nexus-mock: in Growth ({WORLD}), the first world; --world names another\n" == done.stderr


def test_an_only_world_needs_no_word(run: Run, fake: Fake) -> None:
    fake.answers["listWorlds"] = [samples.world(OTHER)]
    done = run("clock", "show")

    assert (OTHER, "") == (fake.ledger[-1].path["worldId"], done.stderr)


def test_a_worlds_own_token_means_that_world(run: Run, fake: Fake) -> None:
    """It may not list worlds; what it may see of the coverage says whose it is."""
    fake.answers |= {
        "listWorlds": Error(403, "SANDBOX_ACCESS_DENIED"),
        "getCoverage": samples.coverage(world_id=OTHER),
        "getWorld": samples.world(OTHER),
    }
    done = run("clock", "show", "--token", "nxs_world")

    assert (0, OTHER) == (done.exit_code, fake.ledger[-1].path["worldId"])


def test_a_world_goes_by_its_name_or_its_id(run: Run, fake: Fake) -> None:
    for words in (("--world", "Starter"), ("--world", OTHER)):
        assert "" == run("clock", "show", *words).stderr
        assert OTHER == fake.ledger[-1].path["worldId"]
    run("clock", "show", NEXUS_MOCK_WORLD="Starter")
    assert OTHER == fake.ledger[-1].path["worldId"]


def test_a_name_that_two_have_is_no_name(run: Run, fake: Fake) -> None:
    fake.answers["listWorlds"] = [samples.world(), samples.world(OTHER)]
    done = run("reset", "--world", "Growth")

    assert (2, 1) == (done.exit_code, len(done.stderr.splitlines()))
    assert WORLD in done.stderr
    assert OTHER in done.stderr


def test_a_name_that_none_has_says_where_to_look(run: Run) -> None:
    done = run("reset", "--world", "nope")

    assert 2 == done.exit_code
    assert "nexus-mock world list" in done.stderr


def test_the_log_is_of_every_world_unless_one_is_named(run: Run, fake: Fake) -> None:
    """`none` is what belongs to none: callers without valid credentials."""
    queries = []
    for words in ((), ("--world", ""), ("--world", "Starter"), ("--world", "none")):
        run("logs", *words)
        queries.append(fake.ledger[-1].query)

    assert ["limit=50", "limit=50", f"world_id={OTHER}&limit=50", "world_id=none&limit=50"] == queries


def test_a_user_that_is_not_there_says_who_is(run: Run) -> None:
    done = run("token", "--world", WORLD, "--user", "nobody@example.com")

    assert 2 == done.exit_code
    assert "mia@example.com (viewer), olga@example.com (owner)" in done.stderr
