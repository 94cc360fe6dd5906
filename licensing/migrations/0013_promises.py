"""Whether each promise was kept, night by night: written once, and never changed."""

from django.db import migrations, models

GUARD = """
CREATE FUNCTION licensing_guard_promisecheck() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'How % was kept on % is on record: it is neither changed nor deleted.', OLD.promise, OLD.day
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON licensing_promisecheck
    FOR EACH ROW EXECUTE FUNCTION licensing_guard_promisecheck();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON licensing_promisecheck EXECUTE FUNCTION portal_guard_truncate();
"""
UNGUARD = """
DROP TRIGGER guard_truncate ON licensing_promisecheck;
DROP TRIGGER guard ON licensing_promisecheck;
DROP FUNCTION licensing_guard_promisecheck();
"""


class Migration(migrations.Migration):
    dependencies = [("licensing", "0012_erasure")]

    operations = [
        migrations.AddField(
            model_name="product",
            name="promises_public",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether everybody may see, day by day, how promises were kept. Staff always may.",
                verbose_name="promises are public",
            ),
        ),
        migrations.CreateModel(
            name="PromiseCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("promise", models.CharField(max_length=40)),
                ("day", models.DateField()),
                ("broken", models.PositiveIntegerField(help_text="At how many places it was broken.")),
                ("breaches", models.JSONField(blank=True, default=list)),
                ("checked_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-day", "promise"],
                "indexes": [models.Index(fields=["day"], name="promise_check_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("promise", "day"), name="promise_checked_once_a_day")
                ],
            },
        ),
        migrations.RunSQL(sql=GUARD, reverse_sql=UNGUARD),
    ]
