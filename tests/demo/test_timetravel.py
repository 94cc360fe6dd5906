"""Time passes for one customer: all its dates move, nobody else's do, and what is promised stays written."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.models import Invoice, PriceMove
from licensing.history import Actor
from licensing.models import Event, Licence, Notice, Trial, TrialMark, UsageReading
from licensing.notices import owe
from licensing.sunsets.moving import begin
from licensing.terms import edition_terms
from licensing.trials import remind_due, start_trial
from licensing.usage import record_reading
from portal.demo import sandbox
from portal.demo.travel import let_pass, passes_at_once, shift
from portal.facts import facts_of
from tests.cast import NOON, Party, ada, bo, cy, make_catalogue
from tests.sunsets.editions import announced as an_edition_ends
from tests.sunsets.scenes import announced, change_of

pytestmark = pytest.mark.django_db
DAYS = timedelta(days=5)


def tries_business(party: Party) -> Trial:
    edition = edition_terms(make_catalogue().pk)
    business = edition.tier("business")
    assert business
    return start_trial(
        situation=facts_of(party.customer, today=edition, at=NOON).situation,
        tier=business,
        actor=Actor.person(party.user),
        at=NOON,
    )


def everything_dated(party: Party) -> dict[str, Any]:
    """Each date of the customer by name, as the database has it now."""
    licence = Licence.objects.get(customer=party.customer, ended_at=None)
    trial = Trial.objects.get(customer=party.customer)
    return {
        "licence started": licence.started_at,
        "period start": licence.period_start,
        "period end": licence.period_end,
        "trial started": trial.started_at,
        "trial ends": trial.ends_at,
        "reading": UsageReading.objects.get(customer=party.customer).read_at,
        "invoice": Invoice.objects.get(customer=party.customer).issued_at,
        "notice": Notice.objects.get(customer=party.customer, kind="receipt").owed_at,
        "customer": party.customer.__class__.objects.get(pk=party.customer.pk).created_at,
    }


def with_a_past(party: Party) -> Party:
    tries_business(party)
    record_reading(customer=party.customer, feature_key="projects", value=18, at=NOON)
    Invoice.objects.create(
        customer=party.customer, stripe_id=f"in_{party.customer.slug}", status="paid", currency="USD",
        total=1, amount_due=1, amount_paid=1, issued_at=NOON,
    )  # fmt: skip
    owe(customer=party.customer, kind="receipt", subject=party.licence, at=NOON)
    return party


def test_every_date_moves_by_the_same_and_only_for_one_customer() -> None:
    traveller, other = with_a_past(ada()), with_a_past(bo())
    before, others = everything_dated(traveller), everything_dated(other)
    version = Licence.objects.get(customer=traveller.customer).version
    shift(customer=traveller.customer, by=DAYS, at=NOON)
    assert everything_dated(traveller) == {name: moment - DAYS for name, moment in before.items()}
    assert everything_dated(other) == others
    assert Licence.objects.get(customer=traveller.customer).version == version + 1
    marks = TrialMark.objects.order_by("used_at").values_list("used_at", flat=True)
    assert list(marks) == [NOON - DAYS] * 2 + [NOON] * 2, "the customer and its owner's address, each"


def test_what_a_sunset_plans_for_the_customer_moves_along() -> None:
    party = bo()
    announced()
    before = change_of(party.customer)
    shift(customer=party.customer, by=DAYS, at=NOON)
    after = change_of(party.customer)
    assert before.takes_effect_at is not None
    assert (after.takes_effect_at, after.tell_at) == (before.takes_effect_at - DAYS, before.tell_at - DAYS)


def test_a_renewal_that_is_prepared_for_the_end_of_an_edition_moves_along() -> None:
    """It is recognised by its date when Stripe shows the new period."""
    party = bo()
    an_edition_ends()
    move = PriceMove.objects.create(
        change=change_of(party.customer), step=PriceMove.Step.THERE, price=party.licence.price,
        renews_at=party.licence.period_end, idempotency_key="edition-1", first_asked_at=NOON,
    )  # fmt: skip
    shift(customer=party.customer, by=DAYS, at=NOON)
    move.refresh_from_db()
    licence = Licence.objects.get(customer=party.customer, ended_at=None)
    assert (move.renews_at, move.first_asked_at) == (licence.period_end, NOON - DAYS)


def test_time_stands_three_hours_before_a_renewal_that_has_to_be_prepared_and_goes_on_when_it_is() -> None:
    party = bo()
    an_edition_ends()
    year = timedelta(days=400)
    assert passes_at_once(customer=party.customer, by=DAYS, at=NOON) == DAYS
    stands = passes_at_once(customer=party.customer, by=year, at=NOON)
    change = change_of(party.customer)
    assert change.takes_effect_at is not None
    assert stands == change.takes_effect_at - timedelta(hours=3) - NOON
    begin(change, at=NOON)
    assert passes_at_once(customer=party.customer, by=year, at=NOON) == year
    shift(customer=party.customer, by=stands, at=NOON)
    assert change_of(party.customer).begun_at == NOON - stands


def test_the_history_says_that_time_was_made_to_pass() -> None:
    party = cy()
    shift(customer=party.customer, by=DAYS, at=NOON)
    event = Event.objects.filter(customer=party.customer).latest("pk")
    assert (event.kind, event.after, event.at) == ("time_passed", {"days": 5}, NOON)


def test_there_and_back_leaves_everything_as_it_was() -> None:
    party = with_a_past(ada())
    before = everything_dated(party)
    shift(customer=party.customer, by=DAYS, at=NOON)
    shift(customer=party.customer, by=-DAYS, at=NOON)
    assert everything_dated(party) == before


def test_a_reminder_that_went_out_is_not_owed_again_for_the_moved_date() -> None:
    party = ada()
    tries_business(party)
    soon = NOON + timedelta(days=11)
    remind_due(at=soon)
    assert Notice.objects.filter(kind="trial_reminder").count() == 1
    shift(customer=party.customer, by=timedelta(days=1), at=soon)
    remind_due(at=soon)
    assert [n.period for n in Notice.objects.filter(kind="trial_reminder")] == ["3d:2026-12-05"]


def test_turns_that_follow_each_other_do_not_meet() -> None:
    party = ada()
    for day in ("2026-12-10", "2026-12-11", "2026-12-12"):
        owe(
            customer=party.customer,
            kind="renewal_reminder",
            subject=party.licence,
            period=f"3d:{day}",
            at=NOON,
        )
    for by in (timedelta(days=1), -timedelta(days=1)):
        shift(customer=party.customer, by=by, at=NOON)
    periods = (
        Notice.objects.filter(kind="renewal_reminder").order_by("period").values_list("period", flat=True)
    )
    assert list(periods) == ["3d:2026-12-10", "3d:2026-12-11", "3d:2026-12-12"]


def test_where_the_sandbox_fails_no_time_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    party = with_a_past(ada())
    before = everything_dated(party)

    def fails(*_: Any, **__: Any) -> int:
        raise sandbox.SandboxSilent("the sandbox answered 500")

    monkeypatch.setattr(sandbox, "now", lambda: 0)
    monkeypatch.setattr(sandbox, "age", fails)
    with pytest.raises(sandbox.SandboxSilent):
        let_pass(customer=party.customer, by=DAYS, at=NOON)
    assert everything_dated(party) == before


def test_the_sandbox_is_told_the_same_days(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, timedelta]] = []
    monkeypatch.setattr(sandbox, "now", lambda: 0)
    monkeypatch.setattr(sandbox, "age", lambda customer, *, by: asked.append((customer, by)) or 2)
    assert let_pass(customer=ada().customer, by=DAYS, at=NOON) == 2
    assert let_pass(customer=cy().customer, by=DAYS, at=NOON) == 0
    assert asked == [("cus_okafor-bakeries", DAYS)]


@pytest.mark.parametrize("days", ["0", "-3", "1.5", "401", "soon", "", "٣"])
def test_days_are_a_whole_number_that_makes_sense(days: str) -> None:
    with pytest.raises(CommandError, match="must be a whole number from 1 to 400"):
        call_command("timetravel", f"--customer={cy().customer.slug}", f"--days={days}")


def test_who_may_not_travel_is_told_why(settings: Any) -> None:
    party = cy()
    with pytest.raises(CommandError, match="There is no customer 'nobody'; there are: tanaka-studio"):
        call_command("timetravel", "--customer", "nobody", "--days", "1")
    Licence.objects.filter(customer=party.customer).update(ended_at=NOON)
    with pytest.raises(CommandError, match="Tanaka Studio is closed"):
        call_command("timetravel", "--customer", "tanaka-studio", "--days", "1", stdout=StringIO())
    settings.DEMO = False
    with pytest.raises(CommandError, match="only where DEMO is true"):
        call_command("timetravel", "--customer", "tanaka-studio", "--days", "1")
