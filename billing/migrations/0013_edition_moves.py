"""What was asked of Stripe for a renewal that carries the end of an edition is kept, and its answer does not change."""

import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE FUNCTION billing_guard_pricemove() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    answered CONSTANT text[] := ARRAY['outcome', 'answer', 'needs_staff'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'Price move % is kept: moves are not deleted.', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(NEW) - answered <> to_jsonb(OLD) - answered THEN
        RAISE EXCEPTION 'Price move %: what was asked never changes.', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.outcome <> 'asked' AND to_jsonb(NEW) - 'needs_staff' <> to_jsonb(OLD) - 'needs_staff' THEN
        RAISE EXCEPTION 'Price move % is %, and that does not change.', OLD.id, OLD.outcome
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON billing_pricemove
    FOR EACH ROW EXECUTE FUNCTION billing_guard_pricemove();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON billing_pricemove EXECUTE FUNCTION portal_guard_truncate();
"""
UNGUARD = """
DROP TRIGGER guard_truncate ON billing_pricemove;
DROP TRIGGER guard ON billing_pricemove;
DROP FUNCTION billing_guard_pricemove();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0012_erasing'),
        ('licensing', '0015_edition_sunsets'),
    ]

    operations = [
        migrations.CreateModel(
            name='PriceMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.CharField(choices=[('there', 'to the later edition'), ('back', 'back to the held one')], max_length=5)),
                ('renews_at', models.DateTimeField()),
                ('idempotency_key', models.CharField(max_length=120, unique=True)),
                ('first_asked_at', models.DateTimeField()),
                ('outcome', models.CharField(choices=[('asked', 'asked, no answer yet'), ('done', 'done'), ('refused', 'refused')], default='asked', max_length=8)),
                ('answer', models.JSONField(default=dict)),
                ('needs_staff', models.CharField(blank=True, help_text='Why a person should look at it.', max_length=200)),
                ('change', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='price_moves', to='licensing.plannedchange')),
                ('price', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.price')),
            ],
            options={
                'ordering': ['-first_asked_at', '-pk'],
                'indexes': [models.Index(condition=models.Q(('outcome', 'asked')), fields=['first_asked_at'], name='price_move_asked')],
                'constraints': [models.UniqueConstraint(fields=('change', 'step', 'renews_at'), name='price_move_once')],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
