"""Every setting, from the environment, safe by default.

Without ``DATABASE_URL`` Clearcut runs in *embedded mode*: ``manage.py`` starts PostgreSQL and Redis from their wheels,
on UNIX sockets, for one machine. With it, the same code uses the servers named. There is no second, lesser path.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

ROOT = Path(__file__).resolve().parent.parent


def env(name: str, default: str = "") -> str:
    """The value of ``name``, or of the file that ``name_FILE`` points at (mounted secrets)."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as problem:
            raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read: {problem}") from problem
    return os.environ.get(name, default)


def env_bool(name: str, default: bool) -> bool:
    value = env(name, "1" if default else "0").lower()
    if value not in {"0", "1", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} is {value!r}; expected 1 or 0.")
    return value in {"1", "true", "yes"}


def env_int(name: str, default: int) -> int:
    value = env(name, str(default))
    if not value.isdigit():
        raise ImproperlyConfigured(f"{name} is {value!r}; expected a whole number.")
    return int(value)


def env_list(name: str, default: str) -> list[str]:
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


EMBEDDED = env_bool("CLEARCUT_EMBEDDED", "DATABASE_URL" not in os.environ)
STATE_DIR = Path(env("CLEARCUT_STATE_DIR", str(ROOT / "var")))


def secret_key() -> str:
    """The configured key; in embedded mode one made on first use, readable by its owner only."""
    configured = env("CLEARCUT_SECRET_KEY")
    if configured:
        return configured
    if not EMBEDDED:
        raise ImproperlyConfigured(
            "CLEARCUT_SECRET_KEY is empty. Set it (or CLEARCUT_SECRET_KEY_FILE) to at least 50 random characters."
        )
    STATE_DIR.mkdir(parents=True, exist_ok=True)
    path = STATE_DIR / "secret_key"
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass  # another process was first; its key is the one
    return path.read_text(encoding="ascii")


SECRET_KEY = secret_key()
DEBUG = env_bool("CLEARCUT_DEBUG", False)
ALLOWED_HOSTS = env_list("CLEARCUT_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CLEARCUT_TRUSTED_ORIGINS", "")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "csp",
    "governance",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "governance.web.middleware.ErrorPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "governance.urls"
WSGI_APPLICATION = "governance.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "governance.web.context.navigation",
            ],
            "builtins": ["governance.web.templatetags.clearcut"],
        },
    }
]


def database(url: str, role: str) -> dict[str, object]:
    """Django's description of a libpq URL whose sessions act as ``role``.

    The login role is only a door: what a session may do is what its role was granted, so a process that signs in
    through the wrong door still cannot change an append-only row.
    """
    parts = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    options = {key: value for key, value in parts.items() if key.startswith(("ssl", "target_", "connect_"))}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.get("dbname", "clearcut"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": parts.get("port", ""),
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 60,
        "OPTIONS": {"options": f"-c role={role}", **options},
    }


OWNER_ROLE, APP_ROLE, LEDGER_ROLE = "clearcut_owner", "clearcut_app", "clearcut_ledger"
DATABASE_URL = env("DATABASE_URL", "postgresql:///clearcut")
DATABASE_OWNER_URL = env("DATABASE_OWNER_URL", DATABASE_URL)
DATABASE_LEDGER_URL = env("DATABASE_LEDGER_URL", DATABASE_URL)
DATABASES = {
    "default": database(DATABASE_URL, APP_ROLE),
    "owner": database(DATABASE_OWNER_URL, OWNER_ROLE),
    "ledger": database(DATABASE_LEDGER_URL, LEDGER_ROLE),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env("REDIS_URL", "redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")

# Models whose pictures are kept for workers that answer the queue "gpu"; all others wait on "cpu".
GPU_MODELS = tuple(env_list("CLEARCUT_GPU_MODELS", ""))
# The queues a worker answers unless told otherwise.
WORKER_QUEUES = tuple(env_list("CLEARCUT_QUEUES", "cpu,gpu"))
# How many pictures a worker takes before it answers the next call: enough for a GPU's batches, or for the decoding of
# one picture to overlap with another's network.
CHUNK = env_int("CLEARCUT_CHUNK", 64 if env("CLEARCUT_DEVICE").startswith("cuda") else 16)
# The graphics processors that `manage.py run` starts a worker for, by index.
GPUS = tuple(env_list("CLEARCUT_GPUS", ""))

STORAGE_URL = env("CLEARCUT_STORAGE_URL", (STATE_DIR / "blobs").as_uri())
WEIGHTS_DIR = Path(env("CLEARCUT_WEIGHTS_DIR", str(STATE_DIR / "weights")))
KEYS_DIR = Path(env("CLEARCUT_KEYS_DIR", str(STATE_DIR / "keys")))
# Who signs records: `file:PATH`, or whatever else governance/adapters/key_schemes.py knows; empty: KEYS_DIR/record.pem.
RECORD_KEY = env("CLEARCUT_RECORD_KEY")
# The key that signs checkpoints: read by the signer process alone, and by `setup`, which makes it.
LOG_KEY = env("CLEARCUT_LOG_KEY", str(KEYS_DIR / "log.pem"))
# The signer remembers the last checkpoint it signed here: outside the database and never part of its backups.
SIGNER_DIR = Path(env("CLEARCUT_SIGNER_DIR", str(STATE_DIR / "signer")))
SIGNER_SOCKET = Path(env("CLEARCUT_SIGNER_SOCKET", str(STATE_DIR / "run" / "signer.sock")))
# The log as files (C2SP tlog-tiles): written before a checkpoint is signed, and what a restored database catches up
# from. Keep it on another disk than the database, and never restore it together with it.
LOG_DIR = Path(env("CLEARCUT_LOG_DIR", str(STATE_DIR / "log")))
# The certificate that outputs are signed with (C2PA): our own at first, the customer's when these name another.
C2PA_CERTIFICATE = Path(env("CLEARCUT_C2PA_CERTIFICATE", str(KEYS_DIR / "c2pa-chain.pem")))
C2PA_KEY = Path(env("CLEARCUT_C2PA_KEY", str(KEYS_DIR / "c2pa.pem")))
LOG_ORIGIN = env("CLEARCUT_LOG_ORIGIN", "clearcut.localhost/log-1")
CATALOGUE_DIR = ROOT / "governance" / "catalogue"
MAX_FILES_PER_REQUEST = env_int("CLEARCUT_MAX_FILES", 200)

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [ROOT / "governance" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# Embedded mode is plain HTTP on loopback; anything else is served behind TLS.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not EMBEDDED
SECURE_SSL_REDIRECT = env_bool("CLEARCUT_SSL_REDIRECT", not EMBEDDED)
SECURE_HSTS_SECONDS = 0 if EMBEDDED else env_int("CLEARCUT_HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not EMBEDDED
SECURE_REDIRECT_EXEMPT = ["^healthz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env_bool("CLEARCUT_BEHIND_PROXY", False) else None
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "blob:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# A picture is held in memory only while it is checked; larger ones spool to disk.
FILE_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = MAX_FILES_PER_REQUEST
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env("CLEARCUT_LOG_LEVEL", "WARNING")},
    "loggers": {"governance": {"level": env("CLEARCUT_LOG_LEVEL", "INFO")}},
}
