"""The names that staff read of credits, prices of renewals, broken invariants and differences. Nothing stored changes."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0013_edition_moves'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='balancecredit',
            options={'ordering': ['-first_asked_at', '-pk'], 'verbose_name': 'credit'},
        ),
        migrations.AlterModelOptions(
            name='difference',
            options={'ordering': ['pk'], 'verbose_name': 'difference with Stripe', 'verbose_name_plural': 'differences with Stripe'},
        ),
        migrations.AlterModelOptions(
            name='openviolation',
            options={'ordering': ['found_at', 'pk'], 'verbose_name': 'broken invariant'},
        ),
        migrations.AlterModelOptions(
            name='pricemove',
            options={'ordering': ['-first_asked_at', '-pk'], 'verbose_name': 'price of a renewal', 'verbose_name_plural': 'prices of renewals'},
        ),
    ]
