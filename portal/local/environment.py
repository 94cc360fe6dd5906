"""Settings files for a person at a terminal: `.env`, and the environment of the portal that runs here.

Only the launcher and `manage.py` read these. The web server, worker and beat of a production installation get
their settings from the real environment alone.
"""

import os
from collections.abc import Mapping, MutableMapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def data_directory() -> Path:
    """Where this checkout keeps its local data: `DATA_DIR`, else `.data` at the root."""
    return Path(os.environ.get("DATA_DIR") or ROOT / ".data").absolute()


def run_env_file() -> Path:
    """The file that holds the environment of the running portal; absent while none runs."""
    return data_directory() / "run.env"


def read_env_file(path: Path) -> dict[str, str]:
    """The variables of a file of `NAME=value` lines; blank lines, `#` comments and quotes are allowed."""
    found: dict[str, str] = {}
    for line in path.read_text().splitlines():
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#") or "=" not in text:
            continue
        name, _, value = text.partition("=")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        found[name.strip()] = value
    return found


def write_env_file(path: Path, variables: Mapping[str, str]) -> None:
    """Write `variables` to a file that only we can read."""
    text = "".join(f"{name}={value}\n" for name, value in sorted(variables.items()))
    write_private(path, text)


def write_private(path: Path, text: str) -> None:
    """Replace `path` by `text`, whole or not at all, with mode 600."""
    making = path.with_name(f"{path.name}.making")
    making.unlink(missing_ok=True)
    descriptor = os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    making.rename(path)


def fill_environment(environ: MutableMapping[str, str]) -> None:
    """Fill what is not set in `environ` from the running portal's file, else from `.env`.

    The running portal's file comes first because it already holds what `.env` says, and the addresses of the
    embedded engines besides. `ENV_FILE` names another file instead; a variable really set always wins.
    """
    named = environ.get("ENV_FILE")
    candidates = [Path(named)] if named else [run_env_file(), ROOT / ".env"]
    for path in candidates:
        if path.is_file():
            for name, value in read_env_file(path).items():
                environ.setdefault(name, value)
            return
