"""A draft is rehearsed from its page, watched, read customer by customer, and taken away as a table."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from licensing import catalogue
from licensing.models import Customer, Edition, Price, PromiseException, Rehearsal, Rehearsed
from licensing.rehearsing import listing
from licensing.rehearsing.running import go_on, to_the_end
from tests.cast import NOON, Party, bo, cy, make_catalogue
from tests.pages.conftest import text_of
from tests.publishing import rehearsed, writer
from tests.staff.conftest import SignIn
from tests.staff.rows import breaking_a_promise, exception_of
from tests.sunsets.editions import announced as edition_ends
from tests.sunsets.scenes import announced


@pytest.fixture
def draft(okafor: Party) -> Edition:
    """Team is dearer from December on, writes Mara."""
    draft = catalogue.draft_from(edition=make_catalogue(), key="2026-12", name="December 2026")
    Price.objects.filter(tier__edition=draft, tier__key="team", currency="USD", interval="month").update(
        unit_amount=2500
    )
    catalogue.note_author(edition=draft, by=writer(), at=NOON)
    return draft


@pytest.fixture
def client(as_staff: SignIn) -> Client:
    return as_staff("catalogue")


def page(
    client: Client, row: Edition | Rehearsal | Rehearsed | PromiseException, door: str = "change"
) -> str:
    return reverse(f"admin:licensing_{row._meta.model_name}_{door}", args=[row.pk])


def said(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_a_rehearsal_is_started_from_the_draft_and_its_page_says_how_far_it_is(
    client: Client, draft: Edition
) -> None:
    bo()
    answer = client.post(page(client, draft, "rehearse_this"))
    rehearsal = Rehearsal.objects.get(edition=draft)
    assert answer["Location"] == page(client, rehearsal)
    assert str(rehearsal.started_by) == "Sam catalogue"
    assert "0 of 2 customers played" in said(client, answer["Location"])
    go_on(rehearsal.pk, at=NOON, batch=1)
    assert "1 of 2 customers played" in said(client, answer["Location"])
    to_the_end(rehearsal, at=NOON)
    finished = said(client, answer["Location"])
    assert "2 customers were played through." in finished
    # Within what the page looks at again by itself, and nowhere that stays as it was.
    assert "Finished 22 Nov 2026, 12:00 UTC." in finished
    assert "Finished at" not in finished


def test_the_page_of_a_rehearsal_adds_it_all_up(client: Client, draft: Edition) -> None:
    cy()
    words = said(client, page(client, rehearsed(draft, at=NOON)))
    for expected in ("$2,208.00", "$2,400.00", "up to 10 % more", "worse off if moved", "all kept"):
        assert expected in words
    assert "Before anybody could be moved, 1 customer would have to be told." in words
    assert "the last of them could move on 3 Jan 2027" in words


def test_customers_are_filtered_by_what_it_means_for_them(client: Client, draft: Edition) -> None:
    cy()
    rehearsal = rehearsed(draft, at=NOON)
    rows = reverse("admin:licensing_rehearsed_changelist")
    worse = said(client, f"{rows}?rehearsal={rehearsal.pk}&moving__exact=worse")
    assert "Okafor Bakeries" in worse
    assert "$200.00 a month" in worse
    assert "Tanaka Studio" not in worse
    one = Rehearsed.objects.get(rehearsal=rehearsal, customer__name="Okafor Bakeries")
    assert "price rise, 42 days: from 3 Jan 2027" in said(client, page(client, one))


def test_the_table_for_spreadsheets_has_a_row_a_customer_and_no_formula(
    client: Client, draft: Edition
) -> None:
    Customer.objects.filter(name="Okafor Bakeries").update(name='=HYPERLINK("https://evil.example";"Pay")')
    rehearsal = rehearsed(draft, at=NOON)
    answer = client.get(page(client, rehearsal, "as_csv"))
    assert answer.streaming
    assert answer["Content-Disposition"] == 'attachment; filename="rehearsal-2026-12-2026-11-22.csv"'
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[arg-type]
    head, row = list(csv.reader(StringIO(text)))
    told = dict(zip(head, row, strict=True))
    assert told["customer"] == '\'=HYPERLINK("https://evil.example";"Pay")'
    assert (told["bill now"], told["bill if moved"], told["currency"]) == ("184.00", "200.00", "USD")
    assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_what_was_edited_under_a_rehearsal_is_said(client: Client, draft: Edition) -> None:
    client.post(page(client, draft, "rehearse_this"))
    rehearsal = Rehearsal.objects.get(edition=draft)
    Price.objects.filter(tier__edition=draft, unit_amount=2500).update(unit_amount=2600)
    to_the_end(rehearsal, at=NOON)
    assert "The draft was edited, or another edition was published, while this ran." in said(
        client, page(client, rehearsal)
    )


def test_a_broken_promise_is_excepted_by_a_colleague_with_a_reason(
    client: Client, as_staff: SignIn, okafor: Party
) -> None:
    exception = exception_of(okafor)
    rehearsal = Rehearsal.objects.get(edition=exception.edition)
    assert "broken" in said(client, page(client, rehearsal))
    draft_page = page(client, exception.edition)
    assert (
        "The promise “Whoever tries a tier can buy it when the trial ends” would be broken for 1 customer."
        in said(client, draft_page)
    )
    theirs = Client()
    theirs.force_login(writer())
    refused = said(theirs, page(theirs, exception, "accept"))
    assert refused.count("nobody accepts their own exception") == 1
    assert "Accept that the promise is broken" not in refused
    theirs.post(page(theirs, exception, "accept"))
    exception.refresh_from_db()
    assert exception.approved_at is None
    client.post(page(client, exception, "accept"))
    exception.refresh_from_db()
    assert str(exception.approved_by) == "Sam catalogue"
    assert "What would be broken is accepted, with a reason." in said(client, draft_page)


def test_an_exception_is_asked_for_on_the_rehearsals_page(client: Client, okafor: Party) -> None:
    rehearsal = breaking_a_promise(okafor)
    ask = page(client, rehearsal, "ask_exception")
    assert ask in said(client, page(client, rehearsal))
    assert "Whoever tries a tier can buy it when the trial ends. (1 customer)" in said(client, ask)
    client.post(ask, {"promise": "price-stays", "reason": "Because."})
    client.post(ask, {"promise": "trial-can-be-bought", "reason": ""})
    assert not PromiseException.objects.exists()
    client.post(ask, {"promise": "trial-can-be-bought", "reason": "They get Scale."})
    assert PromiseException.objects.get().reason == "They get Scale."


def test_what_is_asked_for_or_accepted_already_is_not_asked_for_again(client: Client, okafor: Party) -> None:
    exception = exception_of(okafor)
    rehearsal = Rehearsal.objects.get(edition=exception.edition)
    ask = page(client, rehearsal, "ask_exception")
    for _ in ("it waits", "it is accepted"):
        assert ask not in said(client, page(client, rehearsal))
        assert "an exception is asked for or accepted already" in said(client, ask)
        client.post(ask, {"promise": "trial-can-be-bought", "reason": "Again."})
        assert PromiseException.objects.count() == 1
        client.post(page(client, exception, "accept"))


def test_an_exception_to_a_promise_waits_in_a_queue_for_a_colleague(client: Client, okafor: Party) -> None:
    """Until it is accepted, or the draft was edited: then there is nothing to accept any more."""
    exception = exception_of(okafor)
    first = reverse("admin:index")
    queue = "Exceptions to promises that wait for a colleague"

    def waits() -> int:
        return sum(count for each, count in client.get(first).context["busy"] if each.title == queue)

    assert waits() == 1
    assert queue in said(client, first)
    rows = client.get(reverse("admin:licensing_promiseexception_changelist"), {"queue": "waiting"})
    assert [row.pk for row in rows.context["cl"].result_list] == [exception.pk]
    price = Price.objects.filter(
        tier__edition=exception.edition, tier__key="team", currency="USD", interval="month"
    )
    for amount, waiting in ((2400, 0), (2300, 1)):
        price.update(unit_amount=amount)
        assert waits() == waiting
    client.post(page(client, exception, "accept"))
    assert waits() == 0


def test_what_an_announced_sunset_takes_is_said_beside_what_the_draft_does(
    client: Client, draft: Edition
) -> None:
    bo()
    announced(at=NOON)
    rehearsal = rehearsed(draft, at=NOON)
    words = "Single sign-on by the sunset announced on 22 Nov 2026, not by this edition."
    assert f"1 customer loses {words}" in said(client, page(client, rehearsal))
    row = Rehearsed.objects.get(rehearsal=rehearsal, customer__slug__startswith="lindqvist")
    one = text_of(client.get(page(client, row)))
    assert (
        "Already announced Single sign-on: yes → not included (by the sunset announced on 22 Nov 2026)" in one
    )
    assert "Lost by publishing nothing" in one


def test_what_stands_in_the_way_of_a_tier_is_said_in_words(client: Client, okafor: Party) -> None:
    """Ada has 8 seats; Business would take 5 at most, and Scale goes."""
    draft = catalogue.draft_from(edition=make_catalogue(), key="2026-12", name="December 2026")
    draft.tiers.filter(key="business").update(max_seats=5)
    draft.tiers.get(key="scale").delete()
    rehearsal = rehearsed(draft, at=NOON)
    one = Rehearsed.objects.get(rehearsal=rehearsal, customer=okafor.customer)
    flips = (
        "Business closes, because they have more seats than it takes; Scale closes, because it is not offered"
    )
    rows = f"{reverse('admin:licensing_rehearsed_changelist')}?rehearsal={rehearsal.pk}"
    for address in (rows, page(client, one)):
        assert flips in said(client, address)
        assert "Team of January 2026 (2026-01)" in said(client, address)
    sums = said(client, page(client, rehearsal))
    assert "closes, because they have more seats than it takes" in sums
    assert "too-many-seats" not in sums
    alone = "By publishing, what they have and pay alone is counted here."
    assert f"{alone} Together with tiers that open or close to them, publishing touches 1 customer." in sums
    cy()
    for turning, names in {
        "business": ["Okafor Bakeries"],
        "free": [],
        "nonsense": ["Okafor Bakeries"],
    }.items():
        found = client.get(f"{rows}&turning={turning}").context["cl"].result_list
        assert [str(row.customer) for row in found] == names
    table = b"".join(client.get(page(client, rehearsal, "as_csv")).streaming_content).decode()  # type: ignore[arg-type]
    assert flips in table


SEATS, USED = "too-many-seats", "usage-fits"


@pytest.mark.parametrize(
    ("turn", "appear", "go", "said"),
    [
        ("closes", [USED], [], "closes, because they use more than it holds"),
        ("opens", [], [SEATS], "opens; today it is closed, because they have more seats than it takes"),
        (
            "opens",
            [],
            ["too-few-seats"],
            "opens; today it is closed, because they have fewer seats than it takes",
        ),
        ("stays", [USED], [], "stays closed, from then on also because they use more than it holds"),
        ("stays", [], [SEATS], "stays closed, no longer because they have more seats than it takes"),
        (
            "stays",
            ["not-offered"],
            [SEATS, USED],
            "stays closed, no longer because they have more seats than it takes and they use more than it holds, "
            "but because it is not offered",
        ),
    ],
)
def test_a_tier_opens_only_where_nothing_stands_in_its_way_any_more(
    turn: str, appear: list[str], go: list[str], said: str
) -> None:
    flip = {"tier": "business", "turn": turn, "appear": appear, "go": go}
    assert listing.flips_words([flip], tiers={"business": "Business"}) == f"Business {said}"


def test_nobody_is_counted_twice_for_a_tier(client: Client, okafor: Party) -> None:
    """The rows of a tier add up to the list that each of them leads to."""
    bo(), cy()
    draft = catalogue.draft_from(edition=make_catalogue(), key="2026-12", name="December 2026")
    draft.tiers.filter(key="business").update(max_seats=5)
    rehearsal = rehearsed(draft, at=NOON)
    counted = sum(flip["customers"] for flip in rehearsal.totals["flips"] if flip["tier"] == "business")
    turning = Rehearsed.objects.filter(rehearsal=rehearsal, flips__contains=[{"tier": "business"}])
    assert counted == turning.count() > 0


def test_whoever_moves_on_by_an_announced_end_is_told_apart(client: Client, draft: Edition) -> None:
    bo()
    edition_ends(at=NOON)
    rehearsal = rehearsed(draft, at=NOON)
    sums = text_of(client.get(page(client, rehearsal)))
    assert (
        "1 customer moves on from March 2025 (2025-03) to January 2026 (2026-01), as announced on 22 Nov 2026, "
        "not by this edition."
    ) in sums
    assert "EUR €1,020.00 €1,260.00 €1,020.00 €1,260.00" in sums, (
        "now, as announced, once published, if moved"
    )
    rows = reverse("admin:licensing_rehearsed_changelist")
    found = client.get(f"{rows}?rehearsal={rehearsal.pk}&moves_on__isnull=False").context["cl"].result_list
    assert [str(row.customer) for row in found] == ["Lindqvist & Daughters"]
    one = text_of(client.get(page(client, found[0])))
    assert "moves on 29 Nov 2027 to January 2026 (2026-01)" in one
    assert "€1,260.00 a year" in one
    assert "(by the end of their edition announced on 22 Nov 2026)" in one
    other = Rehearsed.objects.get(rehearsal=rehearsal, customer__name="Okafor Bakeries")
    assert "Already announced nothing" in text_of(client.get(page(client, other)))


def test_titles_and_the_way_back_name_things_as_people_do(client: Client, okafor: Party) -> None:
    """No key of a promise or a tier, and no word of ours for a row."""
    exception = exception_of(okafor)
    rehearsal = Rehearsal.objects.get(edition=exception.edition)
    row = Rehearsed.objects.get(rehearsal=rehearsal, customer=okafor.customer)
    for address, named in {
        page(client, exception): "Exception to a promise, March 2027 (2027-03)",
        page(client, rehearsal): "Rehearsal of March 2027 (2027-03), 22 Nov 2026, 12:00 UTC",
        page(client, row): "Okafor Bakeries",
    }.items():
        words = text_of(client.get(address))
        assert named in words
        for raw in ("trial-can-be-bought", "team of 2026-01", "View rehearsed |", "2026-11-22"):
            assert raw not in words, (address, raw)
    rows = reverse("admin:licensing_rehearsed_changelist")
    assert "Select rehearsed customer to view" in text_of(client.get(rows))


def test_names_cost_the_list_of_customers_no_query_a_row(client: Client, draft: Edition) -> None:
    rehearsal = rehearsed(draft, at=NOON)
    rows = f"{reverse('admin:licensing_rehearsed_changelist')}?rehearsal="
    client.get(f"{rows}{rehearsal.pk}")
    with CaptureQueriesContext(connection) as one:
        client.get(f"{rows}{rehearsal.pk}")
    bo(), cy()
    edition_ends(at=NOON)
    rehearsal = rehearsed(draft, at=NOON)
    with CaptureQueriesContext(connection) as three:
        assert "March 2025 (2025-03)" in said(client, f"{rows}{rehearsal.pk}")
    assert len(three) == len(one)
