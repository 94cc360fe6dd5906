#!/usr/bin/env python3
"""Django's command line; it speaks to the portal that `make run` started unless told otherwise."""

import os
import sys

from portal.local.environment import fill_environment


def main() -> None:
    """Run one management command."""
    fill_environment(os.environ)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
