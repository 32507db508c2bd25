"""`manage.py check` says what keeps calls from being answered."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from agents import demo
from agents.models import Agent
from voiceadmin import checks


def ids(messages) -> list[str]:
    return [message.id for message in messages]


def manage(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "voiceadmin.settings", **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("url", ["", "https://calls.example.org"])
def test_django_has_nothing_to_add_for_a_deployment(url, tmp_path):
    env = {"VOICEADMIN_PUBLIC_URL": url} if url else {}
    done = manage("check", "--deploy", "--tag", "security", "--fail-level", "WARNING", **env)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("VOICEADMIN_HTTP_PORT", "eighty", "VOICEADMIN_HTTP_PORT is 'eighty'"),
        ("VOICEADMIN_SIP_PORT", "70000", "VOICEADMIN_SIP_PORT is 70000; a port is"),
        ("VOICEADMIN_PUBLIC_URL", "calls.example.org", "it looks like https://"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(name, value, told):
    failed = manage("check", **{name: value})
    assert failed.returncode == 1
    assert told in failed.stderr
    assert failed.stderr.count("\n") == 1


def test_with_https_every_cookie_is_secure_and_the_host_is_known():
    ask = (
        "from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT,"
        " 'calls.example.org' in s.ALLOWED_HOSTS, s.CSRF_TRUSTED_ORIGINS)"
    )
    told = manage("shell", "-v", "0", "-c", ask, VOICEADMIN_PUBLIC_URL="https://calls.example.org/")
    assert told.stdout.strip() == "True True True True ['https://calls.example.org']"


def test_a_folder_that_cannot_be_written_is_an_error(settings, tmp_path):
    assert ids(checks.folder_is_writable()) == []
    settings.VAR_DIR = tmp_path / "gone"
    assert ids(checks.folder_is_writable()) == ["voiceadmin.E001"]


def test_no_asterisk_is_a_warning_with_the_way_out(settings, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    settings.ASTERISK_DIST = tmp_path
    (found,) = checks.asterisk_is_usable()
    assert found.id == "voiceadmin.W001"
    assert "asterisk/get" in found.hint


def test_the_demo_can_load_all_its_engines(db):
    demo.load()
    assert ids(checks.engines_can_load()) == []


def test_an_engine_whose_work_another_machine_does_need_not_be_here(db, settings):
    demo.load()
    Agent.objects.update(stt_engine="crystal_ball")
    settings.STT_URL = "http://10.0.0.10:6000"
    assert ids(checks.engines_can_load()) == []


def test_an_engine_that_is_not_there_is_named_with_its_agent(db):
    demo.load()
    Agent.objects.update(stt_engine="crystal_ball")
    (found,) = checks.engines_can_load()
    assert found.id == "voiceadmin.W002"
    assert "Demo clinic cannot use its speech recogniser, crystal_ball" in found.msg


def test_a_second_choice_that_is_not_there_is_named_too(db):
    demo.load()
    Agent.objects.update(second_llm_engine="crystal_ball")
    (found,) = checks.engines_can_load()
    assert "Demo clinic cannot use its second language model, crystal_ball" in found.msg


def test_an_agent_without_a_number_may_be_unfinished(db):
    demo.load()
    agent = Agent.objects.get()
    agent.numbers.update(is_active=False)
    Agent.objects.update(stt_engine="crystal_ball")
    assert ids(checks.engines_can_load()) == []


@pytest.mark.parametrize(
    ("host", "is_https", "expected"),
    [
        ("127.0.0.1", False, []),
        ("::1", False, []),
        ("localhost", False, []),
        ("0.0.0.0", True, []),
        ("0.0.0.0", False, ["voiceadmin.W003"]),
        ("192.0.2.10", False, ["voiceadmin.W003"]),
    ],
)
def test_plain_http_for_others_is_warned_about(settings, host, is_https, expected):
    settings.HTTP_HOST, settings.IS_HTTPS = host, is_https
    assert ids(checks.strangers_cannot_listen_in()) == expected


def test_a_named_queue_that_is_down_is_warned_about_without_its_password(settings):
    assert ids(checks.job_queue_answers()) == []  # the embedded one is not asked
    settings.REDIS_URL = "redis://:hush@127.0.0.1:1/0"
    (found,) = checks.job_queue_answers()
    assert found.id == "voiceadmin.W004"
    assert "hush" not in found.msg + found.hint


def test_a_named_queue_that_answers_is_fine(settings, valkey):
    settings.REDIS_URL = settings.REDIS_URL.replace("?db=0", "?db=1")
    settings.VALKEY_SOCKET = "another"
    assert ids(checks.job_queue_answers()) == []
