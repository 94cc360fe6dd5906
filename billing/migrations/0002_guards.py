"""What was quoted, ordered and received stays as it was, whoever speaks to the database."""

from django.db import migrations

# A person's account can be deleted; the quotes and orders they leave behind then name nobody.
QUOTE = """
CREATE FUNCTION billing_guard_quote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.quoted_for_id IS NULL
       AND to_jsonb(OLD) - 'quoted_for_id' = to_jsonb(NEW) - 'quoted_for_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Quote % is a binding word to a customer: it is neither changed nor deleted.', OLD.id
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON billing_quote
    FOR EACH ROW EXECUTE FUNCTION billing_guard_quote();
"""

# A failed order may still settle, because a payment given up for lost can come in late; it never waits again. What
# was ordered never changes. What was found out afterwards (the real charge, the invoice) and the mark for staff may
# still be added to a closed order.
ORDER = """
CREATE FUNCTION billing_guard_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ordered CONSTANT text[] := ARRAY['id', 'quote_id', 'customer_id', 'accepted_at', 'way'];
    afterwards CONSTANT text[] := ARRAY['charged', 'needs_staff', 'stripe_invoice_id', 'accepted_by_id'];
    was CONSTANT jsonb := to_jsonb(OLD);
    becomes jsonb;
    column_name text;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'Order % is kept: orders are not deleted.', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    becomes := to_jsonb(NEW);
    IF NEW.accepted_by_id IS DISTINCT FROM OLD.accepted_by_id AND NEW.accepted_by_id IS NOT NULL THEN
        RAISE EXCEPTION 'Order %: who accepted it never changes.', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    FOREACH column_name IN ARRAY ordered LOOP
        IF was -> column_name IS DISTINCT FROM becomes -> column_name THEN
            RAISE EXCEPTION 'Order %: % was settled on when the quote was accepted and never changes.',
                OLD.id, column_name USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    IF OLD.state = 'pending' OR (OLD.state = 'failed' AND NEW.state = 'settled') THEN
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'Order % is % and does not become %.', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF was - afterwards <> becomes - afterwards THEN
        RAISE EXCEPTION 'Order % is %: only what was really charged, its invoice and the mark for staff may be noted.',
            OLD.id, OLD.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON billing_order
    FOR EACH ROW EXECUTE FUNCTION billing_guard_order();
"""

STRIPE_EVENT = """
CREATE FUNCTION billing_guard_stripeevent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'Event % is kept: without it the same event could be received twice.', OLD.stripe_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.id, OLD.stripe_id, OLD.type, OLD.object_id, OLD.stripe_customer_id, OLD.created_at, OLD.received_at)
       IS DISTINCT FROM
       (NEW.id, NEW.stripe_id, NEW.type, NEW.object_id, NEW.stripe_customer_id, NEW.created_at, NEW.received_at) THEN
        RAISE EXCEPTION 'Event % stays as it was received; only how it was handled may change.', OLD.stripe_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON billing_stripeevent
    FOR EACH ROW EXECUTE FUNCTION billing_guard_stripeevent();
"""

KEPT = ["billing_quote", "billing_order", "billing_stripeevent"]

FORWARDS = [
    QUOTE,
    ORDER,
    STRIPE_EVENT,
    *(
        f"CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION portal_guard_truncate()"
        for table in KEPT
    ),
]
BACKWARDS = [
    *(f"DROP TRIGGER guard_truncate ON {table}" for table in KEPT),
    *(f"DROP TRIGGER guard ON {table}" for table in KEPT),
    *(f"DROP FUNCTION {table.replace('billing_', 'billing_guard_')}()" for table in KEPT),
]


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial"), ("licensing", "0003_guards")]

    operations = [migrations.RunSQL(sql=FORWARDS, reverse_sql=BACKWARDS)]
