"""What the embedded servers have in common: a child process with a socket in, or for, the folder of its data."""

import shutil
import time
from pathlib import Path

from portal.local.processes import Child


class Embedded:
    """A server over the folder `data` that is stopped like any part. A subclass starts it."""

    def __init__(self, *, data: Path, log: Path) -> None:
        """Prepare, without starting."""
        self.data = data.resolve()
        self.log = log
        self._sockets = Path()
        self._child: Child | None = None

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._child.poll() if self._child else None

    def ask_to_stop(self) -> None:
        """Begin an orderly stop."""
        if self._child:
            self._child.ask_to_stop()

    def make_sure_it_ended(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic seconds), then kill it."""
        if self._child:
            self._child.make_sure_it_ended(deadline)
        if self._sockets != self.data:
            shutil.rmtree(self._sockets, ignore_errors=True)

    def stop(self) -> None:
        """Stop it and wait."""
        self.ask_to_stop()
        self.make_sure_it_ended(time.monotonic() + 8)
