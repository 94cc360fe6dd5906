"""After a restore nothing is sent or charged until the books are reconciled; what Stripe tells is kept meanwhile."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from billing import tasks
from billing.models import Order, StripeEvent
from billing.orders import UnableToAccept
from licensing import restores
from licensing.models import DatabaseIdentity, Notice, Restore
from licensing.tasks import sweep_trials, sweep_waivers
from portal.local.postgres import _programs
from portal.tasks import send_notices
from tests.billing.conftest import Buyer

SWEEPS = (
    send_notices,
    sweep_trials,
    sweep_waivers,
    tasks.give_credits,
    tasks.settle_pending,
    tasks.remind_renewals,
)


def restore() -> None:
    """As after a restore: the rows say that they were written in another database."""
    assert not restores.is_held(at=timezone.now())
    DatabaseIdentity.objects.update(identity="123/00000001/5/16400")


def identity() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT licensing_database_identity()")
        return str(cursor.fetchone()[0])


def test_a_database_that_is_where_it_was_holds_nothing(ada: Buyer) -> None:
    ada.with_card().buy("team")
    for _ in range(2):
        for sweep in SWEEPS:
            assert sweep.run() != restores.HELD
    assert len(mail.outbox) == 1
    assert not Restore.objects.exists()


@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.name)
def test_each_sweep_notices_the_restore_by_itself_and_holds(ada: Buyer, sweep: Any) -> None:
    order = ada.with_card().buy("team")
    assert order.state == Order.State.SETTLED
    restore()
    assert sweep.run() == restores.HELD
    assert sweep.run() == restores.HELD
    assert Restore.objects.get().noticed_by == "the database itself"
    assert mail.outbox == []
    assert Notice.objects.get(kind="receipt").state == Notice.State.WAITING


def test_nobody_is_charged_until_the_books_are_reconciled(ada: Buyer) -> None:
    quote = ada.with_card().quote("team")
    restore()
    order = ada.accept(quote)
    assert (order.state, order.failure) == (Order.State.FAILED, Order.Failure.STOPPED)
    assert Restore.objects.filter(reconciled_at=None).exists()
    with pytest.raises(UnableToAccept) as refusal:
        ada.accept(quote_without_the_rule(ada))
    assert "check our books" in str(refusal.value)
    assert ada.charged() == []
    assert restores.end_hold(noticed_before=timezone.now(), at=timezone.now()) == 1
    assert ada.buy("team").state == Order.State.SETTLED


def quote_without_the_rule(ada: Buyer) -> Any:
    """A quote that was given before the restore was noticed."""
    Restore.objects.update(reconciled_at=timezone.now())
    quote = ada.quote("team")
    Restore.objects.update(reconciled_at=None)
    return quote


def test_what_stripe_tells_is_kept_and_worked_off(ada: Buyer) -> None:
    ada.with_card().buy("team")
    restore()
    assert send_notices.run() == restores.HELD
    ada.receive(*ada.events())
    assert StripeEvent.objects.exists()
    assert not StripeEvent.objects.filter(handled_at=None).exists()


def test_a_hold_outlives_the_reconcile_that_began_before_it(ada: Buyer) -> None:
    began = timezone.now()
    restore()
    assert restores.is_held(at=began + timedelta(seconds=1))
    assert restores.end_hold(noticed_before=began, at=timezone.now()) == 0
    assert restores.is_held(at=timezone.now())


def test_a_person_says_it_where_the_database_cannot_see_it(ada: Buyer, client: Client) -> None:
    for _ in range(2):
        call_command("restored", stdout=StringIO())
    assert Restore.objects.get().noticed_by == "a command"
    assert send_notices.run() == restores.HELD
    assert client.get("/readyz").json()["sweeps"] == "held until reconciled"


def test_the_identity_names_cluster_timeline_database_and_table(ada: Buyer) -> None:
    before = identity()
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
        cluster = cursor.fetchone()[0]
        cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        database = cursor.fetchone()[0]
    assert before.split("/")[:3] == [cluster, "00000001", str(database)]
    with transaction.atomic():
        with connection.cursor() as cursor:
            # As pg_restore does: the table is dropped and made anew with what was in it.
            cursor.execute("CREATE TABLE old AS TABLE licensing_databaseidentity")
            cursor.execute("DROP TABLE licensing_databaseidentity")
            cursor.execute("ALTER TABLE old RENAME TO licensing_databaseidentity")
        assert identity() != before
        transaction.set_rollback(True)


def test_a_dump_that_is_read_back_is_noticed_in_the_database_it_is_read_into(ada: Buyer) -> None:
    assert not restores.is_held(at=timezone.now())
    here = connection.settings_dict
    copy, programs = f"{here['NAME']}_restored", _programs()

    def run(program: str, database: str, **more: Any) -> str:
        options = ["-h", here["HOST"], "-U", here["USER"], "-d", database]
        done = subprocess.run(
            [programs / program, *options], text=True, capture_output=True, check=True, timeout=120, **more
        )
        return done.stdout

    dump = run("pg_dump", here["NAME"])
    run("psql", here["NAME"], input=f"DROP DATABASE IF EXISTS {copy}; CREATE DATABASE {copy};")
    try:
        run("psql", copy, input=dump)
        asked = "SELECT identity = licensing_database_identity() FROM licensing_databaseidentity;"
        assert run("psql", here["NAME"], input=asked).split()[2] == "t"
        assert run("psql", copy, input=asked).split()[2] == "f"
    finally:
        run("psql", here["NAME"], input=f"DROP DATABASE {copy};")


def test_a_role_without_special_rights_may_ask_for_it(ada: Buyer) -> None:
    as_superuser = identity()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE ROLE plain; GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain; SET ROLE plain"
            )
        assert identity() == as_superuser
        transaction.set_rollback(True)


def test_what_a_host_does_not_let_us_ask_is_left_out(ada: Buyer) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE ROLE plain; REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public;"
                " REVOKE EXECUTE ON FUNCTION pg_current_wal_lsn() FROM public; SET ROLE plain"
            )
        assert identity().startswith("unknown/unknown/")
        transaction.set_rollback(True)


@pytest.mark.parametrize("part", [0, 1])
def test_what_cannot_be_read_for_a_moment_is_no_restore(ada: Buyer, part: int) -> None:
    assert not restores.is_held(at=timezone.now())
    parts = identity().split("/")
    parts[part] = "unknown"
    DatabaseIdentity.objects.update(identity="/".join(parts))

    assert not restores.is_held(at=timezone.now())
    assert not Restore.objects.exists()
