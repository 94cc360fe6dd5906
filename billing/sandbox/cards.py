"""The test cards, and what each does when it is attached and when it is charged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from billing.sandbox.errors import StripeError, card_error


@dataclass(frozen=True)
class Decline:
    """How a bank says no."""

    code: str
    decline_code: str | None
    message: str

    def error(self, **extra: object) -> StripeError:
        """The 402 answer for this decline."""
        return card_error(self.message, code=self.code, decline_code=self.decline_code, **extra)


GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
NO_FUNDS = Decline("card_declined", "insufficient_funds", "Your card has insufficient funds.")
LIVE_CARD = Decline(
    "card_declined",
    "live_mode_test_card",
    "Your card was declined. Your request was in test mode, but used a non test card. Use one of the test cards.",
)
BAD_NUMBER = Decline("incorrect_number", None, "Your card number is incorrect.")
EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.")
REFUSED_BY_HOLDER = Decline(
    "payment_intent_authentication_failure",
    None,
    "The provided payment method has failed authentication. You can provide payment_method_data or a new "
    "PaymentMethod to attempt to fulfill this PaymentIntent again.",
)


@dataclass(frozen=True)
class Card:
    """One test card. `attach` and `charge` are None where the card goes through."""

    number: str
    brand: str
    about: str
    attach: Decline | None = None
    charge: Decline | Literal["challenge"] | None = None

    @property
    def grouped(self) -> str:
        """The number in groups of four, as it is printed on a card."""
        return " ".join(self.number[i : i + 4] for i in range(0, len(self.number), 4))


CARDS = {
    card.number: card
    for card in (
        Card("4242424242424242", "visa", "Pays"),
        Card("5555555555554444", "mastercard", "Pays"),
        Card("4000000000003220", "visa", "Asks the bank first (challenge)", charge="challenge"),
        Card("4000000000000002", "visa", "Is declined", attach=GENERIC, charge=GENERIC),
        Card("4000000000009995", "visa", "Is declined: insufficient funds", attach=NO_FUNDS, charge=NO_FUNDS),
        Card("4000000000000341", "visa", "Can be saved, then fails when it is charged", charge=GENERIC),
    )
}

# Stripe's ready-made payment methods, by the id that tests use for them.
TEST_PAYMENT_METHODS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_authenticationRequired": "4000000000003220",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_threeDSecureRequired": "4000000000003220",
}


def passes_luhn(number: str) -> bool:
    """Whether the check digit of a card number is right."""
    digits = [int(digit) for digit in reversed(number)]
    return sum(d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(digits)) % 10 == 0


def by_number(number: str) -> Card:
    """The test card with this number. Any other number is refused, as Stripe's test mode refuses it."""
    digits = "".join(ch for ch in number if ch.isdigit())
    if digits in CARDS:
        return CARDS[digits]
    raise (LIVE_CARD if 12 <= len(digits) <= 19 and passes_luhn(digits) else BAD_NUMBER).error(param="number")


def refuse_bad_expiry(month: int, year: int, *, at_year: int, at_month: int) -> None:
    """A 402 where the expiry date is no date, or past."""
    if not 1 <= month <= 12:
        raise card_error(
            "Your card's expiration month is invalid.", code="invalid_expiry_month", param="exp_month"
        )
    if year > at_year + 50:
        raise card_error(
            "Your card's expiration year is invalid.", code="invalid_expiry_year", param="exp_year"
        )
    if (year, month) < (at_year, at_month):
        raise EXPIRED.error(param="exp_month")
