"""Django's settings, read from the environment (docs/reference/settings.md lists the names).

Nothing has an unsafe default: outside of DEBUG what is missing or unsafe stops the start with one sentence.
"""

from pathlib import Path
from typing import Any

from chatplatform import database, verified
from chatplatform.deployment import Deployment
from chatplatform.env import Environment
from chatplatform.steady_pool import CONNECT_WITHIN
from security.body_limit import MAX_BODY
from security.csp import DEFAULT_POLICY

from .settings_accounts import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()
deployment = Deployment(env, BASE_DIR)

DEBUG = deployment.debug
DEMO = deployment.demo
DEMO_PASSWORD = env.secret("DEMO_PASSWORD") or "demo-only-correct-horse-battery"
VAR_DIR = deployment.var
PORT = deployment.port
SECRET_KEY = deployment.secret_key()
CRYPTOGRAPHY_KEY = deployment.master_keys()
AUDIT_SIGNING_KEY = deployment.audit_signing_key
"""Not read before a worker signs: the web server must not have it."""
ARCHIVE_URL = deployment.archive_url()
IS_GIVEN_SIGNING_KEY = deployment.is_given_signing_key
AUDIT_CHECKPOINT_DIR = deployment.checkpoint_folder
AUDIT_CHECKPOINT_URLS = deployment.checkpoint_urls()
AUDIT_PUBLIC_KEYS = deployment.audit_public_keys()
METRICS_TOKEN = env.secret("METRICS_TOKEN")
SITE_URL = deployment.site_url
ALLOWED_HOSTS = deployment.allowed_hosts
TRUSTED_PROXIES = deployment.trusted_proxies()
OUTGOING_NETWORKS = deployment.outgoing_networks()
DNS_SERVERS = deployment.dns_servers()
TLS_CERT, TLS_KEY = deployment.tls_files()
WEB_PROCESSES = env.integer("WEB_PROCESSES", 1, least=1, most=64)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",  # allauth's page of sessions fails without it, at request time only
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "auditlog",
    "channels",
    "security",
    "tenants",
    "chat",
    "chatplatform",
]
AUTH_USER_MODEL = "security.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "chatplatform.health.HealthMiddleware",  # before ALLOWED_HOSTS: a load balancer asks by address
    "security.middleware.RequestContextMiddleware",
    "security.middleware.SecurityHeadersMiddleware",
    "security.csp.ContentSecurityPolicyMiddleware",
    "security.addresses.AddressGuardMiddleware",
    "chatplatform.demo.DemoGuardMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "security.accounts.sessions.SessionLimitsMiddleware",
    "security.middleware.ActorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "security.accounts.known_devices.KnownDeviceMiddleware",
    "security.accounts.must_change.MustChangePasswordMiddleware",
    "tenants.admin.kept_form.KeptFormMiddleware",
    "tenants.bound.BoundSessionMiddleware",
    "tenants.middleware.TenantMiddleware",
    "axes.middleware.AxesMiddleware",
    "security.failures.FailureMiddleware",  # last: the first to see what a view raised
]
ROOT_URLCONF = "chatplatform.urls"
ASGI_APPLICATION = "chatplatform.asgi.application"
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
                "security.csp.csp",
                "tenants.theme.theme",
                "tenants.navigation.navigation",
                "tenants.visits.here",
                "security.accounts.clock.session_clock",
            ],
        },
    },
]

FORM_RENDERER = "security.forms.Renderer"
DEFAULT_EXCEPTION_REPORTER = "security.reporting.NamingReporter"

# One database under two roles. Only `migrate` and the tests' set-up speak as its owner.
_application = database.parse(deployment.database_url(), setting="DATABASE_URL")
_application["CONN_MAX_AGE"] = 0
_application["OPTIONS"]["pool"] = {"min_size": 1, "max_size": env.integer("DATABASE_POOL", 20, least=12), "timeout": 5}
_application["OPTIONS"].setdefault("connect_timeout", CONNECT_WITHIN)
_application["OPTIONS"]["options"] = database.bounded(_application["OPTIONS"].get("options", ""))
_owner = database.parse(deployment.database_owner_url(), setting="DATABASE_OWNER_URL")
DATABASES: dict[str, Any] = {"default": _application, "owner": _owner}

REDIS_URLS = deployment.redis_urls()
REDIS_URL = REDIS_URLS[0]
CACHES = {
    "default": {
        "BACKEND": "security.steady_cache.SteadyCache",
        "LOCATION": REDIS_URL,
        "VERSION": 2,  # of how values are written: 1 was Django's pickles
        # A Valkey that takes a connection and never answers counts as away.
        "OPTIONS": {"serializer": "security.cache.JSONSerializer", "socket_timeout": 2, "socket_connect_timeout": 2},
    }
}
HUB_PREFIX = f"chat:{database.redis_number(REDIS_URL)}:"
"""Of the channels that carry the fan-out in Valkey, where channels do not know of its numbered databases."""
LIMITS = {
    name: env.integer(f"LIMIT_{name}", default, least=1)
    for name, default in {
        "VISITOR_MESSAGES": 20,
        "AGENT_MESSAGES": 60,
        "VISITOR_SOCKETS": 5,
        "AGENT_SOCKETS": 10,
        "ANONYMOUS_SOCKETS": 200,
        "FRAMES": 100,
        "REQUESTS": 100,
        "CONNECTIONS": 500,
        "ALL_CONNECTIONS": 20_000,
        "HEAD_SECONDS": 10,
        "BODY_SECONDS": 20,
        "VISITOR_ACTS": 20,
        "TENANT_MESSAGES": 1_000,
        "NEW_CONVERSATIONS": 10,
        "WORK_MS": 500,
        "ADDRESS_WORK_MS": 2_000,
        "HELD_SECONDS": 20,
    }.items()
}
CELERY_BROKER_URL = database.broker(REDIS_URL)
CELERY_BROKER_USE_SSL = verified.broker_tls(REDIS_URL)

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
_SECURE = SITE_URL.startswith("https://")
_PREFIX = "__Host-" if _SECURE else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_PREFIX}session", f"{_PREFIX}csrf"
DEVICE_COOKIE_NAME = f"{_PREFIX}device"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_TRUSTED_ORIGINS = [SITE_URL]
LANGUAGE_COOKIE_SECURE = _SECURE
SECOND_FACTOR_FOR_ADMINS = not DEBUG
"""Whoever administers an organisation or the platform needs a second factor; the demo's people have none."""
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

SECURE_SSL_REDIRECT = _SECURE
_STRICT = _SECURE and not DEBUG  # a browser would remember it of localhost, for every other project there
SECURE_HSTS_SECONDS = 31_536_000 if _STRICT else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _STRICT
SECURE_CSP = DEFAULT_POLICY
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"

# No body touches the disk: Django would spool what passes 2.5 MiB into a file before any of our code runs.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FILES = 20

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = USE_TZ = True
FORMAT_MODULE_PATH = "chatplatform.formats"

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "chatplatform.storage.HashedStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_IMMUTABLE_FILE_TEST = "chatplatform.storage.is_immutable"

EMAIL_BACKEND, _mail = deployment.mail()
vars().update(_mail)

_LOG_LEVEL, _LOG_FORMAT = deployment.log_level, deployment.log_format
LOGGING_CONFIG = "security.logs.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"masked": {"()": "security.logs.MaskingFormatter", "json_lines": _LOG_FORMAT == "json"}},
    "filters": {"route": {"()": "security.logs.RouteFilter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "masked", "filters": ["route"]}},
    "root": {"handlers": ["stderr"], "level": _LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # Each task's beginning and end, some times a minute for each tenant; what tasks did they say themselves.
        "celery": {"handlers": [], "level": "DEBUG" if _LOG_LEVEL == "DEBUG" else "WARNING", "propagate": True},
        # uvicorn's own access log would hold whole URLs; security.logs writes ours, with route names.
        "uvicorn": {"handlers": [], "level": "INFO", "propagate": True},
        "uvicorn.error": {"handlers": [], "level": "WARNING", "propagate": True},  # at INFO it writes sockets' paths
        "uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}
