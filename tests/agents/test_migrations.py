"""What people configured before an upgrade is what their agents do after it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)
BEFORE = [("agents", "0001_initial")]
AFTER = [("agents", "0002_patience_interruptions_languages")]


def migrate(to: list[tuple[str, str]]) -> Apps:
    executor = MigrationExecutor(connection)
    executor.migrate(to)
    return MigrationExecutor(connection).loader.project_state(to).apps


@pytest.fixture
def before() -> Iterator[Apps]:
    yield migrate(BEFORE)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def agent_of(apps: Apps, **fields: Any) -> int:
    voice = apps.get_model("agents", "Voice").objects.create(name="Voice")
    agent = apps.get_model("agents", "Agent").objects.create(
        name="Clinic", greeting="Hello.", voice=voice, **fields
    )
    return agent.pk


def upgraded(pk: int) -> Any:
    return migrate(AFTER).get_model("agents", "Agent").objects.get(pk=pk)


def test_who_never_touched_a_number_gets_the_words(before: Apps):
    agent = upgraded(agent_of(before))

    assert (agent.patience, agent.interruptions) == ("balanced", "normally")
    assert agent.fillers.startswith("One moment")


def test_numbers_that_people_set_are_kept(before: Apps):
    agent = upgraded(agent_of(before, endpoint_ms=900, barge_in_ms=400))

    assert (agent.patience, agent.endpoint_ms) == ("own", 900)
    assert agent.done_ms < 900 < agent.hanging_ms
    assert (agent.interruptions, agent.barge_in_ms) == ("own", 400)


def test_a_german_agent_does_not_begin_to_speak_english(before: Apps):
    agent = upgraded(agent_of(before, language="de"))

    assert agent.fillers.startswith("Einen Moment")
    assert "stopp" in agent.stop_words.splitlines()
    assert agent.type_it.startswith("Bitte")


def test_who_speaks_what_nobody_translated_has_no_english_fillers(before: Apps):
    agent = upgraded(agent_of(before, language="pt"))

    assert (agent.fillers, agent.stop_words) == ("", "")


def test_the_way_back_keeps_numbers_that_people_set(before: Apps):
    pk = agent_of(before, endpoint_ms=900)
    upgraded(pk)

    agent = migrate(BEFORE).get_model("agents", "Agent").objects.get(pk=pk)

    assert (agent.endpoint_ms, agent.barge_in_ms) == (900, 240)
