"""A tenant's key can be replaced: when the new one seals, when the old one was not needed any more, and what keeps it till then.

The foreign key is PostgreSQL's own word for it: no wrapped key names a tenant's key that is gone, whoever inserts or deletes at the same moment. What is stored already is
looked at by a later migration: this one keeps the table from everybody until it commits.
"""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('security', '0013_audit_pruning'),
    ]

    operations = [
        migrations.AddField(
            model_name='tenantkey',
            name='seals_from',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name='tenantkey',
            name='unneeded_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='auditdetail',
            name='subject_kind',
            field=models.CharField(choices=[('conversation', 'conversation'), ('visitor', 'visitor'), ('person', 'person'), ('masking', 'masking'), ('lookup', 'lookup')], editable=False, max_length=16),
        ),
        migrations.AlterField(
            model_name='subjectkey',
            name='kind',
            field=models.CharField(choices=[('conversation', 'conversation'), ('visitor', 'visitor'), ('person', 'person'), ('masking', 'masking'), ('lookup', 'lookup')], max_length=16),
        ),
        migrations.RunSQL(
            """
            ALTER TABLE security_subjectkey ADD CONSTRAINT security_subjectkey_version_fk
                FOREIGN KEY (tenant_id, tenant_key_version) REFERENCES security_tenantkey (tenant_id, version) NOT VALID;
            """,
            "ALTER TABLE security_subjectkey DROP CONSTRAINT security_subjectkey_version_fk",
        ),
    ]
