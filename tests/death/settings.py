"""The portal's settings for a portal that is made to suffer: static files are not collected, passwords cost nothing.

Where POOL_UNCHECKED is set, the pool hands out connections without a look at them: a control.
"""

import os

from portal.settings import *  # noqa: F403 (every setting but these)

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if os.environ.get("POOL_UNCHECKED"):
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = False  # noqa: F405
