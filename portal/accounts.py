"""How people's accounts are run: mails in our words and from our address, safe ways back, sealed secrets."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urljoin, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from licensing.models import Member
from licensing.terms import storefront
from portal.mails.post import sender


def verified_addresses(user: Any) -> list[str]:
    """The addresses that a person has proved to be theirs."""
    return list(EmailAddress.objects.filter(user_id=user.pk, verified=True).values_list("email", flat=True))


def verify_address(user: Any) -> EmailAddress:
    """Count the address a person signs in with as proved: for the demo and for people made by a command."""
    address, _ = EmailAddress.objects.update_or_create(
        user_id=user.pk, email=user.email.lower(), defaults={"verified": True, "primary": True}
    )
    return address


def canonical(url: str) -> str:
    """The same door under BASE_URL, whatever host the request that made `url` came by."""
    parts = urlsplit(url)
    return urljoin(settings.BASE_URL, parts._replace(scheme="", netloc="").geturl())


class AccountAdapter(DefaultAccountAdapter):
    """The address in a mail never comes from the Host header, and the way back after signing in stays with us."""

    def get_from_email(self) -> str:
        """The same sender as that of every other mail."""
        shop = storefront()
        return sender(shop.product if shop else None)

    def format_email_subject(self, subject: str) -> str:
        """Subjects stand for themselves; the sender says who writes."""
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        super().send_mail(template_prefix, email, self._told(context))

    def send_without_a_request(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The same from a job, where nobody asked by a browser."""
        self.render_mail(template_prefix, email, self._told(context)).send()

    def _told(self, context: dict[str, Any]) -> dict[str, Any]:
        shop = storefront()
        links = {name: canonical(value) for name, value in context.items() if name.endswith("_url")}
        return {
            **context,
            **links,
            "base_url": settings.BASE_URL,
            "product": shop.product if shop else None,
            "product_name": shop.product.name if shop else "the portal",
        }

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """The HTML says the same words as the text, so that there is one place to change them."""
        message = super().render_mail(template_prefix, email, context, headers)
        page = {
            "subject": message.subject,
            "paragraphs": [_paragraph(text, code=context.get("code")) for text in message.body.split("\n\n")],
            "accent": context["product"].accent if context["product"] else "#0b6b50",
        }
        message.attach_alternative(render_to_string("account/email/layout.html", page), "text/html")
        return message

    def is_safe_url(self, url: str | None) -> bool:
        """A way back is a path of ours, or an address under BASE_URL; other allowed hosts are no way back."""
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={urlsplit(settings.BASE_URL).netloc}, require_https=settings.HTTPS
        )

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Staff who are nobody's member begin in the admin, everybody else with their plan."""
        user = request.user
        if user.is_staff and not Member.objects.filter(user_id=user.pk, customer__closed_at=None).exists():
            return reverse("admin:index")
        return super().get_login_redirect_url(request)


def _paragraph(text: str, *, code: str | None) -> dict[str, Any]:
    text = text.strip()
    is_link = text.startswith(settings.BASE_URL) and not any(character.isspace() for character in text)
    return {"text": text, "is_link": is_link, "is_code": text == code}


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of second factors are sealed with a key derived from SECRET_KEY; passkeys belong to BASE_URL's host."""

    def _get_site_name(self) -> str:
        shop = storefront()
        return shop.product.name if shop else urlsplit(settings.BASE_URL).hostname or ""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": urlsplit(settings.BASE_URL).hostname or "", "name": self._get_site_name()}

    def encrypt(self, text: str) -> str:
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _seal().decrypt(encrypted_text.encode()).decode()


def _seal() -> MultiFernet:
    """Sealed with today's key; opened with any of SECRET_KEY_FALLBACKS too, so that the key can be changed."""
    return MultiFernet(_fernet(key) for key in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])


def _fernet(secret: str) -> Fernet:
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"portal second factors")
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret.encode())))
