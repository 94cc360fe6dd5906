"""Exceptions for one customer. What was asked for never changes, nor what was granted; it can only be ended."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Accounts may go, because a person's wish to be forgotten must not break on an exception; their words stay.
GUARD = """
CREATE FUNCTION licensing_guard_waiver() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    answers CONSTANT text[] := ARRAY['granted_at', 'approved_by_id', 'approved_by_words', 'ended_at', 'end',
        'ended_by_id', 'ended_by_words', 'ended_because', 'asked_by_id'];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.ended_at IS NOT NULL OR (NEW.needs_approval AND NEW.granted_at IS NOT NULL) THEN
            RAISE EXCEPTION 'A waiver begins as a question and is answered after that.'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'Waiver % is kept: waivers are not deleted.', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(NEW) - answers <> to_jsonb(OLD) - answers
       OR coalesce(NEW.asked_by_id <> OLD.asked_by_id, NEW.asked_by_id IS NOT NULL AND OLD.asked_by_id IS NULL) THEN
        RAISE EXCEPTION 'Waiver %: what was asked for never changes; end it and ask anew.', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.granted_at IS NOT NULL AND (NEW.granted_at IS DISTINCT FROM OLD.granted_at
       OR NEW.approved_by_words <> OLD.approved_by_words
       OR (NEW.approved_by_id IS DISTINCT FROM OLD.approved_by_id AND NEW.approved_by_id IS NOT NULL)) THEN
        RAISE EXCEPTION 'Waiver % was granted, and that does not change; it can be ended.', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.ended_at IS NOT NULL AND (NEW.granted_at IS DISTINCT FROM OLD.granted_at
       OR (NEW.ended_at, NEW."end", NEW.ended_by_words, NEW.ended_because)
          IS DISTINCT FROM (OLD.ended_at, OLD."end", OLD.ended_by_words, OLD.ended_because)
       OR (NEW.ended_by_id IS DISTINCT FROM OLD.ended_by_id AND NEW.ended_by_id IS NOT NULL)) THEN
        RAISE EXCEPTION 'Waiver % is over, and that does not change.', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON licensing_waiver
    FOR EACH ROW EXECUTE FUNCTION licensing_guard_waiver();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON licensing_waiver EXECUTE FUNCTION portal_guard_truncate();
"""
UNGUARD = """
DROP TRIGGER guard_truncate ON licensing_waiver;
DROP TRIGGER guard ON licensing_waiver;
DROP FUNCTION licensing_guard_waiver();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('licensing', '0009_publishing'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Waiver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('limit', 'more of a feature'), ('rule', 'a rule'), ('trial', 'another trial'), ('price', 'a credit')], max_length=5)),
                ('feature_key', models.SlugField(blank=True, db_index=False, max_length=40)),
                ('value', models.JSONField(blank=True, help_text='As in a grant: empty is no limit.', null=True)),
                ('rule_key', models.SlugField(blank=True, db_index=False, max_length=40)),
                ('tier_key', models.SlugField(blank=True, db_index=False, max_length=40)),
                ('amount', models.PositiveBigIntegerField(blank=True, help_text='Minor units.', null=True)),
                ('currency', models.CharField(blank=True, max_length=3)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('reason', models.CharField(help_text='For the history; the customer does not see it.', max_length=400)),
                ('words', models.CharField(help_text='Why, in words that the customer reads.', max_length=200)),
                ('asked_at', models.DateTimeField()),
                ('asked_by_words', models.CharField(help_text='Kept when the account is gone.', max_length=160)),
                ('needs_approval', models.BooleanField()),
                ('granted_at', models.DateTimeField(blank=True, null=True)),
                ('approved_by_words', models.CharField(blank=True, max_length=160)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('end', models.CharField(blank=True, choices=[('expired', 'ran its time'), ('used', 'used'), ('staff', 'ended by staff'), ('refused', 'refused'), ('lapsed', 'nobody answered in time')], max_length=8)),
                ('ended_by_words', models.CharField(blank=True, max_length=160)),
                ('ended_because', models.CharField(blank=True, max_length=400)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='waivers', to='licensing.customer')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.product')),
            ],
            options={
                'ordering': ['-asked_at', '-pk'],
                'permissions': [('approve_waiver', 'Can approve or refuse an exception that somebody else asked for')],
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['ends_at'], name='waiver_due'), models.Index(fields=['customer', '-asked_at'], name='waiver_of_customer')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('customer', 'product', 'kind', 'feature_key', 'rule_key', 'tier_key'), name='waiver_open_once'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='waiver_ends_after_start'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'limit'), ('amount', None), models.Q(('feature_key', ''), _negated=True), ('rule_key', ''), ('tier_key', ''), ('currency', '')), models.Q(('kind', 'rule'), ('amount', None), ('feature_key', ''), models.Q(('rule_key', ''), _negated=True), ('tier_key', ''), ('currency', ''), ('value__isnull', True)), models.Q(('kind', 'trial'), ('amount', None), ('feature_key', ''), ('rule_key', ''), models.Q(('tier_key', ''), _negated=True), ('currency', ''), ('value__isnull', True)), models.Q(('kind', 'price'), ('amount__gt', 0), ('feature_key', ''), ('rule_key', ''), ('tier_key', ''), models.Q(('currency', ''), _negated=True), ('value__isnull', True)), _connector='OR'), name='waiver_of_one_kind'), models.CheckConstraint(condition=models.Q(('approved_by', None), ('asked_by', None), models.Q(('approved_by', models.F('asked_by')), _negated=True), _connector='OR'), name='waiver_approved_by_another'), models.CheckConstraint(condition=models.Q(models.Q(('approved_by_words', ''), ('granted_at', None), ('needs_approval', True)), models.Q(('approved_by_words', ''), ('granted_at__isnull', False), ('needs_approval', False)), models.Q(('granted_at__isnull', False), ('needs_approval', True), models.Q(('approved_by_words', ''), _negated=True)), _connector='OR'), name='waiver_granted_as_needed'), models.CheckConstraint(condition=models.Q(models.Q(('end', ''), ('ended_at', None)), models.Q(('end', 'staff'), ('ended_at__isnull', False)), models.Q(('end__in', ['expired', 'used']), ('ended_at__isnull', False), ('granted_at__isnull', False)), models.Q(('end__in', ['refused', 'lapsed']), ('ended_at__isnull', False), ('granted_at', None)), _connector='OR'), name='waiver_ended_as_said')],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
