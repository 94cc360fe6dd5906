"""The names that staff read: exceptions, notice periods, exceptions to promises, history entries. Nothing stored changes."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('licensing', '0015_edition_sunsets'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='event',
            options={'ordering': ['-at', '-pk'], 'verbose_name': 'history entry', 'verbose_name_plural': 'history entries'},
        ),
        migrations.AlterModelOptions(
            name='noticerule',
            options={'ordering': ['kind', 'jurisdiction'], 'verbose_name': 'notice period'},
        ),
        migrations.AlterModelOptions(
            name='promiseexception',
            options={'ordering': ['-asked_at', '-pk'], 'verbose_name': 'exception to a promise', 'verbose_name_plural': 'exceptions to promises'},
        ),
        migrations.AlterModelOptions(
            name='waiver',
            options={'ordering': ['-asked_at', '-pk'], 'permissions': [('approve_waiver', 'Can approve or refuse an exception that somebody else asked for')], 'verbose_name': 'exception'},
        ),
    ]
