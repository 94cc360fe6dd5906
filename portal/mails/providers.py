"""Mail providers that take an idempotency key: the same mail handed over twice goes out once.

The key is the delivery's Message-ID, the same at every try. EMAIL_URL chooses one of these; every other provider is
spoken to by SMTP, which has no such key. Mails without a Message-ID of ours (sign-in codes) are sent without a key.

Sources: resend.com/docs/dashboard/emails/idempotency-keys (HTTP header `Idempotency-Key`, kept for 24 hours),
developers.brevo.com/docs/heterogenous-versions-batch-emails (`idempotencyKey` among the mail's headers, a UUID, kept
for 30 minutes).
"""

from __future__ import annotations

import uuid
from typing import Any

import requests
from anymail.backends.brevo import BrevoPayload
from anymail.backends.brevo import EmailBackend as AnymailBrevo
from anymail.backends.resend import EmailBackend as AnymailResend
from anymail.backends.resend import ResendPayload
from anymail.exceptions import AnymailAPIError
from django.core.mail import EmailMessage
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from portal.mails.post import AlreadyTaken, MailServerSilent, NoAnswer, NotTaken

# A key that is refused, and "not so fast": nobody's mail's fault, so nothing is counted as a try.
NOT_NOW = (401, 429)


class _Provider:
    """Says what an answer means. `already_taken` is how the provider says that it knows this key."""

    already_taken: str

    def post_to_esp(self, payload: Any, message: EmailMessage) -> requests.Response:
        try:
            answer: requests.Response = super().post_to_esp(payload, message)  # type: ignore[misc]
        except AnymailAPIError as error:
            raise self._meaning_of(error) from error
        return answer

    def _meaning_of(self, error: AnymailAPIError) -> Exception:
        if error.response is None:
            words = f"{type(error.__cause__).__name__}: {error.__cause__}"
            return MailServerSilent(words) if _never_got_there(error.__cause__) else NoAnswer(words)
        words, status = error.describe_response(), error.status_code
        if status in NOT_NOW:
            return MailServerSilent(words)
        if self.already_taken in error.response.text:
            return AlreadyTaken(words)
        # 409: the same key is being worked on just now.
        return NoAnswer(words) if status == 409 or status >= 500 else NotTaken(words)


def _never_got_there(error: BaseException | None) -> bool:
    """Whether no connection came about, so that nothing can have been taken."""
    reason = getattr(error.args[0], "reason", None) if error and error.args else None
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))


class Resend(_Provider, AnymailResend):
    already_taken = "invalid_idempotent_request"

    def build_message_payload(self, message: EmailMessage, defaults: Any) -> ResendPayload:
        payload = super().build_message_payload(message, defaults)
        if key := message.extra_headers.get("Message-ID"):
            payload.headers["Idempotency-Key"] = key.strip("<>")
        return payload


class Brevo(_Provider, AnymailBrevo):
    already_taken = "duplicate_parameter"

    def build_message_payload(self, message: EmailMessage, defaults: Any) -> BrevoPayload:
        payload = super().build_message_payload(message, defaults)
        if key := message.extra_headers.get("Message-ID"):
            payload.data["headers"]["idempotencyKey"] = str(uuid.uuid5(uuid.NAMESPACE_URL, key))
        return payload
