"""Writes an export: one JSON document, or a ZIP of tables. Row by row, so that memory stays flat however many.

It is written whole to a file before the first byte goes out: whoever fetches it slowly holds no transaction open, and
what breaks in the middle is an error page and not half an export.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import IO, Any

from django.db import transaction

from licensing.cells import exact, inert
from licensing.models import Customer
from portal.export import account_parts
from portal.export.part import Made, Part
from portal.export.schema import PARTS, SCHEMA
from portal.export.sealing import seal
from portal.models import User

IN_MEMORY = 1_000_000  # bytes; what is more goes to disk


class _Hashed(io.RawIOBase):
    """Passes bytes on and remembers their hash."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target, self._hash = target, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._hash.update(data)
        self._target.write(data)
        return len(data)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def write_json(customer: Customer, *, at: datetime) -> IO[bytes]:
    """Everything that is held of an organisation, as `_write_document` writes it."""
    return _write_document(customer, schema=SCHEMA, parts=PARTS, at=at)


def write_account(user: User, *, at: datetime) -> IO[bytes]:
    """Everything that is held of a person’s own account, in the same form."""
    return _write_document(user, schema=account_parts.SCHEMA, parts=account_parts.PARTS, at=at)


def _write_document(
    whose: Customer | User, *, schema: str, parts: Sequence[Part | Made], at: datetime
) -> IO[bytes]:
    """One JSON object, a row a line. Its last line is the seal, with the hash over every line before it."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # the answer closes it
    out = _Hashed(file)

    def say(text: str) -> None:
        out.write(text.encode())

    say(f'{{\n"schema": {_json(schema)},\n"made_at": {_json(exact(at))},\n')
    columns = {part.key: {column.name: column.says for column in part.columns} for part in parts}
    say(f'"columns": {_json(columns)},\n')
    with transaction.atomic():
        for part in parts:
            names = [column.name for column in part.columns]
            say(f"{_json(part.key)}: [")
            for number, row in enumerate(part.values(whose, at=at)):
                values = dict(zip(names, map(exact, row), strict=True))
                say(f"{',' if number else ''}\n{_json(values)}")
            say("\n],\n")
    sealed = seal(whose=whose, schema=schema, sha256=out.sha256, at=at)
    file.write(f'"seal": {_json(sealed)}}}\n'.encode())
    file.seek(0)
    return file


def write_zip(customer: Customer, *, at: datetime) -> IO[bytes]:
    """A table a part, and a manifest that says what each column is and seals each file by its hash."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # the answer closes it
    described = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, transaction.atomic():
        for part in PARTS:
            name = f"{part.key}.csv"
            with archive.open(_named(name, at), "w", force_zip64=True) as member:
                rows, sha256 = _write_table(part, customer, member, at=at)
            described.append(
                {
                    "file": name,
                    "says": part.says,
                    "rows": rows,
                    "sha256": sha256,
                    "columns": {column.name: column.says for column in part.columns},
                }
            )
        manifest = _json({"schema": SCHEMA, "made_at": exact(at), "files": described}, indent=1).encode()
        archive.writestr(_named("manifest.json", at), manifest)
        sealed = seal(whose=customer, schema=SCHEMA, sha256=hashlib.sha256(manifest).hexdigest(), at=at)
        archive.writestr(_named("seal.json", at), _json(sealed, indent=1))
    file.seek(0)
    return file


WRITERS: dict[str, tuple[Callable[..., IO[bytes]], str]] = {
    "json": (write_json, "application/json"),
    "zip": (write_zip, "application/zip"),
}


def _write_table(
    part: Part | Made, customer: Customer, member: IO[bytes], *, at: datetime
) -> tuple[int, str]:
    """How many rows were written, and the hash of the file."""
    out = _Hashed(member)
    # The mark at the beginning tells spreadsheets that it is UTF-8.
    text = io.TextIOWrapper(io.BufferedWriter(out), encoding="utf-8-sig", newline="")
    table = csv.writer(text, quoting=csv.QUOTE_ALL)
    table.writerow([column.name for column in part.columns])
    rows = 0
    for row in part.values(customer, at=at):
        table.writerow([inert(value) for value in row])
        rows += 1
    text.flush()
    text.detach()
    return rows, out.sha256


def _named(name: str, at: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, at.timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
