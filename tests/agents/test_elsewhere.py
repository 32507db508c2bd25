"""One setting sends a stage of every agent to another machine."""

import pytest

from agents import demo
from agents.models import Voice
from agents.specs import spec_for
from inference.engines.base import EngineChoice
from tests.clinic import clinic

pytestmark = pytest.mark.django_db
HEARS, SPEAKS = "http://10.0.0.10:6000", "http://10.0.0.10:5002"


def test_without_the_settings_the_agent_decides():
    clinic()
    spec = spec_for(demo.NUMBER)
    assert (spec.transcriber.key, spec.voice.engine.key) == ("pocketsphinx", "espeak")


def test_recognition_goes_where_the_setting_says(settings):
    clinic()
    settings.STT_URL, settings.STT_TOKEN = HEARS, "secret"
    spec = spec_for(demo.NUMBER)
    assert spec.transcriber == EngineChoice.of("service", url=HEARS, token="secret")
    assert spec.voice.engine.key == "espeak"


def test_speech_goes_where_the_setting_says_and_keeps_its_names(settings):
    agent = clinic()
    other = Voice.objects.create(name="Hans", language="de", speaker="hans", speed=1.1)
    agent.languages.create(language="de", voice=other)
    settings.TTS_URL = SPEAKS
    spec = spec_for(demo.NUMBER)
    for voice in (spec.voice, *spec.voices):
        assert voice.engine == EngineChoice.of("service", url=SPEAKS)
    assert (spec.voices[0].speaker, spec.voices[0].speed) == ("hans", 1.1)
    assert spec.transcriber.key == "pocketsphinx"


def test_who_stands_in_for_a_failing_service_speaks_here(settings):
    agent = clinic()
    Voice.objects.filter(pk=agent.voice.pk).update(
        stand_in=Voice.objects.create(name="Emergency", language="en")
    )
    settings.TTS_URL = SPEAKS
    assert spec_for(demo.NUMBER).stand_ins[0].engine.key == "espeak"
