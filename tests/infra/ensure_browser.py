"""`python -m tests.infra.ensure_browser`: see to it that there is a browser, or print why there is none.

Tried in order: CHROMIUM, `chromium` on the path, Playwright's own, `playwright install chromium`, and as root on
Debian `apt-get install chromium`. Progress goes to standard error, so that standard output holds the reason alone.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright


def main() -> None:
    """Print nothing where a browser is there at the end, else one line that says why not."""
    if _found():
        return
    _say("No browser yet: asking Playwright for one")
    reasons = []
    if not _run([sys.executable, "-m", "playwright", "install", "chromium"], seconds=300):
        reasons.append("`playwright install chromium` failed")
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            reasons.append("apt-get needs root on Debian")
        else:
            _say("Installing Debian's chromium")
            quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            _run(["apt-get", "update", "-q"], seconds=180, env=quiet)
            if not _run(["apt-get", "install", "-qy", "chromium"], seconds=600, env=quiet):
                reasons.append("`apt-get install chromium` failed")
    if not _found():
        print("; ".join(reasons) or "none was found after installing one")


def _found() -> bool:
    named = os.environ.get("CHROMIUM")
    if named:
        return True
    if shutil.which("chromium"):
        return True
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path).exists()


def _run(argv: list[str], *, seconds: int, env: dict[str, str] | None = None) -> bool:
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=seconds, check=False, env=env
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _say(str(error))
        return False
    return done.returncode == 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
