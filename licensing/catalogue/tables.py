"""Takes typed values out of a parsed TOML file and notes, in words, everything that does not fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_WORDS = {str: "text", int: "a whole number", bool: "true or false", list: "a list", dict: "a table"}
_REQUIRED = object()


@dataclass
class Table:
    """One table of a file. All tables of a file share one list of `faults`.

    A value that is missing or of the wrong type is noted and stands in as "", 0, False, [] or {}, so that reading
    goes on and finds the other faults too.
    """

    data: dict[str, Any]
    name: str
    faults: list[str]
    taken: set[str] = field(default_factory=set)

    def fault(self, words: str) -> None:
        """Note what is wrong with this table, `words` ending with a full stop."""
        self.faults.append(f"{self.name}: {words}")

    def text(self, key: str, *, default: Any = _REQUIRED) -> str:
        return str(self._take(key, str, default))

    def number(self, key: str, *, default: Any = _REQUIRED) -> int:
        return int(self._take(key, int, default))

    def switch(self, key: str, *, default: Any = _REQUIRED) -> bool:
        return bool(self._take(key, bool, default))

    def entries(self, key: str, *, default: Any = _REQUIRED) -> list[Any]:
        return list(self._take(key, list, default))

    def table(self, key: str, *, default: Any = _REQUIRED) -> Table:
        """The table below this one at `key`."""
        name = f"[{key}]" if self.name == "The file" else f"{self.name}, {key}"
        return Table(dict(self._take(key, dict, default)), name, self.faults)

    def tables(self, key: str, *, noun: str) -> list[Table]:
        """The tables written [[key]]; in faults each is told by its own key, for example: The tier 'team'."""
        found = self.entries(key, default=[])
        if not all(isinstance(entry, dict) for entry in found):
            self.fault(f"{key} must be tables, each written [[{key}]].")
            return []
        inside = "" if self.name == "The file" else f"{self.name}, "
        names = [
            f"The {noun} {entry['key']!r}"
            if entry.get("key")
            else f"{inside or 'The '}{noun} number {number}"
            for number, entry in enumerate(found, start=1)
        ]
        return [Table(entry, name, self.faults) for entry, name in zip(found, names, strict=True)]

    def close(self) -> None:
        """Note what nobody asked for: a misspelt key must not pass for an absent one."""
        for key in sorted(self.data.keys() - self.taken):
            self.fault(f"{key!r} means nothing here.")

    def _take(self, key: str, kind: type, default: Any) -> Any:
        self.taken.add(key)
        if key not in self.data:
            if default is not _REQUIRED:
                return default
            self.fault(f"{key} is missing.")
        # Exactly the type: to Python a boolean is a whole number too.
        elif type(self.data[key]) is kind:
            return self.data[key]
        else:
            self.fault(f"{key} must be {_WORDS[kind]}, not {self.data[key]!r}.")
        return kind()
