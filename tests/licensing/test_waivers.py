"""Exceptions for one customer: dated, reasoned, above a threshold approved by somebody else, ended by the clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from licensing import trials, waivers
from licensing.eligibility import WAIVABLE, change_reasons
from licensing.entitlements import Entitlement, entitlements
from licensing.history import Actor
from licensing.models import Customer, Event, Licence, TrialMark, UsageReading, Waiver
from licensing.rules.changing import CHANGE_RULES
from licensing.rules.situation import Change
from licensing.rules.trying import TRIAL_RULES
from licensing.standing import standing_of
from licensing.terms import storefront
from licensing.waivers.threshold import Wish
from portal.facts import facts_of
from tests import cast
from tests.cast import NOON, Party, person

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Party:
    return cast.ada()


def support() -> Actor:
    return Actor.person(person("Sam Support"))


def finance() -> Actor:
    return Actor.person(person("Fin Finance"))


def projects(value: int | None, *, days: int = 30, at: datetime = NOON) -> Wish:
    """Team has room for 20 of them."""
    return Wish("limit", at, at + days * DAY, feature_key="projects", value=value)


def ask(customer: Customer, wish: Wish, *, actor: Actor | None = None, at: datetime = NOON) -> Waiver:
    return waivers.ask_for_waiver(
        customer=customer,
        wish=wish,
        reason="Ticket 4711: they move to us from another tool.",
        words="So that you can move without haste.",
        actor=actor or support(),
        at=at,
    )


def grant(customer: Customer, wish: Wish, *, at: datetime = NOON) -> Waiver:
    """Asked for, and approved where that is needed."""
    waiver = ask(customer, wish, at=at)
    return waiver if waiver.granted_at else waivers.approve(waiver=waiver, actor=finance(), at=at)


def entitled(customer: Customer, feature: str, *, at: datetime = NOON) -> Entitlement:
    return entitlements(standing_of(customer, at=at))[feature]


def kinds_of(waiver: Waiver) -> list[str]:
    """What the history says of it, in order."""
    subject = f"waiver:{waiver.pk}"
    return list(Event.objects.filter(subject=subject).order_by("pk").values_list("kind", flat=True))


# Asking, and who must say yes


def test_a_small_exception_holds_as_soon_as_it_is_asked_for(ada: Party) -> None:
    waiver = ask(ada.customer, projects(25))
    assert not waiver.needs_approval
    assert kinds_of(waiver) == ["waiver_asked", "waiver_granted"]
    now = entitled(ada.customer, "projects")
    assert (now.value, now.source, now.until) == (25, "waiver", NOON + 30 * DAY)


@pytest.mark.parametrize(
    ("wish", "because"),
    [
        (projects(26), "Alone this limit is raised to at most 25."),
        (projects(None), "Alone this limit is raised to at most 25."),
        (projects(25, days=31), "Alone a limit is raised for at most 30 days."),
        (Wish("limit", NOON, NOON + DAY, feature_key="sso", value=True), "Only a limit that Team has"),
        (
            Wish("limit", NOON, NOON + DAY, feature_key="support", value="4-hours"),
            "Only a limit that Team has",
        ),
        (
            Wish("rule", NOON, NOON + 8 * DAY, rule_key="usage-fits"),
            "A rule is waived alone for at most 7 days.",
        ),
    ],
)
def test_a_larger_one_waits_for_somebody_else(ada: Party, wish: Wish, because: str) -> None:
    waiver = ask(ada.customer, wish)
    assert waiver.needs_approval
    (asked,) = Event.objects.filter(subject=f"waiver:{waiver.pk}")
    assert (asked.kind, asked.reason) == ("waiver_asked", waiver.reason)
    assert because in asked.after["approval"]
    assert standing_of(ada.customer, at=NOON).open_waivers == ()
    approved = waivers.approve(waiver=waiver, actor=finance(), at=NOON)
    assert (approved.granted_at, approved.approved_by_words) == (NOON, "Fin Finance")
    assert kinds_of(waiver) == ["waiver_asked", "waiver_granted"]
    assert len(standing_of(ada.customer, at=NOON).waivers) == 1


def test_nobody_raises_the_same_limit_alone_twice_in_twelve_months(ada: Party) -> None:
    ask(ada.customer, projects(25, days=2))
    assert ask(ada.customer, projects(25, at=NOON + 2 * DAY), at=NOON + 2 * DAY).needs_approval
    later = NOON + 366 * DAY
    assert not ask(ada.customer, projects(25, at=later), at=later).needs_approval


def test_the_measures_are_the_installations_own(ada: Party, settings: Any) -> None:
    settings.WAIVER_LIMIT_PERCENT, settings.WAIVER_LIMIT_DAYS = 50, 60
    assert not ask(ada.customer, projects(30, days=60)).needs_approval


def test_nobody_approves_what_they_asked_for_themselves(ada: Party) -> None:
    waiver = ask(ada.customer, projects(40))
    with pytest.raises(waivers.UnableToApprove, match="cannot approve it"):
        waivers.approve(waiver=waiver, actor=support(), at=NOON)
    assert entitled(ada.customer, "projects").value == 20


def test_a_refused_one_never_held_and_cannot_be_approved_any_more(ada: Party) -> None:
    waiver = ask(ada.customer, projects(40))
    waivers.refuse(waiver=waiver, actor=finance(), reason="Business has it.", at=NOON)
    assert kinds_of(waiver) == ["waiver_asked", "waiver_refused"]
    with pytest.raises(waivers.UnableToApprove, match="answered already"):
        waivers.approve(waiver=waiver, actor=finance(), at=NOON)
    assert entitled(ada.customer, "projects").value == 20


def test_what_nobody_answers_in_time_lapses(ada: Party) -> None:
    waiver = ask(ada.customer, projects(40, days=10))
    with pytest.raises(waivers.UnableToApprove, match="its time has run out"):
        waivers.approve(waiver=waiver, actor=finance(), at=NOON + 10 * DAY)
    assert waivers.close_due(at=NOON + 10 * DAY) == 1
    waiver.refresh_from_db()
    assert waiver.end == Waiver.End.LAPSED


def test_approved_late_it_holds_from_then_to_the_day_that_was_asked_for(ada: Party) -> None:
    grant_at = NOON + 3 * DAY
    waiver = waivers.approve(waiver=ask(ada.customer, projects(40)), actor=finance(), at=grant_at)
    assert entitled(ada.customer, "projects", at=grant_at - timedelta(microseconds=1)).value == 20
    assert entitled(ada.customer, "projects", at=grant_at).value == 40
    assert entitled(ada.customer, "projects", at=waiver.ends_at).value == 20


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (projects(20), "have as much"),
        (projects(19), "have as much"),
        (Wish("limit", NOON, NOON + DAY, feature_key="projects", value=True), "no value of Projects"),
        (Wish("limit", NOON, NOON + DAY, feature_key="sso", value=3), "no value of"),
        (Wish("limit", NOON, NOON + DAY, feature_key="unheard-of", value=3), "no such feature"),
        (projects(25, days=0), "ends after that"),
        (projects(25, at=NOON - DAY), "begins now or later"),
        (projects(25, days=367), "a year at most"),
        (Wish("rule", NOON, NOON + DAY, rule_key="nothing-is-owed"), "never waived"),
        (Wish("trial", NOON, NOON + DAY, tier_key="team"), "Only a higher tier"),
        (Wish("trial", NOON, NOON + DAY, tier_key="unheard-of"), "Only a higher tier"),
        (Wish("wish", NOON, NOON + DAY), "no such kind"),
    ],
)
def test_what_gives_nothing_or_cannot_be_is_not_asked_for(ada: Party, wish: Wish, why: str) -> None:
    with pytest.raises(waivers.UnableToAsk, match=why):
        ask(ada.customer, wish)
    assert not Waiver.objects.exists()


def test_for_one_thing_there_is_one_open_exception(ada: Party) -> None:
    ask(ada.customer, projects(25))
    with pytest.raises(waivers.UnableToAsk, match="There is one for this already"):
        ask(ada.customer, projects(40))
    assert Waiver.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_pressed_twice_at_once_it_is_asked_for_once(ada: Party) -> None:
    actor, said = support(), []

    def press() -> None:
        try:
            said.append(ask(ada.customer, projects(25), actor=actor).pk)
        except waivers.UnableToAsk as no:
            said.append(str(no))
        finally:
            connection.close()

    _at_once(press, press)
    assert Waiver.objects.count() == 1
    assert "There is one for this already. End it, or let it run its time." in said


@pytest.mark.django_db(transaction=True)
def test_of_an_approval_and_a_refusal_at_once_one_counts(ada: Party) -> None:
    waiver, fin, sam = ask(ada.customer, projects(40)), finance(), support()

    def answer(how: Callable[[], object]) -> Callable[[], None]:
        def do() -> None:
            try:
                how()
            except waivers.UnableToApprove:
                pass
            finally:
                connection.close()

        return do

    _at_once(
        answer(lambda: waivers.approve(waiver=waiver, actor=fin, at=NOON)),
        answer(lambda: waivers.refuse(waiver=waiver, actor=sam, reason="No.", at=NOON)),
    )
    assert kinds_of(waiver) in (["waiver_asked", "waiver_granted"], ["waiver_asked", "waiver_refused"])


def _at_once(*what: Callable[[], None]) -> None:
    threads = [threading.Thread(target=do) for do in what]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)


# While it holds, and when it ends


def test_a_waiver_gives_back_exactly_what_was_there_before(ada: Party) -> None:
    row = Licence.objects.filter(pk=ada.licence.pk)
    before, had = row.values().get(), entitlements(standing_of(ada.customer, at=NOON))
    waiver = grant(ada.customer, projects(40))
    waivers.close_due(at=waiver.ends_at)
    assert row.values().get() == before
    assert entitlements(standing_of(ada.customer, at=waiver.ends_at)) == had


def test_it_ends_by_the_clock_even_if_no_job_ever_runs(ada: Party) -> None:
    waiver = grant(ada.customer, projects(40))
    assert entitled(ada.customer, "projects", at=waiver.ends_at - timedelta(microseconds=1)).value == 40
    assert entitled(ada.customer, "projects", at=waiver.ends_at).value == 20


def test_the_sweep_ends_it_at_its_own_moment_and_tells_the_history_once(ada: Party) -> None:
    waiver = grant(ada.customer, projects(40))
    assert waivers.close_due(at=waiver.ends_at - timedelta(microseconds=1)) == 0
    late = waiver.ends_at + 5 * DAY
    assert [waivers.close_due(at=late), waivers.close_due(at=late)] == [1, 0]
    waiver.refresh_from_db()
    assert (waiver.ended_at, waiver.end) == (waiver.ends_at, Waiver.End.EXPIRED)
    assert kinds_of(waiver) == ["waiver_asked", "waiver_granted", "waiver_ended"]


def test_ended_early_what_was_there_before_is_in_force_at_once(ada: Party) -> None:
    waiver = grant(ada.customer, projects(40))
    waivers.end_waiver(waiver=waiver, actor=support(), reason="They bought Business.", at=NOON + DAY)
    assert entitled(ada.customer, "projects", at=NOON + DAY).value == 20
    with pytest.raises(waivers.UnableToEnd, match="over already"):
        waivers.end_waiver(waiver=waiver, actor=support(), reason="Again.", at=NOON + DAY)
    assert kinds_of(waiver) == ["waiver_asked", "waiver_granted", "waiver_ended"]


def test_one_for_later_does_not_hold_yet_and_is_known_already(ada: Party) -> None:
    begins = NOON + 7 * DAY
    ask(ada.customer, projects(25, days=7, at=begins))
    standing = standing_of(ada.customer, at=NOON)
    assert (standing.waivers, len(standing.open_waivers)) == ((), 1)
    assert entitled(ada.customer, "projects").value == 20
    assert entitled(ada.customer, "projects", at=begins).value == 25


def test_of_a_waiver_and_a_trial_the_better_counts_and_each_ends_by_itself(ada: Party) -> None:
    waiver = grant(ada.customer, projects(40, days=60))
    today = storefront().edition
    trial = trials.start_trial(
        situation=facts_of(ada.customer, today=today, at=NOON).situation,
        tier=today.tier("business"),
        actor=Actor.person(ada.user),
        at=NOON,
    )
    lent = entitled(ada.customer, "projects")
    assert (lent.value, lent.source) == (None, "trial"), "Business has no limit of projects"
    assert entitled(ada.customer, "projects", at=trial.ends_at).source == "waiver"
    assert entitled(ada.customer, "projects", at=waiver.ends_at).source == "tier"


def test_it_belongs_to_the_customer_whatever_tier_they_hold(ada: Party) -> None:
    grant(ada.customer, projects(40))
    cast.holds(ada.customer, tier="business", since=NOON)
    assert entitled(ada.customer, "projects").source == "tier", "which has no limit"


def test_a_standing_is_still_one_query(ada: Party, django_assert_num_queries: Any) -> None:
    grant(ada.customer, projects(40))
    standing_of(ada.customer, at=NOON)
    with django_assert_num_queries(1):
        assert standing_of(ada.customer, at=NOON).waivers


# Rules and trials


def change_to(customer: Customer, tier: str, *, at: datetime = NOON) -> list[str]:
    today = storefront().edition
    situation = facts_of(customer, today=today, at=at).situation
    seats = situation.standing.licence.seats
    return [
        reason.rule for reason in change_reasons(situation, Change(today.tier(tier), today, seats, "month"))
    ]


def test_a_raised_limit_does_not_open_a_tier_that_is_too_small_for_when_it_ends(ada: Party) -> None:
    cast.holds(ada.customer, tier="business", seats=8, since=NOON)
    UsageReading.objects.create(customer=ada.customer, feature_key="projects", value=24, read_at=NOON)
    assert change_to(ada.customer, "team") == ["usage-fits"]
    Waiver.objects.create(
        customer=ada.customer,
        product_id=ada.licence.product_id,
        kind="limit",
        feature_key="projects",
        value=25,
        starts_at=NOON,
        ends_at=NOON + DAY,
        reason="x",
        words="x",
        asked_at=NOON,
        asked_by_words="Sam",
        needs_approval=False,
        granted_at=NOON,
    )
    assert change_to(ada.customer, "team") == ["usage-fits"]


def test_a_waived_rule_is_not_in_the_way_while_it_lasts(ada: Party) -> None:
    cast.holds(ada.customer, tier="business", seats=8, since=NOON)
    UsageReading.objects.create(customer=ada.customer, feature_key="projects", value=24, read_at=NOON)
    waiver = ask(ada.customer, Wish("rule", NOON, NOON + 7 * DAY, rule_key="usage-fits"))
    assert not waiver.needs_approval
    assert change_to(ada.customer, "team") == []
    assert change_to(ada.customer, "team", at=waiver.ends_at) == ["usage-fits"]


def test_a_rule_is_waived_for_that_customer_alone(ada: Party) -> None:
    ask(cast.bo().customer, Wish("rule", NOON, NOON + DAY, rule_key="usage-fits"))
    UsageReading.objects.create(customer=ada.customer, feature_key="projects", value=21, read_at=NOON)
    cast.holds(ada.customer, tier="business", seats=8, since=NOON)
    assert change_to(ada.customer, "team") == ["usage-fits"]


def test_no_rule_that_guards_money_or_that_one_thing_happens_at_a_time_is_waivable() -> None:
    every = {rule.key for rule in (*CHANGE_RULES, *TRIAL_RULES)}
    assert every - set(WAIVABLE) == {
        "something-changes", "tier-is-sold", "leaving-is-cancelling", "nothing-is-owed", "nothing-is-on-its-way",
        "paying-is-on", "not-cancelled", "seats-fit-tier", "seats-fit-people", "tier-is-higher", "tier-can-be-tried",
        "one-trial-at-a-time", "tried-once-a-year",
    }  # fmt: skip
    assert set(WAIVABLE) <= every


def try_business(customer: Customer, user: Any, *, at: datetime) -> Any:
    today = storefront().edition
    return trials.start_trial(
        situation=facts_of(customer, today=today, at=at).situation,
        tier=today.tier("business"),
        actor=Actor.person(user),
        at=at,
    )


def test_another_trial_opens_a_tier_that_was_tried_and_is_used_up_by_it(ada: Party) -> None:
    at = try_business(ada.customer, ada.user, at=NOON).ends_at
    with pytest.raises(trials.UnableToTry):
        try_business(ada.customer, ada.user, at=at)
    waiver = ask(ada.customer, Wish("trial", at, at + 30 * DAY, tier_key="business"), at=at)
    assert not waiver.needs_approval
    trial = try_business(ada.customer, ada.user, at=at + DAY)
    waiver.refresh_from_db()
    assert (waiver.end, waiver.ended_at, waiver.ended_by) == (Waiver.End.USED, at + DAY, ada.user)
    assert kinds_of(waiver) == ["waiver_asked", "waiver_granted", "waiver_ended"]
    with pytest.raises(trials.UnableToTry):
        try_business(ada.customer, ada.user, at=trial.ends_at)


def test_a_trial_that_was_open_anyway_does_not_use_it_up(ada: Party) -> None:
    waiver = ask(ada.customer, Wish("trial", NOON, NOON + 30 * DAY, tier_key="business"))
    try_business(ada.customer, ada.user, at=NOON)
    waiver.refresh_from_db()
    assert waiver.is_live(at=NOON)


def test_another_trial_is_for_the_tier_it_names_and_until_its_day(ada: Party) -> None:
    at = try_business(ada.customer, ada.user, at=NOON).ends_at
    ask(ada.customer, Wish("trial", at, at + DAY, tier_key="scale"), at=at)
    with pytest.raises(trials.UnableToTry):
        try_business(ada.customer, ada.user, at=at)
    other = ask(ada.customer, Wish("trial", at, at + DAY, tier_key="business"), at=at)
    assert other.needs_approval, "one more trial in twelve months is given alone"
    waivers.approve(waiver=other, actor=finance(), at=at)
    with pytest.raises(trials.UnableToTry):
        try_business(ada.customer, ada.user, at=at + DAY)
    assert TrialMark.objects.filter(identity=f"customer:{ada.customer.pk}").count() == 1


# The database


def refused(do: Callable[[], Any], words: str = "") -> None:
    with pytest.raises(IntegrityError, match=words), transaction.atomic():
        do()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("value", 99),
        ("ends_at", NOON + 99 * DAY),
        ("words", "Other."),
        ("reason", "Other."),
        ("asked_at", NOON + DAY),
    ],
)
def test_what_was_asked_for_never_changes(ada: Party, field: str, value: object) -> None:
    for waiver in (ask(ada.customer, projects(40)), grant(cast.bo().customer, projects(40))):
        rows = Waiver.objects.filter(pk=waiver.pk)
        refused(lambda rows=rows: rows.update(**{field: value}), "what was asked for never changes")
        refused(rows.delete, "not deleted")


def test_what_was_granted_or_ended_does_not_change(ada: Party) -> None:
    waiver = grant(ada.customer, projects(40))
    rows = Waiver.objects.filter(pk=waiver.pk)
    refused(lambda: rows.update(granted_at=NOON + DAY), "was granted")
    refused(lambda: rows.update(approved_by_words="Somebody else"), "was granted")
    waivers.end_waiver(waiver=waiver, actor=support(), reason="Done.", at=NOON)
    refused(lambda: rows.update(ended_at=None, end=""), "is over")


def test_accounts_may_go_and_their_words_stay(ada: Party) -> None:
    waiver = grant(ada.customer, projects(40))
    for name in ("Sam Support", "Fin Finance"):
        person(name).delete()
    waiver.refresh_from_db()
    assert (waiver.asked_by, waiver.approved_by) == (None, None)
    assert (waiver.asked_by_words, waiver.approved_by_words) == ("Sam Support", "Fin Finance")


def test_the_database_refuses_what_contradicts_itself(ada: Party) -> None:
    good: dict[str, Any] = {
        "customer": ada.customer,
        "product_id": ada.licence.product_id,
        "kind": "limit",
        "feature_key": "projects",
        "value": 25,
        "starts_at": NOON,
        "ends_at": NOON + DAY,
        "reason": "x",
        "words": "x",
        "asked_at": NOON,
        "asked_by": ada.user,
        "asked_by_words": "Ada",
        "needs_approval": True,
    }
    for wrong, words in [
        ({"ends_at": NOON}, "waiver_ends_after_start"),
        ({"rule_key": "usage-fits"}, "waiver_of_one_kind"),
        ({"kind": "rule"}, "waiver_of_one_kind"),
        ({"feature_key": ""}, "waiver_of_one_kind"),
        ({"amount": 100, "currency": "USD"}, "waiver_of_one_kind"),
        ({"needs_approval": False}, "waiver_granted_as_needed"),
        ({"granted_at": NOON, "approved_by_words": "Fin"}, "begins as a question"),
    ]:
        refused(lambda wrong=wrong: Waiver.objects.create(**{**good, **wrong}), words)
    rows = Waiver.objects.filter(pk=Waiver.objects.create(**good).pk)
    refused(
        lambda: rows.update(granted_at=NOON, approved_by=ada.user, approved_by_words="Ada"),
        "waiver_approved_by_another",
    )
    refused(lambda: rows.update(granted_at=NOON), "waiver_granted_as_needed")
    refused(lambda: rows.update(ended_at=NOON, end="used"), "waiver_ended_as_said")
    refused(lambda: rows.update(ended_at=NOON), "waiver_ended_as_said")
