"""What an event of a refund looks for among attempts. Built beside a running system."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("billing", "0008_reconciliation")]

    operations = [
        AddIndexConcurrently(
            model_name="attempt",
            index=models.Index(fields=["order"], name="attempt_refund", condition=models.Q(step="refund")),
        )
    ]
