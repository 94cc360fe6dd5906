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


def install(checkout: Path) -> "subprocess.CompletedProcess[str]":
    # The interpreter that made our own environment, without uv: pip alone must do.
    python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    environment = {**os.environ, "PATH": os.defpath}
    return subprocess.run(
        [str(python), "portal/local/install.py", "requirements.lock"],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_installs_once_and_again_when_half_made_or_changed(checkout: Path) -> None:
    first = install(checkout)
    assert first.returncode == 0, first.stderr
    assert "Making .venv" in first.stdout
    assert set(json.loads((checkout / ".venv/installed.json").read_text())) == {"requirements.lock"}

    assert install(checkout).stdout == "", "nothing to do, nothing said"

    (checkout / "requirements.lock").write_text("# still nothing\n")
    changed = install(checkout)
    assert "Installing" in changed.stdout
    assert "Making" not in changed.stdout

    (checkout / ".venv/half-made").touch()
    assert "Making .venv" in install(checkout).stdout


def test_a_package_that_does_not_match_its_hash_is_refused_and_the_next_try_begins_anew(
    checkout: Path,
) -> None:
    (checkout / "requirements.lock").write_text("./package --hash=sha256:" + "0" * 64 + "\n")
    failed = install(checkout)
    assert failed.returncode == 1
    assert "could not be installed" in failed.stderr
    assert (checkout / ".venv/half-made").exists()
