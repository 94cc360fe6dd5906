"""Something done at the same time, over a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

Found = TypeVar("Found")
PATIENCE = 20  # seconds


def elsewhere(do: Callable[[], Found]) -> Found:
    """What `do` gives in another thread. Fails where it waits for what this one holds."""
    found: list[Found] = []

    def run() -> None:
        try:
            found.append(do())
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(timeout=PATIENCE)
    assert found, "it ended with an error, or it waits"
    return found[0]
