"""A rehearsal tells apart whose edition is announced to end. A column, empty for what was seen before."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('licensing', '0016_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='rehearsed',
            name='moves_on',
            field=models.JSONField(null=True),
        ),
    ]
