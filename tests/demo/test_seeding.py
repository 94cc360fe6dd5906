"""`manage.py demo seed` against the sandbox: the cast stands as promised, and its past happened in order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.utils import timezone

from billing.models import Invoice, Order, Payer
from billing.renewals import remind_due
from billing.subscriptions import follow
from licensing.entitlements import entitlements
from licensing.models import Customer, Event, Invitation, Licence, Member, Notice, Role, Trial, Waiver
from licensing.standing import standing_of
from licensing.terms import storefront
from licensing.trials import expire_due
from licensing.usage import usage_of
from portal.models import User
from tests.infra.sandbox import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
SLUGS = {
    "ada": "okafor-bakeries",
    "bo": "lindqvist-daughters",
    "cy": "tanaka-studio",
    "di": "marsh-surveyors",
}


def command(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def licence_of(name: str) -> Licence:
    return Licence.objects.select_related("tier", "edition", "price", "customer").get(
        customer__slug=SLUGS[name], ended_at=None
    )


@pytest.mark.usefixtures("nothing_on_sale")
def test_the_demo(sandbox: Sandbox) -> None:
    now = timezone.now()
    said = command("demo", "seed")
    assert said.rstrip().endswith("The demo is ready")
    everybody_can_sign_in()
    ada_has_team_and_three_days_left_of_business(now)
    bo_holds_the_older_edition_and_renews_in_a_week(now)
    exceptions_are_made_and_asked_for(now)
    cy_is_free()
    di_is_past_due(now)
    the_past_happened_in_order(now)
    the_sandbox_has_come_to_the_present(sandbox)
    assert "nothing was seeded" in command("demo", "seed")
    time_can_pass_for_each(now)


def everybody_can_sign_in() -> None:
    for name in ("ada", "bo", "cy", "di", "eve", "staff", "finance", "admin"):
        user = User.objects.get(email=f"{name}@demo.test")
        assert user.check_password("demo-portal")
        assert EmailAddress.objects.get(user=user, verified=True, primary=True).email == user.email
    assert list(User.objects.get(email="staff@demo.test").groups.values_list("name", flat=True)) == [
        "support"
    ]
    assert User.objects.get(email="admin@demo.test").is_superuser


def ada_has_team_and_three_days_left_of_business(now: datetime) -> None:
    licence = licence_of("ada")
    assert (licence.tier.key, licence.edition.key, licence.seats) == ("team", "2026-01", 8)
    assert licence.price
    assert licence.price.lookup_key == "team-2026-01-month-usd"
    assert (licence.customer.country, licence.customer.currency) == ("DE", "USD")
    trial = Trial.objects.get(customer=licence.customer, ended_at=None)
    assert trial.tier.key == "business"
    assert abs(trial.ends_at - now - timedelta(days=3)) < timedelta(minutes=5)
    assert Payer.objects.get(customer=licence.customer).card_last4 == "4242"
    assert usage_of(licence.customer, at=now)["projects"].value == 18
    roles = dict(Member.objects.filter(customer=licence.customer).values_list("user__name", "role"))
    assert roles["Ada Okafor"] == Role.OWNER
    assert roles["Eve Okafor"] == Role.MEMBER
    assert Invitation.objects.get(customer=licence.customer).is_open(at=now)
    assert Invoice.objects.filter(customer=licence.customer, status="paid").count() == 2


def bo_holds_the_older_edition_and_renews_in_a_week(now: datetime) -> None:
    licence = licence_of("bo")
    assert (licence.tier.key, licence.edition.key, licence.seats) == ("team", "2025-03", 6)
    assert licence.price
    assert licence.price.lookup_key == "team-2025-03-year-eur"
    assert licence.period_end
    assert abs(licence.period_end - now - timedelta(days=7)) < timedelta(minutes=5)
    shop = storefront()
    assert shop
    assert shop.edition.key == "2026-01"


def exceptions_are_made_and_asked_for(now: datetime) -> None:
    made = entitlements(standing_of(licence_of("bo").customer, at=now))["api-calls"]
    assert (made.value, made.source) == (60_000, "waiver")
    asked = Waiver.objects.get(needs_approval=True)
    assert (asked.customer, asked.state(at=now)) == (licence_of("di").customer, "waiting")


def cy_is_free() -> None:
    licence = licence_of("cy")
    assert (licence.tier.key, licence.customer.currency) == ("free", "JPY")
    assert not Payer.objects.filter(customer=licence.customer).exists()


def di_is_past_due(now: datetime) -> None:
    licence = licence_of("di")
    assert licence.state == Licence.State.PAST_DUE
    assert licence.past_due_since
    assert timedelta(days=1) < now - licence.past_due_since < timedelta(days=3)
    assert Notice.objects.filter(customer=licence.customer, kind="payment_failed").count() == 1
    assert Invoice.objects.filter(customer=licence.customer, status="open").count() == 1


def the_past_happened_in_order(now: datetime) -> None:
    kinds = list(
        Event.objects.filter(customer__slug=SLUGS["ada"]).order_by("at", "pk").values_list("kind", flat=True)
    )
    assert kinds == [
        "customer_opened",
        "licence_opened",
        "order_accepted",
        "licence_moved",
        "order_settled",
        "trial_started",
        "licence_renewed",
        "member_invited",
    ]
    assert not Order.objects.exclude(state="settled").exists()
    assert not Order.objects.exclude(needs_staff="").exists()
    assert Event.objects.earliest("at").at < now - timedelta(days=350)
    assert not Event.objects.filter(at__gt=timezone.now()).exists()


def the_sandbox_has_come_to_the_present(sandbox: Sandbox) -> None:
    health = sandbox.look("health")
    assert abs(health["now"] - datetime.now(UTC).timestamp()) < 5
    assert len(sandbox.charges()) == 4
    assert sandbox.look("webhooks")["mode"]["mode"] == "normal"


def time_can_pass_for_each(now: datetime) -> None:
    subscription = {
        slug: Licence.objects.get(customer__slug=slug).subscription for slug in list(SLUGS.values())[:2]
    }
    said = command("timetravel", "--customer", SLUGS["ada"], "--days", "4")
    assert "4 days have passed for Okafor Bakeries." in said
    assert "The trial of Business ended on" in said
    assert expire_due(at=now) == 1

    before = Waiver.objects.get(customer__slug=SLUGS["bo"]).ends_at
    said = command("timetravel", "--customer", SLUGS["bo"], "--days", "6")
    assert before - Waiver.objects.get(customer__slug=SLUGS["bo"]).ends_at == timedelta(days=6)
    assert "a reminder goes out" in said
    remind_due(at=timezone.now())
    assert Notice.objects.get(kind="renewal_reminder").period.startswith("1d:")
    said = command("timetravel", "--customer", SLUGS["bo"], "--days", "2")
    assert "Stripe has charged or tried to" in said
    due = licence_of("bo").period_end
    follow(subscription_id=subscription[SLUGS["bo"]].stripe_id, at=timezone.now())
    renewed = licence_of("bo")
    assert renewed.period_start == due
    assert renewed.edition.key == "2025-03"

    command("timetravel", "--customer", SLUGS["di"], "--days", "14")
    follow(subscription_id=licence_of("di").subscription.stripe_id, at=timezone.now())
    assert licence_of("di").tier.key == "free"

    said = command("timetravel", "--customer", SLUGS["cy"], "--days", "1")
    assert "1 day has passed for Tanaka Studio." in said


def test_without_a_sandbox_one_sentence_says_so(settings: Any) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match=r"there is no sandbox at http://127\.0\.0\.1:9; start again"):
        command("demo", "seed")
    assert not Customer.objects.exists()


def test_the_demo_is_for_the_demo_only(settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="only where DEMO is true"):
        command("demo", "seed")
    assert not User.objects.exists()
