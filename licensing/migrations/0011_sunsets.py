"""Sunsets and what they do to each licence. An announced one never changes; what is planned is never deleted."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Announced, a sunset can only be withdrawn; a person's wish to be forgotten must not break on it either.
SUNSET = """
CREATE FUNCTION licensing_guard_sunset() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    people text[] := ARRAY['announced_by_id', 'approved_by_id', 'withdrawn_by_id'];
    withdrawal text[] := ARRAY['withdrawn_at', 'withdrawn_because'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.announced_at IS NULL THEN
            RETURN OLD;
        END IF;
    ELSIF OLD.announced_at IS NULL THEN
        RETURN NEW;
    ELSIF to_jsonb(NEW) - people - withdrawal = to_jsonb(OLD) - people - withdrawal
        AND (OLD.withdrawn_at IS NULL OR (NEW.withdrawn_at = OLD.withdrawn_at
            AND NEW.withdrawn_because = OLD.withdrawn_because))
        AND (NEW.announced_by_id IS NULL OR NEW.announced_by_id = OLD.announced_by_id)
        AND (NEW.approved_by_id IS NULL OR NEW.approved_by_id = OLD.approved_by_id) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Sunset % is announced and never changes; withdraw it instead.', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON licensing_sunset
    FOR EACH ROW EXECUTE FUNCTION licensing_guard_sunset();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON licensing_sunset EXECUTE FUNCTION portal_guard_truncate();
"""
CHANGE = """
CREATE FUNCTION licensing_guard_planned_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.state <> 'done' OR NEW.state IN ('done', 'void')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Planned change % is on record: it is not deleted, and what is done is not undone.', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON licensing_plannedchange
    FOR EACH ROW EXECUTE FUNCTION licensing_guard_planned_change();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON licensing_plannedchange EXECUTE FUNCTION portal_guard_truncate();
"""
BACKWARDS = """
DROP TRIGGER guard_truncate ON licensing_plannedchange;
DROP TRIGGER guard ON licensing_plannedchange;
DROP FUNCTION licensing_guard_planned_change();
DROP TRIGGER guard_truncate ON licensing_sunset;
DROP TRIGGER guard ON licensing_sunset;
DROP FUNCTION licensing_guard_sunset();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('licensing', '0010_waivers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Sunset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('feature_key', models.SlugField(blank=True, help_text='The feature that goes. Empty: a whole edition.', max_length=40)),
                ('tier_key', models.SlugField(blank=True, help_text='Only for this tier. Empty: for every tier that gives it.', max_length=40)),
                ('reason', models.TextField(help_text='Why, in words that customers read.')),
                ('instead', models.TextField(help_text='What takes its place, in words that customers read.')),
                ('export', models.TextField(help_text='What to take along, and where: in words that customers read.')),
                ('first_on', models.DateField(help_text='The first day on which it goes for anybody.')),
                ('ramp', models.JSONField(blank=True, default=list, help_text='Per cent of customers by date, growing to 100: [[10, “2027-03-01”], [100, “2027-04-01”]]. Empty: for everybody on the first day.')),
                ('announced_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('withdrawn_because', models.CharField(blank=True, editable=False, max_length=400)),
                ('announced_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('approved_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('authors', models.ManyToManyField(editable=False, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sunsets', to='licensing.product')),
                ('replacement', models.ForeignKey(blank=True, help_text='The edition to move to, where there is one.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.edition')),
                ('withdrawn_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-first_on', '-pk'],
                'permissions': [('announce_sunset', 'Can announce and withdraw a sunset')],
            },
        ),
        migrations.CreateModel(
            name='PlannedChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('feature_loss', 'loss of a feature')], default='feature_loss', max_length=14)),
                ('feature_key', models.SlugField(db_index=False, max_length=40)),
                ('usage', models.BigIntegerField(blank=True, help_text='How much of it was in use when this was planned.', null=True)),
                ('tell_at', models.DateTimeField(help_text='From when on it is told: first to whoever uses the thing.')),
                ('planned_at', models.DateTimeField(help_text='Its day by the ramp, in the customer’s zone.')),
                ('told_at', models.DateTimeField(blank=True, null=True)),
                ('earliest_at', models.DateTimeField(blank=True, help_text='By the notice clock.', null=True)),
                ('takes_effect_at', models.DateTimeField(blank=True, null=True)),
                ('state', models.CharField(choices=[('waiting', 'waiting for its day'), ('deferred', 'put off'), ('done', 'done'), ('void', 'void')], default='waiting', max_length=8)),
                ('why', models.CharField(blank=True, max_length=400)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('customer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='planned_changes', to='licensing.customer')),
                ('licence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='planned_changes', to='licensing.licence')),
                ('notice', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.notice')),
                ('tier', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.tier')),
                ('sunset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='licensing.sunset')),
            ],
            options={
                'ordering': ['takes_effect_at', 'pk'],
                'indexes': [models.Index(condition=models.Q(('state__in', ['waiting', 'deferred'])), fields=['takes_effect_at'], name='planned_change_open'), models.Index(condition=models.Q(('state__in', ['waiting', 'deferred']), ('told_at', None)), fields=['tell_at'], name='planned_change_untold')],
                'constraints': [models.UniqueConstraint(fields=('sunset', 'licence', 'tier'), name='planned_change_once'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'done'), _negated=True), models.Q(('done_at__gte', models.F('earliest_at')), ('earliest_at__gte', models.F('told_at')), ('told_at__isnull', False)), _connector='OR'), name='planned_change_done_only_when_told')],
            },
        ),
        migrations.RunSQL(sql=[SUNSET, CHANGE], reverse_sql=BACKWARDS),
    ]
