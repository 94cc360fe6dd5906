"""Errors in Stripe's own form: an HTTP status and a body with type, code, message and param."""

from __future__ import annotations

from typing import Any


class StripeError(Exception):
    """An answer other than 200. Raised anywhere below the server, which turns it into Stripe's error body."""

    def __init__(
        self, status: int, message: str, *, type: str, code: str | None = None, **extra: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        fields = {"type": type, "code": code, "message": message, **extra}
        self.body = {"error": {name: value for name, value in fields.items() if value is not None}}

    @property
    def error(self) -> dict[str, Any]:
        """The inner error object, as Stripe puts it in `last_payment_error` too."""
        return self.body["error"]


def invalid(
    message: str, *, param: str | None = None, code: str | None = None, status: int = 400
) -> StripeError:
    """An `invalid_request_error`: the request itself cannot be honoured."""
    return StripeError(status, message, type="invalid_request_error", code=code, param=param)


def missing(noun: str, id: str, *, param: str = "id", status: int = 404) -> StripeError:
    """The answer for an object that does not exist: 404 in the path, 400 when a parameter names it."""
    return invalid(f"No such {noun}: '{id}'", param=param, code="resource_missing", status=status)


def card_error(message: str, *, code: str, decline_code: str | None = None, **extra: Any) -> StripeError:
    """A 402: the card, or the bank behind it, said no."""
    return StripeError(402, message, type="card_error", code=code, decline_code=decline_code, **extra)
