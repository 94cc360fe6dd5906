"""What became of each mail, and what providers said of it. Indexes are made beside a running system."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('licensing', '0007_notice_rules'),
    ]

    operations = [
        migrations.CreateModel(
            name='DeliveryReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider_id', models.CharField(max_length=200)),
                ('address', models.EmailField(blank=True, help_text='Empty where the provider does not say.', max_length=254)),
                ('outcome', models.CharField(choices=[('deferred', 'held up on the way'), ('delivered', 'delivered'), ('bounced', 'came back'), ('complained', 'taken for spam')], max_length=10)),
                ('why', models.CharField(blank=True, max_length=300)),
                ('reported_at', models.DateTimeField(help_text='When it happened, by the provider’s clock.')),
                ('received_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['reported_at', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='delivery',
            name='arrived_at',
            field=models.DateTimeField(blank=True, help_text='When it was first known to arrive.', null=True),
        ),
        migrations.AddField(
            model_name='delivery',
            name='expects_word',
            field=models.BooleanField(db_default=False, default=False, help_text='Whether the provider will say what became of it.'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='outcome',
            field=models.CharField(blank=True, choices=[('deferred', 'held up on the way'), ('delivered', 'delivered'), ('bounced', 'came back'), ('complained', 'taken for spam')], db_default='', default='', max_length=10),
        ),
        migrations.AddField(
            model_name='delivery',
            name='outcome_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='delivery',
            name='outcome_why',
            field=models.CharField(blank=True, db_default='', default='', max_length=300),
        ),
        migrations.AddField(
            model_name='delivery',
            name='provider_id',
            field=models.CharField(blank=True, db_default='', default='', help_text='The mail provider’s own name for it.', max_length=200),
        ),
        AddIndexConcurrently(
            model_name='delivery',
            index=models.Index(condition=models.Q(('provider_id', ''), _negated=True), fields=['provider_id'], name='delivery_provider_id'),
        ),
        AddIndexConcurrently(
            model_name='delivery',
            index=models.Index(condition=models.Q(('outcome', 'bounced')), fields=['notice'], name='delivery_bounced'),
        ),
        migrations.AddField(
            model_name='deliveryreport',
            name='delivery',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='licensing.delivery'),
        ),
        migrations.AddIndex(
            model_name='deliveryreport',
            index=models.Index(condition=models.Q(('delivery', None)), fields=['received_at'], name='delivery_report_open'),
        ),
        migrations.AddConstraint(
            model_name='deliveryreport',
            constraint=models.UniqueConstraint(fields=('provider_id', 'address', 'outcome', 'reported_at'), name='delivery_report_once'),
        ),
    ]
