"""The names that staff read: people, versions of the rules. Nothing stored changes."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('portal', '0002_policy_versions'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='policyversion',
            options={'ordering': ['-in_force_since'], 'verbose_name': 'version of the rules', 'verbose_name_plural': 'versions of the rules'},
        ),
        migrations.AlterModelOptions(
            name='user',
            options={'verbose_name': 'person', 'verbose_name_plural': 'people'},
        ),
    ]
