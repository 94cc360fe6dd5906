"""The one page of a customer: everything on it, in a number of queries that does not grow, for those who may see it."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from licensing.history import CLOCK, entry, record
from licensing.models import Notice, Trial
from tests.cast import NOON, Party, bo, cy, eve, fay
from tests.staff.conftest import SignIn
from tests.staff.rows import everything_of, invoice_of, notice_of, order_of, quote_of, trial_of
from tests.sunsets.scenes import announced


def page_of(party: Party) -> str:
    return reverse("admin:licensing_customer_change", args=[party.customer.pk])


def words_of(client: Client, party: Party, **query: object) -> str:
    """The page's text, its white space folded."""
    answer = client.get(page_of(party), query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_page_shows_everything_about_the_customer(okafor: Party, as_staff: SignIn) -> None:
    eve()
    everything_of(okafor)
    words = words_of(as_staff("support"), okafor)
    for expected in [
        "Ada Okafor",
        "Eve Okafor",
        "Team</a> of January 2026",
        "Business, on trial until",
        "Visa ·· 4242",
        "cus_okafor-bakeries",
        "no limit",
        "$54.67",
        "change: asked, no answer yet",
        "MER-0001",
        "$184.00",
        "trial reminder",
        "ada@demo.test: sent",
        "Trial started",
        "by the clock",
        "tier: Business (2026-01)",
    ]:
        assert expected in words, expected


def test_entitlements_name_their_source(okafor: Party, as_staff: SignIn) -> None:
    trial_of(okafor)
    found = as_staff("support").get(page_of(okafor)).context["found"]
    sources = {each.feature.key: (each.source, each.until) for each in found.entitled}
    assert sources["sso"] == ("trial", NOON + timedelta(days=3))
    assert "tier" in {source for source, _ in sources.values()}


def test_times_are_in_the_readers_zone_and_the_customers_zone_is_named(
    okafor: Party, as_staff: SignIn
) -> None:
    trial_of(okafor)
    words = words_of(as_staff("support"), okafor)
    assert "Times are in your zone, UTC. The customer lives in Europe/Berlin, where it is 13:00." in words
    assert 'title="25 Nov 2026, 13:00 in Europe/Berlin">25 Nov 2026, 12:00 UTC<' in words


def test_the_page_costs_the_same_however_long_the_story_is(okafor: Party, as_staff: SignIn) -> None:
    client = as_staff("support")
    everything_of(okafor)
    client.get(page_of(okafor))  # the terms are read once in a process
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(page_of(okafor))
    eve()
    fay()
    for number in range(15):
        quote_of(okafor)
        order_of(okafor, state="failed")
        invoice_of(okafor, number=f"MER-1{number}")
        notice_of(okafor, period=str(number))
        Trial.objects.filter(ended_at=None).update(ended_at=NOON, end="given_back")
        trial_of(okafor)
        record(
            *(
                entry(
                    customer=okafor.customer,
                    kind="licence_moved",
                    subject=okafor.licence,
                    at=NOON,
                    actor=CLOCK,
                    before={"tier": okafor.licence.tier_id, "price": None},
                    after={"tier": okafor.licence.tier_id + 1, "price": okafor.licence.price_id},
                )
                for _ in range(10)
            )
        )
    with CaptureQueriesContext(connection) as many:
        client.get(page_of(okafor))
    assert len(many) <= len(few) + 2, "names of prices and editions are looked up once for the page"
    assert len(many) <= 34


def test_the_history_has_pages(okafor: Party, as_staff: SignIn) -> None:
    record(
        *(
            entry(
                customer=okafor.customer,
                kind="noted",
                subject=okafor.licence,
                at=NOON + timedelta(minutes=number),
                actor=CLOCK,
                reason=f"number {number};",
            )
            for number in range(60)
        )
    )
    client = as_staff("support")
    first, third = words_of(client, okafor), words_of(client, okafor, page=3)
    assert "number 59;" in first
    assert "number 9;" not in first
    assert "number 9;" in third
    assert words_of(client, okafor, page="nonsense") == first or "number 59;" in words_of(
        client, okafor, page="x"
    )


def test_finance_sees_the_money_and_not_the_people_or_mails(okafor: Party, as_staff: SignIn) -> None:
    everything_of(okafor)
    found = as_staff("finance").get(page_of(okafor)).context["found"]
    assert found.orders
    assert found.invoices
    assert found.history is not None
    assert (found.people, found.trials, found.notices, found.meters) == (None, None, None, None)


def test_actions_are_offered_only_to_those_who_may(okafor: Party, as_staff: SignIn) -> None:
    everything_of(okafor)
    trial = Trial.objects.get()
    notice = Notice.objects.get()
    for name, row in [("licensing_trial_extend", trial), ("licensing_notice_resend", notice)]:
        url = reverse(f"admin:{name}", args=[row.pk])
        assert url in words_of(as_staff("support"), okafor)
        assert url not in words_of(as_staff("finance"), okafor)


def test_support_may_look_as_a_member_and_not_as_one_who_is_shut_out(okafor: Party, as_staff: SignIn) -> None:
    shut_out = eve().user
    shut_out.is_active = False
    shut_out.save()
    words = words_of(as_staff("support"), okafor)
    assert 'aria-label="Look as Ada Okafor"' in words
    assert 'aria-label="Look as Eve Okafor"' not in words


def test_a_free_customer_without_a_card_has_a_page_too(db: None, as_staff: SignIn) -> None:
    words = words_of(as_staff("support"), cy())
    assert "Free</a> of January 2026" in words
    assert "None so far." in words


def test_a_closed_customer_has_a_page_too(okafor: Party, as_staff: SignIn) -> None:
    okafor.licence.ended_at = NOON
    okafor.licence.save()
    okafor.customer.closed_at = NOON
    okafor.customer.save()
    words = words_of(as_staff("support"), okafor)
    assert "No licence is live." in words
    assert "closed" in words


def test_what_a_sunset_takes_is_shown_to_support_with_its_day(as_staff: SignIn) -> None:
    lindqvist = bo()
    change = announced().changes.get()
    words = words_of(as_staff("support"), lindqvist)
    part = words[words.index('<h2 id="planned">') :]
    part = part[: part.index("</section>")]
    for expected in (
        reverse("admin:licensing_plannedchange_change", args=[change.pk]),
        "Single sign-on leaves Team",
        "waiting for its day",
        "its notice is on its way",
        "15 Feb 2027",
    ):
        assert expected in part
    assert 'id="planned"' not in words_of(as_staff("finance"), lindqvist), "who may not look at them"


def test_whom_no_sunset_touches_has_no_such_part(okafor: Party, as_staff: SignIn) -> None:
    assert 'id="planned"' not in words_of(as_staff("support"), okafor)


def test_nothing_is_changed_through_the_page(okafor: Party, as_staff: SignIn) -> None:
    answer = as_staff(superuser=True).post(page_of(okafor), {"name": "Stolen"})
    assert answer.status_code == 403
    okafor.customer.refresh_from_db()
    assert okafor.customer.name == "Okafor Bakeries"
