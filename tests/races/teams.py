"""Races for what there is one of: a trial, a last seat."""

from __future__ import annotations

from typing import Any
from unittest import mock

from django.urls import reverse
from django.utils import timezone

from licensing.customers import open_customer
from licensing.invitations import invite, token_of
from licensing.models import Customer, Event, Role, Trial, TrialMark
from licensing.seats import seats_of
from tests.billing.conftest import newcomer
from tests.cast import joins, person
from tests.infra.sandbox import Sandbox
from tests.races.browser import Browser
from tests.races.racing import Race, Round, no_constraint, no_row_locks, without

SEATS = 3  # of the free tier


def starts(browser: Browser) -> None:
    browser.post(reverse("trials"), start="business")


def trial_trial(sandbox: Sandbox, url: str) -> Round:
    """Two owners of one organisation begin the same trial."""
    buyer = newcomer(sandbox)
    other = person(f"Second{buyer.user.pk}")
    joins(other, buyer.customer, role=Role.OWNER, at=timezone.now())
    browsers = [Browser(url, user) for user in (buyer.user, other)]

    def counts() -> dict[str, tuple[int, int]]:
        marks = TrialMark.objects.filter(identity=f"customer:{buyer.customer.pk}")
        return {
            "trials": (Trial.objects.filter(customer=buyer.customer).count(), 1),
            "marks": (marks.count(), 1),
            "beginnings": (Event.objects.filter(customer=buyer.customer, kind="trial_started").count(), 1),
        }

    return Round(
        [buyer.customer.pk], [lambda browser=browser: starts(browser) for browser in browsers], counts
    )


def trials_of_two_organisations(sandbox: Sandbox, url: str) -> Round:
    """One person begins the same trial for two organisations of theirs."""
    buyer = newcomer(sandbox)
    second = open_customer(
        name=f"{buyer.customer.name} again",
        country="DE",
        currency="USD",
        time_zone="Europe/Berlin",
        locale="en_US",
        owner=buyer.user,
        at=timezone.now(),
    )
    both = [buyer.customer.pk, second.pk]
    browsers = [Browser(url, buyer.user, acts_for=number) for number in both]
    return Round(
        both,
        [lambda browser=browser: starts(browser) for browser in browsers],
        lambda: {"trials": (Trial.objects.filter(customer__in=both).count(), 1)},
    )


def one_seat_left(sandbox: Sandbox) -> tuple[Customer, Any, Any]:
    """An organisation on the free tier with two owners in three seats."""
    buyer = newcomer(sandbox)
    other = person(f"Second{buyer.user.pk}")
    joins(other, buyer.customer, role=Role.OWNER, at=timezone.now())
    return buyer.customer, buyer.user, other


def taken(customer: Customer) -> dict[str, tuple[int, int]]:
    seats = seats_of(customer, at=timezone.now())
    assert seats.limit == SEATS
    return {"seats taken": (seats.taken, SEATS)}


def invite_invite(sandbox: Sandbox, url: str) -> Round:
    """Two owners invite somebody each for the last seat."""
    customer, ada, other = one_seat_left(sandbox)
    browsers = [Browser(url, user) for user in (ada, other)]

    def invites(number: int) -> None:
        browsers[number].post(
            reverse("team_invite"), email=f"guest{number}@of{customer.pk}.test", role=Role.MEMBER.value
        )

    return Round(
        [customer.pk],
        [lambda number=number: invites(number) for number in range(2)],
        lambda: taken(customer),
    )


def join_join(sandbox: Sandbox, url: str) -> Round:
    """Two people who were invited in better times come in for the one seat that is left."""
    buyer = newcomer(sandbox)
    now = timezone.now()
    guests = [person(f"Guest{number}of{buyer.user.pk}") for number in range(2)]
    links = [
        token_of(
            invite(customer=buyer.customer, email=guest.email, role=Role.MEMBER.value, by=buyer.user, at=now)
        )
        for guest in guests
    ]
    joins(person(f"Third{buyer.user.pk}"), buyer.customer, at=now)
    browsers = [Browser(url, guest) for guest in guests]

    def counts() -> dict[str, tuple[int, int]]:
        return {"members": (buyer.customer.members.count(), SEATS)}

    return Round(
        [buyer.customer.pk],
        [
            lambda browser=browser, link=link: browser.post(reverse("team_join", args=[link]))
            for browser, link in zip(browsers, links, strict=True)
        ],
        counts,
    )


def no_trial_locks() -> Any:
    """Neither the customer's row nor the person's identity is locked, and the database allows two live trials."""
    return without(
        no_row_locks(),
        mock.patch("licensing.trials._lock_identities"),
        no_constraint(Trial, "trial_live_once"),
    )


USED = ("licensing.trials.TrialMark.objects.bulk_create",)
RACES = (
    Race("trial/trial", trial_trial, "row locks and the constraint", no_trial_locks, meet=USED),
    Race(
        "one person’s trial for two organisations",
        trials_of_two_organisations,
        "the lock on the person",
        lambda: mock.patch("licensing.trials._lock_identities"),
        meet=USED,
    ),
    Race(
        "last seat, two invitations",
        invite_invite,
        "row locks",
        no_row_locks,
        meet=("licensing.invitations._sent_long_ago",),
    ),
    Race(
        "last seat, two who join",
        join_join,
        "row locks",
        no_row_locks,
        meet=("licensing.invitations.Member.objects.create",),
    ),
)
