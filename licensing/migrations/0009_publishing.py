"""Who wrote a draft and who approved it; a later edition of a product is published with an approval, and not without.

The guards hold against the ORM, the admin and raw SQL alike. Each refusal says what is not possible and what to do.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The first edition of a product is published as it is, because nobody holds anything yet. Publications of one product
# wait for each other, so that there is one first.
PUBLICATION = """
CREATE FUNCTION licensing_refuse_unapproved(draft licensing_edition) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    newest timestamptz;
BEGIN
    IF draft.content_hash !~ '^[0-9a-f]{64}$' THEN
        RAISE EXCEPTION 'The edition % is published only together with the hash of its terms.', draft.key
            USING ERRCODE = 'restrict_violation';
    END IF;
    PERFORM 1 FROM licensing_product WHERE id = draft.product_id FOR NO KEY UPDATE;
    SELECT max(published_at) INTO newest FROM licensing_edition WHERE product_id = draft.product_id;
    IF newest IS NULL THEN
        RETURN;
    END IF;
    IF draft.published_at < newest THEN
        RAISE EXCEPTION 'The edition % is not published before the one that is on sale since %.', draft.key, newest
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM licensing_editionauthor WHERE edition_id = draft.id) OR NOT EXISTS (
        SELECT FROM licensing_approval approval
        WHERE approval.edition_id = draft.id AND approval.terms_hash = draft.content_hash
            AND approval.by_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM licensing_editionauthor author
                WHERE author.edition_id = draft.id AND author.user_id = approval.by_id
            )
    ) THEN
        RAISE EXCEPTION 'The edition % is published only once somebody who did not write it has approved these terms.',
            draft.key USING ERRCODE = 'restrict_violation';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION licensing_guard_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.published_at IS NOT NULL THEN
            RAISE EXCEPTION 'The edition % begins as a draft and is published after that.', NEW.key
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.published_at IS NULL THEN
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        IF NEW.published_at IS NOT NULL THEN
            PERFORM licensing_refuse_unapproved(NEW);
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.published_by_id IS NULL AND OLD.published_by_id IS NOT NULL
       AND to_jsonb(NEW) - 'published_by_id' = to_jsonb(OLD) - 'published_by_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The edition % is published and never changes; make a new edition instead.', OLD.key
        USING ERRCODE = 'restrict_violation';
END $$;
"""

# As it was (0003_guards).
PUBLICATION_BEFORE = """
CREATE OR REPLACE FUNCTION licensing_guard_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.published_at IS NOT NULL THEN
            RAISE EXCEPTION 'The edition % begins as a draft and is published after that.', NEW.key
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.published_at IS NULL THEN
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        IF NEW.published_at IS NOT NULL AND NEW.content_hash !~ '^[0-9a-f]{64}$' THEN
            RAISE EXCEPTION 'The edition % is published only together with the hash of its terms.', NEW.key
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.published_by_id IS NULL AND OLD.published_by_id IS NOT NULL
       AND to_jsonb(NEW) - 'published_by_id' = to_jsonb(OLD) - 'published_by_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The edition % is published and never changes; make a new edition instead.', OLD.key
        USING ERRCODE = 'restrict_violation';
END $$;
DROP FUNCTION licensing_refuse_unapproved(licensing_edition);
"""

PEOPLE = settings.AUTH_USER_MODEL.lower().replace(".", "_")

# A row goes only together with its draft, or an author with their account; that is seen when the transaction ends,
# because whoever deletes a draft deletes its rows first.
AUTHOR = f"""
CREATE FUNCTION licensing_guard_editionauthor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM licensing_refuse_if_published(NEW.edition_id);
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Whoever wrote an edition stays its author.' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON licensing_editionauthor
    FOR EACH ROW EXECUTE FUNCTION licensing_guard_editionauthor();

CREATE FUNCTION licensing_keep_editionauthor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM licensing_edition WHERE id = OLD.edition_id)
       AND EXISTS (SELECT FROM {PEOPLE} WHERE id = OLD.user_id) THEN
        RAISE EXCEPTION 'Whoever wrote an edition stays its author.' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER keep AFTER DELETE ON licensing_editionauthor DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION licensing_keep_editionauthor();
"""

APPROVAL = """
CREATE FUNCTION licensing_guard_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM licensing_refuse_if_published(NEW.edition_id);
        IF NEW.by_id IS NULL OR EXISTS (
            SELECT FROM licensing_editionauthor WHERE edition_id = NEW.edition_id AND user_id = NEW.by_id
        ) THEN
            RAISE EXCEPTION 'Nobody approves what they wrote; somebody else must.' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.by_id IS NULL AND OLD.by_id IS NOT NULL AND to_jsonb(NEW) - 'by_id' = to_jsonb(OLD) - 'by_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'An approval never changes. To withdraw it, edit the draft: then it is void.'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON licensing_approval
    FOR EACH ROW EXECUTE FUNCTION licensing_guard_approval();
"""

KEPT = """
CREATE FUNCTION licensing_keep_beside_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM licensing_edition WHERE id = OLD.edition_id) THEN
        RAISE EXCEPTION 'What stands in % is kept as long as its edition. To void it, edit the draft.', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER keep AFTER DELETE ON licensing_approval DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION licensing_keep_beside_edition();
"""

TABLES = ["licensing_editionauthor", "licensing_approval"]

FORWARDS = [
    PUBLICATION,
    AUTHOR,
    APPROVAL,
    KEPT,
    *(
        f"CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION portal_guard_truncate()"
        for table in TABLES
    ),
]
BACKWARDS = [
    PUBLICATION_BEFORE,
    *(
        f"DROP TRIGGER {trigger} ON {table}"
        for table in TABLES
        for trigger in ("guard", "keep", "guard_truncate")
    ),
    "DROP FUNCTION licensing_guard_approval()",
    "DROP FUNCTION licensing_guard_editionauthor()",
    "DROP FUNCTION licensing_keep_editionauthor()",
    "DROP FUNCTION licensing_keep_beside_edition()",
]


class Migration(migrations.Migration):
    dependencies = [
        ("licensing", "0008_delivery_reports"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EditionAuthor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateTimeField()),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="authorships",
                        to="licensing.edition",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["since", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("edition", "user"), name="edition_author_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="edition",
            name="authors",
            field=models.ManyToManyField(
                editable=False,
                related_name="+",
                through="licensing.EditionAuthor",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="Approval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("terms_hash", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("note", models.TextField(blank=True, max_length=1000)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="approvals",
                        to="licensing.edition",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("edition", "terms_hash", "by"), name="approval_once")
                ],
            },
        ),
        migrations.RunSQL(sql=FORWARDS, reverse_sql=BACKWARDS),
    ]
