"""Settings, from the environment only. Every variable is explained in `.env.example`."""

from __future__ import annotations

from pathlib import Path

import structlog
from csp.constants import NONE, SELF
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from portal.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
DEBUG = env.flag("DEBUG", default=False)
DEMO = env.flag("DEMO", default=False)
SECRET_KEY = env.text("SECRET_KEY")
SIGNING_KEYS = env.signing_keys("SIGNING_KEYS")
BASE_URL = env.http_url("BASE_URL")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS")
DATABASES = {"default": env.database("DATABASE_URL")}
REDIS_URL = env.redis("REDIS_URL")
EMAIL = env.email("EMAIL_URL", demo=DEMO)
EMAIL_WEBHOOK_SECRET = env.webhook_secret("EMAIL_WEBHOOK_SECRET")
STRIPE_SECRET_KEY = env.stripe_key("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET")
STRIPE_API_BASE = env.stripe_base("STRIPE_API_BASE", demo=DEMO)
STRIPE_AUTOMATIC_TAX = env.flag("STRIPE_AUTOMATIC_TAX", default=False)
CHARGES_A_DAY = env.whole_number("CHARGES_A_DAY", default=20)
WAIVER_LIMIT_PERCENT = env.whole_number("WAIVER_LIMIT_PERCENT", default=25)
WAIVER_LIMIT_DAYS = env.whole_number("WAIVER_LIMIT_DAYS", default=30)
WAIVER_CREDIT_PERCENT = env.whole_number("WAIVER_CREDIT_PERCENT", default=50)
WAIVER_RULE_DAYS = env.whole_number("WAIVER_RULE_DAYS", default=7)
DATA_DIR = Path(env.text("DATA_DIR", default=str(BASE_DIR / ".data")))
env.finish()

HTTPS = BASE_URL.startswith("https://")

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "hijack",
    "csp",
    "django_htmx",
    "licensing",
    "billing",
    "portal",
]

MIDDLEWARE = [
    "portal.middleware.machines.MachineDoorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pages are light on the wire with or without a proxy before us; Django pads them at random against BREACH.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.middleware.admin_policy.AdminPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.middleware.private_pages.PrivatePagesMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "hijack.middleware.HijackUserMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "portal.middleware.reader.ReaderMiddleware",
    "portal.middleware.second_factor.SecondFactorMiddleware",
    "portal.middleware.read_only.ReadOnlyHijackMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
AUTH_USER_MODEL = "portal.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "portal.templatetags.words",
                "portal.templatetags.kept",
                "portal.templatetags.compiled",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.portal",
            ],
        },
    },
    # Compiled to Python: the frame of every page, and the pages that are asked for often.
    {
        "NAME": "compiled",
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "compiled"],
        "OPTIONS": {
            "environment": "portal.compiled.environment",
            "context_processors": [
                "django.template.context_processors.csrf",
                "django.contrib.messages.context_processors.messages",
                "portal.context.portal",
            ],
        },
    },
]

CACHES = {
    "default": {
        "BACKEND": "portal.rediscache.RedisCache",
        "LOCATION": REDIS_URL,
        # Nobody waits for a Redis that does not answer.
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
}
SESSION_ENGINE = "portal.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600

# Where mail goes: the parts of EMAIL_URL.
EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"]
EMAIL_HOST = EMAIL.get("EMAIL_HOST", "")
EMAIL_PORT = EMAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = EMAIL.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = EMAIL.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = EMAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
ANYMAIL = {
    "REQUESTS_TIMEOUT": EMAIL_TIMEOUT,
    "WEBHOOK_SECRET": EMAIL_WEBHOOK_SECRET,
    **EMAIL.get("ANYMAIL", {}),
}
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", default="portal@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Words, dates and money. Strings are English; a reader's locale decides how dates and amounts are written.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
TIME_ZONE = "UTC"
USE_TZ = True
# Looking for a translation that is not there costs a tenth of a page; with a second language it is looked for.
USE_I18N = len(LANGUAGES) > 1
FORMAT_MODULE_PATH = ["portal.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Sign-in: by email, verified, with a second factor for staff.
AUTHENTICATION_BACKENDS = ["portal.coming_back.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/plan/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "portal.accounts.AccountAdapter"
ACCOUNT_FORMS = {
    "add_email": "portal.forms.account.AddEmailForm",
    "change_password": "portal.forms.account.ChangePasswordForm",
    "confirm_email_verification_code": "portal.forms.account.ConfirmEmailCodeForm",
    "login": "portal.forms.account.LoginForm",
    "reauthenticate": "portal.forms.account.ReauthenticateForm",
    "reset_password": "portal.forms.account.ResetPasswordForm",
    "reset_password_from_key": "portal.forms.account.ResetPasswordKeyForm",
    "signup": "portal.forms.account.SignupForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# Rate limits count by address. Behind https stands one proxy of ours, and only what that one says of the client counts.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if HTTPS else 0
MFA_ADAPTER = "portal.accounts.MFAAdapter"
MFA_FORMS = {
    "add_webauthn": "portal.forms.passkeys.AddPasskeyForm",
    "authenticate_webauthn": "portal.forms.passkeys.SecondFactorForm",
    "edit_webauthn": "portal.forms.passkeys.RenameForm",
    "login_webauthn": "portal.forms.passkeys.SignInForm",
    "reauthenticate_webauthn": "portal.forms.passkeys.ShowAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
# The second factor of staff may be waived in the demo alone.
STAFF_NEEDS_SECOND_FACTOR = not DEMO
HIJACK_PERMISSION_CHECK = "portal.hijack.may_look_as"
HIJACK_INSERT_BEFORE = None

# What a browser is allowed.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        # A form's answer may lead to Stripe's own pages; in the demo those are the stand-in's.
        "form-action": [SELF, "https://*.stripe.com", *([STRIPE_API_BASE] if DEMO else [])],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.views.errors.csrf_failed"
CSRF_TRUSTED_ORIGINS = [BASE_URL]
X_FRAME_OPTIONS = "DENY"

# Jobs. Sweeps ask what should be true now, so a lost message or a second beat changes nothing but the delay.
CELERY_BROKER_URL = env.celery_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_TIMEZONE = "UTC"
# However long Redis is away, a worker and beat go on trying; by default they would give up after a hundred times.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A line on which nothing comes back is found dead: a command after so many seconds, a wait for work soon after.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 15,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
}
# A sweep under way when the line breaks goes on to its end: it needs no Redis, and another one beside it does no harm.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A sweep that nobody took before its next turn need not be taken at all. In the demo time is made to pass, and whoever
# watches should not wait for minutes.
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": every, "options": {"expires": every}}
    for name, task, every in [
        ("reconcile", "billing.tasks.reconcile_books", 60.0),
        ("webhooks", "billing.tasks.drain_inbox", 5.0),
        ("notices", "portal.tasks.send_notices", 10.0),
        ("pending orders", "billing.tasks.settle_pending", 10.0 if DEMO else 60.0),
        ("trials", "licensing.tasks.sweep_trials", 10.0 if DEMO else 60.0),
        ("waivers", "licensing.tasks.sweep_waivers", 10.0 if DEMO else 60.0),
        ("sunsets", "licensing.tasks.sweep_sunsets", 10.0 if DEMO else 60.0),
        ("credits", "billing.tasks.give_credits", 10.0 if DEMO else 60.0),
        ("edition moves", "billing.tasks.move_editions", 10.0 if DEMO else 60.0),
        ("renewals", "billing.tasks.remind_renewals", 10.0 if DEMO else 300.0),
        ("invariants", "billing.tasks.check_invariants", 300.0),
        ("policy", "portal.tasks.record_policy", 60.0),
        ("promises", "billing.tasks.check_promises", 600.0),
        ("erasures", "portal.tasks.erase_due", 10.0 if DEMO else 3600.0),
        ("rehearsals", "licensing.tasks.rehearse_what_runs", 60.0),
    ]
}

# The facts that a line of the log may name: ids and words of ours, never an address or a key.
LOGGED = (
    "code", "customer", "delivery", "events", "invariant", "invoice", "kind", "mended", "notice", "object", "order",
    "part", "price", "quote", "subscription", "what", "why",
)  # fmt: skip

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.dev.ConsoleRenderer(colors=False)
            if DEBUG or DEMO
            else structlog.processors.JSONRenderer(),
            "foreign_pre_chain": [
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                # What our own lines say beside their names; other libraries' extras may hold whole requests.
                structlog.stdlib.ExtraAdder(allow=LOGGED),
                structlog.processors.TimeStamper(fmt="iso"),
            ],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # The SDK logs request bodies at debug level; they stay out of the log.
        "stripe": {"level": "WARNING"},
        "django.db.backends": {"level": "WARNING"},
        # A line each time a sweep comes round would drown all others.
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}

# What our own pages of staff need beyond the theme's styles, one file a part, later ones refining earlier ones.
STAFF_STYLES = (
    "base", "theme", "parts", "forms", "first-page", "customer", "editions", "promises", "rehearsal",
)  # fmt: skip
# The pages of staff. Green as the demo's accent, and greys as warm as the portal's own.
UNFOLD = {
    "SITE_TITLE": "Upgrade portal",
    "SITE_HEADER": "Upgrade portal",
    "SITE_SYMBOL": "verified",
    "SITE_URL": "/",
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": False,
    "SITE_FAVICONS": [{"rel": "icon", "href": "data:,"}],
    "STYLES": [lambda _request, name=name: static(f"staff/{name}.css") for name in STAFF_STYLES],
    "DASHBOARD_CALLBACK": "portal.admin.dashboard.dashboard",
    "SIDEBAR": {"navigation": "portal.admin.navigation.menu"},
    "COLORS": {
        "base": {
            "50": "oklch(98.6% .003 95)",
            "100": "oklch(96.6% .004 95)",
            "200": "oklch(92.4% .006 95)",
            "300": "oklch(86.8% .008 95)",
            "400": "oklch(71% .01 95)",
            "500": "oklch(55% .01 95)",
            "600": "oklch(44.5% .009 95)",
            "700": "oklch(37% .008 95)",
            "800": "oklch(27.5% .006 95)",
            "900": "oklch(20.5% .005 95)",
            "950": "oklch(14% .004 95)",
        },
        "primary": {
            "50": "oklch(97.5% .016 165)",
            "100": "oklch(94% .035 165)",
            "200": "oklch(88.5% .065 165)",
            "300": "oklch(81% .09 165)",
            "400": "oklch(70% .105 165)",
            "500": "oklch(59% .105 165)",
            "600": "oklch(48.5% .092 165)",
            "700": "oklch(43% .08 165)",
            "800": "oklch(37% .067 165)",
            "900": "oklch(31.5% .055 165)",
            "950": "oklch(23% .04 165)",
        },
    },
}
