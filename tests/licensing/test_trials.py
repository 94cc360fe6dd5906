"""Trying a higher tier: there at once, gone by the clock, and everything as it was."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from licensing import trials
from licensing.entitlements import entitlements
from licensing.history import Actor
from licensing.models import Customer, Event, Licence, Notice, Trial, TrialMark
from licensing.standing import standing_of
from licensing.terms import storefront
from portal.facts import facts_of
from portal.models import User
from tests import cast
from tests.cast import NOON

DAY = timedelta(days=1)


def start(customer: Customer, user: User, tier: str, at=NOON) -> Trial:
    today = storefront().edition
    return trials.start_trial(
        situation=facts_of(customer, today=today, at=at).situation,
        tier=today.tier(tier),
        actor=Actor.person(user),
        at=at,
    )


def refusal(customer: Customer, user: User, tier: str, at=NOON) -> str:
    with pytest.raises(trials.UnableToTry) as refused:
        start(customer, user, tier, at)
    return refused.value.reasons[0].rule


@pytest.mark.django_db
def test_a_trial_gives_the_higher_entitlements_at_once() -> None:
    ada = cast.ada()
    before = entitlements(standing_of(ada.customer, at=NOON))
    trial = start(ada.customer, ada.user, "business")
    now = entitlements(standing_of(ada.customer, at=NOON))
    assert (before["sso"].value or False, before["projects"].value) == (False, 20)
    assert (now["sso"].value, now["sso"].source, now["sso"].until) == (True, "trial", trial.ends_at)
    assert now["projects"].value is None


@pytest.mark.proves("trials-end")
@pytest.mark.django_db
def test_trial_gives_back_exactly_what_was_there() -> None:
    ada = cast.ada()
    row = Licence.objects.filter(pk=ada.licence.pk)
    before, had = row.values().get(), entitlements(standing_of(ada.customer, at=NOON))
    trial = start(ada.customer, ada.user, "business")
    trials.expire_due(at=trial.ends_at)
    assert row.values().get() == before
    assert entitlements(standing_of(ada.customer, at=trial.ends_at)) == had


@pytest.mark.proves("trials-end")
@pytest.mark.django_db
def test_it_ends_by_the_clock_even_if_no_job_ever_runs() -> None:
    ada = cast.ada()
    trial = start(ada.customer, ada.user, "business")
    last = trial.ends_at - timedelta(microseconds=1)
    assert standing_of(ada.customer, at=last).trial is not None
    assert standing_of(ada.customer, at=trial.ends_at).trial is None


@pytest.mark.proves("trials-last")
@pytest.mark.django_db
def test_a_trial_lasts_the_tiers_own_days() -> None:
    cy = cast.cy()
    assert start(cy.customer, cy.user, "scale").ends_at == NOON + 30 * DAY


@pytest.mark.django_db
def test_one_trial_at_a_time() -> None:
    cy = cast.cy()
    start(cy.customer, cy.user, "business")
    assert refusal(cy.customer, cy.user, "scale") == "one-trial-at-a-time"


@pytest.mark.django_db
def test_a_tier_is_tried_once_in_twelve_months() -> None:
    cy = cast.cy()
    trial = start(cy.customer, cy.user, "business")
    assert refusal(cy.customer, cy.user, "business", trial.ends_at + DAY) == "tried-once-a-year"
    assert start(cy.customer, cy.user, "scale", trial.ends_at + DAY)
    assert start(cy.customer, cy.user, "business", NOON + 365 * DAY)


@pytest.mark.proves("trial-mark")
@pytest.mark.django_db
@pytest.mark.parametrize("alias", ["Cy@Demo.test", "cy+again@demo.test"])
def test_a_new_account_with_an_alias_does_not_reset_it(alias: str) -> None:
    cy = cast.cy()
    start(cy.customer, cy.user, "business")
    User.objects.filter(pk=cy.user.pk).update(email="gone@demo.test")
    cy.user.emailaddress_set.all().delete()
    again = cast.person("Cy Again", alias)
    other = cast.organisation(
        "Tanaka Studio II", owner=again, country="JP", currency="JPY", time_zone="Asia/Tokyo", at=NOON
    )
    assert refusal(other, again, "business") == "tried-once-a-year"


@pytest.mark.django_db
def test_without_a_confirmed_address_there_is_no_trial() -> None:
    cy = cast.cy()
    cy.user.emailaddress_set.update(verified=False)
    assert refusal(cy.customer, cy.user, "business") == "address-is-verified"


@pytest.mark.django_db
def test_what_one_has_cannot_be_tried() -> None:
    ada = cast.ada()
    assert refusal(ada.customer, ada.user, "team") == "tier-is-higher"


@pytest.mark.django_db
def test_who_owes_a_payment_settles_that_first() -> None:
    di = cast.di()
    assert refusal(di.customer, di.user, "scale") == "nothing-is-owed"


@pytest.mark.django_db
def test_given_back_early_it_is_gone_and_stays_used() -> None:
    cy = cast.cy()
    start(cy.customer, cy.user, "business")
    trials.end_trial(
        customer=cy.customer, end=Trial.End.GIVEN_BACK, actor=Actor.person(cy.user), at=NOON + DAY
    )
    assert standing_of(cy.customer, at=NOON + DAY).trial is None
    assert refusal(cy.customer, cy.user, "business", NOON + 2 * DAY) == "tried-once-a-year"
    assert not Notice.objects.filter(kind="trial_ended").exists()


@pytest.mark.django_db
def test_ended_by_what_began_before_it_did_it_still_ends_after_its_beginning() -> None:
    """A purchase under way since before the trial began ends it: its clock was read earlier."""
    ada = cast.ada()
    start(ada.customer, ada.user, "business")
    ended = trials.end_trial(
        customer=ada.customer,
        end=Trial.End.CONVERTED,
        actor=Actor.person(ada.user),
        at=NOON - timedelta(seconds=9),
    )
    assert ended is not None
    assert ended.ended_at == ended.started_at == NOON


@pytest.mark.django_db
def test_asked_for_before_the_last_one_was_given_back_it_begins_after_it() -> None:
    ada = cast.ada()
    start(ada.customer, ada.user, "business")
    back = trials.end_trial(
        customer=ada.customer,
        end=Trial.End.GIVEN_BACK,
        actor=Actor.person(ada.user),
        at=NOON + timedelta(seconds=2),
    )
    again = start(ada.customer, ada.user, "scale", NOON + timedelta(seconds=1))
    assert back is not None
    assert again.started_at == back.ended_at


@pytest.mark.django_db
def test_ending_and_reminding_are_said_once_however_often_the_sweep_runs() -> None:
    cy = cast.cy()
    trial = start(cy.customer, cy.user, "business")
    for at in (
        trial.ends_at - 2 * DAY,
        trial.ends_at - 2 * DAY,
        trial.ends_at - DAY / 2,
        trial.ends_at - DAY / 3,
    ):
        trials.remind_due(at=at)
    for at in (trial.ends_at, trial.ends_at + DAY):
        trials.expire_due(at=at)
    said = Notice.objects.order_by("pk").values_list("kind", "period")
    ends = f"{trial.ends_at:%Y-%m-%d}"
    assert list(said) == [
        ("trial_reminder", f"3d:{ends}"),
        ("trial_reminder", f"1d:{ends}"),
        ("trial_ended", ""),
    ]
    assert Event.objects.filter(kind="trial_ended").count() == 1


@pytest.mark.proves("trials-end")
@pytest.mark.django_db
def test_after_a_downtime_only_the_reminder_that_still_helps_is_owed() -> None:
    cy = cast.cy()
    trial = start(cy.customer, cy.user, "business")
    trials.remind_due(at=trial.ends_at - DAY / 2)
    trials.expire_due(at=trial.ends_at - DAY / 2)
    assert [notice.period[:2] for notice in Notice.objects.all()] == ["1d"]


@pytest.mark.django_db
def test_extending_moves_the_end_and_says_why() -> None:
    cy = cast.cy()
    trial = start(cy.customer, cy.user, "business")
    staff = Actor(None, "Sam of support")
    trials.extend_trial(
        trial=trial, ends_at=trial.ends_at + 7 * DAY, actor=staff, at=NOON, reason="A week away"
    )
    assert standing_of(cy.customer, at=trial.ends_at + DAY).trial is not None
    event = Event.objects.get(kind="trial_extended")
    assert (event.by, event.reason) == ("Sam of support", "A week away")


@pytest.mark.django_db
def test_a_trial_that_has_ended_cannot_be_extended() -> None:
    cy = cast.cy()
    trial = start(cy.customer, cy.user, "business")
    with pytest.raises(trials.UnableToExtend):
        trials.extend_trial(
            trial=trial, ends_at=NOON + 40 * DAY, actor=Actor(None, "Sam"), at=NOON + 15 * DAY, reason="late"
        )


@pytest.mark.django_db
def test_expiring_takes_the_same_few_statements_for_many(django_assert_max_num_queries) -> None:
    cy = cast.cy()
    template = start(cy.customer, cy.user, "business")
    customers = Customer.objects.bulk_create(
        Customer(slug=f"c{n}", name=f"C{n}", country="JP", currency="JPY", created_at=NOON)
        for n in range(300)
    )
    licences = Licence.objects.bulk_create(
        Licence(
            customer=customer,
            product_id=template.product_id,
            edition_id=cy.licence.edition_id,
            tier_id=cy.licence.tier_id,
            started_at=NOON,
        )
        for customer in customers
    )
    Trial.objects.bulk_create(
        Trial(
            customer_id=licence.customer_id,
            product_id=licence.product_id,
            licence=licence,
            tier_id=template.tier_id,
            started_at=NOON,
            ends_at=template.ends_at,
        )
        for licence in licences
    )
    with django_assert_max_num_queries(1):
        assert trials.expire_due(at=template.ends_at) == 301
    assert Notice.objects.filter(kind="trial_ended").count() == 301


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_start_one_trial() -> None:
    cy = cast.cy()
    barrier, outcomes = threading.Barrier(4), []

    def click() -> None:
        try:
            barrier.wait()
            outcomes.append(start(cy.customer, cy.user, "business").pk)
        except trials.UnableToTry:
            outcomes.append(None)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()
    assert len([pk for pk in outcomes if pk]) == 1
    assert Trial.objects.count() == 1
    assert TrialMark.objects.filter(identity=f"customer:{cy.customer.pk}").count() == 1
