"""An owner takes along all that is here: exactly, sealed, and nobody else's."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import resource
import zipfile
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from billing.brakes import park
from billing.models import Invoice, Order, Quote
from licensing.customers import close_customer
from licensing.history import Actor, entry, record
from licensing.invitations import invite
from licensing.models import Customer, Event, Licence, Notice, OptOut, Role
from licensing.signing import verify
from portal.export.schema import PARTS, SCHEMA
from portal.export.writing import write_json, write_zip
from tests.cast import NOON, Party, ada, bo, cy, eve, fay
from tests.doors.people import browser_of, staff_of
from tests.staff.rows import everything_of, invoice_of, notice_of, order_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def party() -> Party:
    """Ada's organisation with one row of everything; Eve and Fay are in it, Gus is invited."""
    party = ada()
    eve()
    fay()
    everything_of(party)
    invite(customer=party.customer, email="gus@demo.test", role=Role.MEMBER, by=party.user, at=NOON)
    OptOut.objects.create(customer=party.customer, address="fay@demo.test", kind="renewal_reminder", at=NOON)
    return party


def exported(customer: Customer) -> dict[str, Any]:
    with write_json(customer, at=NOON) as file:
        return dict(json.loads(file.read()))


def tables(customer: Customer) -> dict[str, list[list[str]]]:
    with write_zip(customer, at=NOON) as file, zipfile.ZipFile(file) as archive:
        return {
            name: list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
            for name in archive.namelist()
            if name.endswith(".csv")
        }


def test_everything_that_is_held_is_in_it(party: Party) -> None:
    found = exported(party.customer)
    assert found["schema"] == SCHEMA
    assert found["organisation"][0]["name"] == "Okafor Bakeries"
    assert {one["email"] for one in found["members"]} == {"ada@demo.test", "eve@demo.test", "fay@demo.test"}
    assert [one["email"] for one in found["invitations"]] == ["gus@demo.test"]
    assert len(found["history"]) == Event.objects.filter(customer=party.customer).count()
    assert [one["number"] for one in found["invoices"]] == ["MER-0001"]
    assert found["quotes"][0]["lines"][0]["amount"] == -13500
    assert found["orders"][0]["state"] == "pending"
    assert found["trials"][0]["tier"] == "business"
    assert found["usage"][0]["value"] == 18
    assert found["opt_outs"][0]["address"] == "fay@demo.test"
    assert found["payment"][0]["card_last4"] == "4242"
    assert found["licences"][0]["price"] == "team-2026-01-month-usd"
    assert len(found["notices"]) == Notice.objects.filter(customer=party.customer).count()
    assert {one["address"] for one in found["deliveries"]} == {"ada@demo.test"}


def test_what_may_be_done_now_is_in_it_with_its_source(party: Party) -> None:
    rights = {one["feature"]: one for one in exported(party.customer)["entitlements"]}
    assert rights["projects"]["included"] is True
    assert rights["projects"]["source"] == "trial"
    assert rights["projects"]["until"].startswith("2026-11-25")


def test_the_tables_say_the_same_as_the_document(party: Party) -> None:
    document, found = exported(party.customer), tables(party.customer)
    assert set(found) == {f"{part.key}.csv" for part in PARTS}
    for part in PARTS:
        head, *rows = found[f"{part.key}.csv"]
        assert head == [column.name for column in part.columns]
        assert len(rows) == len(document[part.key])
    assert found["invoices.csv"][1][found["invoices.csv"][0].index("total")] == "18400"


def test_the_last_line_of_the_document_seals_every_line_before_it(party: Party) -> None:
    with write_json(party.customer, at=NOON) as file:
        whole = file.read()
    *before, last = whole.splitlines(keepends=True)
    sealed = json.loads(whole)["seal"]
    assert last.startswith(b'"seal"')
    assert hashlib.sha256(b"".join(before)).hexdigest() == sealed["sha256"]
    assert sealed["organisation"] == party.customer.slug


def test_the_manifest_seals_each_table_and_says_what_its_columns_are(party: Party) -> None:
    with write_zip(party.customer, at=NOON) as file, zipfile.ZipFile(file) as archive:
        manifest = archive.read("manifest.json")
        assert json.loads(archive.read("seal.json"))["sha256"] == hashlib.sha256(manifest).hexdigest()
        described = json.loads(manifest)
        for one in described["files"]:
            table = archive.read(one["file"])
            assert hashlib.sha256(table).hexdigest() == one["sha256"]
            head, *rows = csv.reader(io.StringIO(table.decode("utf-8-sig")))
            assert head == [*one["columns"]]
            assert len(rows) == one["rows"]


def test_the_seal_is_signed_and_anyone_can_verify_it(party: Party) -> None:
    with write_zip(party.customer, at=NOON) as file, zipfile.ZipFile(file) as archive:
        sealed = archive.read("seal.json")
    for seal in (exported(party.customer)["seal"], json.loads(sealed)):
        found = verify(json.dumps(seal))
        assert (found.holds, found.kind) == (True, "customer-export")
        assert found.statement["sha256"] == seal["sha256"]
    page = Client().post(reverse("verify"), {"certificate": sealed.decode()}).content.decode()
    assert "We signed this" in page


def test_nothing_of_another_customer_is_in_it(party: Party) -> None:
    """Every number and name of theirs is looked for in every line."""
    other = bo()
    order_of(other)
    invoice_of(other, number="MER-0666")
    notice_of(other)
    with write_json(party.customer, at=NOON) as file:
        text = file.read().decode()
    for word in ("Lindqvist", "bo@demo.test", "MER-0666", other.customer.slug, f"cus_{other.customer.slug}"):
        assert word not in text
    theirs = {
        str(row.pk) for model in (Quote, Order) for row in model.objects.filter(customer=other.customer)
    }
    assert theirs
    assert not [key for key in theirs if key in text]
    found = json.loads(text)
    assert {one["number"] for one in found["licences"]} == {
        row.pk for row in Licence.objects.filter(customer=party.customer)
    }
    assert len(found["invoices"]) == Invoice.objects.filter(customer=party.customer).count() == 1


def test_no_secret_and_no_word_of_staff_to_staff_is_in_it(party: Party) -> None:
    sam = staff_of("support")
    park(customer=party.customer, actor=Actor.person(sam), reason="smells of fraud", at=NOON)
    order = Order.objects.get(customer=party.customer)
    Order.objects.filter(pk=order.pk).update(
        needs_staff="ask the boss", pay_url="https://pay.example/s3cret", stripe_session_id="cs_s3cret"
    )
    record(
        entry(
            customer=party.customer,
            kind="order_cleared",
            subject=order,
            at=NOON,
            actor=Actor.person(sam),
            before={"needs_staff": "ask the boss"},
            reason="The customer wrote and all is well.",
        )
    )
    with write_json(party.customer, at=NOON) as file:
        text = file.read().decode()
    hashes = party.customer.invitations.values_list("token_hash", flat=True)
    secrets = ["fraud", "ask the boss", "s3cret", party.user.password, *hashes, sam.email, str(sam)]
    assert not [secret for secret in secrets if secret in text]
    cleared = next(one for one in json.loads(text)["history"] if one["kind"] == "order_cleared")
    assert (cleared["by"], cleared["reason"]) == (
        "the vendor’s staff",
        "The customer wrote and all is well.",
    ), "why something was done to a customer is the customer's own"


def test_memory_stays_flat_however_long_the_history(party: Party) -> None:
    """As whole rows in memory, the history of the second turn alone would take some 60 MB."""
    for number in (3_000, 30_000):
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO licensing_event (customer_id, kind, subject, at, by, before, after, reason)"
                " SELECT %s, 'usage_recorded', 'usagereading:1', now(), 'Ada Okafor', '{}',"
                ' \'{"feature": "projects", "value": 12}\', \'\' FROM generate_series(1, %s)',
                [party.customer.pk, number],
            )
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for write in (write_json, write_zip):
            with write(party.customer, at=NOON) as file:
                assert file.seek(0, io.SEEK_END) > 3 * number
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 12_000  # kB


def test_that_it_was_fetched_and_by_whom_stands_in_the_history(party: Party) -> None:
    answer = browser_of(party.user).post(reverse("data_download", args=[party.customer.pk, "json"]))
    document = json.loads(b"".join(answer.streaming_content))
    assert answer["Content-Disposition"].startswith('attachment; filename="okafor-bakeries-')
    assert answer["Cache-Control"] == "private, no-store"
    last = document["history"][-1]
    assert (last["kind"], last["by"], last["after"]) == ("data_exported", "Ada Okafor", {"form": "json"})


def test_whoever_closed_an_organisation_can_still_take_its_data_along() -> None:
    party = cy()
    close_customer(customer=party.customer, owner=party.user, at=NOON)
    address = reverse("data_download", args=[party.customer.pk, "json"])
    page = browser_of(party.user).get(reverse("data")).content.decode()
    assert "Tanaka Studio" in page
    found = json.loads(b"".join(browser_of(party.user).post(address).streaming_content))
    assert found["entitlements"] == []
    assert found["licences"][0]["ended_at"] is not None
    assert browser_of(ada().user).post(address).status_code == 404


def test_it_is_fetched_at_a_human_pace(party: Party) -> None:
    client, address = browser_of(party.user), reverse("data_download", args=[party.customer.pk, "json"])
    answers = [client.post(address).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]


def test_of_an_exception_what_they_were_told_is_in_it_and_what_staff_noted_is_not(party: Party) -> None:
    (waiver,) = exported(party.customer)["exceptions"]
    assert (waiver["feature"], waiver["value"]) == ("projects", 25)
    assert waiver["words"] == "So that you can move without haste."
    assert "Ticket 4711" not in json.dumps(exported(party.customer))
