"""A whole edition may end by a sunset: its holders move to a later one. A column each, empty for what is there."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('licensing', '0014_rehearsal'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='plannedchange',
            name='begun_at',
            field=models.DateTimeField(blank=True, help_text='Since when the renewal that carries it is being prepared.', null=True),
        ),
        migrations.AddField(
            model_name='sunset',
            name='edition',
            field=models.ForeignKey(blank=True, help_text='The edition that ends. Empty where a feature goes.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sunsets', to='licensing.edition'),
        ),
        migrations.AlterField(
            model_name='plannedchange',
            name='feature_key',
            field=models.SlugField(blank=True, db_index=False, max_length=40),
        ),
        migrations.AlterField(
            model_name='plannedchange',
            name='kind',
            field=models.CharField(choices=[('feature_loss', 'loss of a feature'), ('edition_sunset', 'end of an edition')], default='feature_loss', max_length=14),
        ),
        migrations.AlterField(
            model_name='sunset',
            name='feature_key',
            field=models.SlugField(blank=True, help_text='The feature that goes. Empty where a whole edition does.', max_length=40),
        ),
        migrations.AlterField(
            model_name='sunset',
            name='replacement',
            field=models.ForeignKey(blank=True, help_text='Where an edition ends: the one that its holders move to.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.edition'),
        ),
        migrations.AlterField(
            model_name='sunset',
            name='tier_key',
            field=models.SlugField(blank=True, help_text='Only for this tier. Empty: for every tier.', max_length=40),
        ),
        migrations.AddConstraint(
            model_name='sunset',
            constraint=models.CheckConstraint(condition=models.Q(('announced_at', None), models.Q(('edition', None), models.Q(('feature_key', ''), _negated=True)), models.Q(('edition__isnull', False), ('feature_key', ''), ('replacement__isnull', False)), _connector='OR'), name='sunset_announced_of_one_thing'),
        ),
    ]
