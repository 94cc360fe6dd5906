"""Tax rates, as Stripe named them when they were first met."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0009_attempt_refund")]

    operations = [
        migrations.CreateModel(
            name="StripeTaxRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stripe_id", models.CharField(max_length=80, unique=True)),
                ("percent", models.CharField(help_text="Exact decimal.", max_length=12)),
                (
                    "name",
                    models.CharField(help_text="As it was called when it was first met.", max_length=40),
                ),
            ],
        ),
    ]
