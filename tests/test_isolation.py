"""A test session touches nothing of the installation it runs in."""

import os
import subprocess
import sys

from django.conf import settings
from django.db import connection

ASK = "from django.conf import settings; print(settings.VAR_DIR, settings.REDIS_URL)"


def test_tests_have_a_folder_of_their_own():
    assert str(settings.VAR_DIR) == os.environ["VOICEADMIN_TEST_VAR"]
    assert settings.BASE_DIR not in settings.VAR_DIR.parents


def test_a_process_that_a_test_starts_shares_the_folder_and_the_store():
    told = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout.split()
    assert told == [str(settings.VAR_DIR), settings.REDIS_URL]


def test_the_store_is_real(valkey):
    valkey.set("name", "value")
    assert valkey.get("name") == b"value"


def test_the_test_database_is_the_one_a_started_process_opens(db):
    if connection.vendor == "sqlite":
        assert connection.settings_dict["NAME"] == settings.VAR_DIR / "voiceadmin.sqlite3"


def test_workers_side_by_side_share_no_folder():
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        assert settings.VAR_DIR.name == worker
