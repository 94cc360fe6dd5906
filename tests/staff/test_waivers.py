"""Support asks for an exception, somebody else approves it, and nobody approves their own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from licensing.models import Event, Waiver
from tests.cast import NOON, Party, organisation, person
from tests.pages.conftest import text_of
from tests.staff.conftest import SignIn
from tests.staff.rows import credit_of, notice_of, trial_of, waiver_of

WHY = "Ticket 4711: they move to us from another tool."
WORDS = "So that you can move without haste."
MORE = {"feature_key": "projects", "value": "25", "days": "30"}


def ask(client: Client, party: Party, page: str = "raise_limit", **fields: str) -> Any:
    door = reverse(f"admin:licensing_customer_{page}", args=[party.customer.pk])
    return client.post(door, {"words": WORDS, "reason": WHY, **fields}, follow=True)


def door_of(waiver: Waiver, action: str) -> str:
    return reverse(f"admin:licensing_waiver_{action}", args=[waiver.pk])


def test_before_one_asks_the_page_says_what_needs_nobody_else(okafor: Party, as_staff: SignIn) -> None:
    client = as_staff("support")
    for page, said in {
        "raise_limit": "Alone you raise a limit by at most 25 %, for at most 30 days, once in twelve months.",
        "waive_rule": "Alone you waive a rule for at most 7 days",
        "give_trial": "Alone you give one more trial in twelve months.",
        "give_credit": "Alone you credit at most 50 % of what a month costs them, within twelve months.",
    }.items():
        words = text_of(client.get(reverse(f"admin:licensing_customer_{page}", args=[okafor.customer.pk])))
        assert said in words
    page = client.get(reverse("admin:licensing_customer_raise_limit", args=[okafor.customer.pk]))
    assert "Projects: 20 projects, alone up to 25" in text_of(page)


def test_a_small_exception_is_granted_at_once_and_stands_on_the_customers_page(
    okafor: Party, as_staff: SignIn
) -> None:
    page = text_of(ask(as_staff("support"), okafor, **MORE))
    assert "Granted until 22 Dec 2026, 12:00 UTC (13:00 in Europe/Berlin). Projects: 25 projects." in page
    waiver = Waiver.objects.get()
    assert (waiver.value, waiver.words, waiver.reason) == (25, WORDS, WHY)
    assert (waiver.starts_at, waiver.ends_at) == (NOON, NOON + timedelta(days=30))
    assert "Projects: 25 projects holds" in page
    event = Event.objects.get(kind="waiver_asked")
    assert (event.by, event.reason) == ("Sam support", WHY)


def test_a_large_one_waits_in_a_queue_until_finance_has_approved_it(okafor: Party, as_staff: SignIn) -> None:
    support, finance = as_staff("support"), as_staff("finance")
    page = text_of(ask(support, okafor, **{**MORE, "value": "no limit"}))
    assert "It waits for somebody else’s approval. Alone this limit is raised to at most 25." in page
    waiver = Waiver.objects.get()
    assert (waiver.needs_approval, waiver.granted_at) == (True, None)

    assert "Exceptions that wait for approval" in text_of(finance.get(reverse("admin:index")))
    words = text_of(finance.get(door_of(waiver, "say_yes")))
    assert (
        "no limit instead of 20 projects. Business gives that, and costs $256.00 a month; they pay $184.00"
        in words
    )
    assert "Needs an approval because Alone this limit is raised to at most 25." in words
    assert support.get(door_of(waiver, "say_yes")).status_code == 403
    assert "This field is required." in text_of(finance.post(door_of(waiver, "say_yes"), {"reason": ""}))
    assert finance.post(door_of(waiver, "say_yes"), {"reason": "They pay on Friday."}).status_code == 302
    waiver.refresh_from_db()
    assert (waiver.granted_at, waiver.approved_by_words) == (NOON, "Sam finance")
    event = Event.objects.get(kind="waiver_granted")
    assert (event.by, event.reason) == ("Sam finance", "They pay on Friday.")
    assert list(finance.get(reverse("admin:index")).context["busy"]) == []


@pytest.mark.proves("exceptions")
@pytest.mark.parametrize(
    "what", [("give_credit", {"amount": "1000"}), ("raise_limit", {**MORE, "value": "40"})]
)
def test_what_waits_says_by_when_the_policy_promises_an_answer(
    okafor: Party, as_staff: SignIn, what: tuple[str, dict[str, str]]
) -> None:
    """Asked on a Sunday; the second working day is Tuesday. That a question lapses a month later is another thing."""
    page, fields = what
    asked = text_of(ask(as_staff("support"), okafor, page, **fields))
    waiver, finance = Waiver.objects.get(), as_staff("finance")
    promised = "n answer is promised by the end of 24 Nov 2026 (UTC)"
    assert promised in asked
    for door in (door_of(waiver, "say_yes"), reverse("admin:licensing_waiver_change", args=[waiver.pk])):
        assert promised in text_of(finance.get(door))
    finance.post(door_of(waiver, "say_yes"), {"reason": "It fits."})
    theirs = reverse("admin:licensing_customer_change", args=[okafor.customer.pk])
    assert "is promised" not in text_of(finance.get(theirs))


def test_whoever_asked_sees_why_they_cannot_approve_it(okafor: Party, as_staff: SignIn) -> None:
    client = as_staff("finance")
    ask(client, okafor, **{**MORE, "value": "40"})
    door = door_of(Waiver.objects.get(), "say_yes")
    page = client.get(door)
    assert "You asked for this exception, so somebody else must approve it." in text_of(page)
    assert b'<form method="post" novalidate>' not in page.content
    assert client.post(door, {"reason": "It is small."}).status_code == 200
    assert Waiver.objects.get().granted_at is None


def test_a_refusal_says_why_and_is_kept(okafor: Party, as_staff: SignIn) -> None:
    waiver = waiver_of(okafor, value=40, needs_approval=True, granted_at=None)
    client = as_staff("finance")
    assert "This field is required." in text_of(client.post(door_of(waiver, "say_no"), {"reason": ""}))
    client.post(door_of(waiver, "say_no"), {"reason": "Business has it."})
    waiver.refresh_from_db()
    assert (waiver.end, waiver.ended_because, waiver.ended_by_words) == (
        "refused", "Business has it.", "Sam finance",
    )  # fmt: skip
    again = client.post(door_of(waiver, "say_no"), {"reason": "Again."})
    assert "answered already" in text_of(again)


def test_support_ends_one_early_and_takes_a_question_back(okafor: Party, as_staff: SignIn) -> None:
    client = as_staff("support")
    waiver = waiver_of(okafor)
    assert client.post(door_of(waiver, "end_now"), {"reason": "They bought Business."}).status_code == 302
    ask(client, okafor, **{**MORE, "value": "40"})
    question = Waiver.objects.get(needs_approval=True)
    assert "The question is taken back." in text_of(client.get(door_of(question, "end_now")))
    client.post(door_of(question, "end_now"), {"reason": "Mistyped."})
    question.refresh_from_db()
    assert (question.end, question.granted_at) == ("staff", None)
    assert "over already" in text_of(client.post(door_of(question, "end_now"), {"reason": "Again."}))


def test_a_first_day_is_the_customers_own_midnight(okafor: Party, as_staff: SignIn) -> None:
    ask(as_staff("support"), okafor, **MORE, begins_on="2026-12-01")
    waiver = Waiver.objects.get()
    assert waiver.starts_at == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)
    assert waiver.state(at=NOON) == "coming"


@pytest.mark.parametrize(
    ("page", "fields", "said"),
    [
        ("raise_limit", {**MORE, "value": "20"}, "They have as much of Projects already."),
        ("raise_limit", {**MORE, "value": "plenty"}, "That is no value of Projects."),
        ("raise_limit", {**MORE, "days": "0"}, "An exception lasts a day at least."),
        ("raise_limit", {**MORE, "days": "367"}, "An exception lasts 366 days at most."),
        ("raise_limit", {**MORE, "begins_on": "2026-11-01"}, "It begins now or later"),
        ("waive_rule", {"rule_key": "nothing-is-owed", "days": "1"}, "Select a valid choice"),
        ("give_trial", {"tier_key": "team", "days": "1"}, "Select a valid choice"),
        ("give_credit", {"amount": "0"}, "A credit is more than nothing."),
        ("give_credit", {"amount": "-5"}, "A credit is more than nothing."),
        ("give_credit", {"amount": "0.001"}, "no more than 2 decimal places"),
        ("give_credit", {"amount": "plenty"}, "Enter a number"),
    ],
)
def test_what_cannot_be_is_refused_with_what_is_wrong(
    okafor: Party, as_staff: SignIn, page: str, fields: dict[str, str], said: str
) -> None:
    assert said in text_of(ask(as_staff("support"), okafor, page, **fields))
    assert not Waiver.objects.exists()


@pytest.mark.parametrize("written", ["within 4 hours", "Within 4 hours", "4-hours"])
def test_a_level_is_asked_for_by_the_name_that_stands_beside_the_field(
    okafor: Party, as_staff: SignIn, written: str
) -> None:
    client = as_staff("support")
    door = reverse("admin:licensing_customer_raise_limit", args=[okafor.customer.pk])
    beside = "Answer from support: in the forum; next working day; within 4 hours; within 1 hour, by name"
    assert beside in text_of(client.get(door))
    wrong = text_of(ask(client, okafor, feature_key="support", value="at once", days="7"))
    assert "It has in the forum; next working day; within 4 hours" in wrong
    ask(client, okafor, feature_key="support", value=written, days="7")
    assert Waiver.objects.get().value == "4-hours"


def test_a_rule_and_another_trial_are_asked_for_too(okafor: Party, as_staff: SignIn) -> None:
    client = as_staff("support")
    trial_of(okafor)
    ask(client, okafor, "waive_rule", rule_key="usage-fits", days="7")
    ask(client, okafor, "give_trial", tier_key="business", days="14")
    page = text_of(client.get(reverse("admin:licensing_customer_change", args=[okafor.customer.pk])))
    assert "the rule that what they use fits the tier holds" in page
    assert "another trial of Business holds" in page


def test_an_exceptions_own_page_offers_what_fits_its_state(okafor: Party, as_staff: SignIn) -> None:
    finance = as_staff("finance")
    waiver = waiver_of(okafor, value=40, needs_approval=True, granted_at=None)
    page = reverse("admin:licensing_waiver_change", args=[waiver.pk])

    def offered() -> list[str]:
        words = finance.get(page).content.decode()
        return [name for name in ("say_yes", "say_no", "end_now") if door_of(waiver, name) in words]

    assert offered() == ["say_yes", "say_no", "end_now"]
    waits = "waits for approval, by somebody who may approve exceptions and did not ask"
    assert re.search(rf">\s*{waits}\s*<", finance.get(page).content.decode())
    finance.post(door_of(waiver, "say_yes"), {"reason": "It fits."})
    assert offered() == ["end_now"]
    finance.post(door_of(waiver, "end_now"), {"reason": "Done."})
    assert offered() == []


def test_the_list_finds_a_customers_exceptions_and_says_how_they_stand(
    okafor: Party, as_staff: SignIn
) -> None:
    waiver_of(okafor)
    page = as_staff("support").get(reverse("admin:licensing_waiver_changelist"), {"q": "okafor"})
    assert "Projects: 25 projects" in text_of(page)
    assert "holds" in text_of(page)


def test_exceptions_and_their_notices_go_by_the_words_of_the_house(okafor: Party, as_staff: SignIn) -> None:
    """No key of ours, thousands set apart, and on every page the same."""
    client = as_staff("support")
    kept = waiver_of(okafor, feature_key="api-calls", value=60000)
    notice_of(okafor, kind="waiver_reminder", subject=f"waiver:{kept.pk}", period="1d:2026-11-25")
    theirs = text_of(client.get(reverse("admin:licensing_customer_change", args=[okafor.customer.pk])))
    assert "API calls: 60,000 calls holds" in theirs
    assert "exception reminder" in theirs
    ask(client, okafor, **MORE)
    theirs = text_of(client.get(reverse("admin:licensing_customer_change", args=[okafor.customer.pk])))
    assert "Exception granted by Sam support exception " in theirs
    for page in ("waiver_changelist", "notice_changelist"):
        words = text_of(client.get(reverse(f"admin:licensing_{page}")))
        assert "aiver" not in words
    assert f"exception reminder · exception {kept.pk} · 1 day before 25 Nov 2026" in words
    own = text_of(client.get(reverse("admin:licensing_waiver_change", args=[kept.pk])))
    assert f"Exception {kept.pk}" in own
    assert "by words" not in own.lower()


def test_a_credit_is_written_as_people_do_and_more_than_half_a_month_waits(
    okafor: Party, as_staff: SignIn
) -> None:
    """Eight seats at $23.00 are $184.00 a month."""
    client = as_staff("support")
    page = text_of(ask(client, okafor, "give_credit", amount="60.00"))
    assert "Granted, and on its way to their balance at Stripe. A credit of $60.00." in page
    small = Waiver.objects.get()
    assert (small.amount, small.currency) == (6000, "USD")
    Waiver.objects.filter(pk=small.pk).update(ended_at=NOON, end="used", ended_by_words="the clock")
    page = text_of(ask(client, okafor, "give_credit", amount="32.01"))
    assert "It waits for somebody else’s approval. Alone at most $32.00 may still be credited." in page


def test_the_form_says_what_half_a_month_is_before_one_asks(okafor: Party, as_staff: SignIn) -> None:
    client = as_staff("support")
    door = reverse("admin:licensing_customer_give_credit", args=[okafor.customer.pk])
    assert "Alone in twelve months $92.00 Alone you credit" in text_of(client.get(door))
    ask(client, okafor, "give_credit", amount="60.00")
    assert "Alone in twelve months $92.00, of which $32.00 are left" in text_of(client.get(door))


def test_a_credit_of_more_than_a_year_stands_out_and_its_amount_is_typed_again(
    okafor: Party, as_staff: SignIn
) -> None:
    """They pay $2,208.00 a year."""
    ask(as_staff("support"), okafor, "give_credit", amount="1000000000")
    waiver, finance = Waiver.objects.get(), as_staff("finance")
    page = text_of(finance.get(door_of(waiver, "say_yes")))
    assert "They pay $184.00 a month. That is 452,898 times what they pay a year." in page
    for amount in ({}, {"amount": "100000000"}, {"amount": "a billion"}, {"amount": "NaN"}):
        answer = text_of(finance.post(door_of(waiver, "say_yes"), {"reason": "It fits.", **amount}))
        assert "To approve it, type 1,000,000,000.00." in answer or "This field is required." in answer
    waiver.refresh_from_db()
    assert waiver.granted_at is None
    assert "The amount in USD" not in text_of(finance.get(door_of(waiver, "say_no"))), "saying no is easy"
    finance.post(door_of(waiver, "say_yes"), {"reason": "It fits.", "amount": "1,000,000,000.00"})
    waiver.refresh_from_db()
    assert waiver.granted_at == NOON


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("2208.00", ""),
        ("2208.01", "That is more than they pay in a year."),
        ("4416.00", "That is 2 times what they pay a year."),
    ],
)
def test_up_to_what_they_pay_in_a_year_a_credit_is_approved_with_a_reason_alone(
    okafor: Party, as_staff: SignIn, amount: str, said: str
) -> None:
    ask(as_staff("support"), okafor, "give_credit", amount=amount)
    waiver, finance = Waiver.objects.get(), as_staff("finance")
    page = text_of(finance.get(door_of(waiver, "say_yes")))
    assert ("They pay $184.00 a month." + (said and f" {said}")) in page
    assert ("That is" in page) is bool(said)
    finance.post(door_of(waiver, "say_yes"), {"reason": "It fits."})
    waiver.refresh_from_db()
    assert (waiver.granted_at is None) is bool(said)


def test_to_whoever_pays_nothing_every_credit_stands_out(as_staff: SignIn, db: None) -> None:
    nia = person("Nia Free")
    customer = organisation(
        "Nia's", owner=nia, country="US", currency="USD", time_zone="UTC", at=NOON - timedelta(days=1)
    )
    door = reverse("admin:licensing_customer_give_credit", args=[customer.pk])
    as_staff("support").post(door, {"words": WORDS, "reason": WHY, "amount": "1.00"})
    finance = as_staff("finance")
    assert "They pay nothing that it could come off." in text_of(
        finance.get(door_of(Waiver.objects.get(), "say_yes"))
    )


def test_a_credit_has_an_end_nowhere_and_only_the_question_for_it_runs_out(
    okafor: Party, as_staff: SignIn
) -> None:
    support, finance = as_staff("support"), as_staff("finance")
    asked = text_of(ask(support, okafor, "give_credit", amount="1000"))
    waiver = Waiver.objects.get()
    page = text_of(finance.get(door_of(waiver, "say_yes")))
    assert "unanswered, it lapses 22 Dec 2026, 12:00 UTC" in asked
    assert "Unanswered, the question lapses 22 Dec 2026, 12:00 UTC (13:00 in Europe/Berlin)" in page
    assert (
        "The credit is theirs: it goes to their balance at Stripe, comes off what they pay next, and" in page
    )
    assert "That much less on what they pay next. They pay $184.00 a month." in page
    for wrong in ("Until", "It holds", "it can only be ended"):
        assert wrong not in page

    finance.post(door_of(waiver, "say_yes"), {"reason": "Sam knows them."})
    own = reverse("admin:licensing_waiver_change", args=[waiver.pk])
    theirs = reverse("admin:licensing_customer_change", args=[okafor.customer.pk])
    page = text_of(finance.get(theirs))
    assert "$1,000.00 granted granted 22 Nov 2026, 12:00 UTC · does not run out" in page
    assert re.search(r"unanswered it lapses\W+22 Dec 2026, 12:00 UTC", page)
    assert "ends at" not in page
    for said, door in {
        "never: it is the customer’s": own,
        "Runs out never: it is the customer’s": door_of(waiver, "end_now"),
        "$1,000.00 granted": reverse("admin:licensing_waiver_changelist"),
    }.items():
        page = text_of(finance.get(door))
        assert said in page
        assert "22 Dec" not in page
        assert "Dec. 22" not in page


def test_a_credit_that_stripe_refuses_stands_in_a_queue_until_somebody_says_how_it_was_given(
    okafor: Party, as_staff: SignIn
) -> None:
    credit, client = credit_of(okafor), as_staff("finance")
    assert "Credits that Stripe refuses" in text_of(client.get(reverse("admin:index")))
    door = reverse("admin:billing_balancecredit_clear_this", args=[credit.pk])
    assert "The currency is another." in text_of(client.get(door))
    assert client.post(door, {"reason": "Sent by bank transfer."}).status_code == 302
    event = Event.objects.get(kind="credit_cleared")
    assert (event.reason, event.by) == ("Sent by bank transfer.", "Sam finance")
    assert list(client.get(reverse("admin:index")).context["busy"]) == []
    assert "dealt with it already" in text_of(client.post(door, {"reason": "Again."}))
