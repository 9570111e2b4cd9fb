"""Django's settings, computed from `options.py` and the home; importing them starts no server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from keniki import __version__
from keniki.site import home, options, postgres

HOME = home.current().create()
SITE = Path(__file__).resolve().parent

VERSION = __version__
DEBUG = options.flag("KENIKI_DEBUG")
SECRET_KEY = HOME.secret_key()
ENCRYPTION_KEY = HOME.encryption_key()
HTTPS = options.flag("KENIKI_HTTPS")
ALLOWED_HOSTS = options.items("KENIKI_HOSTS")
CSRF_TRUSTED_ORIGINS = (
    [f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS if host != "*"] if HTTPS else []
)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "leaflet",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "keniki.apps.accounts",
    "keniki.apps.regions",
    "keniki.apps.workflow",
    "keniki.apps.evidence",
    "keniki.apps.programmes",
    "keniki.apps.compacts",
    "keniki.apps.activities",
    "keniki.apps.finance",
    "keniki.apps.disaster",
    "keniki.apps.documents",
    "keniki.apps.portal",
]

MIDDLEWARE = [
    "keniki.site.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "keniki.site.middleware.UploadLimit",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "keniki.site.middleware.ReadableText",
    "keniki.site.middleware.NothingIsLost",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "keniki.site.middleware.IdleSession",
    "keniki.site.middleware.StaffPagesAreNotStored",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
]

ROOT_URLCONF = "keniki.site.urls"
WSGI_APPLICATION = "keniki.site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [SITE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "keniki.apps.regions.context.staff",
            ],
            "builtins": ["keniki.site.templatetags.keniki"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- data -------------------------------------------------------------------------------------------------

DATABASES = {"default": postgres.connection(HOME)}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "keniki_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
MEDIA_ROOT = HOME.media
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
KEEP_ACCOUNTS_DAYS = (
    options.number("KENIKI_KEEP_ACCOUNTS_DAYS") if options.text("KENIKI_KEEP_ACCOUNTS_DAYS") else None
)
KEEP_FILES_DAYS = options.number("KENIKI_KEEP_FILES_DAYS")
KEEP_TELEGRAMS_DAYS = options.number("KENIKI_KEEP_TELEGRAMS_DAYS")
UPLOAD_LIMIT = options.number("KENIKI_UPLOAD_MB") * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
DATA_UPLOAD_MAX_NUMBER_FILES = 100

# Tables of official statistics are asked for only where an administrator switched them on.
ESTAT_APP_ID = options.text("KENIKI_ESTAT_APP_ID")
ESTAT_URL = options.text("KENIKI_ESTAT_URL") if options.origin("KENIKI_ESTAT_URL") else ""

# Telegrams of the weather agency are asked for only where an administrator switched that on.
JMA_URL = options.text("KENIKI_JMA_URL") if options.origin("KENIKI_JMA_URL") else ""

# Reminders go out by e-mail only where an administrator named a server; passwords never do.
MAIL_ENABLED = bool(options.text("KENIKI_SMTP_HOST"))
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if MAIL_ENABLED else 'dummy'}.EmailBackend"
EMAIL_HOST = options.text("KENIKI_SMTP_HOST")
EMAIL_PORT = options.number("KENIKI_SMTP_PORT")
EMAIL_HOST_USER = options.text("KENIKI_SMTP_USER")
EMAIL_HOST_PASSWORD = options.text("KENIKI_SMTP_PASSWORD")
EMAIL_USE_TLS = options.flag("KENIKI_SMTP_TLS")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = options.text("KENIKI_MAIL_FROM") or "keniki@localhost"
OPEN_DATA_LICENCES = dict(
    item.split("=", 1) for item in options.items("KENIKI_OPEN_DATA_LICENCES") if "=" in item
)

# --- language and time ------------------------------------------------------------------------------------

LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語")]
TIME_ZONE = "Asia/Tokyo"
USE_TZ = True
USE_I18N = True

# --- style sheets and scripts -----------------------------------------------------------------------------
# `keniki serve` collects them (see assets.py); what was not collected comes straight from the package.

STATIC_URL = "/static/"
STATIC_ROOT = HOME.static
STATICFILES_DIRS = [SITE / "static"] if (SITE / "static").is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "keniki.site.assets.HashedNames"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

# --- log-in -----------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
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
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/desk/"
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "keniki.site.signin.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = "login"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
# A town's staff share one address: only the account is ever locked, never the address.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": f"{options.number('KENIKI_LOGIN_FAILURES')}/15m/key",
    "reset_password": "5/15m/key",
    "reset_password_from_key": None,
    "signup": None,
    "request_login_code": "3/15m/key",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Keniki"
MFA_RATE_LIMITS = {"webauthn_login": "120/m/ip"}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS

SOCIALACCOUNT_ADAPTER = "keniki.site.signin.SocialAccountAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_STORE_TOKENS = False
OIDC_CLAIM = options.text("KENIKI_OIDC_CLAIM")
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = (
    {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "staff",
                    "name": options.text("KENIKI_OIDC_NAME"),
                    "client_id": options.text("KENIKI_OIDC_CLIENT_ID"),
                    "secret": options.text("KENIKI_OIDC_CLIENT_SECRET"),
                    "settings": {"server_url": options.text("KENIKI_OIDC_URL")},
                }
            ],
        }
    }
    if options.origin("KENIKI_OIDC_URL")
    else {}
)
ALLAUTH_TRUSTED_PROXY_COUNT = options.number("KENIKI_TRUSTED_PROXIES")

# --- sessions on a shared PC ------------------------------------------------------------------------------

SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = options.number("KENIKI_SESSION_HOURS") * 3600
SESSION_IDLE_SECONDS = options.number("KENIKI_IDLE_MINUTES") * 60
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_NAME = "keniki_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_NAME = "keniki_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS

# --- headers ----------------------------------------------------------------------------------------------

TILES_URL = options.text("KENIKI_TILES_URL")
# Read again where work is begun; here so that a value that makes no sense is named at the start.
ENGINE = options.engine("KENIKI_ENGINE")
_image_sources = " ".join(filter(None, ["'self'", "data:", "blob:", options.origin("KENIKI_TILES_URL")]))
_form_targets = " ".join(filter(None, ["'self'", options.origin("KENIKI_OIDC_URL")]))
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        f"img-src {_image_sources}",
        "object-src 'none'",
        "frame-ancestors 'none'",
        f"form-action {_form_targets}",
        "base-uri 'none'",
    )
)
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin" if HTTPS else None
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 30 * 24 * 3600 if HTTPS else 0
X_FRAME_OPTIONS = "DENY"

# --- jobs and history -------------------------------------------------------------------------------------

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_IMPORT_PATHS = ["keniki.site.jobs"]

# --- the log ----------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "keniki": {"level": options.level("KENIKI_LOG_LEVEL")},
        "django": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},
    },
}
