"""The line between the portal and PostgreSQL, which can be cut in the very moment of a commit.

A socket in a folder of its own stands before the real one and passes everything on. Asked to, it cuts the next
connection that says COMMIT: before the server hears it, or after the server did it and before the portal hears that.
"""

import socket
import struct
import threading
from contextlib import suppress
from pathlib import Path

COMMIT = b"Q" + struct.pack("!i", len(b"COMMIT\0") + 4) + b"COMMIT\0"
SOCKET = ".s.PGSQL.5432"
UNHEARD, UNANSWERED = "before the server heard it", "before we heard the server's yes"


class Wire:
    """Connections made through `folder` reach the PostgreSQL whose socket is in `server`."""

    def __init__(self, *, folder: Path, server: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.cuts = 0
        self._server = str(server / SOCKET)
        self._next: str | None = None
        self._lock = threading.Lock()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(folder / SOCKET))
        self._listening.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_next_commit(self, moment: str) -> None:
        """Cut the next connection that commits, at this moment: UNHEARD or UNANSWERED."""
        with self._lock:
            self._next = moment

    def close(self) -> None:
        """Take no more connections."""
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                try:
                    server.connect(self._server)
                except OSError:
                    client.close()
                    continue
                threading.Thread(target=self._up, args=(client, server), daemon=True).start()
                threading.Thread(target=self._down, args=(client, server), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                moment = self._moment() if COMMIT in data else None
                if moment == UNHEARD:
                    break
                if moment == UNANSWERED:
                    # What comes back from now on is swallowed, the yes as well.
                    client.shutdown(socket.SHUT_RDWR)
                    server.sendall(data)
                    continue
                server.sendall(data)
        _hang_up(client, server)

    @staticmethod
    def _down(client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
        _hang_up(client, server)

    def _moment(self) -> str | None:
        with self._lock:
            moment, self._next = self._next, None
            self.cuts += moment is not None
        return moment


def _hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
