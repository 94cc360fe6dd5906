"""The peers' own environment: made from their hashed lock file when first needed, apart from everything of ours."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from portal.local.environment import ROOT

HERE = Path(__file__).parent
LOCK = HERE / "requirements.lock"


class NoPeers(Exception):
    """Their environment could not be made; the message says why."""


def peers_python() -> str:
    """The Python of the peers' environment, which lies under `.data/`. Raises NoPeers."""
    folder = ROOT / ".data" / "peers"
    stamp, python = folder / "lock.sha256", folder / "bin" / "python"
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == digest):
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        _run(str(python), "-m", "pip", "install", "-q", "--require-hashes", "-r", str(LOCK))
        stamp.write_text(digest)
    return str(python)


def run_peer(*arguments: str, **env: str) -> str:
    """Run `peerwork.py` to its end; what it printed."""
    done = subprocess.run(
        [peers_python(), str(HERE / "peerwork.py"), *arguments],
        cwd=HERE,
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"peer {arguments}: {done.stdout[-1000:]}{done.stderr[-4000:]}")
    return done.stdout


def _run(*argv: str, **given: Any) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=900, check=False, **given)
    if done.returncode:
        raise NoPeers(f"{' '.join(argv[:4])}: {done.stderr.strip().splitlines()[-1:]}")
