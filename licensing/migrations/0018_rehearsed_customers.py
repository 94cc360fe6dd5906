"""One name for the rows of a rehearsal, in titles too. Nothing stored changes."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('licensing', '0017_moving_on'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='rehearsed',
            options={'ordering': ['rehearsal', 'pk'], 'verbose_name': 'rehearsed customer', 'verbose_name_plural': 'rehearsed customers'},
        ),
    ]
