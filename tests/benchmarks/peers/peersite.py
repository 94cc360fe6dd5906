"""The settings of a Django project with the peers in it; it runs in their environment."""

import os
from urllib.parse import parse_qs, urlsplit

_database = urlsplit(os.environ["DATABASE_URL"])
SECRET_KEY = "for-the-benchmarks-only-" + "0123456789" * 4
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "peerserved"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.path[1:],
        "USER": _database.username,
        "HOST": parse_qs(_database.query)["host"][0],
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 8, "timeout": 5}},
    }
}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sites",
    "ordered_model",
    "sequences",
    "plans",
    "djstripe",
]
# What `startproject` gives every project; the floors of the benchmarks have the same.
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
LOGGING_CONFIG = None
SITE_ID = 1

# django-plans: a mail is only made with PEER_MAILS, and then thrown away, because our sweep writes the row from which
# one will be made.
PLANS_CURRENCY = "EUR"
PLANS_INVOICE_ISSUER = {"issuer_name": "Bench", "issuer_country": "DE"}
PLANS_TAX = None
PLANS_TAXATION_POLICY = "plans.taxation.eu.EUTaxationPolicy"
SEND_PLANS_EMAILS = bool(os.environ.get("PEER_MAILS"))
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
DEFAULT_FROM_EMAIL = "plans@bench.test"

# dj-stripe: its default path, or with PEER_CALLBACK a callback that does nothing.
STRIPE_LIVE_MODE = False
STRIPE_TEST_SECRET_KEY = "sk_test_" + "0" * 24
STRIPE_API_HOST = os.environ.get("PEER_STRIPE", "http://127.0.0.1:9")
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
if os.environ.get("PEER_CALLBACK"):
    DJSTRIPE_WEBHOOK_EVENT_CALLBACK = "peerserved.do_nothing"
