"""The product's settings, over a folder of this test session's own.

pytest-django loads settings before any conftest, so the folder is chosen here. Processes that
a test starts inherit the environment and with it the folder; its maker removes it. Where tests
run side by side, each worker of pytest-xdist has a folder of its own inside it.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

OF_THE_MACHINE = ("VOICEADMIN_ASTERISK_DIST", "VOICEADMIN_DEBIAN_MIRROR")

if "VOICEADMIN_TEST_VAR" not in os.environ:
    for name in [name for name in os.environ if name.startswith("VOICEADMIN_")]:
        if name not in OF_THE_MACHINE:  # an operator's ports and passwords are not the tests'
            del os.environ[name]
    os.environ["VOICEADMIN_TEST_VAR"] = tempfile.mkdtemp(prefix="va-test-")  # short: sockets
    atexit.register(shutil.rmtree, os.environ["VOICEADMIN_TEST_VAR"], ignore_errors=True)
worker = os.environ.get("PYTEST_XDIST_WORKER")
if worker and Path(os.environ["VOICEADMIN_TEST_VAR"]).name != worker:
    os.environ["VOICEADMIN_TEST_VAR"] += f"/{worker}"
    Path(os.environ["VOICEADMIN_TEST_VAR"]).mkdir()
os.environ["VOICEADMIN_VAR"] = os.environ["VOICEADMIN_TEST_VAR"]
os.environ.pop("REDIS_URL", None)  # a test never touches a queue that somebody uses

from voiceadmin.settings import *  # noqa: E402, F403
from voiceadmin.settings import DATABASES, VAR_DIR  # noqa: E402

# A file, and the same for a process that a test starts: threads and workers see one database.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "voiceadmin.sqlite3"}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
