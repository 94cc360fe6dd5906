"""Opening and closing an organisation."""

from __future__ import annotations

import pytest

from billing.models import Invoice, Order, Quote
from licensing.customers import UnableToClose, UnableToOpen, close_customer, open_customer
from licensing.models import Customer, Event, Licence, Member, Notice, Role, Trial
from tests.cast import NOON, ada, cy, eve, make_catalogue, person
from tests.staff.rows import everything_of

pytestmark = pytest.mark.django_db
WHERE = {"country": "IE", "currency": "EUR", "time_zone": "Europe/Dublin", "locale": "en_IE"}


def test_a_new_customer_has_an_owner_and_the_free_tier() -> None:
    edition = make_catalogue()
    customer = open_customer(name="  Byrne   Maps ", owner=person("Gus Byrne"), at=NOON, **WHERE)
    assert (customer.name, customer.slug, customer.created_at) == ("Byrne Maps", "byrne-maps", NOON)
    assert customer.members.get().role == Role.OWNER
    licence = Licence.objects.get(customer=customer, ended_at=None)
    assert licence.is_free
    assert licence.edition == edition
    kinds = set(Event.objects.filter(customer=customer).values_list("kind", flat=True))
    assert kinds == {"customer_opened", "licence_opened"}


def test_two_organisations_of_one_name_get_two_slugs() -> None:
    make_catalogue()
    first = open_customer(name="Byrne Maps", owner=person("Gus Byrne"), at=NOON, **WHERE)
    second = open_customer(name="Byrne Maps", owner=person("Hal Byrne"), at=NOON, **WHERE)
    assert second.slug != first.slug
    assert second.slug.startswith("byrne-maps-")


def test_a_name_without_latin_letters_gets_a_slug_too() -> None:
    make_catalogue()
    assert open_customer(name="田中工房", owner=person("Gus"), at=NOON, **WHERE).slug == "customer"


def test_two_clicks_make_one_organisation() -> None:
    make_catalogue()
    owner = person("Gus Byrne")
    first = open_customer(name="Byrne Maps", owner=owner, at=NOON, **WHERE)
    assert open_customer(name="Byrne Maps", owner=owner, at=NOON, **WHERE) == first
    assert Customer.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"name": "  "}, "named"),
        ({"currency": "CHF"}, "currency-on-sale"),
        ({"time_zone": "Mars/Base"}, "time-zone"),
    ],
)
def test_what_is_wrong_is_refused_with_its_rule(wrong: dict[str, str], rule: str) -> None:
    make_catalogue()
    with pytest.raises(UnableToOpen) as refused:
        open_customer(**{"name": "Byrne Maps", "owner": person("Gus"), "at": NOON, **WHERE, **wrong})
    assert refused.value.reason.rule == rule
    assert not Customer.objects.exists()


@pytest.mark.usefixtures("nothing_on_sale")
def test_nothing_on_sale_means_nothing_to_open() -> None:
    with pytest.raises(UnableToOpen) as refused:
        open_customer(name="Byrne Maps", owner=person("Gus"), at=NOON, **WHERE)
    assert refused.value.reason.rule == "on-sale"


def test_a_paid_licence_keeps_the_organisation_open() -> None:
    party = ada()
    with pytest.raises(UnableToClose) as refused:
        close_customer(customer=party.customer, owner=party.user, at=NOON)
    assert refused.value.reason.rule == "closing-when-free"
    assert refused.value.reason.when == party.licence.period_end
    assert Member.objects.filter(customer=party.customer).exists()


def test_closing_ends_the_free_licence_gives_a_trial_back_and_lets_everybody_go() -> None:
    party = cy()
    trial = Trial.objects.create(
        customer=party.customer,
        product=party.licence.product,
        licence=party.licence,
        tier=party.licence.edition.tiers.get(key="team"),
        started_at=NOON,
        ends_at=NOON.replace(day=30),
    )
    closed = close_customer(customer=party.customer, owner=party.user, at=NOON, reason="moved house")
    assert closed.closed_at == NOON
    assert not closed.members.exists()
    assert not Licence.objects.filter(customer=closed, ended_at=None).exists()
    trial.refresh_from_db()
    assert (trial.ended_at, trial.end) == (NOON, Trial.End.GIVEN_BACK)
    assert Event.objects.get(customer=closed, kind="customer_closed").reason == "moved house"
    assert close_customer(customer=closed, owner=party.user, at=NOON).closed_at == NOON


@pytest.mark.proves("closed-is-kept")
def test_what_was_bought_billed_and_decided_stays_on_record_as_it_was() -> None:
    party = ada()
    everything_of(party)
    Licence.objects.filter(pk=party.licence.pk).update(price=None, period_start=None, period_end=None)
    kept = (Order, Quote, Invoice, Event, Notice)
    before = {model: list(model.objects.order_by("pk").values()) for model in kept}
    close_customer(customer=party.customer, owner=party.user, at=NOON)
    for model, rows in before.items():
        assert rows, model
        assert list(model.objects.filter(pk__in=[row["id"] for row in rows]).order_by("pk").values()) == rows


def test_closing_one_organisation_leaves_others_alone() -> None:
    other = eve()
    party = cy()
    close_customer(customer=party.customer, owner=party.user, at=NOON)
    assert Member.objects.filter(pk=other.pk).exists()
