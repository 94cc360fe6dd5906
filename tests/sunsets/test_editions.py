"""A whole edition ends by an announced plan: its holders hear it in time, and move to what is sold today."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from licensing import sunsets
from licensing.certificates import certificate_of, statement_of
from licensing.history import COMMAND, Actor
from licensing.licences import change_licence
from licensing.models import Edition, Event, Licence, PlannedChange, Price, Tier
from licensing.offers import offers_for
from licensing.periods import add_intervals
from licensing.rules.situation import Situation
from licensing.standing import standing_of
from licensing.sunsets import UnableToAnnounce
from licensing.sunsets.moving import move_of
from licensing.terms import storefront
from licensing.usage import record_reading
from portal.facts import facts_of
from portal.pages.calculator import spent_within
from portal.pages.moving import moving
from tests.cast import NOON, OLD, TODAY, Party, bo, cy, make_catalogue
from tests.infra.mailbox import Mailbox
from tests.mails.reading import subject_of, words_of
from tests.publishing import colleague
from tests.sunsets.editions import FIRST, announced, by_the_month, draft
from tests.sunsets.scenes import announced as a_feature_goes
from tests.sunsets.scenes import change_of, days, mails, sweep
from tests.sunsets.test_pages import page

pytestmark = pytest.mark.django_db


def refused(**fields: object) -> str:
    with pytest.raises(UnableToAnnounce) as refusal:
        announced(**fields)
    return str(refusal.value)


def on_free_of_old(party: Party) -> Licence:
    """A customer from before: Free of March 2025."""
    licence = party.licence
    free = Tier.objects.get(edition__key=OLD, key="free")
    change_licence(
        licence=licence,
        kind="licence_moved",
        at=NOON,
        actor=COMMAND,
        edition_id=free.edition_id,
        tier_id=free.pk,
    )
    return licence


def test_only_an_edition_that_is_sold_no_longer_ends_and_its_holders_move_to_what_is_sold() -> None:
    make_catalogue()
    today, old = Edition.objects.get(key=TODAY), Edition.objects.get(key=OLD)
    assert "not the one that is sold today" in refused(edition=today)
    assert "Choose that one" in refused(replacement=None)
    assert "Choose that one" in refused(replacement=old)
    assert "one feature, or one edition" in refused(feature_key="sso")
    assert "one feature, or one edition" in refused(edition=None)
    assert "It has no tier gold." in refused(tier_key="gold")


def test_nobody_is_announced_a_day_nearer_than_the_longest_notice_of_all_that_may_happen() -> None:
    assert "With 90 days of notice the first day is 25 February 2027" in refused(first_on=date(2027, 1, 1))


def test_the_same_edition_ends_once() -> None:
    announced()
    assert refused() == "The same is announced already."


def test_whoever_pays_moves_with_the_first_renewal_after_their_day() -> None:
    lindqvist = bo()
    announced()
    change = change_of(lindqvist.customer)
    assert change.kind == PlannedChange.Kind.EDITION_SUNSET
    assert change.takes_effect_at == datetime(2027, 11, 29, 12, 0, tzinfo=UTC), (
        "a year after the next renewal"
    )
    move = move_of(standing_of(lindqvist.customer, at=NOON))
    assert move is not None
    assert (move.edition.key, move.tier.key, move.at) == (TODAY, "team", change.takes_effect_at)
    assert move.price is not None
    assert (move.price.currency, move.price.interval) == ("EUR", "year")


def test_the_day_is_a_renewal_however_the_months_fall() -> None:
    lindqvist = bo()
    monthly = Price.objects.get(tier=lindqvist.licence.tier, currency="EUR", interval="month")
    change_licence(
        licence=lindqvist.licence,
        kind="licence_moved",
        at=NOON,
        actor=COMMAND,
        price_id=monthly.pk,
        period_start=datetime(2026, 10, 31, 12, 0, tzinfo=UTC),
        period_end=datetime(2026, 11, 30, 12, 0, tzinfo=UTC),
    )
    announced()
    assert change_of(lindqvist.customer).takes_effect_at == datetime(2027, 3, 31, 12, 0, tzinfo=UTC)


def test_who_holds_a_later_edition_hears_nothing() -> None:
    tanaka = cy()
    announced()
    assert not PlannedChange.objects.filter(customer=tanaka.customer).exists()


def test_whoever_pays_nothing_moves_on_their_day_and_has_what_is_free_today() -> None:
    tanaka = cy()
    licence = on_free_of_old(tanaka)
    announced()
    mails(at=NOON)
    day = datetime.combine(FIRST, datetime.min.time(), tzinfo=tanaka.customer.zone)
    sweep(at=NOON + days(1))
    sweep(at=day - days(0.1))
    licence.refresh_from_db()
    assert licence.edition.key == OLD
    sweep(at=day)
    licence.refresh_from_db()
    assert (licence.edition.key, licence.tier.edition.key, licence.tier.key) == (TODAY, TODAY, "free")
    change = change_of(tanaka.customer)
    assert (change.state, change.done_at) == (PlannedChange.State.DONE, day)
    event = Event.objects.get(kind="edition_moved")
    assert event.reason == "Two sets of terms cost more to keep up than they bring."
    assert move_of(standing_of(tanaka.customer, at=day)) is None


def test_without_a_delivered_notice_nobody_moves() -> None:
    tanaka = cy()
    licence = on_free_of_old(tanaka)
    announced()
    mails(at=NOON, delivered=False)
    sweep(at=NOON + days(1))
    sweep(at=NOON + days(400))
    licence.refresh_from_db()
    assert licence.edition.key == OLD
    assert change_of(tanaka.customer).takes_effect_at is None


def test_withdrawn_in_time_nobody_moves_and_who_has_moved_stays() -> None:
    tanaka, lindqvist = cy(), bo()
    licence = on_free_of_old(tanaka)
    sunset = announced()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    sweep(at=NOON + days(120))
    licence.refresh_from_db()
    assert licence.edition.key == TODAY
    sunsets.withdraw(sunset=sunset, actor=COMMAND, reason="Too many of you hold it.", at=NOON + days(121))
    sweep(at=NOON + days(122))
    licence.refresh_from_db()
    assert licence.edition.key == TODAY
    assert change_of(tanaka.customer).state == PlannedChange.State.DONE
    assert change_of(lindqvist.customer).state == PlannedChange.State.VOID
    assert move_of(standing_of(lindqvist.customer, at=NOON + days(122))) is None


def test_the_draft_can_be_checked_before_anybody_tries() -> None:
    assert sunsets.faults(sunset=draft(), approver=Actor.person(colleague()), at=NOON) == []


def situation(party: Party) -> Situation:
    shop = storefront()
    assert shop is not None
    return facts_of(party.customer, today=shop.edition, at=NOON).situation


def said_to(lindqvist: Party, mailbox: Mailbox) -> list[str]:
    return words_of(mailbox.to("bo@demo.test")[-1])


def test_the_mail_says_the_day_both_amounts_what_is_lost_and_the_ways_out(mailbox: Mailbox) -> None:
    lindqvist = bo()
    announced()
    mails(at=NOON)
    assert subject_of(mailbox.to("bo@demo.test")[-1]) == (
        "On 29 November 2027 your Team moves to the terms of January 2026"
    )
    for words in said_to(lindqvist, mailbox):
        assert "The terms of March 2025 end, for you with the renewal of that day." in words
        assert "You pay €1,020.00 a year until then, and €1,260.00 a year from then on" in words
        assert "€240.00 a year more, before tax" in words
        assert "Single sign-on" in words
        assert "API calls a month: 40,000 instead of 50,000" in words
        assert "Two sets of terms cost more to keep up" in words
        assert "/billing/" in words
        assert "opt-out" not in words


def test_it_is_said_again_before_the_day_and_that_it_stays_is_said_too(mailbox: Mailbox) -> None:
    lindqvist = by_the_month()
    sunset = announced()
    mails(at=NOON)
    sweep(at=NOON + days(1))
    its_day = change_of(lindqvist.customer).takes_effect_at
    assert its_day is not None
    sweep(at=its_day - days(29))
    assert mails(at=its_day - days(29)) > 0
    assert "moves to the terms of January 2026" in subject_of(mailbox.to("bo@demo.test")[-1])
    sunsets.withdraw(sunset=sunset, actor=COMMAND, reason="Too many of you hold it.", at=its_day - days(20))
    mails(at=its_day - days(20))
    assert subject_of(mailbox.to("bo@demo.test")[-1]) == "Your Team of March 2025 stays"
    assert all("Too many of you hold it." in words for words in said_to(lindqvist, mailbox))


def test_the_certificate_says_until_when_the_price_holds_and_what_follows() -> None:
    lindqvist = bo()
    announced()
    shop = storefront()
    assert shop is not None
    certificate = certificate_of(standing_of(lindqvist.customer, at=NOON), shop=shop)
    assert certificate is not None
    assert "Until the day on which this edition ends" in certificate.until
    statement = statement_of(certificate, keys_at="", verify_at="")
    assert statement["edition_ends"] == {
        "at": "2027-11-29T13:00:00+01:00",
        "edition": {"key": TODAY, "name": "January 2026"},
        "price": {"amount": 21000, "currency": "EUR", "interval": "year", "per": "seat"},
    }


def test_nobody_is_sold_the_way_out_of_a_limit_that_we_lower() -> None:
    """Bo has used all her calls. Once March 2025 is to end, she is offered fewer seats, and not more room."""
    lindqvist = bo()
    record_reading(customer=lindqvist.customer, feature_key="api-calls", value=50_000, at=NOON)
    assert "You use 50,000 of 50,000 calls." in page(lindqvist.user, "/plan/")
    announced()
    plan = page(lindqvist.user, "/plan/")
    assert "You use 50,000 of 50,000 calls." not in plan
    assert "One thought" in plan
    assert "less a year before tax." in plan


def test_my_plan_and_the_changelog_say_it() -> None:
    lindqvist = bo()
    announced()
    plan, history = page(lindqvist.user, "/plan/"), page(lindqvist.user, "/changelog/")
    for address in ("/upgrade/", "/billing/"):
        shown = page(lindqvist.user, address)
        assert (
            "On 29 November 2027, your Team moves to the terms of January 2026, for €1,260.00 a year" in shown
        )
    assert "On 29 November 2027, your Team moves to the terms of January 2026." in plan
    assert "You pay €1,020.00 a year until then, and €1,260.00 a year from then on, for as many" in plan
    assert "€240.00 a year more, before tax." in plan
    assert "You keep yours until 29 November 2027, when March 2025 ends:" in plan
    assert 'action="/upgrade/todays-terms/"' in plan, "and can move before"
    assert "at once, and need not wait" in plan
    assert "or never" not in plan
    ahead = plan[plan.index("What happens next") :]
    assert 'Team renews on the terms of January 2026: <b class="number">€1,260.00</b>, before tax.' in ahead
    assert "Affected on 29 November 2027: these terms end" in history
    assert "Price from then on" in (certificate := page(lindqvist.user, "/plan/certificate/"))
    assert "€210 a seat a year" in certificate


def test_nothing_that_is_said_beside_it_promises_more() -> None:
    lindqvist = bo()
    announced()
    plan, history = page(lindqvist.user, "/plan/"), page(lindqvist.user, "/changelog/")
    assert "stay yours." not in plan
    assert "Your terms are those of March 2025, until they end on 29 November 2027." in plan
    assert (
        "Affected on 29 November 2027: until then you keep Team of March 2025, then you have these terms."
    ) in history
    certificate = page(lindqvist.user, "/plan/certificate/")
    assert "Renewing before that day." in certificate
    assert "as often as you like" not in certificate


def test_what_leaves_before_by_a_plan_of_its_own_is_not_said_to_leave_with_it(mailbox: Mailbox) -> None:
    lindqvist = bo()
    a_feature_goes()
    announced()
    mails(at=NOON)
    move = moving(standing_of(lindqvist.customer, at=NOON), usage={})
    assert move is not None
    assert move.loses == ("API calls a month: 40,000 instead of 50,000",)
    assert move.sooner == ("Single sign-on",)
    for words in [page(lindqvist.user, "/plan/"), *said_to(lindqvist, mailbox)]:
        assert "Only this leaves sooner, as we wrote to you: Single sign-on." in words


def test_the_calculator_counts_the_renewals_after_it_at_the_later_price() -> None:
    lindqvist = bo()
    announced()
    shown = page(lindqvist.user, "/upgrade/?tier=team&seats=8&interval=year")
    assert "Your terms of March 2025 end, as we wrote to you: from 29 November 2027 on it is" in shown
    assert "€1,680.00" in shown, "eight seats at €210"
    assert "Nothing else." not in shown
    offers = offers_for(situation(lindqvist), seats=8, interval="year")
    team = next(offer.estimate for offer in offers if offer.relation == "held")
    assert team is not None
    assert (team.next_charge, team.charged_by(1)) == (8 * 17000, 8 * 21000)
    assert spent_within(team, at=NOON) == team.due + 8 * 17000 + 8 * 21000
    others = [offer.estimate for offer in offers if offer.relation != "held" and offer.estimate]
    assert others
    assert all(one.later_from is None for one in others), "they are on today's terms"


def test_what_is_paid_by_the_month_is_counted_by_the_month() -> None:
    lindqvist = bo()
    announced()
    offers = offers_for(situation(lindqvist), seats=6, interval="month")
    team = next(offer.estimate for offer in offers if offer.relation == "held")
    assert team is not None
    assert team.later_from is not None
    assert team.later_from >= datetime(2027, 11, 29, 11, tzinfo=UTC)
    before = [team.charged_by(renewal) for renewal in range(24)].count(6 * 1700)
    assert add_intervals(anchor=team.renews_at, interval="month", count=before) == team.later_from
