"""What came back is a queue for staff, who can note it themselves where no provider reports."""

from __future__ import annotations

from django.urls import reverse

from licensing.models import Delivery, Event
from tests.cast import Party
from tests.staff.conftest import SignIn
from tests.staff.rows import notice_of


def test_a_mail_that_came_back_by_smtp_is_noted_by_a_person_and_stands_in_the_queue(
    okafor: Party, as_staff: SignIn
) -> None:
    client, notice = as_staff("support"), notice_of(okafor)
    delivery = notice.deliveries.get()
    page = reverse("admin:licensing_notice_came_back", args=[notice.pk])
    queue = f"{reverse('admin:licensing_notice_changelist')}?queue=came-back"
    assert okafor.customer.name not in client.get(queue).content.decode()

    client.post(page, {"delivery": delivery.pk, "reason": "550 in the mailbox of billing@."})
    delivery.refresh_from_db()
    assert delivery.outcome == Delivery.Outcome.BOUNCED
    assert Event.objects.get(kind="notice_came_back").reason == "550 in the mailbox of billing@."
    assert okafor.customer.name in client.get(queue).content.decode()
    assert "Notices that came back" in client.get(reverse("admin:index")).content.decode()

    customer = client.get(reverse("admin:licensing_customer_change", args=[okafor.customer.pk]))
    assert "came back" in customer.content.decode()


def test_what_was_never_sent_cannot_have_come_back(okafor: Party, as_staff: SignIn) -> None:
    notice = notice_of(okafor, delivery="failed")
    page = reverse("admin:licensing_notice_came_back", args=[notice.pk])
    said = {"delivery": notice.deliveries.get().pk, "reason": "?"}
    assert "It has not been sent." in as_staff("support").post(page, said).content.decode()
