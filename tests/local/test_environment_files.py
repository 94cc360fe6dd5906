"""`.env`, and the file that lets a second terminal speak to the portal that runs."""

import os
import re
from pathlib import Path

import pytest

from portal.local import environment
from portal.local.environment import ROOT, fill_environment, read_env_file, write_env_file
from portal.local.instance import SETTINGS

READ_BY_SETTINGS = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", (ROOT / "portal/settings.py").read_text()))


def test_what_is_written_is_read_back_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "run.env"
    variables = {"A": "plain", "B": "postgres://u:p@/d?host=/x", "C": 'with "quotes" and = signs', "D": "a b"}
    write_env_file(path, variables)
    assert read_env_file(path) == variables
    assert path.stat().st_mode & 0o777 == 0o600


def test_comments_blank_lines_quotes_and_export_are_understood(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("# note\n\nA=1\nexport B='two words'\nC=\"3\"\n D = 4 \nno equals sign\n")
    assert read_env_file(path) == {"A": "1", "B": "two words", "C": "3", "D": "4"}


def test_a_variable_really_set_wins_and_the_running_portal_comes_before_dotenv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    (tmp_path / ".env").write_text("A=dotenv\nB=dotenv\n")
    environ = {"A": "real"}
    fill_environment(environ)
    assert environ == {"A": "real", "B": "dotenv"}

    write_env_file(tmp_path / "data" / "run.env", {"A": "running", "B": "running"})
    environ = {"A": "real"}
    fill_environment(environ)
    assert environ == {"A": "real", "B": "running"}

    environ = {"ENV_FILE": os.devnull}
    fill_environment(environ)
    assert environ == {"ENV_FILE": os.devnull}


def test_every_setting_is_explained_passed_on_and_nothing_else() -> None:
    explained = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert READ_BY_SETTINGS
    assert explained == READ_BY_SETTINGS | {"PORT"}
    assert set(SETTINGS) == READ_BY_SETTINGS
