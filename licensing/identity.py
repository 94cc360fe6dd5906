"""Who somebody is for the once-in-twelve-months rule: the address behind the address, kept only as a keyed hash."""

from __future__ import annotations

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as words

from licensing.reasons import Clause

DOTLESS = {"gmail.com"}
SAME_AS = {"googlemail.com": "gmail.com"}


TRIAL_MARK = Clause(
    "trial-mark",
    words(
        "That an address has tried a tier is remembered by a keyed hash of it alone: it can be recognised here, and "
        "not be read back."
    ),
)


def fold_address(address: str) -> str:
    """The mailbox that an address reaches: lower case, without a +tag, and without dots where they do not count.

    >>> fold_address("Ada.Okafor+trial@googlemail.com")
    'adaokafor@gmail.com'
    """
    name, _, domain = address.strip().lower().rpartition("@")
    domain = SAME_AS.get(domain, domain)
    name = name.split("+", 1)[0]
    return f"{name.replace('.', '') if domain in DOTLESS else name}@{domain}"


def identity_hash(address: str) -> str:
    """A keyed hash of the folded address: it can be recognised here, and not be read back."""
    return salted_hmac("licensing.identity", fold_address(address), algorithm="sha256").hexdigest()
