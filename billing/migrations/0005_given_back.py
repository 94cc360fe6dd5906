"""A second payment that went back: what may be noted of it on a closed order, and that it never settles."""

from django.db import migrations, models

# As before, but: a failed order that was charged was paid a second time, and does not settle; what of it was given back
# may be noted.
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
    IF OLD.state = 'pending' OR (OLD.state = 'failed' AND NEW.state = 'settled'{unless}) THEN
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
"""
BEFORE = "'charged', 'needs_staff', 'stripe_invoice_id', 'accepted_by_id'"
NOW = GUARD.format(afterwards=f"{BEFORE}, 'refunded'", unless=" AND OLD.charged IS NULL")
THEN = GUARD.format(afterwards=BEFORE, unless="")


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_payer_attempt")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="refunded",
            field=models.BigIntegerField(
                blank=True, null=True, help_text="Minor units of a second payment that went back to its card."
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="failure",
            field=models.CharField(
                blank=True,
                max_length=10,
                choices=[
                    ("declined", "the card was declined"),
                    ("abandoned", "the payment was not finished in time"),
                    ("withdrawn", "you withdrew it"),
                    ("changed", "the price changed before it was accepted"),
                    ("refused", "the payment processor refused it"),
                    ("twice", "the plan was paid for already"),
                ],
            ),
        ),
        migrations.RunSQL(sql=NOW, reverse_sql=THEN),
    ]
