"""The state file: everything the sandbox knows as one JSON document, written whole and swapped in."""

from __future__ import annotations

import json
import os
from pathlib import Path

from billing.sandbox.sandbox import Sandbox

FORMAT = 1


class UnableToRead(Exception):
    """The state file is there but is not one of ours."""


def save(box: Sandbox, path: Path) -> None:
    """Write the state; a reader sees the old file or the new one, never half of one."""
    with box.store.lock:
        box.dirty = False
        text = json.dumps(
            {
                "format": FORMAT,
                "offset": box.clock.offset,
                "kinds": box.store.kinds,
                "keys": box.keys.dump(),
                "deliveries": box.webhooks.deliveries,
            }
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def load(box: Sandbox, path: Path) -> bool:
    """Take the state from the file. False where there is none; raises UnableToRead where it is not ours."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        if state["format"] != FORMAT:
            raise UnableToRead(
                f"{path} was written by another version of the sandbox; delete it to begin anew."
            )
        with box.store.lock:
            box.clock.offset = int(state["offset"])
            box.store.kinds = state["kinds"]
            box.keys.load(state["keys"])
            box.webhooks.deliveries[:] = state["deliveries"]
            box.furnish()
    except FileNotFoundError:
        return False
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise UnableToRead(
            f"{path} cannot be read as the sandbox's state; delete it to begin anew."
        ) from error
    return True
