"""Names and notes that were written to do harm stand in pages, mails and the admin as words, and as nothing else."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import datetime
from email import message_from_bytes, policy

import pytest
from django.core import mail
from django.template.response import TemplateResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from licensing import catalogue
from licensing.customers import ORGANISATIONS_A_DAY, UnableToOpen, open_customer
from licensing.invitations import invite, token_of
from licensing.models import Customer, Event, Role
from licensing.names import plain_lines, plain_name
from licensing.upgrade_requests import ask_for_upgrade
from portal.mails.outbox import send_due
from portal.models import User
from tests.cast import CATALOGUES, TODAY, ada, holds, joins, make_catalogue, organisation, person
from tests.doors import staff_table
from tests.doors.people import arguments_of_ada, browser_of, staff_of, superuser
from tests.doors.table import DOORS
from tests.hostile.bodies import MARKUP, NASTY
from tests.publishing import publish

pytestmark = pytest.mark.django_db

EVIL = f"=1+1\"'>{MARKUP}"
TURNED = "\u202e\u2066\u2069\u200f"


@pytest.fixture
def mallory() -> User:
    """Somebody whose name, organisation and note are all meant to do harm. Their organisation is on the free tier."""
    make_catalogue()
    return person(f"Mallory {EVIL[:90]}", "mallory@demo.test")


@pytest.fixture
def evil(mallory: User) -> Customer:
    customer = open_customer(
        name=EVIL,
        country="DE",
        currency="EUR",
        time_zone="Europe/Berlin",
        locale="en_GB",
        owner=mallory,
        at=timezone.now(),
    )
    trudy = person(f"Trudy {EVIL[:90]}", "trudy@demo.test")
    joins(trudy, customer, at=timezone.now())
    ask_for_upgrade(
        customer=customer, asked_by=trudy, tier_key="team", note=f"{EVIL}\r\n\r\n{EVIL}", at=timezone.now()
    )
    return customer


def assert_inert(page: str) -> None:
    assert MARKUP not in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "alert(1)" in page, "the words themselves are shown"


def test_pages_of_members_show_them_as_words(evil: Customer, mallory: User) -> None:
    client = browser_of(mallory)
    for door in ("plan", "team", "billing", "upgrade", "trials", "pricing", "policy"):
        assert_inert(client.get(reverse(door)).content.decode())
    invitation = invite(customer=evil, email="gus@demo.test", role=Role.MEMBER, by=mallory, at=timezone.now())
    assert_inert(Client().get(reverse("team_join", args=[token_of(invitation)])).content.decode())


def test_pages_of_staff_show_them_as_words(evil: Customer, mallory: User) -> None:
    client = browser_of(superuser())
    for address in (
        reverse("admin:licensing_customer_changelist"),
        reverse("admin:licensing_customer_change", args=[evil.pk]),
        reverse("admin:licensing_customer_record_usage", args=[evil.pk]),
        reverse("admin:licensing_event_changelist"),
        reverse("admin:licensing_licence_changelist"),
        reverse("admin:portal_user_changelist"),
        reverse("admin:portal_user_change", args=[mallory.pk]),
    ):
        assert_inert(client.get(address).content.decode())


def test_the_vendor_s_own_words_are_words_too() -> None:
    """Names of product, edition, tiers and features, in both engines' pages and in what htmx asks for."""
    make_catalogue()
    source = (CATALOGUES / f"meridian-{TODAY}.toml").read_text()
    for name in ("Meridian", "January 2026", "Team", "Business", "Projects", "Exports", "Approvals"):
        source = source.replace(f'name = "{name}"', f"name = '{name[:2]} {MARKUP}'")
    source = source.replace(f'key = "{TODAY}"', 'key = "2026-09"')
    draft = catalogue.load_draft(source=source.encode(), at=timezone.now())
    publish(draft, at=timezone.now())
    user = person("Ada Okafor")
    customer = organisation(
        "Okafor", owner=user, country="DE", currency="EUR", time_zone="UTC", at=timezone.now()
    )
    holds(customer, tier="team", edition="2026-09", seats=8, since=timezone.now())
    client = browser_of(user)
    for door in (
        "/",
        "/plan/",
        "/upgrade/",
        "/upgrade/?tier=scale&seats=2",
        "/upgrade/?tier=free",
        "/trials/",
    ):
        assert_inert(client.get(door).content.decode())
    live = {"hx-request": "true", "hx-target": "figures"}
    assert_inert(client.get("/upgrade/", headers=live).content.decode())


def test_whoever_looks_as_them_reads_words(mallory: User, evil: Customer) -> None:
    client = browser_of(staff_of("support"))
    client.post(reverse("hijack:acquire"), {"user_pk": mallory.pk})
    assert_inert(client.get("/plan/").content.decode())


def test_mails_carry_them_as_words_and_get_no_header_of_theirs(
    evil: Customer, mallory: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.filter(pk=mallory.pk).update(name="Mal\r\nBcc: all@example.com")
    invite(
        customer=evil,
        email="gus@demo.test",
        role=Role.MEMBER,
        by=User.objects.get(pk=mallory.pk),
        at=timezone.now(),
    )
    assert send_due(at=timezone.now())
    assert len(mail.outbox) == 2
    for message in mail.outbox:
        parsed = message_from_bytes(message.message().as_bytes(), policy=policy.default)
        assert parsed["Bcc"] is None
        assert parsed["To"] in ("gus@demo.test", "mallory@demo.test")
        html = str(message.alternatives[0][0])
        assert "<script>alert" not in html
        assert "<img src=x" not in html


# What somebody may call their organisation, and how it is kept: one line, of what can be seen.
NAMES = {
    "markup": (f"<b>Evil</b>{MARKUP[:60]}", f"<b>Evil</b>{MARKUP[:60]}"),
    "equals": (
        '=HYPERLINK("https://evil.example";"Pay here")',
        '=HYPERLINK("https://evil.example";"Pay here")',
    ),
    "plus": ("+1+cmd|' /C calc'!A0", "+1+cmd|' /C calc'!A0"),
    "minus": ("-2+3 Ltd", "-2+3 Ltd"),
    "at": ("@SUM(1+9)*cmd", "@SUM(1+9)*cmd"),
    "tab": ("\t=1+1", "=1+1"),
    "return": ("\r=1+1\r\nBcc: all@example.com", "=1+1 Bcc: all@example.com"),
    "lines": (
        "Evil\n\nYour card was charged twice\u2028\u0085Pay here",
        "Evil Your card was charged twice Pay here",
    ),
    "turned": ("\u202eknab ruoy\u202c\u2066 Ltd\u2069\u200f", "knab ruoy Ltd"),
    "template": (
        "{{ settings.SECRET_KEY }}{% debug %}%(name)s {0}",
        "{{ settings.SECRET_KEY }}{% debug %}%(name)s {0}",
    ),
}
TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"


@pytest.mark.parametrize(("typed", "kept"), NAMES.values(), ids=list(NAMES))
def test_any_name_of_an_organisation_stays_words_wherever_it_stands(
    typed: str, kept: str, mallory: User
) -> None:
    client = browser_of(mallory)
    form = {"name": typed, "country": "DE", "currency": "EUR", "time_zone": "Europe/Berlin"}
    assert client.post("/start/", form).status_code == 302
    customer = Customer.objects.get()
    assert customer.name == kept
    invite(customer=customer, email="gus@demo.test", role=Role.MEMBER, by=mallory, at=timezone.now())
    staff = browser_of(superuser())
    pages = [client.get(reverse(door)) for door in ("plan", "team", "billing", "upgrade")]
    pages += [staff.get(reverse("admin:licensing_customer_changelist"))]
    pages += [staff.get(reverse("admin:licensing_customer_change", args=[customer.pk]))]
    assert any(escape(kept) in page.content.decode() for page in pages), "it is shown as it was typed"
    for page in pages:
        text = page.content.decode()
        assert MARKUP[:30] not in text
        assert "<b>Evil" not in text
        assert not set(TURNS) & set(text)
    assert send_due(at=timezone.now())
    for message in mail.outbox:
        parsed = message_from_bytes(message.message().as_bytes(), policy=policy.default)
        assert parsed["Bcc"] is None
        assert [len(parsed.get_all(name, [])) for name in ("To", "From", "Subject")] == [1, 1, 1]
        words = str(parsed["Subject"]) + str(message.body) + str(message.alternatives[0][0])
        assert not set(TURNS) & set(words)
        assert "<b>Evil" not in str(message.alternatives[0][0])
        assert not any(
            line.startswith("Your card was charged twice") for line in str(message.body).splitlines()
        )


# Every door that hands out a file. The codes are no words of anybody's; a certificate is a signed text that no
# spreadsheet opens, and so is a person's own account; what is exported of an organisation is looked into below, a
# rehearsal's table in tests/staff/test_rehearsal_pages.py. An edition saved as TOML is the vendor's own words, and
# tests/staff/catalogue/test_loading_drafts.py reads it back.
FILES_OF_STAFF = ("/csv/", "/toml/")
FILES = {"mfa_download_recovery_codes", "certificate_download", "data_download", "data_download_account"}
PAGES = (
    "text/html",
    "text/css",
    "text/plain",
    "text/javascript",
    "application/json",
    "application/jwk-set+json",
    # What the vendor publishes; no name of a customer is in it.
    "application/atom+xml",
    "application/rss+xml",
    "application/feed+json",
)
FORMULA = tuple("=+-@\t\r＝＋－＠")


def test_no_other_door_hands_out_a_file(evil: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever adds one looks below into what is in it."""
    monkeypatch.setattr(TemplateResponse, "rendered_content", "")
    arguments = arguments_of_ada(list(DOORS))
    hers, root = browser_of(ada().user), browser_of(superuser())
    doors = [(hers, reverse(name, kwargs=arguments.get(name, {}))) for name in set(DOORS) - FILES]
    of_staff = {path for _, path, _ in staff_table.knocks(staff_table.rows_of_ada())}
    doors += [(root, path) for path in of_staff if not path.endswith(FILES_OF_STAFF)]
    for client, address in doors:
        answer = client.get(address)
        assert "Content-Disposition" not in answer, address
        kind = answer.get("Content-Type", "text/html").partition(";")[0]
        assert kind in PAGES, address


@pytest.mark.parametrize("typed", [typed for typed, _ in NAMES.values()] + [EVIL], ids=[*NAMES, "evil"])
def test_no_spreadsheet_takes_a_word_of_an_export_for_a_formula(typed: str, mallory: User) -> None:
    """However it is read: with commas between the cells, or with semicolons or tabs."""
    client = browser_of(mallory)
    form = {"name": typed, "country": "DE", "currency": "EUR", "time_zone": "Europe/Berlin"}
    assert client.post("/start/", form).status_code == 302
    customer = Customer.objects.get()
    invite(customer=customer, email="gus@demo.test", role=Role.MEMBER, by=mallory, at=timezone.now())
    trudy = person(f"Trudy {typed[:90]}", "trudy@demo.test")
    joins(trudy, customer, at=timezone.now())
    note = f"{typed}\n=1+1;=2+2\t@SUM(1)\r\n-3"
    ask_for_upgrade(customer=customer, asked_by=trudy, tier_key="team", note=note, at=timezone.now())
    answer = client.post(reverse("data_download", args=[customer.pk, "zip"]))
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        tables = [archive.read(name).decode("utf-8-sig") for name in archive.namelist() if name[-3:] == "csv"]
    assert any("SUM" in table for table in tables), "the note is there"
    for table in tables:
        for separator in ",;\t|":
            for row in csv.reader(io.StringIO(table, newline=""), delimiter=separator):
                for cell in row:
                    words = cell.lstrip(" \u00a0\ufeff")
                    assert not words.startswith(FORMULA) or _is_number(words), (separator, cell)


def _is_number(cell: str) -> bool:
    return cell.removeprefix("-").isdigit()


def test_what_cannot_be_seen_or_turns_the_page_around_is_taken_out_at_the_door(mallory: User) -> None:
    client = browser_of(mallory)
    form = {"country": "DE", "currency": "EUR", "time_zone": "Europe/Berlin"}
    client.post("/start/", {**form, "name": f"Good{TURNED} Bakers\x1b"})
    assert Customer.objects.get().name == "Good Bakers"
    refused = client.post("/start/?another", {**form, "name": NASTY["unseen"]})
    assert refused.status_code == 422
    assert Customer.objects.count() == 1


def test_a_person_signs_up_with_a_name_that_can_be_read() -> None:
    form = {"email": "new@example.com", "password1": "correct horse battery"}
    assert "letters" in Client().post("/accounts/signup/", {**form, "name": "\u200b\u2060"}).content.decode()
    assert not User.objects.exists()
    Client().post("/accounts/signup/", {**form, "name": f"Ada{TURNED}\r\n Okafor"})
    assert User.objects.get().name == "Ada Okafor"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Müller & Söhne", "Müller & Söhne"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🔧 Repairs", "👩\u200d🔧 Repairs"),
        ("  two\u2028lines ", "two lines"),
        ("x\x00y\x7f", "x y"),
        ("\u200d\u200c", ""),
    ],
)
def test_names_of_all_scripts_stay_whole(given: str, kept: str) -> None:
    assert plain_name(given) == kept


def test_a_note_keeps_its_lines() -> None:
    assert plain_lines("One\r\n\u202etwo\n\n three ") == "One\ntwo\n\nthree"


def test_nobody_makes_organisations_by_the_dozen_to_write_to_strangers(mallory: User) -> None:
    def make(number: int, at: datetime) -> Customer:
        return open_customer(
            name=f"Mill {number}",
            country="DE",
            currency="EUR",
            time_zone="UTC",
            locale="en_GB",
            owner=mallory,
            at=at,
        )

    at = timezone.now()
    for number in range(ORGANISATIONS_A_DAY):
        make(number, at)
    with pytest.raises(UnableToOpen) as refused:
        make(99, at)
    assert refused.value.reason.rule == "organisations-a-day"
    assert refused.value.reason.when is not None
    make(99, refused.value.reason.when)
    assert Event.objects.filter(kind="customer_opened").count() == ORGANISATIONS_A_DAY + 1
