from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_guards")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="return_url",
            field=models.URLField(
                default="", help_text="Where the customer comes back to from Stripe's pages.", max_length=2000
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="payer",
            name="payment_method_id",
            field=models.CharField(blank=True, max_length=80),
        ),
    ]
