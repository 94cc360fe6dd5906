"""The price-lock certificate: on a page, as a signed file, and at the door where anyone verifies it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from licensing.signing import new_key, sign
from tests import cast
from tests.cast import Party, later_terms
from tests.pages.conftest import SignIn, text_of


def signed_file(client: Client) -> dict[str, str]:
    response = client.get("/plan/certificate.json")
    assert response.status_code == 200
    found: dict[str, str] = json.loads(response.content)
    return found


def said(signed: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(urlsafe_b64decode(signed["payload"].encode()))
    return found


def with_price(signed: dict[str, str], amount: int) -> str:
    """The same certificate, with another price written into it."""
    statement = said(signed)
    statement["price"]["amount"] = amount
    return json.dumps({**signed, "payload": urlsafe_b64encode(json.dumps(statement).encode()).decode()})


def test_the_page_says_what_since_when_until_what_and_what_ends_it(bo: Party, sign_in: SignIn) -> None:
    words = text_of(sign_in(bo.user).get("/plan/certificate/"))
    assert "Lindqvist & Daughters holds Team on the terms of March 2025." in words
    assert "€170 a seat a year (or €17 a seat a month, whenever you like)" in words
    assert "Locked since 29 November 2025" in words
    assert "For as long as you stay on this tier. Only a plan that is announced to you" in words
    assert "Single sign-on (today in Business)" in words
    assert "API calls a month: 50,000 (today 40,000)" in words
    assert "What ends it Moving to another tier, higher or lower." in words
    assert "What does not end it A new edition of our terms" in words
    assert "Issued on 22 November 2026 by Meridian Works" in words


def test_the_seats_that_a_tier_takes_are_kept_and_said_in_every_place(
    ada: Party, sign_in: SignIn, visitor: Client
) -> None:
    """Team took 50 at most and takes 5 from now on; Free took 3 and takes 4."""
    later_terms(("max_seats = 50\n", "max_seats = 5\n"), ("max_seats = 3\n", "max_seats = 4\n"))
    client = sign_in(ada.user)
    assert "Most seats: 50 (today 5)" in text_of(client.get("/plan/certificate/"))
    assert "You keep yours: Most seats: 50 (today 5)" in text_of(client.get("/plan/"))
    signed = json.dumps(signed_file(client))
    assert "Most seats: 50 (on that day 5)" in text_of(visitor.post("/verify/", {"certificate": signed}))
    changed = text_of(visitor.get("/changelog/"))
    assert "Most seats 50 5" in changed
    assert "Most seats 3 4" in changed
    assert "Most seats" in visitor.get("/changelog/feed.json").content.decode()


def test_any_number_of_seats_is_kept_too(di: Party, sign_in: SignIn) -> None:
    later_terms(('name = "Business"\n', 'name = "Business"\nmax_seats = 50\n'))
    assert "Any number of seats (today 50)" in text_of(sign_in(di.user).get("/plan/"))


def test_my_plan_leads_there(bo: Party, cy: Party, sign_in: SignIn) -> None:
    assert 'href="/plan/certificate/"' in sign_in(bo.user).get("/plan/").content.decode()
    assert 'href="/plan/certificate/"' not in sign_in(cy.user).get("/plan/").content.decode()


def test_every_member_may_see_it_as_every_member_sees_the_plan(sign_in: SignIn, ada: Party) -> None:
    client = sign_in(cast.eve().user)
    assert "Okafor Bakeries holds Team" in text_of(client.get("/plan/certificate/"))
    assert said(signed_file(client))["customer"] == "Okafor Bakeries"


def test_free_is_told_what_is_promised_instead(cy: Party, sign_in: SignIn) -> None:
    client = sign_in(cy.user)
    words = text_of(client.get("/plan/certificate/"))
    assert "Free costs nothing, so there is no price to lock." in words
    assert "Free as it is in January 2026, without a charge, for as long as you stay on it." in words
    assert client.get("/plan/certificate.json").status_code == 404


def test_the_file_says_the_same_and_is_to_be_kept(bo: Party, sign_in: SignIn) -> None:
    response = sign_in(bo.user).get("/plan/certificate.json")
    assert response["Content-Type"] == "application/jose+json"
    assert (
        response["Content-Disposition"]
        == 'attachment; filename="price-lock-lindqvist-daughters-2026-11-22.json"'
    )
    statement = said(json.loads(response.content))
    assert statement["price"] == {"amount": 17000, "currency": "EUR", "interval": "year", "per": "seat"}
    assert statement["verify_at"] == "http://testserver/verify/"


class TestVerifying:
    def test_a_stranger_is_told_what_it_says_and_by_which_key_it_is_signed(
        self, bo: Party, sign_in: SignIn, visitor: Client
    ) -> None:
        signed = signed_file(sign_in(bo.user))
        [key] = visitor.get("/.well-known/jwks.json").json()["keys"]
        words = text_of(visitor.post("/verify/", {"certificate": json.dumps(signed)}))
        assert "The signature holds. We signed this" in words
        assert f"Key: {key['kid']}" in words
        assert "Customer Lindqvist & Daughters" in words
        assert "Tier Team of March 2025" in words
        assert "Price €170 a seat a year (or €17 a seat a month, whenever you like), before tax" in words
        assert "Locked since 29 November 2025" in words
        assert "Seats 6" in words
        assert "Single sign-on (not in that tier on that day)" in words

    def test_it_words_each_value_as_the_page_of_the_certificate_does(
        self, bo: Party, sign_in: SignIn, visitor: Client
    ) -> None:
        client = sign_in(bo.user)
        page = text_of(client.get("/plan/certificate/"))
        shown = text_of(visitor.post("/verify/", {"certificate": json.dumps(signed_file(client))}))
        for words in ("API calls a month: 50,000 (", "Rows stored: 2 million (since January 2026)"):
            assert words in page
            assert words in shown

    def test_a_level_and_what_has_no_limit_are_said_in_the_words_of_the_terms(self, visitor: Client) -> None:
        levels = {"csv": "CSV", "all": "all formats"}
        feature = {"unit": "", "monthly": False, "levels": {}}
        price = {"amount": 2300, "currency": "USD", "interval": "month", "per": "licence"}
        statement = {
            "customer": "Lindqvist & Daughters", "product": "Meridian", "vendor": "Meridian Works",
            "tier": {"name": "Team"}, "edition": {"name": "March 2025"}, "price": price, "other_price": None,
            "seats": 1, "locked_since": "2026-11-22T13:00:00+01:00", "issued_at": "2026-11-22T13:00:00+01:00",
            "holds_until": "For as long as you stay.", "shared": [], "ended_by": [], "not_ended_by": [],
            "kept": [
                {**feature, "feature": "exports", "name": "Exports", "kind": "level", "levels": levels,
                 "held": "all", "today": "csv"},
                {**feature, "feature": "projects", "name": "Projects", "kind": "limit", "unit": "projects",
                 "held": "no limit", "today": 20},
            ],
            "leaving": [{**feature, "feature": "sso", "name": "Single sign-on", "kind": "switch", "until": None}],
        }  # fmt: skip
        shown = text_of(
            visitor.post("/verify/", {"certificate": json.dumps(sign(statement, kind="price-lock"))})
        )
        assert "Exports: all formats (on that day CSV)" in shown
        assert "Projects without a limit (on that day 20)" in shown
        assert "Single sign-on (to leave; no day yet)" in shown
        assert "Price US$23 a month, before tax" in shown

    def test_the_file_may_be_uploaded_as_it_was_downloaded(
        self, bo: Party, sign_in: SignIn, visitor: Client
    ) -> None:
        content = sign_in(bo.user).get("/plan/certificate.json").content
        response = visitor.post("/verify/", {"file": SimpleUploadedFile("price-lock.json", content)})
        assert "The signature holds." in text_of(response)

    def test_it_answers_the_same_to_whoever_is_signed_in(
        self, bo: Party, ada: Party, sign_in: SignIn, visitor: Client
    ) -> None:
        form = {"certificate": json.dumps(signed_file(sign_in(bo.user)))}
        seen = [
            text_of(client.post("/verify/", form)).partition("The signature holds.")[2]
            for client in (visitor, sign_in(ada.user), sign_in(bo.user))
        ]
        assert seen[0] == seen[1] == seen[2] != ""

    def test_a_changed_figure_is_found_out(self, bo: Party, sign_in: SignIn, visitor: Client) -> None:
        forged = with_price(signed_file(sign_in(bo.user)), 1700)
        words = text_of(visitor.post("/verify/", {"certificate": forged}))
        assert "The signature does not hold." in words
        assert "Do not rely on what it says." in words
        assert "What it claims" in words
        assert "Price €17 a seat a year" in words

    def test_what_another_key_signed_is_not_ours(self, bo: Party, sign_in: SignIn, visitor: Client) -> None:
        with override_settings(SIGNING_KEYS=[new_key()]):
            foreign = json.dumps(signed_file(sign_in(bo.user)))
        assert "This is not signed by a key of ours." in text_of(
            visitor.post("/verify/", {"certificate": foreign})
        )

    def test_what_we_signed_as_something_else_is_no_certificate(self, visitor: Client) -> None:
        other = json.dumps(sign({"customer": "Lindqvist & Daughters"}, kind="export"))
        assert "It is something else than a price-lock certificate." in text_of(
            visitor.post("/verify/", {"certificate": other})
        )

    def test_a_forged_one_may_say_anything_and_shows_as_text(self, visitor: Client) -> None:
        with override_settings(SIGNING_KEYS=[new_key()]):
            odd = sign({"customer": "<script>", "price": {"amount": "x"}, "seats": []}, kind="price-lock")
        response = visitor.post("/verify/", {"certificate": json.dumps(odd)})
        assert response.status_code == 200
        assert b"<script>" not in response.content

    @pytest.mark.parametrize(
        ("form", "words"),
        [
            ({}, "Paste the certificate, or choose its file."),
            ({"certificate": "our price is 17"}, "This is not a certificate, or only a part of one."),
            ({"certificate": '{"payload": "e30"}'}, "This is not a certificate, or only a part of one."),
            (
                {"file": SimpleUploadedFile("x.json", b" " * 70_000)},
                "The file is too large to be a certificate.",
            ),
        ],
    )
    def test_what_cannot_be_read_is_said_so(self, form: dict[str, Any], words: str, visitor: Client) -> None:
        response = visitor.post("/verify/", form)
        assert response.status_code == 422
        assert words in text_of(response)


def test_the_keys_may_be_kept_for_a_while_by_anyone(visitor: Client) -> None:
    response = visitor.get("/.well-known/jwks.json")
    assert response["Content-Type"] == "application/jwk-set+json"
    assert response["Cache-Control"] == "public, max-age=300"
