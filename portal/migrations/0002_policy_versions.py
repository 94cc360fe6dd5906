from django.db import migrations, models

FORWARDS = [
    """
    CREATE FUNCTION portal_guard_policy() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'The rules of % are kept as they were, and never change.', OLD.in_force_since
            USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON portal_policyversion
        FOR EACH ROW EXECUTE FUNCTION portal_guard_policy();
    """,
    "CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON portal_policyversion EXECUTE FUNCTION portal_guard_truncate()",
]
BACKWARDS = [
    "DROP TRIGGER guard_truncate ON portal_policyversion",
    "DROP TRIGGER guard ON portal_policyversion",
    "DROP FUNCTION portal_guard_policy()",
]


class Migration(migrations.Migration):

    dependencies = [
        ("portal", "0001_initial"),
        ("licensing", "0003_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("chapters", models.JSONField()),
                ("content_hash", models.CharField(help_text="Of the chapters, so that a change is seen.", max_length=64)),
                ("in_force_since", models.DateTimeField(unique=True)),
            ],
            options={"ordering": ["-in_force_since"]},
        ),
        migrations.RunSQL(sql=FORWARDS, reverse_sql=BACKWARDS),
    ]
