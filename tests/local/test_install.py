"""`.venv` is made once, made anew when half-made, and touched again only when the lock changes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from portal.local.environment import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with the installer and an empty lock, so that nothing is fetched."""
    (tmp_path / "portal/local").mkdir(parents=True)
    shutil.copy(ROOT / "portal/local/install.py", tmp_path / "portal/local")
    (tmp_path / "requirements.lock").write_text("# nothing\n")
    return tmp_path


# Copying pip into a new environment takes longer than all else together, so where there is a pip outside to lend,
# the installer is told that this Python has none to copy, as Debian's has not.
PROGRAM = """
import importlib.util, runpy
find = importlib.util.find_spec
if find("pip"):
    importlib.util.find_spec = lambda name: None if name == "ensurepip" else find(name)
runpy.run_path("portal/local/install.py", run_name="__main__")
"""


def install(checkout: Path) -> "subprocess.CompletedProcess[str]":
    # The interpreter that made our own environment, without uv: pip alone must do.
    python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    return subprocess.run(
        [str(python), "-c", PROGRAM, "requirements.lock"],
        cwd=checkout,
        env={**os.environ, "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )


def test_installs_once_and_again_when_the_lock_changes_or_a_try_failed(checkout: Path) -> None:
    lock, half_made = checkout / "requirements.lock", checkout / ".venv/half-made"
    first = install(checkout)
    assert first.returncode == 0, first.stderr
    assert "Making .venv" in first.stdout
    assert set(json.loads((checkout / ".venv/installed.json").read_text())) == {"requirements.lock"}
    assert not half_made.exists()

    assert install(checkout).stdout == "", "nothing to do, nothing said"

    lock.write_text("# still nothing\n")
    changed = install(checkout)
    assert "Installing" in changed.stdout
    assert "Making" not in changed.stdout

    lock.write_text("./package --hash=sha256:" + "0" * 64 + "\n")
    failed = install(checkout)
    assert failed.returncode == 1
    assert "could not be installed" in failed.stderr
    assert half_made.exists()

    lock.write_text("# nothing again\n")
    assert "Making .venv" in install(checkout).stdout
    assert not half_made.exists()
