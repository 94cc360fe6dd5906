"""What the sweep looks for among orders: second payments that have not gone back yet. Built beside a running system."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("billing", "0005_given_back")]

    operations = [
        AddIndexConcurrently(
            model_name="order",
            index=models.Index(
                fields=["accepted_at"],
                name="order_owed_back",
                condition=models.Q(state="failed", charged__isnull=False, refunded=None),
            ),
        )
    ]
