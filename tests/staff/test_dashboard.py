"""The first page of staff says what needs a person, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.urls import reverse

from billing.models import Order
from licensing import catalogue
from licensing.models import Edition, Notice, PromiseCheck
from tests.cast import NOON, TODAY, Party, di
from tests.publishing import rehearsed
from tests.staff.conftest import SignIn
from tests.staff.rows import (
    brake_of,
    difference_of,
    notice_of,
    order_of,
    promise_check_of,
    quote_of,
    stripe_event,
    violation_of,
)
from tests.sunsets.scenes import draft as draft_sunset


def busy(client: Client) -> dict[str, int]:
    """Queue → how many rows wait, as the page says."""
    answer = client.get(reverse("admin:index"))
    assert answer.status_code == 200
    return {f"{queue.model._meta.model_name}.{queue.key}": count for queue, count in answer.context["busy"]}


def test_nothing_waits_where_nothing_is_wrong(okafor: Party, as_staff: SignIn) -> None:
    order_of(okafor)
    notice_of(okafor)
    stripe_event()
    client = as_staff("support")
    assert busy(client) == {}
    assert "Nothing waits for a person." in client.get(reverse("admin:index")).content.decode()


def test_each_queue_counts_its_rows_and_leads_to_exactly_those(okafor: Party, as_staff: SignIn) -> None:
    di()
    order_of(okafor, accepted_at=NOON - timedelta(hours=2))
    for _ in range(2):
        order_of(okafor, quote=quote_of(okafor), state=Order.State.SETTLED, needs_staff="Charged otherwise.")
    notice_of(okafor, delivery="failed")
    notice_of(
        okafor, state=Notice.State.WAITING, delivery="waiting", owed_at=NOON - timedelta(hours=3), period="1d"
    )
    stripe_event(number=1, tries=3, error="timeout")
    stripe_event(number=2, received_at=NOON - timedelta(minutes=20))
    stripe_event(number=3, handled_at=NOON, tries=5)
    violation_of(okafor)
    brake_of(okafor)
    difference_of(okafor)
    client = as_staff("support")
    assert busy(client) == {
        "openviolation.broken": 1,
        "brake.pulled": 1,
        "difference.open": 1,
        "order.staff": 2,
        "order.pending": 1,
        "stripeevent.failing": 2,
        "notice.undelivered": 1,
        "notice.waiting": 1,
        "licence.past-due": 1,
    }
    for queue, count in client.get(reverse("admin:index")).context["busy"]:
        listed = client.get(queue.url)
        assert listed.status_code == 200
        assert listed.context["cl"].result_count == count, queue.key


def test_staff_see_the_queues_of_their_group(okafor: Party, as_staff: SignIn) -> None:
    order_of(okafor, accepted_at=NOON - timedelta(hours=2))
    notice_of(okafor, delivery="failed")
    assert busy(as_staff("finance")) == {"order.pending": 1}
    assert busy(as_staff("catalogue")) == {}
    assert busy(as_staff()) == {}


def test_drafts_and_sunsets_wait_for_whoever_did_not_write_them(okafor: Party, as_staff: SignIn) -> None:
    draft_sunset()
    draft = catalogue.draft_from(edition=Edition.objects.get(key=TODAY), key="2027-02", name="February 2027")
    client = as_staff("catalogue")
    assert busy(client) == {"sunset.draft": 1}, "a draft that nobody has rehearsed is still being written"
    rehearsed(draft, at=NOON)
    assert busy(client) == {"sunset.draft": 1, "edition.rehearsed": 1}
    for queue, count in client.get(reverse("admin:index")).context["busy"]:
        assert client.get(queue.url).context["cl"].result_count == count, queue.key
    draft.tiers.filter(key="team").update(tagline="For a team that grows.")
    assert busy(client) == {"sunset.draft": 1}, "what was rehearsed were other terms than these"
    rehearsed(draft, at=NOON)
    assert busy(client) == {"sunset.draft": 1, "edition.rehearsed": 1}


def test_the_first_page_costs_one_query_a_queue(
    okafor: Party, as_staff: SignIn, django_assert_max_num_queries: object
) -> None:
    client = as_staff("support")
    first = client.get(reverse("admin:index")).context
    queues = len(first["busy"]) + len(first["quiet"])
    # Beside them: session, person, their own and their groups’ rights, restore and brake.
    with django_assert_max_num_queries(queues + 6):  # type: ignore[operator]  # the fixture has no public type
        busy(client)


def test_a_broken_promise_waits_until_it_is_kept_again(okafor: Party, as_staff: SignIn) -> None:
    check = promise_check_of(okafor)
    PromiseCheck.objects.create(promise="trials-end", day=NOON.date(), broken=0, checked_at=NOON)
    gone = NOON.date() - timedelta(days=30)
    PromiseCheck.objects.create(promise="made-no-longer", day=gone, broken=1, checked_at=NOON)
    for group in ("support", "catalogue", "finance"):
        client = as_staff(group)
        assert busy(client)["promisecheck.broken"] == 1
        (queue,) = [
            each for each, _ in client.get(reverse("admin:index")).context["busy"] if each.key == "broken"
        ]
        listed = client.get(queue.url)
        assert [row.pk for row in listed.context["cl"].result_list] == [check.pk]
    PromiseCheck.objects.create(
        promise=check.promise, day=NOON.date() + timedelta(days=1), broken=0, checked_at=NOON
    )
    assert "promisecheck.broken" not in busy(as_staff("support"))
