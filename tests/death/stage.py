"""Where the deaths are staged: the environment of processes that work on a test's database."""

import os
from urllib.parse import urlsplit, urlunsplit

from django.db import connection


def environment_of_this_database(**settings: str) -> dict[str, str]:
    """The environment of a process that works on the database of this test, with these settings besides."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return {
        **os.environ,
        "DATABASE_URL": urlunsplit(database),
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        **settings,
    }
