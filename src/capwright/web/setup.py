"""Django, set up for one market: settings from the host's, tables made, a WSGI application returned."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from capwright.host.settings import bad_setting
from capwright.web.hosting import set_host

if TYPE_CHECKING:
    from collections.abc import Callable

    from capwright.host import Host, Settings

__all__ = ["django_settings", "start"]

HERE: Final = Path(__file__).parent
_HOUR_S: Final = 3600


def start(host: Host) -> Callable[..., Any]:
    """Set Django up for this market and return its WSGI application. Once in a process."""
    import django  # noqa: PLC0415 - an extra
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415

    set_host(host)
    if not settings.configured:
        settings.configure(**django_settings(host.settings))
        django.setup()
    from capwright.web.library_words import put_in_our_words  # noqa: PLC0415 - after Django

    put_in_our_words()
    import capwright.web.urls  # noqa: F401, PLC0415 - all pages now, not when the first visitor waits

    call_command("migrate", verbosity=0, interactive=False, stdout=sys.stderr)
    from capwright.web.resealing import reseal  # noqa: PLC0415 - its models need Django set up
    from capwright.web.upkeep import Upkeep  # noqa: PLC0415 - its models need Django set up
    from capwright.web.webhooks import Postman  # noqa: PLC0415 - its models need Django set up

    if host.settings.old_secret_keys:
        reseal()
    host.with_closing(Upkeep())
    host.with_closing(Postman(host))
    return get_wsgi_application()


def django_settings(settings: Settings) -> dict[str, Any]:
    """The host's settings in Django's words."""
    site = urlsplit(settings.url)
    hosts = [name for name in {site.hostname, settings.host, "localhost", "127.0.0.1"} if name]
    return {
        "DEBUG": False,
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_FALLBACKS": list(settings.old_secret_keys),
        "ALLOWED_HOSTS": hosts,
        "ROOT_URLCONF": "capwright.web.urls",
        "INSTALLED_APPS": [
            "django.forms",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.staticfiles",
            "django.contrib.humanize",
            "allauth",
            "allauth.account",
            "allauth.mfa",
            "allauth.usersessions",
            "oauth2_provider",
            "capwright.web",
        ],
        "MIDDLEWARE": [
            "capwright.web.middleware.headers",
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "capwright.web.middleware.language",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "capwright.web.idle.idle",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "allauth.account.middleware.AccountMiddleware",
            "allauth.usersessions.middleware.UserSessionsMiddleware",
            "capwright.web.middleware.second_factor",
            "capwright.web.middleware.refusals",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [HERE / "templates"],
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                        "capwright.web.context.market",
                    ],
                    "builtins": ["capwright.web.templatetags.words"],
                },
            }
        ],
        "DATABASES": {"default": _database(settings.people_db)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "AUTH_USER_MODEL": "web.User",
        "AUTHENTICATION_BACKENDS": [
            "django.contrib.auth.backends.ModelBackend",
            "allauth.account.auth_backends.AuthenticationBackend",
        ],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"django.contrib.auth.password_validation.{name}"}
            for name in (
                "UserAttributeSimilarityValidator",
                "CommonPasswordValidator",
                "NumericPasswordValidator",
            )
        ]
        + [
            {
                "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
                "OPTIONS": {"min_length": 12},
            },
            {"NAME": "capwright.web.passwords.LongestPassword"},
        ],
        "CACHES": {"default": {"BACKEND": "capwright.web.counts.SharedCounts"}},
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "USE_I18N": True,
        "LANGUAGE_CODE": "zh-hans",
        "LANGUAGES": [("zh-hans", "中文"), ("en", "English")],
        "STATIC_URL": "/static/",
        "STATICFILES_DIRS": [("report", HERE.parent / "report" / "vendor")],
        "WHITENOISE_USE_FINDERS": True,
        "WHITENOISE_AUTOREFRESH": False,
        "LOGIN_URL": "account_login",
        "LOGIN_REDIRECT_URL": "/desk/",
        "LOGOUT_REDIRECT_URL": "/",
        "SESSION_COOKIE_NAME": settings.session_cookie,
        "CSRF_COOKIE_NAME": "__Host-csrftoken" if settings.secure else "csrftoken",
        "SESSION_COOKIE_SECURE": settings.secure,
        "CSRF_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_AGE": 8 * _HOUR_S,
        "CSRF_TRUSTED_ORIGINS": [settings.url],
        "SECURE_HSTS_SECONDS": 365 * 24 * _HOUR_S if settings.secure else 0,
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 20_000_000,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 10_000,  # a large monitoring plan is one form
        "FORM_RENDERER": "django.forms.renderers.TemplatesSetting",
        "DEFAULT_FROM_EMAIL": settings.mail_from,
        **_mail(settings.mail_url),
        "ACCOUNT_LOGIN_METHODS": {"username", "email"},
        "ACCOUNT_SIGNUP_FIELDS": ["email*", "username*", "password1*", "password2*"],
        "ACCOUNT_ADAPTER": "capwright.web.adapter.Adapter",
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_RATE_LIMITS": {"login_failed": "10/m/ip,5/5m/key", "token": "30/m/ip"},
        "ACCOUNT_PREVENT_ENUMERATION": True,
        "ACCOUNT_REAUTHENTICATION_REQUIRED": True,  # before an e-mail address changes; factors ask anyway
        "ACCOUNT_EMAIL_NOTIFICATIONS": True,
        "MFA_ADAPTER": "capwright.web.factors.FactorAdapter",
        "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes", "webauthn"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_TOTP_ISSUER": "Capwright",
        "OAUTH2_PROVIDER_APPLICATION_MODEL": "oauth2_provider.Application",
        "OAUTH2_PROVIDER": {
            "SCOPES": {"read": "Read", "trade": "Trade", "write": "Send commands"},
            **{
                f"COMPLIANT_BCP_RFC9700_{name}": True
                for name in (
                    "IMPLICIT_GRANT",
                    "PASSWORD_GRANT",
                    "PKCE_METHOD",
                    "ACCESS_TOKEN_TRANSPORT",
                    "AUTHZ_RESPONSE_ISS",
                    "TOKEN_STORAGE",
                    "REFRESH_TOKEN",
                    "REDIRECT_URI_SCHEME",
                )
            },
            "REFRESH_TOKEN_REUSE_PROTECTION": True,
            "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
        },
        "LOGGING_CONFIG": None,
        "CAPWRIGHT_DEMO": settings.demo,
    }


def _mail(address: str) -> dict[str, Any]:
    """Mail settings from `smtp://USER:PASSWORD@HOST:PORT`, `smtps://…`, or `console:`, which prints mails."""
    if address.startswith("console:"):
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(address)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and bool(parts.username),
        "EMAIL_TIMEOUT": 20,
    }


def _database(address: str) -> dict[str, Any]:
    """A Django database from a file path or an address of PostgreSQL, read as the journal's is (CW-9710)."""
    if not address.startswith(("postgresql://", "postgres://")):
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": address,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode = WAL"},
        }
    import psycopg  # noqa: PLC0415 - an extra

    from capwright.journal.wire import parameters  # noqa: PLC0415 - needs psycopg

    try:
        given = parameters(address)
    except psycopg.ProgrammingError:  # its text may hold the password
        bad_setting("people_db", "…", "it is no address of PostgreSQL", "不是有效的 PostgreSQL 地址")
    user = given.pop("user", "")
    if not (name := given.pop("dbname", user)):
        bad_setting("people_db", "…", "it names no database", "未指明数据库")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": user,
        "PASSWORD": given.pop("password", ""),
        "HOST": given.pop("host", ""),
        "PORT": given.pop("port", ""),
        "OPTIONS": given,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,  # a session that the server has ended is made anew, not shown as a fault
    }
