"""What a customer gains by a tier, and features that earlier editions share in. Frozen with their edition."""

import django.db.models.deletion
from django.db import migrations, models

FORWARDS = [
    "CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON licensing_claim"
    " FOR EACH ROW EXECUTE FUNCTION licensing_guard_tier_part()",
    "CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON licensing_claim EXECUTE FUNCTION portal_guard_truncate()",
]
BACKWARDS = [
    "DROP TRIGGER guard_truncate ON licensing_claim",
    "DROP TRIGGER guard ON licensing_claim",
]


class Migration(migrations.Migration):
    dependencies = [("licensing", "0005_fewer_indexes")]

    operations = [
        migrations.AddField(
            "feature",
            "shared",
            models.BooleanField(
                db_default=False,
                default=False,
                help_text="Holders of the same tier in earlier editions get what this one gives, where it is kinder. For good.",
            ),
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "text",
                    models.CharField(
                        help_text="A short sentence: Sign in with your own accounts.", max_length=120
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "feature",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="claims",
                        to="licensing.feature",
                    ),
                ),
                (
                    "tier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="claims", to="licensing.tier"
                    ),
                ),
            ],
            options={
                "ordering": ["tier", "position"],
                "constraints": [models.UniqueConstraint(fields=("tier", "feature"), name="claim_once")],
            },
        ),
        migrations.RunSQL(sql=FORWARDS, reverse_sql=BACKWARDS),
    ]
