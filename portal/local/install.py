"""Makes `.venv` and installs a lock file into it. Runs on a bare Python; imports nothing but its library.

    python3 portal/local/install.py requirements.lock

The lock is installed with its hashes and only when it has changed since the last time. A `.venv` that an interrupted
run left half-made is made anew. uv is used where it is on the path; pip alone does as well.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# There while `.venv` is being made; what it says of the locks installed lives in `installed.json`.
HALF_MADE = VENV / "half-made"
INSTALLED = VENV / "installed.json"
# The development lock holds everything of the other, at the same versions.
IMPLIED = {"requirements-dev.lock": ["requirements.lock"]}


def main() -> int:
    """Install the lock named on the command line. Gives back the exit code."""
    if sys.version_info < OLDEST:
        return _complain(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    name = sys.argv[1]
    wanted = _digest(name)
    if _works() and _installed().get(name) == wanted:
        return 0
    if not _works():
        _say(f"Making .venv with Python {sys.version.split()[0]}")
        shutil.rmtree(VENV, ignore_errors=True)
        if not _make_venv():
            return _complain(
                "Python's own venv module cannot make .venv here: install it (on Debian or Ubuntu: "
                "apt-get install python3-venv) or put uv on the path."
            )
    _say(f"Installing {name}")
    HALF_MADE.touch()
    if not (_install_with_uv(name) or _install_with_pip(name)):
        return _complain(f"{name} could not be installed; the reason stands above. The next try begins anew.")
    INSTALLED.write_text(
        json.dumps({**_installed(), **{lock: _digest(lock) for lock in [name, *IMPLIED.get(name, [])]}})
    )
    HALF_MADE.unlink()
    return 0


def _works() -> bool:
    """Whether there is a `.venv` that was made to its end and whose Python still runs."""
    if HALF_MADE.exists() or not PYTHON.exists():
        return False
    test = f"import sys; sys.exit(sys.version_info < {OLDEST!r})"
    try:
        return subprocess.run([str(PYTHON), "-c", test], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _make_venv() -> bool:
    """With the standard library; where Debian has taken its pip out, with pip from outside, or with uv."""
    VENV.mkdir()
    HALF_MADE.touch()
    if importlib.util.find_spec("ensurepip"):
        return _run([sys.executable, "-m", "venv", str(VENV)])
    if shutil.which("uv"):
        return _run(["uv", "venv", "-q", "--allow-existing", "--python", sys.executable, str(VENV)])
    if importlib.util.find_spec("pip"):
        return _run([sys.executable, "-m", "venv", "--without-pip", str(VENV)])
    return False


def _install_with_uv(name: str) -> bool:
    """Quicker where uv is there; its failure is no harm, pip is asked next."""
    uv = shutil.which("uv")
    if not uv:
        return False
    return _run([uv, "pip", "install", "--python", str(PYTHON), "--require-hashes", "-r", name])


def _install_with_pip(name: str) -> bool:
    """Say each package as it is fetched, and all of pip's words if it fails."""
    pip = [str(PYTHON), "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:
        pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    argv = [*pip, "install", "--require-hashes", "--no-deps", "--progress-bar", "off", "-r", name]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    heard, count = [], 0
    with subprocess.Popen(
        argv, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            for line in process.stdout or ():
                heard.append(line)
                if line.startswith("Collecting "):
                    count += 1
                    _say(f"  {count:3}  {line.split()[1]}")
                elif line.startswith("Installing collected packages"):
                    _say(f"  putting {count or 'the'} packages in place")
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        sys.stderr.writelines(heard[-25:])
    return process.returncode == 0


def _run(argv: list[str]) -> bool:
    return subprocess.run(argv, cwd=ROOT, check=False).returncode == 0


def _installed() -> dict[str, str]:
    try:
        return dict(json.loads(INSTALLED.read_text()))
    except (OSError, ValueError):
        return {}


def _digest(name: str) -> str:
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


def _say(line: str) -> None:
    print(line, flush=True)


def _complain(sentence: str) -> int:
    print(sentence, file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(_complain("\nStopped; the next try begins anew."))
