"""The line to Stripe: who asks, for how long, and what an error means.

Never used inside a database transaction. A request takes at most eight seconds in all, however it stalls
(`billing.deadline`). The SDK repeats nothing by itself, because every request that moves money is repeated by us, with
the same idempotency key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

import stripe
from django.conf import settings
from django.db import connection

from billing.answers import StripeBusy, StripeRefused, StripeUnavailable
from billing.deadline import DeadlineSession

TIMEOUT = 8  # seconds
# Stripe keeps an idempotency key for 24 hours; an unanswered question is asked again under its key for this long.
KEYS_LAST = timedelta(hours=20)
# What was asked for last, just before its key was too old, is in Stripe's lists by then, whatever made it late.
IN_THE_LIST_WITHIN = timedelta(minutes=30)
Seen = TypeVar("Seen")
log = logging.getLogger(__name__)


def stripe_client() -> stripe.StripeClient:
    """The one client of this process, so that its open connections are used again."""
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE, TIMEOUT)


@lru_cache(maxsize=1)
def _client(secret_key: str, api_base: str, timeout: float) -> stripe.StripeClient:
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": api_base},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=timeout, session=DeadlineSession()),
    )


@contextmanager
def asking() -> Iterator[Any]:
    """Stripe's API, with the SDK's many errors turned into our two: no answer, or no for good."""
    if connection.in_atomic_block:
        raise RuntimeError("Stripe must not be asked inside a database transaction.")
    try:
        yield stripe_client().v1
    except stripe.CardError as error:
        raise StripeRefused(
            error.user_message or "The card was declined.", code=error.code or "", declined=True
        ) from error
    except (stripe.AuthenticationError, stripe.PermissionError, stripe.IdempotencyError) as error:
        # No answer to what was asked: it may have been done under this key before. The message names the key.
        raise StripeUnavailable(f"{type(error).__name__} ({error.http_status})") from None
    except (stripe.RateLimitError, stripe.APIConnectionError, stripe.APIError) as error:
        if error.http_status == 409 and _code_of(error) == "idempotency_key_in_use":
            raise StripeBusy("Stripe is still answering this very question.") from None
        raise StripeUnavailable(_words(error)) from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # Well-formed, and yet not what was asked for, as from a proxy in between. Whether it was done is unknown.
        log.exception("stripe_answer_unreadable")
        raise StripeUnavailable("Stripe's answer cannot be read.") from error
    except stripe.StripeError as error:
        if error.http_status is None or error.http_status >= 500 or error.http_status in (409, 429):
            raise StripeUnavailable(_words(error)) from error
        raise StripeRefused(error.user_message or str(error), code=error.code or "") from error


def see(answer: Any, *, id: str, **shows: str) -> None:
    """See that an answer is about `id` and `shows` what was asked for; by any other the outcome is unknown.

    Raises LookupError, which `asking` makes StripeUnavailable.
    """
    told = answer.to_dict()
    if told["id"] != id or any(told[name] != value for name, value in shows.items()):
        raise LookupError(id)


def _code_of(error: stripe.StripeError) -> str:
    """Stripe's code for an error, also where the SDK reads none."""
    body = error.json_body if isinstance(error.json_body, dict) else {}
    inner = body.get("error")
    return str(inner.get("code") or "") if isinstance(inner, dict) else ""


def _words(error: stripe.StripeError) -> str:
    """What an error says; where its body is not Stripe's JSON, only what it is: half a body could hold anything."""
    if error.http_body and not error.json_body:
        return f"{type(error).__name__} ({error.http_status})"
    return str(error)


def key(idempotency_key: str) -> stripe.RequestOptions:
    """An idempotency key, as the SDK takes it."""
    return {"idempotency_key": idempotency_key}


def seconds(moment: datetime) -> int:
    """A moment, as Stripe takes it."""
    return int(moment.timestamp())


def tax() -> dict[str, Any]:
    """Whether Stripe reckons the tax: a part of every question that begins something."""
    return {"automatic_tax": {"enabled": True}} if settings.STRIPE_AUTOMATIC_TAX else {}


def hundred_after(after: str) -> dict[str, Any]:
    """Of a list, the hundred after an id; the first, where it is empty."""
    return {"limit": 100, **({"starting_after": after} if after else {})}


def page(found: Any, read: Callable[[dict[str, Any]], Seen]) -> tuple[tuple[Seen, ...], str]:
    """What `read` makes of a page of a list, and the id to go on after; empty at the end."""
    return tuple(read(each.to_dict()) for each in found.data), found.data[-1].id if found.has_more else ""
