"""What we sign is found whole or broken by anyone with the published keys, and never passes for something else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from licensing.signing import UnableToRead, Verdict, key_id, new_key, published_keys, sign, verify

SAID = {"customer": "Müller & Søn", "price": {"amount": 17000, "currency": "EUR"}, "kept": ["sso"]}


def signed(**parts: str) -> str:
    return json.dumps({**sign(SAID, kind="price-lock"), **parts})


def changed(part: str) -> str:
    """One byte of that part is another one."""
    whole = bytearray(urlsafe_b64decode(sign(SAID, kind="price-lock")[part].encode()))
    whole[len(whole) // 2] ^= 1
    return urlsafe_b64encode(bytes(whole)).decode()


def header(**fields: Any) -> str:
    known = json.loads(urlsafe_b64decode(sign(SAID, kind="price-lock")["protected"].encode()))
    return urlsafe_b64encode(json.dumps({**known, **fields}).encode()).decode()


def test_what_was_signed_is_read_again_with_its_kind_and_its_key() -> None:
    seen = verify(signed())
    assert (seen.statement, seen.kind, seen.verdict) == (SAID, "price-lock", Verdict.HOLDS)
    assert [seen.key_id] == [key["kid"] for key in published_keys()["keys"]]


@given(st.data())
def test_no_other_statement_passes_under_a_signature(data: st.DataObject) -> None:
    amount = data.draw(st.integers().filter(lambda amount: amount != 17000))
    other = json.dumps({**SAID, "price": {"amount": amount, "currency": "EUR"}}).encode()
    seen = verify(signed(payload=urlsafe_b64encode(other).decode()))
    assert (seen.verdict, seen.statement["price"]["amount"]) == (Verdict.BROKEN, amount)


def test_a_changed_byte_of_the_signature_is_found() -> None:
    assert verify(signed(signature=changed("signature"))).verdict == Verdict.BROKEN


@pytest.mark.parametrize(
    "fields",
    [{"typ": "export"}, {"alg": "none"}, {"alg": "HS256"}, {"alg": "EdDSA"}, {"crit": ["x"], "x": 1}],
)
def test_a_header_that_was_not_signed_does_not_pass(fields: dict[str, Any]) -> None:
    assert verify(signed(protected=header(**fields))).verdict == Verdict.BROKEN


@pytest.mark.parametrize("name", ["somebody-elses", None, 7, ["x"]])
def test_a_key_that_we_do_not_publish_is_not_ours(name: Any) -> None:
    assert verify(signed(protected=header(kid=name))).verdict == Verdict.OTHER_KEY


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", "null", "[" * 5000, "{}", '{"payload": "e30", "protected": "e30"}', "\x00",
     '{"payload": "e30", "protected": "W10", "signature": ""}', '{"payload": 7, "protected": 7, "signature": 7}',
     '{"payload": "ÿ", "protected": "e30", "signature": ""}', b"\xff\xfe"],
)  # fmt: skip
def test_what_is_no_statement_of_ours_cannot_be_read(text: str | bytes) -> None:
    with pytest.raises(UnableToRead):
        verify(text)


def test_the_first_key_signs_and_what_an_older_one_signed_holds_while_that_is_published() -> None:
    old, new = new_key(), new_key()
    with override_settings(SIGNING_KEYS=[old]):
        before = signed()
    with override_settings(SIGNING_KEYS=[new, old]):
        after = signed()
        assert [verify(text).key_id for text in (before, after)] == [key_id(old), key_id(new)]
        assert verify(before).holds
        assert verify(after).holds
    with override_settings(SIGNING_KEYS=[new]):
        assert verify(before).verdict == Verdict.OTHER_KEY


def test_only_the_public_half_of_a_key_is_published() -> None:
    for key in published_keys()["keys"]:
        assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}
        assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "Ed25519")


def test_a_key_is_named_by_the_thumbprint_of_rfc_7638() -> None:
    """The key and thumbprint of RFC 8037, appendix A."""
    private, name = (
        "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    )
    with override_settings(SIGNING_KEYS=[private]):
        [key] = published_keys()["keys"]
    assert (key["kid"], key["x"]) == (name, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
