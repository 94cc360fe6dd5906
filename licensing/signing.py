"""Signs what we state, so that anyone can verify it later without asking us: JWS (RFC 7515) with Ed25519.

The keys are SIGNING_KEYS: the first signs, and all are published, so that what an older one signed stays verifiable.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import FlattenedJSONSerialization
from joserfc.util import to_bytes, urlsafe_b64decode, urlsafe_b64encode

ALGORITHM = "Ed25519"  # as RFC 9864 names it


class Verdict(StrEnum):
    """`OTHER_KEY`: signed by a key that we do not publish, so nothing can be said of it."""

    HOLDS = "holds"
    BROKEN = "broken"
    OTHER_KEY = "other_key"


@dataclass(frozen=True)
class Verified:
    """What a signed statement says, whether its signature holds, and the name of the key it says it was signed by.

    Of `statement` nothing may be believed unless the verdict is HOLDS.
    """

    statement: dict[str, Any]
    kind: str
    key_id: str
    verdict: Verdict

    @property
    def holds(self) -> bool:
        return self.verdict == Verdict.HOLDS


class UnableToRead(ValueError):
    """It is no statement of ours, broken or whole: not a flattened JWS with an object in it."""


def sign(statement: Mapping[str, Any], *, kind: str) -> dict[str, str]:
    """`statement` as a JWS in flattened JSON serialization, signed by the first key.

    `kind` goes under the signature too, so that a statement of one kind never passes for one of another.
    """
    key = _keys(tuple(settings.SIGNING_KEYS))[0]
    header = {"alg": ALGORITHM, "kid": key.kid, "typ": kind}
    payload = json.dumps(statement, ensure_ascii=False, sort_keys=True)
    signed = jws.serialize_json({"protected": header}, payload, key, algorithms=[ALGORITHM])
    return {name: signed[name] for name in ("payload", "protected", "signature")}


def verify(text: str | bytes) -> Verified:
    """Read a signed statement and check it against our keys. Raises UnableToRead."""
    signed, header, statement = _read(text)
    key_id = header.get("kid")
    known = {key.kid: key for key in _keys(tuple(settings.SIGNING_KEYS))}
    key = known.get(key_id) if isinstance(key_id, str) else None
    verdict = Verdict.OTHER_KEY if key is None else _verdict(signed, key)
    return Verified(statement, str(header.get("typ", "")), str(key_id or ""), verdict)


def published_keys() -> dict[str, Any]:
    """The public halves of all keys, as a JWK set (RFC 7517, RFC 8037), each named by its thumbprint (RFC 7638)."""
    return {"keys": [key.as_dict(private=False) for key in _keys(tuple(settings.SIGNING_KEYS))]}


def new_key() -> str:
    """A new key as it stands in SIGNING_KEYS: 32 random bytes, base64url without padding."""
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def key_id(text: str) -> str:
    """The name under which a key of SIGNING_KEYS is published."""
    return str(_key(text).kid)


def _verdict(signed: FlattenedJSONSerialization, key: OKPKey) -> Verdict:
    try:
        jws.deserialize_json(signed, key, algorithms=[ALGORITHM])
    except (JoseError, ValueError):
        return Verdict.BROKEN
    return Verdict.HOLDS


def _read(text: str | bytes) -> tuple[FlattenedJSONSerialization, dict[str, Any], dict[str, Any]]:
    """The three parts, the protected header and the statement, as far as they can be read."""
    try:
        found = json.loads(text)
        signed = {name: found[name] for name in ("payload", "protected", "signature")}
        if not all(isinstance(part, str) for part in signed.values()):
            raise TypeError("each part is a text")
        header, statement = (
            json.loads(urlsafe_b64decode(to_bytes(signed[part]))) for part in ("protected", "payload")
        )
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UnableToRead(str(error)) from error
    if not isinstance(header, dict) or not isinstance(statement, dict):
        raise UnableToRead("Neither header nor payload may be anything but an object.")
    parts: FlattenedJSONSerialization = {
        "payload": signed["payload"],
        "protected": signed["protected"],
        "signature": signed["signature"],
    }
    return parts, header, statement


def _keys(texts: Sequence[str]) -> list[OKPKey]:
    return [_key(text) for text in texts]


@lru_cache(maxsize=64)
def _key(text: str) -> OKPKey:
    seed = urlsafe_b64decode(to_bytes(text))
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    parts: dict[str, str | list[str]] = {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": urlsafe_b64encode(public).decode(),
        "d": text,
        "use": "sig",
        "alg": ALGORITHM,
    }
    return OKPKey.import_key({**parts, "kid": OKPKey.import_key(parts).thumbprint()})
