"""A customer or a person can be erased. Of the history only words that name somebody go, by one narrow path: while an
erasure is under way, and to exactly what one function makes of them. Facts, dates and amounts stay as they were.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What names people in the facts of an event: everything below these keys, and whatever has an @ in it, key or value.
WITHOUT_NAMES = """
CREATE FUNCTION licensing_without_names(fact jsonb, named boolean DEFAULT false) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    CASE jsonb_typeof(fact)
    WHEN 'object' THEN
        RETURN (
            SELECT coalesce(jsonb_object_agg(
                CASE WHEN strpos(key, '@') > 0 THEN 'erased ' || position ELSE key END,
                licensing_without_names(value, named OR key = ANY (ARRAY[
                    'address', 'answered_by', 'asked_by', 'contact', 'email', 'name', 'needs_staff', 'note', 'person', 'words'
                ]))
            ), '{}'::jsonb)
            FROM (SELECT key, value, row_number() OVER (ORDER BY key) AS position FROM jsonb_each(fact)) pair
        );
    WHEN 'array' THEN
        RETURN (
            SELECT coalesce(jsonb_agg(licensing_without_names(element, named) ORDER BY position), '[]'::jsonb)
            FROM jsonb_array_elements(fact) WITH ORDINALITY AS each (element, position)
        );
    WHEN 'string' THEN
        RETURN CASE WHEN named OR strpos(fact #>> '{}', '@') > 0 THEN '"erased"'::jsonb ELSE fact END;
    ELSE
        RETURN fact;
    END CASE;
END $$;

CREATE FUNCTION licensing_without_name(by text, actor bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN actor IS NULL THEN by ELSE 'person ' || actor END
$$;

-- What the software itself wrote as a reason says which order it was, or what Stripe or a clock did.
CREATE FUNCTION licensing_without_words(reason text, actor bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN actor IS NULL OR reason = '' OR reason ~ '^Order [0-9a-f-]{36}$' THEN reason ELSE 'erased' END
$$;
"""

HISTORY = """
CREATE OR REPLACE FUNCTION licensing_guard_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND to_jsonb(NEW) - '{by,before,after,reason}'::text[] = to_jsonb(OLD) - '{by,before,after,reason}'::text[]
       AND NEW.before IN (OLD.before, licensing_without_names(OLD.before))
       AND NEW.after IN (OLD.after, licensing_without_names(OLD.after))
       AND NEW."by" IN (OLD."by", licensing_without_name(OLD."by", OLD.actor_id))
       AND NEW.reason IN (OLD.reason, licensing_without_words(OLD.reason, OLD.actor_id))
       AND EXISTS (
           SELECT FROM licensing_erasure
           WHERE (customer_id = OLD.customer_id OR person IS NOT NULL)
             AND begun_at IS NOT NULL AND finished_at IS NULL
       ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The history only grows: event % is neither changed nor deleted.', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
"""

HISTORY_BEFORE = """
CREATE OR REPLACE FUNCTION licensing_guard_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The history only grows: event % is neither changed nor deleted.', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
"""

# What staff wrote of an exception may go in the same way; what was granted, and when, stays.
WAIVER = """
CREATE FUNCTION licensing_waiver_words_go(was licensing_waiver, becomes licensing_waiver) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT to_jsonb(becomes) - '{reason,words,ended_because}'::text[]
             = to_jsonb(was) - '{reason,words,ended_because}'::text[]
       AND becomes.reason = 'erased' AND becomes.words = 'erased'
       AND becomes.ended_because IN (was.ended_because, 'erased')
       AND EXISTS (
           SELECT FROM licensing_erasure
           WHERE customer_id = was.customer_id AND begun_at IS NOT NULL AND finished_at IS NULL
       )
$$;
DROP TRIGGER guard ON licensing_waiver;
CREATE TRIGGER guard BEFORE INSERT OR DELETE ON licensing_waiver
    FOR EACH ROW EXECUTE FUNCTION licensing_guard_waiver();
CREATE TRIGGER guard_change BEFORE UPDATE ON licensing_waiver
    FOR EACH ROW WHEN (NOT licensing_waiver_words_go(OLD, NEW)) EXECUTE FUNCTION licensing_guard_waiver();
"""
WAIVER_BEFORE = """
DROP TRIGGER guard_change ON licensing_waiver;
DROP TRIGGER guard ON licensing_waiver;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON licensing_waiver
    FOR EACH ROW EXECUTE FUNCTION licensing_guard_waiver();
DROP FUNCTION licensing_waiver_words_go(licensing_waiver, licensing_waiver);
"""

# Of an erasure each step is noted once; only the address of its last mail is forgotten, and the account it is about.
ERASURE = """
CREATE FUNCTION licensing_guard_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND to_jsonb(NEW) - '{contact,user_id,withdrawn_at,begun_at,erased_at,finished_at}'::text[]
         = to_jsonb(OLD) - '{contact,user_id,withdrawn_at,begun_at,erased_at,finished_at}'::text[]
       AND NEW.contact IN (OLD.contact, '') AND (NEW.user_id = OLD.user_id OR NEW.user_id IS NULL)
       AND (OLD.withdrawn_at IS NULL OR NEW.withdrawn_at = OLD.withdrawn_at)
       AND (OLD.begun_at IS NULL OR NEW.begun_at = OLD.begun_at)
       AND (OLD.erased_at IS NULL OR NEW.erased_at = OLD.erased_at)
       AND (OLD.finished_at IS NULL OR NEW.finished_at = OLD.finished_at)
       AND (NEW.withdrawn_at IS NULL OR NEW.begun_at IS NULL)
       AND (NEW.erased_at IS NULL OR NEW.begun_at IS NOT NULL)
       AND (NEW.finished_at IS NULL OR NEW.erased_at IS NOT NULL) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Erasure % is on record: it is neither deleted nor changed backwards.', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON licensing_erasure
    FOR EACH ROW EXECUTE FUNCTION licensing_guard_erasure();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON licensing_erasure EXECUTE FUNCTION portal_guard_truncate();
"""
ERASURE_BEFORE = """
DROP TRIGGER guard_truncate ON licensing_erasure;
DROP TRIGGER guard ON licensing_erasure;
DROP FUNCTION licensing_guard_erasure();
"""
WITH_NAMES = """
DROP FUNCTION licensing_without_words(text, bigint);
DROP FUNCTION licensing_without_name(text, bigint);
DROP FUNCTION licensing_without_names(jsonb, boolean);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("licensing", "0011_sunsets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="erased_at",
            field=models.DateTimeField(
                blank=True, help_text="Since when nothing here names anybody any more.", null=True
            ),
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "person",
                    models.BigIntegerField(
                        blank=True,
                        help_text="Whose account it is about, by number. Empty: an organisation.",
                        null=True,
                    ),
                ),
                ("contact", models.EmailField(blank=True, max_length=254)),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("begun_at", models.DateTimeField(blank=True, null=True)),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="erasures",
                        to="licensing.customer",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-asked_at", "-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at", None), ("withdrawn_at", None)),
                        fields=["due_at"],
                        name="erasure_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("customer__isnull", False), ("person", None)),
                            models.Q(("customer", None), ("person__isnull", False)),
                            _connector="OR",
                        ),
                        name="erasure_of_one",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("customer__isnull", False), ("withdrawn_at", None)),
                        fields=("customer",),
                        name="erasure_open_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("person__isnull", False), ("withdrawn_at", None)),
                        fields=("person",),
                        name="erasure_of_person_open_once",
                    ),
                ],
            },
        ),
        migrations.RunSQL(sql=[WITHOUT_NAMES, HISTORY, WAIVER, ERASURE], reverse_sql=[WAIVER_BEFORE, ERASURE_BEFORE, HISTORY_BEFORE, WITH_NAMES]),
    ]
