"""One file of settings, from the environment; a wrong value is refused with its name.

Every name is listed with its meaning in docs/settings.md. Nothing has to be set: the
defaults are SQLite, an embedded Valkey on a private socket, and engines without downloads.
"""

import os
from pathlib import Path

import environ

from voiceadmin import secrets as installation

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VOICEADMIN_VAR", default=str(BASE_DIR / "var"))).resolve()
_secrets = installation.load(VAR_DIR)

SECRET_KEY = env.str("SECRET_KEY", default=_secrets["SECRET_KEY"])
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Addresses. The media socket, AMI and SIP stay on loopback until an address is named.
HTTP_HOST = env.str("VOICEADMIN_HTTP_HOST", default="127.0.0.1")
HTTP_PORT = env.int("VOICEADMIN_HTTP_PORT", default=8000)
SIP_HOST = env.str("VOICEADMIN_SIP_HOST", default="127.0.0.1")
SIP_PORT = env.int("VOICEADMIN_SIP_PORT", default=5060)
RTP_FIRST_PORT = env.int("VOICEADMIN_RTP_FIRST_PORT", default=10000)
RTP_LAST_PORT = env.int("VOICEADMIN_RTP_LAST_PORT", default=10199)
AMI_HOST = env.str("VOICEADMIN_AMI_HOST", default="127.0.0.1")
AMI_PORT = env.int("VOICEADMIN_AMI_PORT", default=5038)
AMI_USER = "voiceadmin"
AMI_PASSWORD = env.str("VOICEADMIN_AMI_PASSWORD", default=_secrets["AMI_PASSWORD"])
MEDIA_USER = "asterisk"
MEDIA_PASSWORD = env.str("VOICEADMIN_MEDIA_PASSWORD", default=_secrets["MEDIA_PASSWORD"])
MEDIA_PATH = "media"  # no trailing slash: Asterisk would send a corrupted request
SIP_USER = "softphone"
SIP_PASSWORD = env.str("VOICEADMIN_SIP_PASSWORD", default=_secrets["SIP_PASSWORD"])
SIP_TRUNK_HOST = env.str("VOICEADMIN_SIP_TRUNK_HOST", default="")  # your provider; docs/trunk.md

# Folders
ASTERISK_DIR = VAR_DIR / "asterisk"  # this instance's configuration, logs and sockets
ASTERISK_DIST = Path(
    env.str("VOICEADMIN_ASTERISK_DIST", default=str(BASE_DIR / "var" / "asterisk-dist"))
)
RECORDINGS_DIR = VAR_DIR / "recordings"
MEDIA_ROOT = VAR_DIR / "media"  # uploaded voice samples

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_rq",
    "agents",
    "records",
    "telephony",
    "voiceadmin",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "voiceadmin.urls"
ASGI_APPLICATION = "voiceadmin.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": VAR_DIR / "voiceadmin.sqlite3",
    "OPTIONS": {
        # without both, "database is locked" under load: docs/decisions/0003-embedded-defaults.md
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;"
        ),
    },
}
DATABASES = {"default": env.db("DATABASE_URL") if os.environ.get("DATABASE_URL") else SQLITE}
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"] |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

VALKEY_SOCKET = VAR_DIR / "queue.sock"  # where the embedded Valkey listens
REDIS_URL = env.str("REDIS_URL", default=f"unix://{VALKEY_SOCKET}?db=0")
RQ_QUEUES = {"default": {"URL": REDIS_URL, "DEFAULT_TIMEOUT": 300}}
RQ_SHOW_ADMIN_LINK = False

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

LANGUAGE_CODE = "en-us"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "static"
