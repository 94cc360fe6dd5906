"""Of an order that is over, the link to its payment page may be forgotten: whoever has it could read a name there."""

from django.db import migrations

# As before, but: the link may go.
GUARD = """
CREATE OR REPLACE FUNCTION billing_guard_order() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ordered CONSTANT text[] := ARRAY['id', 'quote_id', 'customer_id', 'accepted_at', 'way'];
    afterwards CONSTANT text[] := ARRAY[{afterwards}];
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
    IF OLD.state = 'pending' OR (OLD.state = 'failed' AND NEW.state = 'settled' AND OLD.charged IS NULL) THEN
        RETURN NEW;
    END IF;
    IF NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'Order % is % and does not become %.', OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF was - afterwards <> becomes - afterwards{unless} THEN
        RAISE EXCEPTION 'Order % is %: only what was really charged, its invoice and the mark for staff may be noted.',
            OLD.id, OLD.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
BEFORE = "'charged', 'needs_staff', 'stripe_invoice_id', 'accepted_by_id', 'refunded'"
NOW = GUARD.format(afterwards=f"{BEFORE}, 'pay_url'", unless=" OR NEW.pay_url NOT IN (OLD.pay_url, '')")
THEN = GUARD.format(afterwards=BEFORE, unless="")


class Migration(migrations.Migration):
    dependencies = [("billing", "0011_balance_credit"), ("licensing", "0012_erasure")]

    operations = [migrations.RunSQL(sql=NOW, reverse_sql=THEN)]
