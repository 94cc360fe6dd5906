"""Indexes that cost every write and served no read go; two are kept for the rows that have a person. Done beside a
running system: Django's own AlterField would drop the foreign key too, and check all rows anew under a lock.
"""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


def without_index(model, name, field, *, index):
    table, column = f"licensing_{model}", f"{name}_id"
    return migrations.SeparateDatabaseAndState(
        state_operations=[migrations.AlterField(model, name, field)],
        database_operations=[
            migrations.RunSQL(
                f"DROP INDEX CONCURRENTLY IF EXISTS {index}",
                f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index} ON {table} ({column})",
            )
        ],
    )


def reference(to, **more):
    return models.ForeignKey(to, **{"db_index": False, "on_delete": django.db.models.deletion.PROTECT, **more})


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("licensing", "0004_restores"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            "event",
            models.Index(fields=["actor"], name="event_actor", condition=models.Q(actor__isnull=False)),
        ),
        AddIndexConcurrently(
            "trial",
            models.Index(
                fields=["started_by"], name="trial_started_by", condition=models.Q(started_by__isnull=False)
            ),
        ),
        without_index(
            "delivery",
            "notice",
            reference(
                "licensing.notice", on_delete=django.db.models.deletion.CASCADE, related_name="deliveries"
            ),
            index="licensing_delivery_notice_id_34201391",
        ),
        without_index(
            "event",
            "actor",
            reference(
                settings.AUTH_USER_MODEL,
                null=True,
                blank=True,
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
            ),
            index="licensing_event_actor_id_a9b48ebb",
        ),
        without_index(
            "event",
            "customer",
            reference("licensing.customer", related_name="events"),
            index="licensing_event_customer_id_9ae7cd27",
        ),
        without_index(
            "notice",
            "customer",
            reference("licensing.customer", related_name="notices"),
            index="licensing_notice_customer_id_c428f42d",
        ),
        without_index(
            "trial",
            "product",
            reference("licensing.product", related_name="+"),
            index="licensing_trial_product_id_863ba080",
        ),
        without_index(
            "trial",
            "started_by",
            reference(
                settings.AUTH_USER_MODEL,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
            ),
            index="licensing_trial_started_by_id_719fc1ee",
        ),
        without_index(
            "trial",
            "tier",
            reference("licensing.tier", related_name="trials"),
            index="licensing_trial_tier_id_5e46e3f4",
        ),
    ]
