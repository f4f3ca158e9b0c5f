"""Operators see which organisations nobody has confirmed yet; those with a member who did are confirmed since they were made."""

from django.db import migrations, models

CONFIRMED = """
UPDATE tenants_tenant SET confirmed_at = created_at
WHERE EXISTS (SELECT FROM tenants_membership m WHERE m.tenant_id = tenants_tenant.id AND m.status <> 'provisional')
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0008_policy_without_masking")]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="confirmed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL(CONFIRMED, migrations.RunSQL.noop),
        migrations.RunSQL(
            "GRANT UPDATE (confirmed_at) ON tenants_tenant TO chat_app",
            "REVOKE UPDATE (confirmed_at) ON tenants_tenant FROM chat_app",
        ),
    ]
