"""Settings of envmap, all from the environment (docs/operations.md lists them); unknown values stop the start."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONCE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from . import env, wheels

ROOT = Path(__file__).resolve().parents[2]
env.load(ROOT)
env.refuse_unknown()
wheels.name_gdal_data()
GDAL_LIBRARY_PATH = wheels.library("pyogrio", "libgdal-*.so*")
GEOS_LIBRARY_PATH = wheels.library("shapely", "libgeos_c-*.so*")

VAR = env.var_folder(ROOT)
DEBUG = env.flag("DEBUG", False)
DEMO = env.flag("ENVMAP_DEMO", False)
SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is missing; `make run` makes one under var/, a service of your own must set it."
    )
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
HTTP_PORT = env.port("ENVMAP_HTTP_PORT", 8000)
HJ212_BIND = env.text("ENVMAP_HJ212_BIND", "127.0.0.1")
HJ212_PORT = env.port("ENVMAP_HJ212_PORT", 9212)
HJ212_CONNECTIONS_PER_ADDRESS = env.count("ENVMAP_HJ212_CONNECTIONS_PER_ADDRESS", 50)
HJ212_FRAMES_PER_SECOND_PER_MN = env.count("ENVMAP_HJ212_FRAMES_PER_SECOND_PER_MN", 10)
AREA = env.text("ENVMAP_AREA")
TRAIL_ROOTS = ROOT / env.text("ENVMAP_TRAIL_ROOTS", str(VAR / "trail" / "roots.log"))
BASEMAP = env.basemap("ENVMAP_BASEMAP")
TIANDITU_TOKEN = env.text("ENVMAP_TIANDITU_TOKEN")
LAN = env.flag("ENVMAP_LAN", False)
HTTPS_PORT = env.port("ENVMAP_HTTPS_PORT", 8443)
TLS = LAN or bool(env.text("ENVMAP_TLS_CERT"))

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "channels",
    "csp",
    "django_htmx",
    "leaflet",
    "ninja",
    "pgtrigger",
    "axes",
    "envmap.core",
    "envmap.accounts",
    "layers.catalogue",
    "layers.sensors",
    "layers.tiles",
    "tasks.issues",
    "tasks.orders",
    "envmap.statistics",
    "envmap.search",
    "envmap.live",
    "envmap.api",
    "envmap.pages",
    "envmap.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "envmap.accounts.middleware.AskerMiddleware",
    "envmap.api.middleware.ProblemsOfTiles",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "envmap.urls"
WSGI_APPLICATION = "envmap.wsgi.application"
ASGI_APPLICATION = "envmap.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "envmap.pages.context.shell",
            ]
        },
    }
]


def database(name: str) -> dict[str, Any]:
    """One PostGIS connection out of an address such as postgres://envmap@%2Fvar%2Frun/envmap."""
    address = env.url(name, {"postgres", "postgresql", "postgis"})
    if not address:
        raise ImproperlyConfigured(
            f"{name} is missing; `make run` writes it for its private database, see docs/operations.md."
        )
    config: dict[str, Any] = dict(dj_database_url.parse(address, engine="django.contrib.gis.db.backends.postgis"))
    return config


# A pool, because each new backend loads PostGIS and PROJ again: worth a factor of four under ASGI.
DATABASES: dict[str, dict[str, Any]] = {
    "default": database("DATABASE_URL")
    | {
        "OPTIONS": {
            "pool": {
                "min_size": 1,
                "max_size": env.count("ENVMAP_DATABASE_POOL", 8),
                "timeout": 20,
            }
        },
        "CONN_MAX_AGE": 0,
        # After a restart of PostgreSQL each dead connection in the pool would fail one request.
        "CONN_HEALTH_CHECKS": True,
    }
}
# The owner's role makes tables; the application's role can neither truncate nor alter them, so that the trail stays.
HAS_OWNER = bool(env.text("ENVMAP_MIGRATE_URL"))
if HAS_OWNER:
    DATABASES["owner"] = database("ENVMAP_MIGRATE_URL") | {"TEST": {"MIRROR": "default"}}
DATABASE_ROUTERS = ["envmap.core.routers.OwnerOnlyMigrates"]

REDIS_URL = env.url("REDIS_URL", {"redis", "rediss", "unix"}, "redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
    }
}
CELERY_BROKER_URL = env.broker(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat.db")
CELERY_BEAT_SCHEDULE = {
    "silence": {"task": "sensors.note_silence", "schedule": 10.0},
    "open-issues": {"task": "issues.open_from_alarms", "schedule": 10.0},
    "partitions": {"task": "sensors.make_partitions", "schedule": 6 * 3600.0},
    "forget": {"task": "core.forget_old_rows", "schedule": 3600.0},
    "unused-attachments": {
        "task": "catalogue.remove_unused_attachments",
        "schedule": 6 * 3600.0,
    },
    "touches": {"task": "catalogue.gather_touches", "schedule": 300.0},
    "anchor-trails": {"task": "core.anchor_trails", "schedule": 24 * 3600.0},
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/signin/"
LOGIN_REDIRECT_URL = "/"
# Lock-out after failures, for a person from an address: neither locks the duty officer out nor a whole office (decision 9).
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_CLIENT_IP_CALLABLE = "envmap.core.addresses.client_address"
AXES_SENSITIVE_PARAMETERS = ["password"]
AXES_VERBOSE = False

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
LOCALE_PATHS = [ROOT / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [ROOT / "static"]
MEDIA_ROOT = VAR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "envmap.core.static.ModuleManifestStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
ATTACHMENT_MAX_BYTES = 30 * 2**20
IMAGE_MAX_PIXELS = 80_000_000

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_COOKIE_NAME = f"envmap{HTTP_PORT}"  # two instances on one host share a cookie jar
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TLS
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
CSRF_FAILURE_VIEW = "envmap.pages.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# A name in the local network may be another machine's tomorrow, so browsers are not told to insist there.
SECURE_HSTS_SECONDS = 31536000 if TLS and not LAN else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = bool(SECURE_HSTS_SECONDS)
SECURE_SSL_REDIRECT = TLS
SECURE_REDIRECT_EXEMPT = [r"^start/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"

_basemap_hosts = {
    "offline": [],
    "tianditu": [f"https://t{n}.tianditu.gov.cn" for n in range(8)],
    "amap": [f"https://webrd0{n}.is.autonavi.com" for n in range(1, 5)],
}.get(BASEMAP, ["{0.scheme}://{0.netloc}".format(urlsplit(BASEMAP))])
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:", "blob:", *_basemap_hosts],
        "connect-src": [SELF],
        "font-src": [SELF],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": [SELF],
        "frame-ancestors": ["'none'"],
    }
}

LEAFLET_CONFIG = {
    "NO_GLOBALS": False,
    "RESET_VIEW": False,
    "SCALE": "metric",
    "ATTRIBUTION_PREFIX": "",
    "TILES": [],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("ENVMAP_LOG_LEVEL", "INFO")},
    "loggers": {"axes": {"level": "ERROR"}, "httpx": {"level": "WARNING"}},
}
# envmap.accounts.signin asks axes itself, for the page and for Basic credentials alike; its middleware is not needed.
SILENCED_SYSTEM_CHECKS: list[str] = ["axes.W002"]
os.environ.setdefault("NINJA_SKIP_REGISTRY", "1")

CITIZEN_REPORTS_PER_HOUR = 20  # from one address; a whole village may sit behind one
