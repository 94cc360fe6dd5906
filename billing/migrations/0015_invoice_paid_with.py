"""Which card paid an invoice, as Stripe numbers it. What is stored already says nothing of it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0014_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='invoice',
            name='paid_with',
            field=models.CharField(blank=True, db_default='', default='', help_text='Stripe’s number of the card that paid it; empty where it did not say.', max_length=80),
        ),
    ]
