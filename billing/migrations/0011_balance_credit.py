"""Credits that exceptions give. What was asked of Stripe is kept, and what it answered does not change."""

import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE FUNCTION billing_guard_balancecredit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'Credit % is kept: credits are not deleted.', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.waiver_id <> OLD.waiver_id THEN
        RAISE EXCEPTION 'Credit %: what it gives never changes.', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.outcome <> 'asked' AND to_jsonb(NEW) - 'needs_staff' <> to_jsonb(OLD) - 'needs_staff' THEN
        RAISE EXCEPTION 'Credit % is %, and that does not change.', OLD.id, OLD.outcome
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON billing_balancecredit
    FOR EACH ROW EXECUTE FUNCTION billing_guard_balancecredit();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON billing_balancecredit EXECUTE FUNCTION portal_guard_truncate();
"""
UNGUARD = """
DROP TRIGGER guard_truncate ON billing_balancecredit;
DROP TRIGGER guard ON billing_balancecredit;
DROP FUNCTION billing_guard_balancecredit();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0010_stripe_tax_rate'),
        ('licensing', '0010_waivers'),
    ]

    operations = [
        migrations.CreateModel(
            name='BalanceCredit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('idempotency_key', models.CharField(max_length=120, unique=True)),
                ('first_asked_at', models.DateTimeField()),
                ('outcome', models.CharField(choices=[('asked', 'asked, no answer yet'), ('done', 'done'), ('refused', 'refused')], default='asked', max_length=8)),
                ('answer', models.JSONField(default=dict)),
                ('needs_staff', models.CharField(blank=True, help_text='Why a person should look at it.', max_length=200)),
                ('waiver', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='balance_credit', to='licensing.waiver')),
            ],
            options={
                'ordering': ['-first_asked_at', '-pk'],
                'indexes': [models.Index(condition=models.Q(('outcome', 'asked')), fields=['first_asked_at'], name='balance_credit_asked')],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
