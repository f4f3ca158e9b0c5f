"""What was stored before the foreign key of `0014` is looked at: in a transaction of its own, beside which everybody reads and writes."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('security', '0015_audit_term'),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE security_subjectkey VALIDATE CONSTRAINT security_subjectkey_version_fk",
            migrations.RunSQL.noop,
        ),
    ]
