"""The lines of the docs that verify a certificate run as they stand there, in a program that knows nothing of us."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from tests import cast
from tests.infra.environment import SETTINGS_VARIABLES

DOCS = Path(__file__).resolve().parents[2] / "docs" / "14-what-is-kept.md"
pytestmark = pytest.mark.django_db(transaction=True)


def lines_of_the_docs() -> str:
    [found] = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    return str(found)


def run(portal: str, certificate: bytes, *, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / "price-lock.json"
    file.write_bytes(certificate)
    elsewhere = {name: value for name, value in os.environ.items() if name not in SETTINGS_VARIABLES}
    return subprocess.run(
        [sys.executable, "-c", lines_of_the_docs(), portal, str(file)],
        cwd=folder, env=elsewhere, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_ten_lines_verify_a_certificate_and_find_a_changed_one(
    live_server: LiveServer, tmp_path: Path
) -> None:
    client = Client()
    client.force_login(cast.bo().user)
    whole = client.get("/plan/certificate.json").content
    assert len(lines_of_the_docs().strip().splitlines()) <= 12

    said = run(live_server.url, whole, folder=tmp_path)
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["customer"] == "Lindqvist & Daughters"

    signed = json.loads(whole)
    place = len(signed["payload"]) // 2
    other = "A" if signed["payload"][place] != "A" else "B"
    signed["payload"] = signed["payload"][:place] + other + signed["payload"][place + 1 :]
    said = run(live_server.url, json.dumps(signed).encode(), folder=tmp_path)
    assert said.returncode != 0
    assert "BadSignatureError" in said.stderr
