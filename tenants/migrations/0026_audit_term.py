"""How long a trail is kept moves to where PostgreSQL decides it; what was in force stays in force."""

from django.db import migrations

MOVE = """
INSERT INTO security_auditterm (tenant_id, months, asked_at, due_at)
SELECT tenant_id, audit_months, now(), now() FROM tenants_policy WHERE audit_months IS NOT NULL
"""
BACK = """
UPDATE tenants_policy p SET audit_months = audit_term(p.tenant_id)
"""


class Migration(migrations.Migration):

    dependencies = [
        ("security", "0015_audit_term"),
        ("tenants", "0025_tenants_with_work"),
    ]

    operations = [
        migrations.RunSQL(MOVE, BACK),
        migrations.RemoveField(model_name="policy", name="audit_months"),
    ]
