"""One file of settings, from the environment; a wrong value is refused with its name.

Every name is listed with its meaning in docs/settings.md. Nothing has to be set: the
defaults are SQLite, an embedded Valkey on a private socket, and engines without downloads.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy

from voiceadmin import secrets as installation


class Env(environ.Env):
    """Names the variable whose value cannot be read, which its library does not."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().get_value(var, *args, **kwargs)
        except ValueError:
            raise ImproperlyConfigured(
                f"{var} is {os.environ.get(var)!r}, which is not the kind of value it takes;"
                " docs/settings.md lists them"
            ) from None

    def port(self, var: str, default: int) -> int:
        port: int = self.int(var, default=default)
        if not 1 <= port <= 65535:
            raise ImproperlyConfigured(f"{var} is {port}; a port is a number from 1 to 65535")
        return port

    def port_if_named(self, var: str) -> int | None:
        return self.port(var, default=0) if os.environ.get(var) else None

    def path_of_socket(self, var: str) -> str:
        path: str = self.str(var, default="")
        if path and not path.startswith("/"):
            raise ImproperlyConfigured(f"{var} is {path!r}; it is a path that begins with /")
        return path

    def address(self, var: str) -> str:
        address: str = self.str(var, default="").strip().rstrip("/")
        parts = urlsplit(address)
        is_whole = parts.scheme in ("http", "https") and parts.hostname and not parts.username
        if address and not is_whole:
            raise ImproperlyConfigured(f"{var} is no address; it looks like http://192.0.2.20:6000")
        return address


env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VOICEADMIN_VAR", default=str(BASE_DIR / "var"))).resolve()
_secrets = installation.load(VAR_DIR)

SECRET_KEY = env.str("SECRET_KEY", default=_secrets["SECRET_KEY"])
DEBUG = env.bool("DEBUG", default=False)

# Addresses. The media socket, AMI and SIP stay on loopback until an address is named.
HTTP_HOST = env.str("VOICEADMIN_HTTP_HOST", default="127.0.0.1")
HTTP_PORT = env.port("VOICEADMIN_HTTP_PORT", default=8000)
# what people type to reach the admin; https where a proxy in front speaks it
PUBLIC_URL = env.str("VOICEADMIN_PUBLIC_URL", default=f"http://{HTTP_HOST}:{HTTP_PORT}").rstrip("/")
SIP_HOST = env.str("VOICEADMIN_SIP_HOST", default="127.0.0.1")
SIP_PORT = env.port("VOICEADMIN_SIP_PORT", default=5060)
RTP_FIRST_PORT = env.port("VOICEADMIN_RTP_FIRST_PORT", default=10000)
RTP_LAST_PORT = env.port("VOICEADMIN_RTP_LAST_PORT", default=10199)
AMI_HOST = env.str("VOICEADMIN_AMI_HOST", default="127.0.0.1")
AMI_PORT = env.port("VOICEADMIN_AMI_PORT", default=5038)
AMI_USER = "voiceadmin"
AMI_PASSWORD = env.str("VOICEADMIN_AMI_PASSWORD", default=_secrets["AMI_PASSWORD"])
MEDIA_USER = "asterisk"
MEDIA_PASSWORD = env.str("VOICEADMIN_MEDIA_PASSWORD", default=_secrets["MEDIA_PASSWORD"])
MEDIA_PATH = "media"  # no trailing slash: Asterisk would send a corrupted request
SIP_USER = "softphone"
SIP_PASSWORD = env.str("VOICEADMIN_SIP_PASSWORD", default=_secrets["SIP_PASSWORD"])
SIP_TRUNK_HOST = env.str("VOICEADMIN_SIP_TRUNK_HOST", default="")  # your provider; docs/trunk.md
SIP_TRUNK_USER = env.str("VOICEADMIN_SIP_TRUNK_USER", default="")  # where it wants a login
SIP_TRUNK_PASSWORD = env.str("VOICEADMIN_SIP_TRUNK_PASSWORD", default="")

# Calls at a time; unset: what was measured, 0: as many as come. docs/capacity.md
MAX_CALLS = env.int("VOICEADMIN_MAX_CALLS", default=None)
if MAX_CALLS is not None and MAX_CALLS < 0:
    raise ImproperlyConfigured(f"VOICEADMIN_MAX_CALLS is {MAX_CALLS}; it is 0 or more")

# The inference service: docs/inference.md. Its public ports stay closed until they are named.
INFERENCE_SOCKET = env.path_of_socket("VOICEADMIN_INFERENCE_SOCKET")  # ./run sets it
INFERENCE_HOST = env.str("VOICEADMIN_INFERENCE_HOST", default="127.0.0.1")
TRANSCRIBE_PORT = env.port_if_named("VOICEADMIN_TRANSCRIBE_PORT")
TTS_PORT = env.port_if_named("VOICEADMIN_TTS_PORT")
INFERENCE_TOKEN = env.str("VOICEADMIN_INFERENCE_TOKEN", default="")
# Services elsewhere that hear, or speak, for every agent; "": what the agent says.
STT_URL = env.address("VOICEADMIN_STT_URL")
STT_TOKEN = env.str("VOICEADMIN_STT_TOKEN", default="")
TTS_URL = env.address("VOICEADMIN_TTS_URL")
TTS_TOKEN = env.str("VOICEADMIN_TTS_TOKEN", default="")

# Folders
ASTERISK_DIR = VAR_DIR / "asterisk"  # this instance's configuration, logs and sockets
ASTERISK_DIST = Path(
    env.str("VOICEADMIN_ASTERISK_DIST", default=str(BASE_DIR / "var" / "asterisk-dist"))
)
RECORDINGS_DIR = VAR_DIR / "recordings"
MEDIA_ROOT = VAR_DIR / "media"  # uploaded voice samples and consents; no address leads there
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
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

# Who may ask, and how well the way is protected: docs/operations.md.
_public = urlsplit(PUBLIC_URL)
if _public.scheme not in ("http", "https") or not _public.hostname:
    raise ImproperlyConfigured(
        f"VOICEADMIN_PUBLIC_URL is {PUBLIC_URL!r}; it looks like https://calls.example.org"
    )
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", _public.hostname]
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL])
IS_HTTPS = _public.scheme == "https"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # asked by the machine itself
METRICS_TOKEN = env.str("VOICEADMIN_METRICS_TOKEN", default="")  # none: the machine itself alone
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=3600) if IS_HTTPS else 0
SILENCED_SYSTEM_CHECKS = [
    "security.W005",  # other names under the same domain are not ours to bind to https
    "security.W021",  # nor is the browsers' built-in list
]
if not IS_HTTPS:
    # Django's words for "no https". On loopback nobody listens in; anywhere else
    # voiceadmin.W003 says so.
    SILENCED_SYSTEM_CHECKS += [f"security.W{number}" for number in ("004", "008", "012", "016")]

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
if str(DATABASES["default"]["ENGINE"]).endswith("postgresql"):
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
WHITENOISE_USE_FINDERS = True  # served from the packages: no collectstatic before a start

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("VOICEADMIN_LOG_LEVEL", default="INFO")},
}

# The admin's look; django-unfold's documentation lists the names.
UNFOLD = {
    "SITE_TITLE": "voiceadmin",
    "SITE_HEADER": "voiceadmin",
    "SITE_SUBHEADER": "Phone agents",
    "SITE_SYMBOL": "support_agent",
    "SITE_URL": None,
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda _request: static("agents/icon.svg"),
        }
    ],
    "BORDER_RADIUS": "8px",
    "DASHBOARD_CALLBACK": "voiceadmin.dashboard.overview",
    "STYLES": [lambda _request: static("agents/forms.css")],
    "COLORS": {
        "primary": {
            "50": "oklch(97.8% .014 205)",
            "100": "oklch(94.8% .03 205)",
            "200": "oklch(89.8% .055 205)",
            "300": "oklch(82% .085 206)",
            "400": "oklch(71% .105 208)",
            "500": "oklch(58% .1 210)",
            "600": "oklch(49.5% .088 212)",
            "700": "oklch(43% .076 213)",
            "800": "oklch(37.5% .064 214)",
            "900": "oklch(32% .053 215)",
            "950": "oklch(24% .041 216)",
        }
    },
    "SIDEBAR": {
        "navigation": [
            {
                "items": [
                    {
                        "title": "Overview",
                        "icon": "home",
                        "link": reverse_lazy("admin:index"),
                    },
                    {
                        "title": "Calls",
                        "icon": "phone_in_talk",
                        "link": reverse_lazy("admin:records_call_changelist"),
                        "permission": lambda request: request.user.has_perm("records.view_call"),
                    },
                    {
                        "title": "Capacity",
                        "icon": "speed",
                        "link": reverse_lazy("admin:telephony_capacityrun_changelist"),
                        "permission": lambda request: request.user.has_perm(
                            "telephony.view_capacityrun"
                        ),
                    },
                ]
            },
            {
                "title": "Who answers",
                "separator": True,
                "items": [
                    {
                        "title": "Agents",
                        "icon": "support_agent",
                        "link": reverse_lazy("admin:agents_agent_changelist"),
                        "permission": lambda request: request.user.has_perm("agents.view_agent"),
                    },
                    {
                        "title": "Voices",
                        "icon": "record_voice_over",
                        "link": reverse_lazy("admin:agents_voice_changelist"),
                        "permission": lambda request: request.user.has_perm("agents.view_voice"),
                    },
                    {
                        "title": "Numbers",
                        "icon": "dialpad",
                        "link": reverse_lazy("admin:agents_phonenumber_changelist"),
                        "permission": lambda request: request.user.has_perm(
                            "agents.view_phonenumber"
                        ),
                    },
                ],
            },
            {
                "title": "Who may look",
                "separator": True,
                "items": [
                    {
                        "title": "Users",
                        "icon": "group",
                        "link": reverse_lazy("admin:auth_user_changelist"),
                        "permission": lambda request: request.user.has_perm("auth.view_user"),
                    },
                    {
                        "title": "Groups",
                        "icon": "badge",
                        "link": reverse_lazy("admin:auth_group_changelist"),
                        "permission": lambda request: request.user.has_perm("auth.view_group"),
                    },
                ],
            },
        ]
    },
}
