"""Signed checkpoints: rows that are inserted and never changed, and the function that says whose chain is ahead of its last one."""

import django.db.models.functions.comparison
import security.scoping.constraints
from django.db import migrations, models

RIGHTS = """
REVOKE ALL ON security_auditcheckpoint FROM PUBLIC, chat_app;
GRANT SELECT, INSERT ON security_auditcheckpoint TO chat_app;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON security_auditcheckpoint
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""
UNSIGNED = """
CREATE FUNCTION audit_unsigned() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
    SELECT h.tenant_id FROM public.security_audithead h
    WHERE h.seq > coalesce(
        (SELECT max(c.seq) FROM public.security_auditcheckpoint c WHERE c.tenant_id = h.tenant_id), 0
    ) ORDER BY h.tenant_id
$$;
REVOKE ALL ON FUNCTION audit_unsigned() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_unsigned() TO chat_app;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('security', '0007_former_password'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditCheckpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tenant_id', models.BigIntegerField(db_default=django.db.models.functions.comparison.Cast(django.db.models.functions.comparison.NullIf(models.Func(models.Value('app.tenant_id'), models.Value(True), function='current_setting', output_field=models.TextField()), models.Value('')), models.BigIntegerField()), editable=False)),
                ('seq', models.BigIntegerField(editable=False)),
                ('after', models.BigIntegerField(editable=False)),
                ('hash', models.BinaryField(max_length=32)),
                ('public_key', models.BinaryField(max_length=32)),
                ('note', models.TextField(editable=False)),
                ('signed_at', models.DateTimeField(editable=False)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['tenant_id', 'after'], name='security_checkpoint_after_idx')],
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'seq', 'hash', 'public_key'), name='security_checkpoint_seq_key'), models.UniqueConstraint(fields=('tenant_id', 'id'), name='security_auditcheckpoint_tenant_key'), security.scoping.constraints.TenantIsolation(name='security_auditcheckpoint_isolation')],
            },
        ),
        migrations.RunSQL(RIGHTS, "DROP TRIGGER append_only ON security_auditcheckpoint"),
        migrations.RunSQL(UNSIGNED, "DROP FUNCTION audit_unsigned()"),
    ]
