"""Where a Unix socket can live: beside the data where that path is short and plain, else in a short one."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from portal.local.processes import UnableToStart

# sockaddr_un.sun_path holds 104 bytes on macOS and 108 on Linux, with a closing zero; the longest name used in a
# socket folder, PostgreSQL's `.s.PGSQL.5432.lock`, takes 19 of them with its slash.
_LONGEST_DIRECTORY = 80
# Other characters would have to survive several URL parsers, each with its own idea of escaping.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/+-]+")


def socket_directory(data: Path) -> Path:
    """The folder for the socket of the engine whose data are in `data`; made if absent, readable by us alone.

    Always the same folder for the same data and user, so that a later start finds what an earlier one left.
    Raises UnableToStart where the temporary folder of that name belongs to somebody else.
    """
    beside = data.resolve()
    if len(os.fsencode(beside)) <= _LONGEST_DIRECTORY and _PLAIN_PATH.fullmatch(str(beside)):
        beside.mkdir(parents=True, exist_ok=True)
        return beside
    digest = hashlib.sha256(os.fsencode(beside)).hexdigest()[:12]
    base = Path(tempfile.gettempdir())
    if len(os.fsencode(base)) > 60 or not _PLAIN_PATH.fullmatch(str(base)):
        base = Path("/tmp")
    directory = base / f"portal-{os.geteuid()}-{digest}"
    directory.mkdir(mode=0o700, exist_ok=True)
    if directory.is_symlink() or directory.stat().st_uid not in {os.geteuid(), data.stat().st_uid}:
        raise UnableToStart(
            f"The folder {directory}, needed for sockets, belongs to somebody else; remove it."
        )
    return directory
