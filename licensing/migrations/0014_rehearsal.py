"""Drafts are rehearsed with every customer; a later edition is published with a rehearsal of its very terms, and with
an accepted exception for each promise that it found broken, and not without.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# What was seen stays as it was seen. A rehearsal that runs goes on; one that has ended does not change any more.
REHEARSAL = """
CREATE FUNCTION licensing_guard_rehearsal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('running', 'failed') THEN
        RETURN NEW;
    END IF;
    IF NEW.started_by_id IS NULL AND to_jsonb(NEW) - 'started_by_id' = to_jsonb(OLD) - 'started_by_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'A rehearsal that has ended never changes; start another one.' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON licensing_rehearsal
    FOR EACH ROW EXECUTE FUNCTION licensing_guard_rehearsal();
CREATE CONSTRAINT TRIGGER keep AFTER DELETE ON licensing_rehearsal DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION licensing_keep_beside_edition();

CREATE FUNCTION licensing_guard_rehearsed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND EXISTS (
        SELECT FROM licensing_rehearsal WHERE id = NEW.rehearsal_id AND state = 'running'
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'What a rehearsal saw never changes; start another one.' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON licensing_rehearsed
    FOR EACH ROW EXECUTE FUNCTION licensing_guard_rehearsed();

CREATE FUNCTION licensing_keep_rehearsed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM licensing_rehearsal WHERE id = OLD.rehearsal_id) THEN
        RAISE EXCEPTION 'What a rehearsal saw is kept as long as its edition.' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER keep AFTER DELETE ON licensing_rehearsed DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION licensing_keep_rehearsed();
"""

# An exception is asked for, then accepted once. An account that goes leaves its place empty.
EXCEPTION = """
CREATE FUNCTION licensing_guard_promiseexception() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM licensing_refuse_if_published(NEW.edition_id);
        IF NEW.approved_by_id IS NOT NULL OR NEW.approved_at IS NOT NULL THEN
            RAISE EXCEPTION 'An exception is asked for first, and accepted after that.'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - '{asked_by_id,approved_by_id}'::text[] = to_jsonb(OLD) - '{asked_by_id,approved_by_id}'::text[]
       AND (NEW.asked_by_id IS NULL OR NEW.asked_by_id = OLD.asked_by_id)
       AND (NEW.approved_by_id IS NULL OR NEW.approved_by_id = OLD.approved_by_id) THEN
        RETURN NEW;
    END IF;
    IF OLD.approved_at IS NULL AND NEW.approved_at IS NOT NULL AND NEW.approved_by_id IS NOT NULL
       AND to_jsonb(NEW) - '{approved_by_id,approved_at}'::text[] = to_jsonb(OLD) - '{approved_by_id,approved_at}'::text[]
    THEN
        PERFORM licensing_refuse_if_published(NEW.edition_id);
        IF NEW.approved_by_id = NEW.asked_by_id OR EXISTS (
            SELECT FROM licensing_editionauthor
            WHERE edition_id = NEW.edition_id AND user_id = NEW.approved_by_id
        ) THEN
            RAISE EXCEPTION 'Nobody accepts an exception that they asked for, or from what they wrote.'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'An exception never changes. To withdraw it, edit the draft: then it is void.'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON licensing_promiseexception
    FOR EACH ROW EXECUTE FUNCTION licensing_guard_promiseexception();
CREATE CONSTRAINT TRIGGER keep AFTER DELETE ON licensing_promiseexception DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION licensing_keep_beside_edition();
"""

PUBLICATION = """
CREATE FUNCTION licensing_refuse_unrehearsed(draft licensing_edition) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    on_sale bigint;
    seen licensing_rehearsal%ROWTYPE;
BEGIN
    SELECT id INTO on_sale FROM licensing_edition
        WHERE product_id = draft.product_id AND published_at IS NOT NULL ORDER BY published_at DESC, id DESC LIMIT 1;
    IF on_sale IS NULL THEN
        RETURN;
    END IF;
    SELECT * INTO seen FROM licensing_rehearsal
        WHERE edition_id = draft.id AND terms_hash = draft.content_hash AND against_id = on_sale AND state = 'done'
        ORDER BY started_at DESC, id DESC LIMIT 1;
    IF seen.id IS NULL THEN
        RAISE EXCEPTION 'The edition % is published only once these terms were rehearsed with every customer.', draft.key
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (
        SELECT FROM jsonb_each(seen.totals -> 'promises') broken (promise, customers)
        WHERE NOT EXISTS (
            SELECT FROM licensing_promiseexception accepted
            WHERE accepted.edition_id = draft.id AND accepted.terms_hash = draft.content_hash
                AND accepted.promise = broken.promise AND accepted.customers >= broken.customers::text::int
                AND accepted.approved_by_id IS NOT NULL AND NOT EXISTS (
                    SELECT FROM licensing_editionauthor author
                    WHERE author.edition_id = draft.id AND author.user_id = accepted.approved_by_id
                )
        )
    ) THEN
        RAISE EXCEPTION 'The edition % breaks a promise, and nobody else has accepted that.', draft.key
            USING ERRCODE = 'restrict_violation';
    END IF;
END $$;

CREATE FUNCTION licensing_guard_publication() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM licensing_refuse_unrehearsed(NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER guard_publication BEFORE UPDATE ON licensing_edition
    FOR EACH ROW WHEN (OLD.published_at IS NULL AND NEW.published_at IS NOT NULL)
    EXECUTE FUNCTION licensing_guard_publication();
"""

TABLES = ["licensing_rehearsal", "licensing_rehearsed", "licensing_promiseexception"]

FORWARDS = [
    REHEARSAL,
    EXCEPTION,
    PUBLICATION,
    *(
        f"CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION portal_guard_truncate()"
        for table in TABLES
    ),
]
BACKWARDS = [
    "DROP TRIGGER guard_publication ON licensing_edition",
    *(
        f"DROP TRIGGER {trigger} ON {table}"
        for table in TABLES
        for trigger in ("guard", "keep", "guard_truncate")
    ),
    "DROP FUNCTION licensing_guard_publication()",
    "DROP FUNCTION licensing_refuse_unrehearsed(licensing_edition)",
    "DROP FUNCTION licensing_guard_promiseexception()",
    "DROP FUNCTION licensing_keep_rehearsed()",
    "DROP FUNCTION licensing_guard_rehearsed()",
    "DROP FUNCTION licensing_guard_rehearsal()",
]


class Migration(migrations.Migration):

    dependencies = [
        ('licensing', '0013_promises'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Rehearsal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('terms_hash', models.CharField(max_length=64)),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('state', models.CharField(choices=[('running', 'running'), ('done', 'done'), ('outdated', 'the draft was edited meanwhile'), ('failed', 'failed')], default='running', max_length=8)),
                ('total', models.PositiveIntegerField(default=0)),
                ('done', models.PositiveIntegerField(default=0)),
                ('last_licence', models.BigIntegerField(default=0)),
                ('totals', models.JSONField(default=dict)),
                ('failure', models.CharField(blank=True, max_length=400)),
                ('against', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='licensing.edition')),
                ('edition', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rehearsals', to='licensing.edition')),
                ('started_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-started_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Rehearsed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('held_edition', models.CharField(max_length=40)),
                ('held_tier', models.CharField(max_length=40)),
                ('currency', models.CharField(max_length=3)),
                ('interval', models.CharField(blank=True, max_length=5)),
                ('seats', models.PositiveIntegerField()),
                ('cancelled', models.BooleanField()),
                ('before', models.PositiveBigIntegerField()),
                ('after', models.PositiveBigIntegerField()),
                ('if_moved', models.PositiveBigIntegerField(null=True)),
                ('effect', models.CharField(choices=[('none', 'no change'), ('better', 'better off'), ('mixed', 'partly worse off'), ('worse', 'worse off'), ('closed', 'not possible')], max_length=6, verbose_name='by publishing')),
                ('moving', models.CharField(choices=[('none', 'no change'), ('better', 'better off'), ('mixed', 'partly worse off'), ('worse', 'worse off'), ('closed', 'not possible')], max_length=6, verbose_name='if moved')),
                ('gained', models.JSONField()),
                ('lost', models.JSONField()),
                ('gained_if_moved', models.JSONField()),
                ('lost_if_moved', models.JSONField()),
                ('flips', models.JSONField()),
                ('notices', models.JSONField()),
                ('earliest', models.DateTimeField(null=True)),
                ('promises', models.JSONField()),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='licensing.customer')),
                ('rehearsal', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='customers', to='licensing.rehearsal')),
            ],
            options={
                'verbose_name_plural': 'rehearsed customers',
                'ordering': ['rehearsal', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='PromiseException',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('terms_hash', models.CharField(max_length=64)),
                ('promise', models.SlugField(max_length=40)),
                ('customers', models.PositiveIntegerField()),
                ('reason', models.TextField(max_length=1000)),
                ('asked_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('approved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('edition', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exceptions', to='licensing.edition')),
            ],
            options={
                'ordering': ['-asked_at', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('edition', 'terms_hash', 'promise', 'customers'), name='promise_exception_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='rehearsal',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'running')), fields=('edition',), name='rehearsal_running_once'),
        ),
        migrations.AddConstraint(
            model_name='rehearsed',
            constraint=models.UniqueConstraint(fields=('rehearsal', 'customer'), name='rehearsed_once'),
        ),
        migrations.RunSQL(sql=FORWARDS, reverse_sql=BACKWARDS),
    ]
