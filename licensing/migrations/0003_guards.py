"""Published editions are frozen and the history only grows, whoever speaks to the database.

Each refusal is an integrity error with a sentence that says what is not possible and what to do instead.
"""

from django.db import migrations

# Emptying a table would go past the guards of its rows. `manage.py flush`, which asks before it empties a whole
# database, sets this for its own connection and nobody else does.
EMPTYING = """
CREATE FUNCTION portal_guard_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('portal.emptying', true) IS DISTINCT FROM 'allowed' THEN
        RAISE EXCEPTION 'The table % is not emptied: what stands in it is kept.', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
"""

# Publishing is the one change that a sealed edition begins with. Afterwards only the account of the person who
# published it may go, because a person's wish to be forgotten must not break on an edition.
EDITION = """
CREATE FUNCTION licensing_guard_edition() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON licensing_edition
    FOR EACH ROW EXECUTE FUNCTION licensing_guard_edition();
"""

# FOR SHARE makes a writer of terms wait for a publication under way and then see it, and the other way round.
TERMS = """
CREATE FUNCTION licensing_refuse_if_published(edition bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found licensing_edition%ROWTYPE;
BEGIN
    SELECT * INTO found FROM licensing_edition WHERE id = edition FOR SHARE;
    IF found.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'The edition % is published and its terms never change; make a new edition instead.', found.key
            USING ERRCODE = 'restrict_violation';
    END IF;
END $$;

CREATE FUNCTION licensing_guard_edition_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM licensing_refuse_if_published(OLD.edition_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM licensing_refuse_if_published(NEW.edition_id);
        RETURN NEW;
    END IF;
    RETURN OLD;
END $$;

CREATE FUNCTION licensing_guard_tier_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM licensing_refuse_if_published(edition_id) FROM licensing_tier WHERE id = OLD.tier_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM licensing_refuse_if_published(edition_id) FROM licensing_tier WHERE id = NEW.tier_id;
        RETURN NEW;
    END IF;
    RETURN OLD;
END $$;
"""

HISTORY = """
CREATE FUNCTION licensing_guard_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The history only grows: event % is neither changed nor deleted.', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON licensing_event
    FOR EACH ROW EXECUTE FUNCTION licensing_guard_event();
"""

PARTS = {
    "licensing_tier": "licensing_guard_edition_part",
    "licensing_feature": "licensing_guard_edition_part",
    "licensing_grant": "licensing_guard_tier_part",
    "licensing_price": "licensing_guard_tier_part",
}
KEPT = ["licensing_edition", *PARTS, "licensing_event"]

FORWARDS = [
    EMPTYING,
    EDITION,
    TERMS,
    *(
        f"CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"
        for table, function in PARTS.items()
    ),
    HISTORY,
    *(
        f"CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION portal_guard_truncate()"
        for table in KEPT
    ),
]
BACKWARDS = [
    *(f"DROP TRIGGER guard_truncate ON {table}" for table in KEPT),
    *(f"DROP TRIGGER guard ON {table}" for table in KEPT),
    "DROP FUNCTION licensing_guard_event()",
    "DROP FUNCTION licensing_guard_tier_part()",
    "DROP FUNCTION licensing_guard_edition_part()",
    "DROP FUNCTION licensing_refuse_if_published(bigint)",
    "DROP FUNCTION licensing_guard_edition()",
    "DROP FUNCTION portal_guard_truncate()",
]


class Migration(migrations.Migration):
    dependencies = [("licensing", "0002_initial")]

    operations = [migrations.RunSQL(sql=FORWARDS, reverse_sql=BACKWARDS)]
